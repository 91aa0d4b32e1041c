#include "labd/subordinate_ids.hpp"

#include "labd/slurp.hpp"

#include <pwd.h>
#include <unistd.h>

namespace labd {
namespace {

bool installed(const std::string& program) {
    for (const char* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/"})
        if (::access((folder + program).c_str(), X_OK) == 0) return true;
    return false;
}

}  // namespace

SubordinateIds subordinate_ids(uid_t uid, gid_t gid) {
    SubordinateIds ids;
    const passwd* entry = ::getpwuid(uid);
    const std::string name = entry != nullptr ? entry->pw_name : std::to_string(uid);
    for (const char* helper : {"newuidmap", "newgidmap"})
        if (!installed(helper)) {
            ids.why_not = std::string(helper) + " is not installed";
            ids.fix = "apt install uidmap";
            return ids;
        }
    struct Kind {
        const char* path;
        std::uint32_t own;
        IdMap& map;
    };
    for (const Kind& kind :
         {Kind{"/etc/subuid", uid, ids.maps.uids}, Kind{"/etc/subgid", gid, ids.maps.gids}}) {
        const auto ranges = subordinate_ranges(slurp(kind.path), name, uid);
        if (!ranges.empty()) {
            kind.map = user_map(kind.own, ranges);
            continue;
        }
        ids.why_not = std::string(kind.path) + " has no range for " + name;
        ids.fix = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + name +
                  " (or any 65536 that nobody else has there)";
        return ids;
    }
    return ids;
}

}  // namespace labd
