// What the /etc and /var of every lab begin with: the host's, without its secrets and its data, and
// our own files. Copying them (some thousand entries) is most of the time that a small lab takes,
// so root of the host makes one base in a tmpfs of its own and keeps it; each lab is lent a mount
// of it that gives the files the lab's ids (mount_setattr(2), MOUNT_ATTR_IDMAP) and that nobody can
// write to. Where that cannot be, a lab fills its own.
#pragma once

#include "labd/fd.hpp"
#include "labd/spawner/skeleton.hpp"

#include <string>

namespace labd::spawner {

struct Base {
    Fd tree;   // a detached mount with the directories etc and var
    Fd stamp;  // what of the host is in it: is_current()
};

// What it is made of.
struct HostFiles {
    std::string passwd, group;
    timespec begun{};  // when somebody began to look at:
    Listing etc, var;
};
HostFiles accounts_of_host();  // passwd and group alone
HostFiles files_of_host();     // as who calls it sees them: to be root of the host is best

// To be called by root of the host. Throws Failure.
Base make_base(const HostFiles& host);
// The same below `directory`; files are read from below `host_etc`. Throws Failure.
void fill_base(int directory, const HostFiles& host, int host_etc);

}  // namespace labd::spawner
