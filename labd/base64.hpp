// Files that are not text travel between lab and labd in base64 (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace labd {

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // nullopt: not base64

}  // namespace labd
