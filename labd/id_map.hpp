// Maps of user and group ids between user namespaces, and where an ordinary user's come from.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labd {

// ids first … first+count-1 are outer … outer+count-1 of the parent namespace.
struct IdExtent {
    std::uint32_t first = 0, outer = 0, count = 0;
    bool operator==(const IdExtent&) const = default;
};
using IdMap = std::vector<IdExtent>;
struct IdMaps {
    IdMap uids, gids;
};

inline constexpr std::uint32_t ids_of_a_lab = 65536;

IdMap parse_id_map(
    std::string_view text);             // /proc/PID/uid_map; lines that make no sense are left out
std::string to_text(const IdMap& map);  // what is written there
std::vector<std::string> to_words(const IdMap& map);  // as newuidmap(1) wants it

struct SubordinateRange {
    std::uint32_t first = 0, count = 0;
    bool operator==(const SubordinateRange&) const = default;
};
// The user's lines of a subuid(5) file, by name or by number, in the file's order.
std::vector<SubordinateRange> subordinate_ranges(std::string_view text, std::string_view name,
                                                 uid_t uid);

// Of a user's namespace U: its root is the user, and from 1 on come the subordinate ids, as many
// as a lab has.
IdMap user_map(std::uint32_t user, const std::vector<SubordinateRange>& ranges);
// Of a lab below U, by U's own map: all of U's ids but the user's own, so that root in a node is
// not even the user outside. Where U has no other id, a lab has to have that one.
IdMap lab_map_below(const IdMap& user_map);

// The parent's name for an id; nothing when the map does not have it.
std::optional<std::uint32_t> outer_id(const IdMap& map, std::uint32_t id);
// The end of the ids that begin with 0.
std::uint32_t last_id(const IdMap& map);

}  // namespace labd
