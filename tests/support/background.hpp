// A program that goes on while a test does something else, read line by line.
#pragma once

#include "labd/fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

class Background {
  public:
    explicit Background(const std::vector<std::string>& argv) {
        int in[2], out[2];
        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
            throw std::runtime_error("pipe2");
        std::vector<char*> words;
        for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("fork");
        if (pid_ == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            dup2(out[1], 2);
            execvp(words[0], words.data());
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        in_.reset(in[1]);
        out_.reset(out[0]);
    }
    ~Background() {
        if (pid_ > 0) (void)kill(pid_, SIGKILL), (void)waitpid(pid_, nullptr, 0);
    }
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Everything up to and with `word`; throws when the output ends or rests for a minute before.
    std::string read_until(const std::string& word) {
        std::string text;
        while (text.find(word) == std::string::npos)
            if (!read_some(text)) throw std::runtime_error("ended before '" + word + "': " + text);
        return text;
    }
    void write(const std::string& text) const {
        if (::write(in_.get(), text.data(), text.size()) < 0) throw std::runtime_error("write");
    }
    void close_input() { in_.reset(); }
    void signal(int number) const { (void)kill(pid_, number); }
    // The rest of what it says, once it has ended. `status`: exit status, or 128 + signal.
    std::string finish(int& status) {
        std::string text;
        while (read_some(text)) {
        }
        int ended = 0;
        (void)waitpid(pid_, &ended, 0);
        pid_ = -1;
        status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
        return text;
    }

  private:
    bool read_some(std::string& text) const {
        pollfd p{out_.get(), POLLIN, 0};
        if (poll(&p, 1, 60000) == 0) throw std::runtime_error("silent for a minute: " + text);
        char part[4096];
        const ssize_t n = read(out_.get(), part, sizeof part);
        if (n > 0) text.append(part, static_cast<std::size_t>(n));
        return n > 0;
    }
    pid_t pid_ = -1;
    labd::Fd in_, out_;
};

}  // namespace test
