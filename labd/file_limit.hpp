// How many descriptors labd may hold: three per node at rest (decision 14).
#pragma once

#include <sys/resource.h>

namespace labd {

// Raises RLIMIT_NOFILE as far as we may and returns what it was before. Children get the old one
// back: programs that use select(2), or close "all" descriptors one by one, suffer from a high one.
rlimit raise_file_limit();

}  // namespace labd
