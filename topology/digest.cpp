// Change detection only: whoever wants a collision can have one, and harms only the own lab.
#include "topology/plan.hpp"

#include <array>

namespace topology {

std::string digest(std::string_view data) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : data) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(16, '0');
    for (std::size_t i = out.size(); i-- > 0; hash >>= 4) out[i] = digits[hash & 15];
    return out;
}

}  // namespace topology
