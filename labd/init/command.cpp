#include "labd/init/command.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace labd::init {
namespace {

constexpr const char* root_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* user_path = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

// What the child says over a pipe that its exec closes.
struct Report {
    int error;
    char step[64];
};

std::string shell_of(const Account& account) {
    if (!account.shell.empty() && access(account.shell.c_str(), X_OK) == 0) return account.shell;
    return access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

void set(std::vector<std::string>& env, const std::string& assignment) {
    const std::size_t name = assignment.find('=') + 1;
    if (name == 0) return;
    for (std::string& e : env)
        if (e.compare(0, name, assignment, 0, name) == 0) return void(e = assignment);
    env.push_back(assignment);
}

std::vector<std::string> environment(const Command& command, const Account& account,
                                     bool terminal) {
    std::vector<std::string> env = {
        std::string("PATH=") + (account.uid == 0 ? root_path : user_path),
        "HOME=" + account.home,
        "USER=" + account.name,
        "LOGNAME=" + account.name,
        "SHELL=" + shell_of(account),
        "LANG=C.UTF-8"};
    if (terminal) env.push_back("TERM=xterm-256color");
    for (const std::string& e : command.env) set(env, e);
    return env;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& t : texts) list.push_back(t.data());
    list.push_back(nullptr);
    return list;
}

// Everything that the child needs, made before the fork.
struct Plan {
    std::vector<std::string> candidates;  // files to try, as PATH says
    std::vector<char*> argv, envp;
    const Account& account;
    const Stdio& stdio;
    std::string dir;
    bool dir_asked;
};

std::vector<std::string> candidates_of(const std::string& program,
                                       const std::vector<std::string>& env) {
    if (program.find('/') != std::string::npos) return {program};
    std::vector<std::string> files;
    for (const std::string& e : env)
        if (e.compare(0, 5, "PATH=") == 0)
            for (const std::string_view directory : split(std::string_view(e).substr(5), ':'))
                files.push_back((directory.empty() ? "." : std::string(directory)) + "/" + program);
    return files;
}

// What most programs expect; lab-init itself may hold more for hundreds of sessions. And
// descriptors on their way through sockets are counted by user, against the limit of whoever sends
// one more (unix(7)): what the node can have on its way, in messages of 253 each, shall leave its
// init and the spawner, which are the same user to the kernel, some to send.
void limit_files() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    constexpr rlim_t message = 256;
    const auto processors = static_cast<rlim_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    files.rlim_max -= std::min(files.rlim_max / 2, message * (processors + 1));
    files.rlim_cur = std::min(files.rlim_max, rlim_t{1024});
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

// Throws Failure; returns never otherwise.
[[noreturn]] void become(const Plan& plan) {
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    must(setsid() >= 0, "start a session");
    const Stdio& io = plan.stdio;
    if (io.terminal) must(ioctl(io.in, TIOCSCTTY, 0) == 0, "take the terminal");
    const int wanted[] = {io.in, io.out, io.err};
    for (int i = 0; i < 3; ++i)  // 0, 1 and 2 of lab-init are /dev/null
        if (wanted[i] >= 0) must(dup2(wanted[i], i) == i, "connect its input and output");
    must(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0, "close descriptors");
    limit_files();
    umask(022);
    const Account& who = plan.account;
    if (who.uid != 0 || who.gid != 0 || who.groups.size() > 1)
        must(setgroups(who.groups.size(), who.groups.data()) == 0 &&
                 setresgid(who.gid, who.gid, who.gid) == 0 &&
                 setresuid(who.uid, who.uid, who.uid) == 0,
             "become user", who.name);
    if (chdir(plan.dir.c_str()) != 0)
        // Many system users have a home that does not exist.
        if (plan.dir_asked || chdir("/") != 0) {
            // Not ENOENT: that would say that the program is absent.
            const int error = errno == ENOENT ? ENOTDIR : errno;
            throw Failure{error, "enter directory " + plan.dir};
        }
    int error = ENOENT;
    for (const std::string& file : plan.candidates) {
        (void)execve(file.c_str(), plan.argv.data(), plan.envp.data());
        // As execvp(3): a file that may not be run is remembered while another one may still be
        // found.
        if (errno != ENOENT && errno != ENOTDIR) error = errno;
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
    }
    throw Failure{error, std::string("run ") + plan.argv[0]};
}

}  // namespace

Account account_of(const Command& command) {
    const std::string name = command.user.empty() ? "root" : command.user;
    std::optional<Account> account = Accounts::read().user(name);
    if (!account)
        throw Failure{EINVAL, "there is no user \"" + name + "\" in its /etc/passwd", true};
    return *account;
}

pid_t launch(const Command& command, const Account& account, const Stdio& stdio) {
    std::vector<std::string> argv = command.argv;
    std::vector<std::string> env = environment(command, account, stdio.terminal);
    std::string program = argv.empty() ? shell_of(account) : argv[0];
    if (argv.empty()) argv = {"-" + program.substr(program.rfind('/') + 1)};
    const Plan plan{candidates_of(program, env),
                    pointers(argv),
                    pointers(env),
                    account,
                    stdio,
                    command.dir.empty() ? account.home : command.dir,
                    !command.dir.empty()};
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    // CLONE_VFORK without CLONE_VM: the child has memory of its own, and we go on when it has
    // exec'd or failed. So the report is there, or never comes, and no state waits for it.
    const long pid = syscall(SYS_clone, CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    must(pid >= 0, "fork");
    if (pid == 0) {
        Report report{};
        try {
            become(plan);
        } catch (const Failure& failure) {
            report.error = failure.error;
            std::strncpy(report.step, failure.step.c_str(), sizeof report.step - 1);
        }
        (void)!write(writer.get(), &report, sizeof report);
        _exit(127);
    }
    writer.reset();
    Report report{};
    if (read(reader.get(), &report, sizeof report) == static_cast<ssize_t>(sizeof report))
        throw Failure{report.error, report.step};
    return static_cast<pid_t>(pid);
}

}  // namespace labd::init
