#include "labd/spawner/ids.hpp"

#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"

#include <cinttypes>
#include <cstdio>

namespace labd::spawner {

IdMap IdMap::own(int proc, const char* name) {
    const std::string text = read_text((std::string("self/") + name).c_str(), proc);
    must(!text.empty(), "read our own", name);
    return IdMap(text);
}

IdMap::IdMap(const std::string& text) {
    for (const std::string_view line : split(text, '\n')) {
        Extent extent{};
        if (std::sscanf(std::string(line).c_str(), "%" SCNu32 " %*u %" SCNu32, &extent.first,
                        &extent.count) == 2)
            extents_.push_back(extent);
    }
}

bool IdMap::has(std::uint32_t id) const {
    for (const Extent& e : extents_)
        if (id >= e.first && id - e.first < e.count) return true;
    return false;
}

std::uint32_t IdMap::last() const {
    std::uint32_t end = 0;
    for (const Extent& e : extents_)
        if (e.first == end) end += e.count;
    return end == 0 ? 0 : end - 1;
}

std::string IdMap::identity() const {
    std::string text;
    for (const Extent& e : extents_) {
        const std::string first = std::to_string(e.first);
        text.append(first).append(" ").append(first).append(" ");
        text.append(std::to_string(e.count)).append("\n");
    }
    return text;
}

bool groups_are_fixed() {
    return read_text("/proc/self/setgroups").starts_with("deny");
}

}  // namespace labd::spawner
