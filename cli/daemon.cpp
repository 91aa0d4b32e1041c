// Starts labd on demand: a child in its own session, its words in RUN/labd.log, and we wait for its
// READY=1 or its death, whichever comes first. No polling of the socket, no sleeping.
#include "cli/daemon.hpp"

#include "cli/endpoint.hpp"
#include "cli/error.hpp"
#include "cli/render.hpp"
#include "labd/user_folders.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace cli {
namespace {

constexpr std::chrono::seconds start_limit{30};  // it may have many labs to take over

[[noreturn]] void fail(const std::string& doing) {
    throw Failure("internal", "start labd: " + doing + ": " + std::strerror(errno));
}

std::string own_folder() {
    std::array<char, PATH_MAX> path{};
    const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
    const std::string text(path.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    const std::size_t slash = text.rfind('/');
    return slash == std::string::npos ? "" : text.substr(0, slash);
}

// An abstract address of the kernel's choice (unix(7), autobind): no file to clean up.
labd::Fd notify_socket(std::string& name) {
    labd::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) != 0)
        fail("bind the notify socket");
    socklen_t size = sizeof address;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        fail("name the notify socket");
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    name = "@" + std::string(address.sun_path + 1, length - 1);
    return fd;
}

std::string last_words(const std::string& log, off_t from) {
    std::ifstream in(log);
    in.seekg(from);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) lines.push_back(line);
    if (lines.size() > 3) lines.erase(lines.begin(), lines.end() - 3);
    return join(lines, "\n  ");
}

// The child's half of the fork: nothing here allocates or returns.
[[noreturn]] void become_labd(const char* program, char* const* argv, char* const* environment,
                              int log) {
    (void)::setsid();  // cannot fail in a fresh child
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGPIPE, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0) ::_exit(127);
    // Descriptors that our own caller left open without CLOEXEC are no business of a daemon.
    (void)::close_range(3, ~0U, 0);
    (void)::umask(022);
    if (::chdir("/") != 0) ::_exit(127);
    ::execve(program, argv, environment);
    ::_exit(127);
}

struct Started {
    pid_t pid = -1;
    labd::Fd pidfd;
};

Started spawn(const std::string& program, const std::vector<std::string>& arguments,
              const std::string& notify, int log) {
    std::vector<std::string> variables{"NOTIFY_SOCKET=" + notify};
    for (char** v = environ; *v != nullptr; ++v) {
        const std::string_view text(*v);
        // Whoever activated *us* by socket did not mean labd.
        if (text.rfind("NOTIFY_SOCKET=", 0) != 0 && text.rfind("LISTEN_", 0) != 0)
            variables.emplace_back(text);
    }
    std::vector<char*> argv, environment;
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    for (const std::string& v : variables) environment.push_back(const_cast<char*>(v.c_str()));
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    Started child;
    child.pid = ::fork();
    if (child.pid < 0) fail("fork");
    if (child.pid == 0) become_labd(program.c_str(), argv.data(), environment.data(), log);
    // By number: glibc 2.36 declares pidfd_open() for C alone.
    child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
    if (!child.pidfd) fail("watch the new process");
    return child;
}

// Of several `lab` that find no labd, one starts it and the others wait for that, here.
labd::Fd take_turn(const std::string& run) {
    if (::mkdir(run.c_str(), 0755) != 0 && errno != EEXIST) {
        const std::string why =
            errno == ENOENT ? "the folder above it is missing" : std::strerror(errno);
        throw Failure("unreachable",
                      "labd is not running, and its folder " + run + " cannot be made: " + why,
                      "make it first, or name another socket: -S PATH, LAB_SOCKET=PATH");
    }
    // In /tmp anybody could have made it for us.
    if (::geteuid() != 0 && !labd::is_own_folder(run))
        throw Failure("internal", run + " is not your own folder",
                      "name a socket in one that is: LAB_SOCKET=DIR/labd.sock");
    labd::Fd folder(::open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) fail("open " + run);
    while (::flock(folder.get(), LOCK_EX) != 0)
        if (errno != EINTR) fail("wait for another lab that starts it");
    return folder;
}

// A labd that stops accepts until it has seen its signal, and then hangs up without a word: only
// one that says who it is serves. Throws Unreachable.
void hear_from(const Client& client) {
    try {
        client.hear(std::chrono::duration<double>(start_limit).count());
    } catch (const Unreachable&) {
        throw;
    } catch (const Failure& hung_up) {
        if (hung_up.code != "internal") throw;  // somebody else's, or not for this user
        throw Unreachable("unreachable", hung_up.message, hung_up.hint);
    }
}

bool answers(const std::string& socket) {
    try {
        hear_from(Client(socket));
        return true;
    } catch (const Unreachable&) {
        return false;
    }
}

enum class StartOutcome { ready, died, late };

StartOutcome await(int notify, int pidfd) {
    const auto end = std::chrono::steady_clock::now() + start_limit;
    std::array<pollfd, 2> watched{{{notify, POLLIN, 0}, {pidfd, POLLIN, 0}}};
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return StartOutcome::late;
        const int n = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
        if (n < 0 && errno != EINTR) fail("wait for it");
        if (n <= 0) continue;
        std::array<char, 4096> said{};
        if ((watched[0].revents & POLLIN) != 0) {
            const ssize_t got = ::recv(notify, said.data(), said.size(), MSG_DONTWAIT);
            const std::string_view text(said.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
            if (text.find("READY=1") != text.npos) return StartOutcome::ready;
        } else if ((watched[1].revents & POLLIN) != 0) {
            return StartOutcome::died;
        }
    }
}

}  // namespace

std::optional<std::string> find_labd() {
    std::vector<std::string> folders{own_folder(), own_folder() + "/../sbin"};
    if (const char* path = std::getenv("PATH"); path != nullptr) {
        std::istringstream list(path);
        for (std::string folder; std::getline(list, folder, ':');) folders.push_back(folder);
    }
    for (const std::string& folder : folders) {
        const std::string candidate = folder + "/labd";
        struct stat info {};
        if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
            ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return std::nullopt;
}

void start_labd(const std::string& program, const std::string& socket) {
    std::vector<std::string> arguments{"labd", "--foreground"};
    const std::size_t slash = socket.rfind('/');
    const std::string run = slash == std::string::npos ? "." : socket.substr(0, slash);
    if (socket != system_socket)
        arguments.insert(arguments.end(), {"--socket", socket, "--run-dir", run});

    if (const std::string other = labd::somebodys_entry_beside(socket); !other.empty())
        throw Failure(
            "internal",
            "labd makes the folder of its socket its own, and " + run + " has " + other + " in it",
            "name a socket in a folder of its own: " + run + "/labd/labd.sock");
    const labd::Fd turn = take_turn(run);
    if (answers(socket)) return;  // the `lab` whose turn it was has started one
    const std::string log = run + "/labd.log";
    const labd::Fd out(
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (!out) fail("open " + log);
    const off_t before = ::lseek(out.get(), 0, SEEK_END);

    std::string name;
    const labd::Fd notify = notify_socket(name);
    const Started child = spawn(program, arguments, name, out.get());
    const StartOutcome outcome = await(notify.get(), child.pidfd.get());
    if (outcome == StartOutcome::ready) return;
    if (outcome == StartOutcome::late) {
        (void)::kill(child.pid, SIGTERM);  // it may have ended by itself meanwhile
        throw Failure("internal", "labd was not ready within 30 s", "see " + log);
    }
    (void)::waitpid(child.pid, nullptr, 0);
    // One that systemd or a person has started meanwhile holds the lock, and all is well.
    if (answers(socket)) return;
    const std::string said = last_words(log, before);
    throw Failure("internal", "labd would not start" + (said.empty() ? "" : ":\n  " + said),
                  "see " + log + ", and `lab doctor`");
}

Client connect(const Globals& globals) {
    const Endpoint where = endpoint(globals);
    Client client(where.socket);
    try {
        hear_from(client);
        return client;
    } catch (const Unreachable& failure) {
        if (globals.no_start && where.whose == Endpoint::Whose::own)
            throw Unreachable(
                "unreachable", failure.message,
                where.why_own + ", and --no-start forbids to start a labd of your own");
        if (globals.no_start) throw;
        if (where.socket == system_socket && ::geteuid() != 0)
            throw Unreachable("unreachable", failure.message,
                              "only root can start it: sudo lab …, or systemctl start "
                              "labd.socket; without -S and LAB_SOCKET you get a labd of your own");
    }
    const std::optional<std::string> program = find_labd();
    if (!program)
        throw Unreachable(
            "unreachable",
            "labd does not answer on " + where.socket + ", and no labd is installed to be started",
            "it belongs beside `lab` or on the PATH");
    if (where.whose == Endpoint::Whose::own && !globals.quiet)
        print_error("notice: " + where.why_own +
                    ": starting a labd of your own, without root, on " + where.socket + "\n");
    if (globals.verbose) print_error("starting " + *program + "\n");
    start_labd(*program, where.socket);
    client.probe();
    return client;
}

}  // namespace cli
