#include "labd/spawner/skeleton.hpp"

#include "labd/fd.hpp"
#include "labd/init/failure.hpp"
#include "labd/spawner/ids.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace labd::spawner {
namespace {

// A host with an absurd /etc or /var costs a lab a bounded time and memory.
constexpr std::size_t entries_limit = 20000;
constexpr off_t bytes_limit = 64 << 20;
constexpr int depth_limit = 12;

// Replaced by the template's own, or about the host alone.
constexpr std::string_view etc_left_out[] = {
    "hosts",  "resolv.conf", "hostname", "mtab",    "machine-id", "frr",
    "bird",   "shadow",      "gshadow",  "shadow-", "gshadow-",   "passwd-",
    "group-", ".pwd.lock",   "fstab",    "subuid-", "subgid-",    "ld.so.nohwcap"};
// Trees of data whose directories mean nothing without their files.
constexpr std::string_view var_closed[] = {"lib/docker",     "lib/containers",
                                           "lib/containerd", "lib/apt/lists",
                                           "lib/dpkg/info",  "lib/lxc",
                                           "lib/lxd",        "lib/incus",
                                           "lib/machines",   "lib/kubelet",
                                           "lib/libvirt",    "lib/snapd",
                                           "lib/flatpak",    "lib/systemd/coredump",
                                           "lib/labd",       "lib/dpkg/updates",
                                           "lib/ucf",        "tmp",
                                           "log/journal",    "log/labd",
                                           "backups",        "crash",
                                           "lib/private"};
struct Lister {
    std::string root;
    bool directories_only;
    Listing listing;
    off_t bytes = 0;

    bool wanted(const std::string& path) const {
        if (directories_only) return true;
        return std::find(std::begin(etc_left_out), std::end(etc_left_out), path) ==
               std::end(etc_left_out);
    }
    bool closed(const std::string& path) const {
        if (!directories_only) return false;
        // A package expects its directory in /var/cache, but nothing in it.
        if (path.compare(0, 6, "cache/") == 0) return true;
        return std::find(std::begin(var_closed), std::end(var_closed), path) !=
               std::end(var_closed);
    }

    void list(Fd directory, const std::string& prefix, int depth) {
        DIR* stream = fdopendir(directory.get());
        if (stream == nullptr) return;
        const int at = directory.release();
        while (const dirent* e = readdir(stream)) {
            if (std::strcmp(e->d_name, ".") == 0 || std::strcmp(e->d_name, "..") == 0) continue;
            if (listing.entries.size() >= entries_limit) break;
            const bool maybe =
                e->d_type == DT_DIR || e->d_type == DT_LNK || e->d_type == DT_UNKNOWN;
            if (directories_only && !maybe) continue;
            add(at, e->d_name, e->d_type, prefix, depth);
        }
        closedir(stream);
    }

    void add(int at, const char* name, unsigned char type, const std::string& prefix, int depth) {
        struct stat s {};
        Entry entry;
        const std::string path = prefix + name;
        if (!wanted(path)) return;
        // Half of /etc is links, whose owner and mode do not matter.
        if (type == DT_LNK)
            s.st_mode = S_IFLNK;
        else if (fstatat(at, name, &s, AT_SYMLINK_NOFOLLOW) != 0)
            return;
        entry.mode = s.st_mode, entry.size = s.st_size;
        if (s.st_uid < most_ids && s.st_gid < most_ids) entry.uid = s.st_uid, entry.gid = s.st_gid;
        if (S_ISLNK(s.st_mode)) {
            char target[4096];
            const ssize_t n = readlinkat(at, name, target, sizeof target);
            if (n <= 0) return;
            entry.target = listing.names.keep({target, static_cast<std::size_t>(n)});
        } else if (S_ISREG(s.st_mode)) {
            if (directories_only) return;
            const bool readable = (s.st_mode & S_IROTH) != 0;
            listing.seen.saw(root + path, s, readable);
            if (!readable) return;
            if (bytes + s.st_size > bytes_limit) return;
            bytes += s.st_size;
        } else if (!S_ISDIR(s.st_mode)) {
            return;
        }
        entry.path = listing.names.keep(path);
        listing.entries.push_back(entry);
        // A directory that the world may not read is made, empty: its package wants to find it.
        if (!S_ISDIR(s.st_mode)) return;
        const mode_t readable = S_IROTH | S_IXOTH;
        const bool open =
            (s.st_mode & readable) == readable && depth < depth_limit && !closed(path);
        listing.seen.saw(root + path, s, open);
        if (!open) return;
        Fd below(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (below) list(std::move(below), path + "/", depth + 1);
    }
};

Listing list_tree(const std::string& root, bool directories_only) {
    Lister lister{root, directories_only, {}};
    lister.listing.entries.reserve(4096);  // a block that is not of the heap, and goes back whole
    Fd directory(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat s {};
    if (fstat(directory.get(), &s) == 0) lister.listing.seen.saw(root, s, true);
    lister.list(std::move(directory), "", 0);
    return std::move(lister.listing);
}

// What the world may not read any more is left out, quietly. (L reads with the rights of nobody,
// but who makes a base is root.)
void copy_file(const Entry& entry, int from, int to) {
    const char* path = entry.path;
    const Fd source(openat(from, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat now {};
    if (!source || fstat(source.get(), &now) != 0 || (now.st_mode & S_IROTH) == 0) return;
    const Fd copy(openat(to, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry.mode & 0755));
    must(bool(copy), "copy", std::string("/etc/") + entry.path);
    static char part[64 * 1024];
    for (off_t done = 0; done <= entry.size;) {
        const ssize_t n = read(source.get(), part, sizeof part);
        if (n <= 0) break;
        must(write(copy.get(), part, static_cast<std::size_t>(n)) == n, "copy",
             std::string("/etc/") + entry.path);
        done += n;
        if (done == entry.size) break;  // spares the read that says there is no more
    }
}

}  // namespace

Listing list_etc() {
    return list_tree("/etc/", false);
}
Listing list_var() {
    return list_tree("/var/", true);
}

void make_entries(const std::vector<Entry>& entries, int from, int to) {
    for (const Entry& e : entries) {
        const char* path = e.path;
        if (S_ISLNK(e.mode)) {
            must(symlinkat(e.target, to, path) == 0, "make the link", e.path);
            continue;
        }
        if (S_ISDIR(e.mode)) {
            must(mkdirat(to, path, e.mode & 0777) == 0, "make the directory", e.path);
        } else {
            copy_file(e, from, to);
        }
        // Ids that L does not have stay with root. chown clears setgid, so chmod comes after it.
        if (e.uid != 0 || e.gid != 0) (void)!fchownat(to, path, e.uid, e.gid, AT_SYMLINK_NOFOLLOW);
        if ((e.mode & 07000) != 0 && S_ISDIR(e.mode)) (void)!fchmodat(to, path, e.mode & 07777, 0);
    }
}

}  // namespace labd::spawner
