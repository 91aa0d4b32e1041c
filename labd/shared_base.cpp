#include "labd/shared_base.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <string>

namespace labd {
namespace {

// Empty, with errno, where it cannot be.
Fd mapped_copy(const Fd& tree, const Fd& user_namespace) {
    Fd copy(open_tree(tree.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
    mount_attr wanted{};
    wanted.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    wanted.userns_fd = static_cast<__u64>(user_namespace.get());
    if (!copy || mount_setattr(copy.get(), "", AT_EMPTY_PATH, &wanted, sizeof wanted) != 0)
        return {};
    return copy;
}

}  // namespace

void SharedBase::keep(Fd tree, Fd stamp) {
    tree_ = std::move(tree);
    stamp_ = std::move(stamp);
}

Fd SharedBase::lend(pid_t spawner) {
    const std::string path = "/proc/" + std::to_string(spawner) + "/ns/user";
    const Fd user_namespace(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!user_namespace) fail("cannot open " + path);
    Fd lent = mapped_copy(tree_, user_namespace);
    if (lent) {
        has_lent_ = true;
    } else if (has_lent_) {
        fail("cannot lend the lab what its /etc and /var begin with");
    } else {
        lends_ = false;
        keep({}, {});
    }
    return lent;
}

}  // namespace labd
