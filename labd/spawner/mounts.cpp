#include "labd/spawner/mounts.hpp"

#include "labd/init/failure.hpp"

#include <fcntl.h>

namespace labd::spawner {

namespace {

Fd detached(const char* type, const char* mode, unsigned attributes) {
    const Fd context(fsopen(type, FSOPEN_CLOEXEC));
    must(bool(context), "open the file system", type);
    must((mode == nullptr || fsconfig(context.get(), FSCONFIG_SET_STRING, "mode", mode, 0) == 0) &&
             fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0,
         "create the file system", type);
    Fd mount(fsmount(context.get(), FSMOUNT_CLOEXEC, attributes));
    must(bool(mount), "make a mount of the file system", type);
    return mount;
}

}  // namespace

Fd detached_tmpfs(const char* mode, unsigned attributes) {
    return detached("tmpfs", mode, attributes);
}

Fd detached_sysfs(unsigned attributes) {
    return detached("sysfs", nullptr, attributes);
}

Fd copy_of_mount(int directory, const char* path, bool recursive) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    if (recursive) flags |= AT_RECURSIVE;
    Fd tree(open_tree(directory, path, flags));
    must(bool(tree), "copy the mount of", path);
    return tree;
}

void attach(const Fd& mount, const char* target) {
    must(move_mount(mount.get(), "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0, "mount",
         target);
}

void set_attributes(const char* path, unsigned attributes, bool recursive) {
    mount_attr wanted{};
    wanted.attr_set = attributes;
    must(mount_setattr(AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &wanted, sizeof wanted) == 0,
         "set the mount flags of", path);
}

}  // namespace labd::spawner
