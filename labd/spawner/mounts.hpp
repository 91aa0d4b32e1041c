// The few mount calls that the template needs, each a Failure with its own words.
#pragma once

#include "labd/fd.hpp"

#include <sys/mount.h>

namespace labd::spawner {

// File systems that are attached nowhere yet; MOUNT_ATTR_* as for fsmount(2).
Fd detached_tmpfs(const char* mode, unsigned attributes);
Fd detached_sysfs(unsigned attributes);  // of our network namespace
// A copy of the mount at `path` (with what is mounted below it), attached nowhere yet.
Fd copy_of_mount(int directory, const char* path, bool recursive);
void attach(const Fd& mount, const char* target);
void set_attributes(const char* path, unsigned attributes, bool recursive);

}  // namespace labd::spawner
