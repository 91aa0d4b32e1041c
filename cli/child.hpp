// A program beside us that reads what we write, or writes what we read.
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace cli {

struct Child {
    pid_t pid = 0;
    labd::Fd in, out, err;  // the other ends of its stdin, stdout and stderr, those asked for

    // 0: it could not be started (errno says why). Looked for in PATH. Signals are not blocked in
    // it, whatever they are here. With an `in` it is in a process group of its own.
    static Child start(const std::vector<std::string>& argv, bool with_in, bool with_out,
                       bool with_err);
    int wait();  // its exit code, 128 + n after a signal
};

// All that comes until its end.
std::string read_all(int fd);

}  // namespace cli
