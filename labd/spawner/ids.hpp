// The ids of the user namespace we live in. Labs of root have one whole range; an ordinary user's
// may have several pieces of one, or a single id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace labd::spawner {

// No lab has more, and a file of an owner beyond them is its root's.
inline constexpr std::uint32_t most_ids = 65536;

class IdMap {
  public:
    // Our own `uid_map` or `gid_map`, below the given /proc. Throws Failure.
    static IdMap own(int proc, const char* name);
    explicit IdMap(const std::string& text);

    bool has(std::uint32_t id) const;
    // The end of the ids that begin with 0.
    std::uint32_t last() const;
    // What a nested user namespace with the very same ids is given. Extent by extent: one that
    // spans two extents of its parent is refused with EPERM (map_write() in the kernel's
    // kernel/user_namespace.c).
    std::string identity() const;

  private:
    struct Extent {
        std::uint32_t first, count;
    };
    std::vector<Extent> extents_;
};

// True where nobody may change their supplementary groups: the price of a map that an ordinary
// user wrote without help (user_namespaces(7)).
bool groups_are_fixed();

}  // namespace labd::spawner
