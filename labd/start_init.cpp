#include "labd/start_init.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace labd {

std::vector<std::string> init_environment() {
    return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"};
}

pid_t start_init(const std::string& init, const std::string& role, const std::vector<int>& fds) {
    // posix_spawn's dup2 actions run in order, so a source must not be one of the targets. What may
    // fail comes before there is anything of posix_spawn's to give back.
    std::vector<Fd> sources;
    for (const int fd : fds) {
        sources.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 10));
        if (!sources.back()) fail("cannot duplicate a descriptor for lab-init");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    int target = 3;
    for (const Fd& source : sources)
        posix_spawn_file_actions_adddup2(&actions, source.get(), target++);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // Its own session: a Ctrl-C in the terminal that started labd is not for the labs.
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    std::string program = "lab-init", how = role;
    std::vector<std::string> variables = init_environment();
    char* arguments[] = {program.data(), how.data(), nullptr};
    char* environment[] = {variables[0].data(), variables[1].data(), nullptr};
    pid_t pid = 0;
    const int error =
        posix_spawn(&pid, init.c_str(), &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) fail("cannot start " + init, error);
    return pid;
}

Fd open_pidfd(pid_t pid) {
    Fd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!fd) fail("cannot open a pidfd of process " + std::to_string(pid));
    return fd;
}

}  // namespace labd
