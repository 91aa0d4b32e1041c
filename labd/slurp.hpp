// A small file of our own or of /proc, whole.
#pragma once

#include <filesystem>
#include <string>

namespace labd {

std::string slurp(const std::filesystem::path& file);  // "" when it cannot be read

}  // namespace labd
