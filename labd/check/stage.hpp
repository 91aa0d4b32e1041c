// What the coroutines of one experiment share.
#pragma once

#include "labd/check/run.hpp"
#include "labd/gather.hpp"
#include "labd/override.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace labd::check {

struct Stage {
    using Clock = std::chrono::steady_clock;
    explicit Stage(boost::asio::io_context& loop) : laying(loop) {}
    std::vector<topology::TimedStep> steps;
    std::vector<topology::Check> checks;
    StepListener listener;
    Clock::time_point began = Clock::now();
    struct Fault {
        std::size_t step;
        std::string key;  // "link h1--r1", "node r1", "packets h1--r1"
        Override over;
    };
    std::vector<Fault> faults;                  // that are in now
    std::map<std::string, std::size_t> spoken;  // the last step that was about it
    Turnstile laying;  // each sees what the one before it has made of `faults`
    // Steps under way; what it waits for, and what ends with it.
    std::size_t acting = 0, accompanying = 0;
    bool over = false;

    double at() const { return std::chrono::duration<double>(Clock::now() - began).count(); }
    const topology::TimedStep& step(std::size_t index) const { return steps.at(index); }
};

}  // namespace labd::check
