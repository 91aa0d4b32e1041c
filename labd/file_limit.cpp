// setrlimit(2): root raises the hard limit too, others only go up to it.
#include "labd/file_limit.hpp"

#include "labd/fail.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace labd {

rlimit raise_file_limit() {
    rlimit before{};
    if (::getrlimit(RLIMIT_NOFILE, &before) != 0) fail("cannot read RLIMIT_NOFILE");
    rlim_t most = before.rlim_max;
    if (std::ifstream file("/proc/sys/fs/nr_open"); file >> most)
        most = std::max(most, before.rlim_max);
    const rlimit wish{most, most}, modest{before.rlim_max, before.rlim_max};
    // Above the hard limit only with CAP_SYS_RESOURCE; without it the hard limit must do.
    if (::setrlimit(RLIMIT_NOFILE, &wish) != 0 && ::setrlimit(RLIMIT_NOFILE, &modest) != 0)
        fail("cannot raise RLIMIT_NOFILE");
    return before;
}

}  // namespace labd
