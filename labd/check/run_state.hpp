// What a run knows while it runs; shared with those of its coroutines that outlive a cancel().
#pragma once

#include "labd/check/run.hpp"
#include "labd/check/watch.hpp"

namespace labd::check {

struct Run::State {
    explicit State(boost::asio::io_context& loop) : watch(loop) {}
    Watch watch;
    bool cancelled = false;
    std::function<void(bool ok, const Seen&)> seen;
};

}  // namespace labd::check
