// The directories of a node's own, on its one tmpfs.
#pragma once

#include "labd/init/accounts.hpp"
#include "labd/spawner/ids.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace labd::spawner {

struct Directory {
    const char* path;
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

// The ids that the node has.
struct Ids {
    IdMap uids, gids;
};

// As packages expect to find them when the machine has booted (tmpfiles.d, RuntimeDirectory= of
// their units), parents first. Those of an owner that the accounts or the ids do not have are left
// out.
std::vector<Directory> own_directories(const Accounts& accounts, const Ids& ids);
// Makes those that are `below` or in it ("" = all) in the directory `at`. Throws Failure.
void make_directories(int at, const std::vector<Directory>& directories, const std::string& below);
// Options of devpts(5) for a node with these groups.
std::string pts_options(const Accounts& accounts, const Ids& ids);

}  // namespace labd::spawner
