#include "labd/spawner/owners.hpp"

#include "labd/init/accounts.hpp"

#include <map>

namespace labd::spawner {

std::string owners_of(const std::vector<Entry>& entries, std::string_view root) {
    std::string list;
    for (const Entry& e : entries) {
        if (e.uid == 0 && e.gid == 0) continue;
        list += std::to_string(e.uid) + " " + std::to_string(e.gid) + " ";
        list.append(root).append(e.path).push_back('\0');
    }
    return list;
}

void give_owners(std::vector<Entry>& entries, std::string_view root, std::string_view list) {
    struct Owner {
        uid_t uid;
        gid_t gid;
    };
    std::map<std::string_view, Owner> owners;
    for (const std::string_view line : split(list, '\0')) {
        const std::size_t one = line.find(' '), two = line.find(' ', one + 1);
        if (one == line.npos || two == line.npos) continue;
        const auto uid = number(line.substr(0, one)),
                   gid = number(line.substr(one + 1, two - one - 1));
        const std::string_view path = line.substr(two + 1);
        if (uid && gid && path.starts_with(root)) owners[path.substr(root.size())] = {*uid, *gid};
    }
    for (Entry& e : entries) {
        const auto found = owners.find(e.path);
        e.uid = found == owners.end() ? 0 : found->second.uid;
        e.gid = found == owners.end() ? 0 : found->second.gid;
    }
}

}  // namespace labd::spawner
