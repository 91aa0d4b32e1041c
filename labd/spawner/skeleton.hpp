// A host directory as it will look in the nodes: names, modes and owners, listed by host root
// before it becomes root of L (L sees every owner of the host as nobody), filled inside L (which
// can read only what the whole world may read).
#pragma once

#include "labd/spawner/names.hpp"
#include "labd/spawner/stamp.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace labd::spawner {

struct Entry {
    const char* path = "";    // below the listed directory, parents first
    const char* target = "";  // of a symbolic link
    mode_t mode = 0;          // with the file type
    uid_t uid = 0;
    gid_t gid = 0;
    off_t size = 0;
};
struct Listing {
    Names names;
    std::vector<Entry> entries;  // whose words are in `names`
    Stamp seen;
};

// All that the world may read of /etc: secrets are not even listed.
Listing list_etc();
// The directories of /var, not what is in them.
Listing list_var();
// Makes the entries below `to`; contents come from below `from` (-1: there are no files).
void make_entries(const std::vector<Entry>& entries, int from, int to);

}  // namespace labd::spawner
