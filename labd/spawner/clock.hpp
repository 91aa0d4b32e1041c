#pragma once

#include "labd/fd.hpp"

#include <string>

namespace labd::spawner {

// As long as this lives, our children are born into a time namespace of their own: clocks are set
// before the first process is in it (time_namespaces(7)), so no node could do it for itself.
class OwnClock {
  public:
    // `offsets`: lines of timens_offsets, "" = the lab's clocks after all. Throws Failure: ERANGE
    // when a clock would stand before 0, EINVAL when the kernel has no time namespaces.
    OwnClock(int proc, const std::string& offsets);
    ~OwnClock();
    OwnClock(const OwnClock&) = delete;
    OwnClock& operator=(const OwnClock&) = delete;

  private:
    Fd home_;
};

}  // namespace labd::spawner
