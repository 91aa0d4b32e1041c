// SHA-256 (FIPS 180-4), for the audit log's chain. By hand, because the kernel's (AF_ALG) is not
// there on every kernel that labd runs on, and a library would be one more package for one
// function.
#pragma once

#include <string>
#include <string_view>

namespace labd {

// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view data);

}  // namespace labd
