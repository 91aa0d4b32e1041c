// What a run knows while it runs; shared with those of its coroutines that outlive a cancel().
#pragma once

#include "labd/check/cut.hpp"
#include "labd/check/run.hpp"
#include "labd/check/watch.hpp"

namespace labd::check {

struct Run::State {
    explicit State(boost::asio::io_context& loop) : watch(loop) {}
    Watch watch;
    bool cancelled = false;
    bool queued = false;  // for its turn to break something: it has broken nothing yet
    std::shared_ptr<Cut> cut = std::make_shared<Cut>();
    std::function<void(bool ok, const Seen&)> seen;
};

// What one try, or one check, has to know of what goes on around it.
struct Run::Trying {
    std::chrono::steady_clock::time_point began;  // of the check, or of the fault
    double within_s = 0;
    bool broken = false;  // a fault is in
    // Commands of the try end then, or soon after.
    std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
};

}  // namespace labd::check
