// What went wrong in lab-init or the spawner: the step in words and the kernel's errno. Both travel
// to labd as they are, which adds the node and the line of the topology file.
#pragma once

#include <cerrno>
#include <string>

namespace labd {

struct Failure {
    int error = 0;
    std::string step;
};

inline void must(bool ok, const char* step) {
    if (!ok) throw Failure{errno, step};
}
inline void must(bool ok, const char* step, const std::string& subject) {
    if (!ok) throw Failure{errno, std::string(step) + " " + subject};
}

}  // namespace labd
