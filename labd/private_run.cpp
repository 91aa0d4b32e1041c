#include "labd/private_run.hpp"

#include "labd/fail.hpp"
#include "labd/fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <memory>

namespace labd {
namespace {

// The same directory, file or socket in the new place, by a mount; a link is made again.
void show(int from, int to, const std::string& name) {
    struct stat info {};
    if (::fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISLNK(info.st_mode)) {
        char target[PATH_MAX];
        const ssize_t n = ::readlinkat(from, name.c_str(), target, sizeof target - 1);
        if (n <= 0) return;
        target[n] = '\0';
        (void)::symlinkat(target, to, name.c_str());  // left out, as the header says
        return;
    }
    // Whole, with what is mounted below: a part of it could uncover what was covered.
    const Fd tree(
        ::open_tree(from, name.c_str(),
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW));
    if (!tree) return;
    if (S_ISDIR(info.st_mode)) {
        if (::mkdirat(to, name.c_str(), 0755) != 0) return;
    } else {
        const Fd file(::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!file) return;
    }
    (void)::move_mount(tree.get(), "", to, name.c_str(), MOVE_MOUNT_F_EMPTY_PATH);
}

// Whether names can be made there, in a folder that is or that may be made.
bool may_name(const std::string& netns_dir, const std::string& parent) {
    const bool there = ::access(netns_dir.c_str(), F_OK) == 0;
    return ::access((there ? netns_dir : parent).c_str(), W_OK) == 0;
}

}  // namespace

void make_private_run(const std::string& netns_dir) {
    const std::size_t slash = netns_dir.rfind('/');
    const std::string parent = netns_dir.substr(0, slash), own = netns_dir.substr(slash + 1);
    if (parent.empty() || may_name(netns_dir, parent)) return;
    const Fd old(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!old) fail("cannot open " + parent);
    if (::mount("labd", parent.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0)
        fail("cannot mount a private " + parent);
    const Fd fresh(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fresh) fail("cannot open the private " + parent);
    Fd list(::openat(old.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(list.get()), ::closedir);
    if (!entries) fail("cannot list " + parent);
    (void)list.release();
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != ".." && name != own) show(old.get(), fresh.get(), name);
    }
}

}  // namespace labd
