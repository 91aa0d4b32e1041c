// A command that goes on until it is told to end, by the end of its stdin: between two points in
// time something else is done. On the loop thread.
#pragma once

#include "labd/gather.hpp"

#include <functional>
#include <string>

namespace labd::check {

struct Hold {
    explicit Hold(boost::asio::io_context& loop) : changed(loop) {}

    std::string awaited;  // a line of its stdout that says that it is ready
    bool ready = false, over = false, let_go = false;
    Signal changed;

    void release() {
        let_go = true;
        if (end_input) end_input();
    }
    std::function<void()> end_input;  // while the command runs
};

}  // namespace labd::check
