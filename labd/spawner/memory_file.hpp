// Text that goes from one process to another as a descriptor (memfd_create(2)).
#pragma once

#include "labd/fd.hpp"

#include <string>

namespace labd::spawner {

// Both throw Failure.
Fd memory_file(const char* name, const std::string& text);
std::string text_of(const Fd& memory_file);

}  // namespace labd::spawner
