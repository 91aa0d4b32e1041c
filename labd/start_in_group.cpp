#include "labd/start_in_group.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace labd {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

struct Plan {
    const char* program;
    char* const* arguments;
    char* const* environment;
    const std::vector<int>& fds;
};

// The copy of a process with threads: system calls only, other threads may have held any lock.
int become(const Plan& plan) {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) (void)sigaction(signal, &usual, nullptr);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (setsid() < 0 || null < 0 || dup2(null, 0) < 0) return errno;
    for (std::size_t i = 0; i < plan.fds.size(); ++i)
        if (dup2(plan.fds[i], 3 + static_cast<int>(i)) < 0) return errno;
    (void)execve(plan.program, plan.arguments, plan.environment);
    return errno;
}

}  // namespace

pid_t start_in_group(const Fd& group, const std::string& program,
                     std::vector<std::string> arguments, std::vector<std::string> environment,
                     const std::vector<int>& fds) {
    const std::vector<char*> argv = pointers(arguments), envp = pointers(environment);
    const Plan plan{program.c_str(), argv.data(), envp.data(), fds};
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    // No handler of ours may run in the child.
    sigset_t all, before;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    clone_args how{};
    // Without CLONE_VM: it has memory of its own, and we go on when it has exec'd or failed.
    how.flags = CLONE_VFORK | CLONE_INTO_CGROUP;
    how.exit_signal = SIGCHLD;
    how.cgroup = static_cast<unsigned>(group.get());
    const long pid = syscall(SYS_clone3, &how, sizeof how);
    if (pid == 0) {
        const int error = become(plan);
        (void)!write(writer.get(), &error, sizeof error);
        _exit(127);
    }
    const int refused = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) fail("cannot start " + program + " in its control group", refused);
    writer.reset();
    int error = 0;
    if (read(reader.get(), &error, sizeof error) == static_cast<ssize_t>(sizeof error)) {
        (void)waitpid(static_cast<pid_t>(pid), nullptr, 0);
        fail("cannot start " + program, error);
    }
    return static_cast<pid_t>(pid);
}

}  // namespace labd
