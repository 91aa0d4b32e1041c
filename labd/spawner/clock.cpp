#include "labd/spawner/clock.hpp"

#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace labd::spawner {

OwnClock::OwnClock(int proc, const std::string& offsets) {
    if (offsets.empty()) return;
    Fd home(openat(proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC));
    must(home && unshare(CLONE_NEWTIME) == 0, "make the node's time namespace");
    home_ = std::move(home);
    const Fd file(openat(proc, "self/timens_offsets", O_WRONLY | O_CLOEXEC));
    const bool set = file && write(file.get(), offsets.data(), offsets.size()) ==
                                 static_cast<ssize_t>(offsets.size());
    if (set) return;
    const int error = errno;
    (void)setns(home_.get(), CLONE_NEWTIME);
    throw Failure{error, "set the node's clock"};
}

OwnClock::~OwnClock() {
    // That takes us along, which is no harm: it is the lab's.
    if (home_) (void)setns(home_.get(), CLONE_NEWTIME);
}

}  // namespace labd::spawner
