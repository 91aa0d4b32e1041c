// Ends commands before their time: those of a run whose client does not want to know any more.
#pragma once

#include "labd/gather.hpp"

#include <set>

namespace labd::check {

struct Cut {
    bool made = false;
    std::set<Signal*> waiting;  // one of each command under way
    void make() {
        made = true;
        for (Signal* signal : waiting) signal->notify();
    }
};

}  // namespace labd::check
