#include "labd/init/files.hpp"

#include "labd/fd.hpp"
#include "labd/init/accounts.hpp"
#include "labd/init/digest.hpp"
#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace labd::init {
namespace {

void make_parents(const std::string& path) {
    for (std::size_t end = path.find('/', 1); end != std::string::npos;
         end = path.find('/', end + 1)) {
        const std::string directory = path.substr(0, end);
        if (mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) continue;
        // A read-only root says EROFS also of what is there (mkdir(2)).
        struct stat s {};
        const int error = errno;
        if (stat(directory.c_str(), &s) == 0 && S_ISDIR(s.st_mode)) continue;
        throw Failure{error, "create the directory " + directory};
    }
}

std::string beside(const std::string& path) {
    const std::size_t name = path.rfind('/') + 1;
    return path.substr(0, name) + "." + path.substr(name) + ".lab-new";
}

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
};

Owner owner_of(const std::string& name, const std::string& of_group) {
    // Of what is root's, which is nearly all, nobody has to be asked.
    const auto is_root = [](const std::string& who) { return who.empty() || who == "root"; };
    if (is_root(name) && is_root(of_group)) return {};
    const Accounts accounts = Accounts::read();
    const auto user = accounts.user(name.empty() ? "root" : name);
    if (!user) throw Failure{EINVAL, "find user " + name};
    const auto group = of_group.empty() ? user->gid : accounts.group(of_group);
    if (!group) throw Failure{EINVAL, "find group " + of_group};
    return {user->uid, *group};
}

void give_to_owner(const Fd& file, const FilePart& part) {
    const Owner owner = owner_of(part.owner, part.group);
    must(fchown(file.get(), owner.user, owner.group) == 0, "set the owner of", part.path);
    must(fchmod(file.get(), part.mode & 07777) == 0, "set the mode of", part.path);
}

// What was at PATH when the node was born shows again. The lower layer of /etc and /var is the
// lab's template, kept below /.lab; an overlay never uncovers what was once replaced in it.
void put_back(const std::string& path) {
    const std::string born = "/.lab/base" + path, temporary = beside(path);
    struct stat s {};
    if (lstat(born.c_str(), &s) != 0) return;
    (void)unlink(temporary.c_str());
    if (S_ISLNK(s.st_mode)) {
        std::string target(static_cast<std::size_t>(s.st_size), '\0');
        must(readlink(born.c_str(), target.data(), target.size()) == s.st_size, "read", born);
        must(symlink(target.c_str(), temporary.c_str()) == 0, "put back", path);
    } else if (S_ISREG(s.st_mode)) {
        const Fd from(open(born.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        const Fd to(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        must(from && to, "put back", path);
        for (off_t left = s.st_size; left > 0;) {
            const ssize_t n = sendfile(to.get(), from.get(), nullptr, static_cast<size_t>(left));
            must(n > 0, "put back", path);
            left -= n;
        }
        must(fchown(to.get(), s.st_uid, s.st_gid) == 0, "set the owner of", path);
        must(fchmod(to.get(), s.st_mode & 07777) == 0, "set the mode of", path);
    } else {
        return;
    }
    must(rename(temporary.c_str(), path.c_str()) == 0, "put back", path);
}

bool is_directory(const std::string& path) {
    struct stat s {};
    return lstat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

// As PATH~, until the new one takes its place. Without a moment in which nothing is there, but for
// a directory, which has one name only. That of an earlier time goes, unless somebody has use of
// it.
void keep_aside(const std::string& path) {
    const std::string aside = path + "~";
    if (is_directory(path)) {
        std::string free = aside;
        for (int tries = 2; rename(path.c_str(), free.c_str()) != 0; ++tries) {
            const bool taken = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR;
            must(taken && tries < 100, "keep what was", path);
            free = aside + std::to_string(tries);
        }
        return;
    }
    if (unlink(aside.c_str()) != 0 && errno == EISDIR) (void)rmdir(aside.c_str());
    must(link(path.c_str(), aside.c_str()) == 0 || errno == ENOENT, "keep what was", path);
}

void check(const std::string& path) {
    if (path.empty() || path[0] != '/' || path.back() == '/')
        throw Failure{EINVAL, "use the path " + path};
}

}  // namespace

void write_file_part(const FilePart& part) {
    check(part.path);
    const std::string temporary = beside(part.path);
    int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
    if (part.offset == 0) {
        make_parents(part.path);
        (void)unlink(temporary.c_str());
        flags |= O_CREAT | O_EXCL;
    }
    const Fd file(open(temporary.c_str(), flags, 0600));
    must(bool(file), "create", part.path);
    std::string_view rest = part.data;
    off_t offset = part.offset;
    while (!rest.empty()) {
        const ssize_t n = pwrite(file.get(), rest.data(), rest.size(), offset);
        must(n > 0, "write", part.path);
        rest.remove_prefix(static_cast<std::size_t>(n));
        offset += n;
    }
    if (!part.last) return;
    try {
        give_to_owner(file, part);
        if (part.keep) keep_aside(part.path);
        must(rename(temporary.c_str(), part.path.c_str()) == 0, "put in place", part.path);
    } catch (const Failure&) {
        (void)unlink(temporary.c_str());
        throw;
    }
}

const char* compare_file(const std::string& path, const std::string& size,
                         const std::string& digest) {
    // What stands there now may be anything: nobody waits for the other end of a pipe.
    const Fd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return errno == ENOENT || errno == ENOTDIR ? "gone" : "changed";
    struct stat s {};
    if (fstat(file.get(), &s) != 0 || !S_ISREG(s.st_mode) || std::to_string(s.st_size) != size)
        return "changed";
    std::string content(static_cast<std::size_t>(s.st_size), '\0');
    for (std::size_t got = 0; got < content.size();) {
        const ssize_t n = read(file.get(), content.data() + got, content.size() - got);
        if (n <= 0) return "changed";
        got += static_cast<std::size_t>(n);
    }
    return content_digest(content) == digest ? "same" : "changed";
}

const char* compare_rights(const std::string& path, const std::string& mode,
                           const std::string& owner, const std::string& group) {
    struct stat s {};
    if (lstat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return "same";
    const Owner wished = owner_of(owner, group);
    const bool same = (s.st_mode & 07777) == std::strtoul(mode.c_str(), nullptr, 8) &&
                      s.st_uid == wished.user && s.st_gid == wished.group;
    return same ? "same" : "other";
}

void remove_file(const std::string& path) {
    check(path);
    if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return put_back(path);
    // A directory that somebody has filled is no file of labd's, and not labd's to remove.
    if (errno == EISDIR && (rmdir(path.c_str()) == 0 || errno == ENOTEMPTY)) return;
    // A read-only file system says so before it looks whether there is something (unlink(2)).
    const int error = errno;
    struct stat s {};
    if (error == EROFS && lstat(path.c_str(), &s) != 0 && errno == ENOENT) return;
    throw Failure{error, "remove " + path};
}

}  // namespace labd::init
