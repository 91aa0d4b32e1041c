// A command in a node whose output labd reads itself: a session through the node's door, with labd
// as the client. What comes back is written by a process whose root may be hostile.
#pragma once

#include "labd/check/cut.hpp"
#include "labd/check/hold.hpp"
#include "labd/check/question.hpp"
#include "labd/node_door.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>

namespace labd::check {

// At most so much of each stream is kept; the rest is read and dropped.
inline constexpr std::size_t output_limit = 1024 * 1024;

// Never throws for what the node does: it is in Heard. Past `limit_s`, and when `cut` is made, the
// command is ended.
boost::asio::awaitable<Heard> run_command(boost::asio::io_context& loop,
                                          std::shared_ptr<NodeDoor> door, Command command,
                                          std::string input, double limit_s,
                                          std::shared_ptr<Cut> cut,
                                          std::shared_ptr<Hold> hold = nullptr);

}  // namespace labd::check
