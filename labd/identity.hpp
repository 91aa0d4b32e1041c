// Is that still the same process, the same namespace? Pids and namespace inodes are recycled, so a
// journal names things by everything that the kernel tells about them (security.md T4).
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labd {

// Changes with every boot of the kernel: whatever was recorded under another one is gone.
const std::string& boot_id();

struct ProcessIdentity {
    std::string boot;
    pid_t pid = 0;
    std::uint64_t start = 0;  // field 22 of /proc/PID/stat: clock ticks since boot
    bool operator==(const ProcessIdentity&) const = default;
};

// Nothing when there is no such process.
std::optional<ProcessIdentity> identify_process(pid_t pid);

// A pidfd of exactly that process, else an empty Fd: it ended, its pid went to another, or the
// machine was booted since. A zombie is still itself.
Fd open_process(const ProcessIdentity& recorded);
bool same(const ProcessIdentity& recorded);

struct NamespaceIdentity {
    std::string boot;
    std::string type;         // "net", "user", "pid", …
    std::uint64_t dev = 0;    // of nsfs
    std::uint64_t inode = 0;  // recycled once the namespace is gone
    std::uint64_t id = 0;  // never recycled in one boot; 0 where the kernel does not tell (< 6.18)
    bool operator==(const NamespaceIdentity&) const = default;
};

// By an open descriptor; nothing when it is not a namespace's.
std::optional<NamespaceIdentity> identify_namespace(int fd);
// By process: "net" is /proc/PID/ns/net.
std::optional<NamespaceIdentity> identify_namespace(pid_t pid, std::string_view type);
// By a path where it is pinned, for example /run/netns/LAB.NODE. A symlink at its end is refused.
std::optional<NamespaceIdentity> identify_namespace(const std::string& path);

// The numbers of one namespace, without the text that makes them unique across boots.
struct NamespaceNumbers {
    std::string_view kind;  // "net", "pid", …: as in /proc/PID/ns
    std::uint64_t dev = 0, inode = 0, id = 0;
    bool operator==(const NamespaceNumbers&) const = default;
};
// The eight that a process is in, in the order of lsns(8); those that cannot be opened are left
// out.
std::vector<NamespaceNumbers> namespaces_of(pid_t pid);

// All that both sides know must agree; an id of 0 (older kernel) is not compared.
bool same(const NamespaceIdentity& recorded, const NamespaceIdentity& found);

// For journals and logs: "BOOT pid start", "BOOT type:dev:inode:id"; nothing when it is not one.
std::string to_text(const ProcessIdentity& identity);
std::string to_text(const NamespaceIdentity& identity);
std::optional<ProcessIdentity> parse_process_identity(std::string_view text);
std::optional<NamespaceIdentity> parse_namespace_identity(std::string_view text);

}  // namespace labd
