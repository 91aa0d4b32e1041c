#include "labd/spawner/namespace_limits.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace labd::spawner {
namespace {

struct Kind {
    int flag;
    const char* sysctl;
};

// A new user namespace comes last: what is made in it counts elsewhere.
constexpr std::array kinds{
    Kind{CLONE_NEWNET, "user.max_net_namespaces"},
    Kind{CLONE_NEWNS, "user.max_mnt_namespaces"},
    Kind{CLONE_NEWPID, "user.max_pid_namespaces"},
    Kind{CLONE_NEWUTS, "user.max_uts_namespaces"},
    Kind{CLONE_NEWIPC, "user.max_ipc_namespaces"},
    Kind{CLONE_NEWCGROUP, "user.max_cgroup_namespaces"},
    Kind{CLONE_NEWUSER, "user.max_user_namespaces"},
};

// In a process of its own, which takes what it has got with it.
bool is_exhausted(const Kind& kind) {
    const pid_t pid = fork();
    if (pid == 0) _exit(unshare(kind.flag) != 0 && errno == ENOSPC ? 1 : 0);
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 1;
}

}  // namespace

std::string with_limit(const char* step, int error, unsigned long long flags) {
    std::string out = step;
    if (error != ENOSPC) return out;
    for (const Kind& kind : kinds)
        if ((flags & static_cast<unsigned long long>(kind.flag)) != 0 && is_exhausted(kind))
            return out + ", of which " + kind.sysctl + " allows no more";
    return out;
}

}  // namespace labd::spawner
