// The end of a step that the kernel refused, in its words.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace labd {

// Throws std::system_error: "DOING: what ERROR, an errno, means".
[[noreturn]] inline void fail(const std::string& doing, int error = errno) {
    throw std::system_error(error, std::generic_category(), doing);
}

}  // namespace labd
