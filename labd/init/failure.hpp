// What went wrong in lab-init or the spawner: the step in words and the kernel's errno. Both travel
// to labd as they are, which adds the node and the line of the topology file.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace labd {

struct Failure {
    int error = 0;
    std::string step;
    bool sentence = false;  // `step` says it all
};

inline std::string in_words(const Failure& failure) {
    if (failure.sentence) return failure.step;
    return "cannot " + failure.step + ": " + std::strerror(failure.error);
}

inline void must(bool ok, const char* step) {
    if (!ok) throw Failure{errno, step};
}
inline void must(bool ok, const char* step, const std::string& subject) {
    if (!ok) throw Failure{errno, std::string(step) + " " + subject};
}

}  // namespace labd
