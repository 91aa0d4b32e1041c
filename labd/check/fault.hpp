// What a fault of a check is to the engine, and a fault that comes and goes by itself.
#pragma once

#include "labd/gather.hpp"
#include "labd/override.hpp"
#include "topology/check.hpp"

#include <cstddef>
#include <string>

namespace labd::check {

// Links down or impaired, a node stopped; nothing of a killed process.
Overrides overrides_of(const topology::Fault& fault);

struct Flapping {
    explicit Flapping(boost::asio::io_context& loop) : changed(loop) {}
    bool stop = false, ended = true;
    std::size_t falls = 0;
    std::string trouble;  // why it could not go on
    Signal changed;
};

}  // namespace labd::check
