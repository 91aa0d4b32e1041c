#include "cli/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace cli {
namespace {

struct Pipe {
    labd::Fd read, write;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    return {labd::Fd(ends[0]), labd::Fd(ends[1])};
}

}  // namespace

Child Child::start(const std::vector<std::string>& argv, bool with_in, bool with_out,
                   bool with_err) {
    Pipe in, out, err;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    const auto give = [&](bool asked, Pipe& pipe, bool reads, int as) {
        if (!asked) return;
        pipe = make_pipe();
        ::posix_spawn_file_actions_adddup2(&actions, reads ? pipe.read.get() : pipe.write.get(),
                                           as);
    };
    give(with_in, in, true, STDIN_FILENO);
    give(with_out, out, false, STDOUT_FILENO);
    give(with_err, err, false, STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none, defaults;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    // Ctrl-C of a terminal goes to its whole group: what we feed shall end when we end its input.
    if (with_in) flags |= POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(&attributes, flags);
    std::vector<std::string> words = argv;
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    Child child;
    const int error =
        ::posix_spawnp(&child.pid, pointers[0], &actions, &attributes, pointers.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        child.pid = 0;
        errno = error;
        return child;
    }
    child.in = std::move(in.write);
    child.out = std::move(out.read);
    child.err = std::move(err.read);
    return child;
}

int Child::wait() {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> part{};
    ssize_t n = 0;
    while ((n = ::read(fd, part.data(), part.size())) > 0 || (n < 0 && errno == EINTR))
        if (n > 0) text.append(part.data(), static_cast<std::size_t>(n));
    return text;
}

}  // namespace cli
