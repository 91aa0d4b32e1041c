#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace labd {

// Runs `program` in a session of its own, born into the control group whose directory `group` is
// (posix_spawn cannot before glibc 2.39; to move a process afterwards may take the kernel 20 ms).
// `arguments` with the program's name first; every signal as usual; `fds` as its descriptors 3, 4,
// …, which are not among their sources. Throws std::system_error.
pid_t start_in_group(const Fd& group, const std::string& program,
                     std::vector<std::string> arguments, std::vector<std::string> environment,
                     const std::vector<int>& fds);

}  // namespace labd
