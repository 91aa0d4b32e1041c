#include "cli/output_of.hpp"

#include "labd/fd.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cli {

std::string output_of(const std::string& program, const std::string& argument) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "";
    const labd::Fd reader(ends[0]);
    labd::Fd writer(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
    std::string path = program, word = argument;
    const std::array<char*, 3> argv{path.data(), word.data(), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, path.c_str(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return "";
    writer.reset();
    std::string text;
    std::array<char, 4096> part{};
    ssize_t n = 0;
    while ((n = ::read(reader.get(), part.data(), part.size())) > 0 || (n < 0 && errno == EINTR))
        if (n > 0) text.append(part.data(), static_cast<std::size_t>(n));
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return status == 0 ? text : "";
}

}  // namespace cli
