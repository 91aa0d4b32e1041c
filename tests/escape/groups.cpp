// Control groups: the release agent of version 1, and groups above one's own.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace escape {
namespace {

// The kernel runs the release agent as root of the machine. A hierarchy of a name of its own has no
// processes but all of them, and goes with its last mount.
Verdict release_agent(const Target& target) {
    const std::string directory = scratch();
    const std::string options = "none,name=escape" + target.secret().substr(0, 8);
    if (mount("escape", directory.c_str(), "cgroup", 0, options.c_str()) != 0) {
        if (errno == ENODEV || errno == EINVAL) return impossible("this kernel has no version 1");
        return held("mount a hierarchy");
    }
    const bool written = write_file(directory + "/release_agent", "/bin/false");
    const Verdict verdict = written ? escaped("set a release agent") : held("set a release agent");
    (void)write_file(directory + "/release_agent", "\n");
    (void)umount(directory.c_str());
    return verdict;
}

Verdict known_hierarchies(const Target&) {
    const std::string directory = scratch();
    int known = 0;
    for (const char* controller :
         {"memory", "pids", "devices", "freezer", "cpu", "blkio", "cpuset"}) {
        if (mount("escape", directory.c_str(), "cgroup", 0, controller) == 0) {
            // Read at least: whoever reads a mounted hierarchy also may have a file to write.
            const bool agent = access((directory + "/release_agent").c_str(), W_OK) == 0;
            (void)umount(directory.c_str());
            if (agent) return escaped(std::string("mounted the hierarchy of ") + controller);
            ++known;
        }
        known += errno == EPERM || errno == EACCES;
    }
    return known == 0 ? impossible("no hierarchy of version 1 is in use") : held("mount them");
}

// The root of the one hierarchy of version 2 has no cgroup.events: who sees it sees all groups.
Verdict root_group(const Target& target) {
    const std::string directory = scratch();
    if (mount("escape", directory.c_str(), "cgroup2", 0, nullptr) != 0) {
        if (errno == ENODEV) return impossible("this kernel has no version 2");
        return held("mount version 2");
    }
    const std::string group = directory + "/escape-" + target.secret().substr(0, 8);
    if (access((directory + "/cgroup.events").c_str(), F_OK) == 0)
        return errno = 0, held("the root that it sees is a group below");
    if (mkdir(group.c_str(), 0700) != 0) return held("make a group");
    (void)rmdir(group.c_str());
    return escaped("made a group at the root of all");
}

// What the machine has mounted is there to be written, unless it is not there.
Verdict mounted_groups(const Target& target) {
    for (const std::string& point : mount_points()) {
        if (point.find("cgroup") == std::string::npos) continue;
        const std::string group = point + "/escape-" + target.secret().substr(0, 8);
        if (mkdir(group.c_str(), 0700) != 0) continue;
        (void)rmdir(group.c_str());
        return escaped("made a group in " + point);
    }
    return held("no control groups are mounted");
}

}  // namespace

std::vector<Attempt> group_attempts() {
    constexpr int apart = CLONE_NEWNS | CLONE_NEWNET;
    return {
        {"group-release-agent", release_agent, apart},
        {"group-known-hierarchies", known_hierarchies, apart},
        {"group-root", root_group, apart},
        {"group-mounted", mounted_groups, apart},
    };
}

}  // namespace escape
