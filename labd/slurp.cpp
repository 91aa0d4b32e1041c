#include "labd/slurp.hpp"

#include <fstream>
#include <iterator>

namespace labd {

std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace labd
