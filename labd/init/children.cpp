#include "labd/init/children.hpp"

#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace labd::init {

Children::Children(Loop& loop) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    must(sigprocmask(SIG_SETMASK, &child, nullptr) == 0, "block SIGCHLD");
    signals_.reset(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    must(bool(signals_), "make a signalfd");
    loop.watch(signals_.get(), POLLIN, [this](std::uint32_t) { reap(); });
}

void Children::await(pid_t pid, Ended ended) {
    awaited_[pid] = std::move(ended);
}
void Children::disown(pid_t pid) {
    awaited_.erase(pid);
}

void Children::reap() {
    signalfd_siginfo drop;
    while (read(signals_.get(), &drop, sizeof drop) > 0) continue;
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto found = awaited_.find(pid);
        if (found == awaited_.end()) continue;
        const Ended ended = std::move(found->second);
        awaited_.erase(found);
        ended(status);
    }
}

void signal_session(pid_t session, int signal) {
    DIR* proc = opendir("/proc");
    if (proc == nullptr) return;
    while (const dirent* e = readdir(proc)) {
        const std::optional<unsigned> pid = number(e->d_name);
        if (!pid || *pid <= 1) continue;
        const std::string stat = read_text((std::string(e->d_name) + "/stat").c_str(), dirfd(proc));
        // pid (comm) state ppid pgrp session; a comm may hold spaces and brackets (proc(5)).
        const std::size_t comm = stat.rfind(')');
        if (comm == std::string::npos) continue;
        const auto fields = split(std::string_view(stat).substr(comm + 1), ' ');
        if (fields.size() > 4 && fields[4] == std::to_string(session))
            (void)kill(static_cast<pid_t>(*pid), signal);
    }
    closedir(proc);
}

}  // namespace labd::init
