// See copy_guard.hpp.
#include "cli/copy_guard.hpp"

#include "cli/copy.hpp"
#include "cli/error.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>

namespace cli {
namespace {

// "+NAME" and "-NAME", a line each, until whoever writes them is no more.
std::set<std::string> left_behind(int names) {
    std::set<std::string> labs;
    std::FILE* lines = ::fdopen(names, "r");
    if (lines == nullptr) return labs;
    char line[80];
    while (std::fgets(line, sizeof line, lines) != nullptr) {
        std::string lab(line + 1);
        if (!lab.empty() && lab.back() == '\n') lab.pop_back();
        if (line[0] == '+') labs.insert(lab);
        if (line[0] == '-') labs.erase(lab);
    }
    return labs;
}

// The child's half of the fork.
[[noreturn]] void guard(int names, Globals globals) {
    globals.no_start = true;
    (void)::setsid();  // what kills the group of a terminal or of a CI job shall not find it
    for (const int number : {SIGINT, SIGPIPE, SIGTERM, SIGHUP}) (void)::signal(number, SIG_IGN);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    constexpr int own = 3;
    for (const int standard : {0, 1, 2}) (void)::dup2(null, standard);
    if (names != own) (void)::dup2(names, own);
    // Whoever reads what our caller writes shall not wait for us.
    (void)::close_range(own + 1, ~0U, 0);
    for (const std::string& lab : left_behind(own)) {
        try {
            take_down(globals, lab);
        } catch (const std::exception&) {
            continue;  // nobody is there to be told; `lab ls` shows it
        }
    }
    ::_exit(0);
}

}  // namespace

CopyGuard::CopyGuard(const Globals& globals) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw Failure("internal", "cannot make a socket: " + std::string(std::strerror(errno)));
    const labd::Fd reads(ends[0]);
    names_.reset(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) throw Failure("internal", "cannot fork: " + std::string(std::strerror(errno)));
    if (pid_ != 0) return;
    names_.reset();
    guard(reads.get(), globals);
}

CopyGuard::~CopyGuard() {
    names_.reset();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void CopyGuard::watch(const std::string& lab) {
    tell('+', lab);
}

void CopyGuard::forget(const std::string& lab) {
    tell('-', lab);
}

void CopyGuard::tell(char what, const std::string& lab) {
    const std::string line = what + lab + "\n";
    // One short line is one piece, whichever thread writes it. Without a guard we go on.
    while (::send(names_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0 && errno == EINTR)
        continue;
}

}  // namespace cli
