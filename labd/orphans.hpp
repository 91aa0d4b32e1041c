// What bears this labd's mark and belongs to no lab: left by a labd whose journal is gone. A name
// alone says nothing, so whatever is somebody else's and only looks like ours is not among it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace labd {

// All that labd knows of.
struct Belongings {
    std::string run_dir, netns_dir;
    std::set<std::string> labs;        // names
    std::set<std::string> namespaces;  // names under netns_dir
    std::set<pid_t> processes;         // PID 1 of nodes, spawners
    // The user that root of every lab is, where all labs have the same; else each has one of
    // Leases.
    std::optional<std::uint32_t> root_of_labs;
};

// The mark that a labd puts on the loopback (as its group) of every namespace it makes: other
// labds on this machine, with other run directories, have other ones.
std::uint32_t instance_mark(const std::string& run_dir);
// For a spawner, which lives in a network namespace of its own. Visits it: for a thread that may.
void mark_network_of(pid_t pid, std::uint32_t mark);

struct Orphan {
    std::string kind;  // "process", "namespace", "folder"
    std::string name;  // "lab-init (pid 17)", "t.h1", "/run/labd/labs/t"
    pid_t pid = 0;     // of a process, with its start time: pids are used again
    std::uint64_t start = 0;
};

// Processes first, then names, then folders: the order in which they can go. Visits namespaces:
// for a thread that may.
std::vector<Orphan> find_orphans(const Belongings& known);
// Looks again and then removes; false when it is none any more. Throws std::system_error.
bool remove_orphan(const Belongings& known, const Orphan& orphan);

}  // namespace labd
