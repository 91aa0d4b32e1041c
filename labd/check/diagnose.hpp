// Gathers what is needed to say why a check has failed, and says it: the way of the packets by
// every kernel's own lookups, counters before and after, and what daemons say of their neighbours.
#pragma once

#include "labd/check/evidence.hpp"
#include "labd/engine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace labd::check {

// Runs a command in a node.
using Hear = std::function<boost::asio::awaitable<void>(Ask, Heard&)>;

// `verdict` is the last one of `check`. Never throws: what cannot be found out is left out.
boost::asio::awaitable<Diagnosis> diagnose(const topology::Check& check, const Verdict& verdict,
                                           boost::asio::io_context& loop, Engine& engine,
                                           std::shared_ptr<Lab> lab, Hear hear);

}  // namespace labd::check
