// Asking the kernel who a process and a namespace are.
#include "labd/identity.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <vector>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

namespace labd {
namespace {

// Debian 12's <linux/nsfs.h> is older than these.
constexpr unsigned long ns_get_type = _IO(0xb7, 3);                      // 4.11
constexpr unsigned long ns_get_id = _IOR(0xb7, 13, std::uint64_t);       // 6.18
constexpr unsigned long ns_get_mntns_id = _IOR(0xb7, 5, std::uint64_t);  // 6.10, mount alone

std::vector<std::string_view> split(std::string_view text, char mark) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(mark);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

template <typename Number>
bool number(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

const char* type_name(int flag) {
    switch (flag) {
        case 0x40000000:
            return "net";
        case 0x20000000:
            return "pid";
        case 0x10000000:
            return "user";
        case 0x08000000:
            return "ipc";
        case 0x04000000:
            return "uts";
        case 0x02000000:
            return "cgroup";
        case 0x00020000:
            return "mnt";
        case 0x00000080:
            return "time";
        default:
            return nullptr;
    }
}

// 0: this kernel gives them none.
std::uint64_t id_of_namespace(int fd) {
    std::uint64_t id = 0;
    if (::ioctl(fd, ns_get_id, &id) != 0 && ::ioctl(fd, ns_get_mntns_id, &id) != 0) id = 0;
    return id;
}

}  // namespace

const std::string& boot_id() {
    static const std::string id = [] {
        std::ifstream file("/proc/sys/kernel/random/boot_id");
        std::string text;
        if (!(file >> text))
            throw std::runtime_error(
                "cannot read /proc/sys/kernel/random/boot_id; is /proc there?");
        return text;
    }();
    return id;
}

std::optional<ProcessIdentity> identify_process(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The name in field 2 may hold blanks and brackets; after its last ')' comes field 3.
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos || name_end + 2 > line.size()) return std::nullopt;
    const auto fields = split(std::string_view(line).substr(name_end + 2), ' ');
    ProcessIdentity identity{boot_id(), pid, 0};
    if (fields.size() < 20 || !number(fields[22 - 3], identity.start)) return std::nullopt;
    return identity;
}

Fd open_process(const ProcessIdentity& recorded) {
    if (recorded.boot != boot_id() || recorded.pid <= 0) return {};
    // First the pidfd, then the look: from then on the pid cannot pass to another unseen.
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, recorded.pid, 0)));
    if (!pidfd) {
        if (errno == ESRCH || errno == EINVAL) return {};  // EINVAL: the id of a thread
        fail("cannot open process " + std::to_string(recorded.pid));
    }
    return identify_process(recorded.pid) == recorded ? std::move(pidfd) : Fd();
}

bool same(const ProcessIdentity& recorded) {
    return identify_process(recorded.pid) == recorded;
}

std::optional<NamespaceIdentity> identify_namespace(int fd) {
    struct statfs fs {};
    struct stat file {};
    if (::fstatfs(fd, &fs) != 0 || fs.f_type != NSFS_MAGIC || ::fstat(fd, &file) != 0)
        return std::nullopt;
    const char* type = type_name(::ioctl(fd, ns_get_type));
    if (type == nullptr) return std::nullopt;
    return NamespaceIdentity{boot_id(), type, file.st_dev, file.st_ino, id_of_namespace(fd)};
}

std::optional<NamespaceIdentity> identify_namespace(pid_t pid, std::string_view type) {
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + std::string(type);
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return fd ? identify_namespace(fd.get()) : std::nullopt;
}

std::optional<NamespaceIdentity> identify_namespace(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    return fd ? identify_namespace(fd.get()) : std::nullopt;
}

std::vector<NamespaceNumbers> namespaces_of(pid_t pid) {
    std::vector<NamespaceNumbers> all;
    const std::string folder = "/proc/" + std::to_string(pid) + "/ns/";
    for (const char* kind : {"time", "mnt", "uts", "ipc", "pid", "cgroup", "net", "user"}) {
        // What /proc calls a namespace is one.
        const Fd fd(::open((folder + kind).c_str(), O_RDONLY | O_CLOEXEC));
        struct stat file {};
        if (fd && ::fstat(fd.get(), &file) == 0)
            all.push_back({kind, file.st_dev, file.st_ino, id_of_namespace(fd.get())});
    }
    return all;
}

bool same(const NamespaceIdentity& recorded, const NamespaceIdentity& found) {
    return recorded.boot == found.boot && recorded.type == found.type &&
           recorded.dev == found.dev && recorded.inode == found.inode &&
           (recorded.id == 0 || found.id == 0 || recorded.id == found.id);
}

std::string to_text(const ProcessIdentity& identity) {
    return identity.boot + " " + std::to_string(identity.pid) + " " +
           std::to_string(identity.start);
}

std::string to_text(const NamespaceIdentity& identity) {
    return identity.boot + " " + identity.type + ":" + std::to_string(identity.dev) + ":" +
           std::to_string(identity.inode) + ":" + std::to_string(identity.id);
}

std::optional<ProcessIdentity> parse_process_identity(std::string_view text) {
    const auto words = split(text, ' ');
    ProcessIdentity identity;
    if (words.size() != 3 || words[0].empty() || !number(words[1], identity.pid) ||
        identity.pid <= 0 || !number(words[2], identity.start))
        return std::nullopt;
    identity.boot = words[0];
    return identity;
}

std::optional<NamespaceIdentity> parse_namespace_identity(std::string_view text) {
    const auto words = split(text, ' ');
    if (words.size() != 2 || words[0].empty()) return std::nullopt;
    const auto parts = split(words[1], ':');
    NamespaceIdentity identity;
    if (parts.size() != 4 || parts[0].empty() || !number(parts[1], identity.dev) ||
        !number(parts[2], identity.inode) || !number(parts[3], identity.id))
        return std::nullopt;
    identity.boot = words[0];
    identity.type = parts[0];
    return identity;
}

}  // namespace labd
