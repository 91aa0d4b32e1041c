// What an ordinary user has of ids beside their own (subuid(5), newuidmap(1)).
#pragma once

#include "labd/id_map.hpp"

namespace labd {

struct SubordinateIds {
    IdMaps maps;          // of a user namespace of theirs
    std::string why_not;  // empty, or why there is only their own id: "newuidmap is not installed"
    std::string fix;      // then: a command
};
SubordinateIds subordinate_ids(uid_t uid, gid_t gid);

}  // namespace labd
