// Programs in a network namespace: what they said and how they ended.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace test {

struct Ran {
    int status = -1;     // exit status, or 128 + signal
    std::string output;  // of both streams
};

// In the network namespace of `netns`; -1 = this one.
inline Ran run_inside(int netns, const std::vector<std::string>& argv) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child == 0) {
        if (netns >= 0 && setns(netns, CLONE_NEWNET) != 0) _exit(126);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execvp(words[0], words.data());
        _exit(127);
    }
    close(ends[1]);
    Ran out;
    char buffer[4096];
    for (;;) {
        const ssize_t got = read(ends[0], buffer, sizeof buffer);
        if (got <= 0) break;
        out.output.append(buffer, static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return out;
}

inline Ran run_here(const std::vector<std::string>& argv) {
    return run_inside(-1, argv);
}

}  // namespace test
