// How a command fails: with an exit code of ux.md §1.3 and the three parts of a human error.
// Exit 1 is "your network", 4 is "our tool": a CI job may retry on 4 and must not on 1.
#pragma once

#include "topology/diagnostic.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int failed = 1;
inline constexpr int usage = 2;      // or an invalid topology
inline constexpr int different = 2;  // plan --exit-code
inline constexpr int absent = 3;
inline constexpr int infrastructure = 4;
inline constexpr int no_checks = 5;
inline constexpr int timed_out = 124;
inline constexpr int own = 125;  // exec, shell, vtysh: the command never came to run
inline constexpr int not_executable = 126;
inline constexpr int not_found = 127;
inline constexpr int signalled = 128;  // + n
inline constexpr int interrupted = 130;
}  // namespace exit_code

// The exit code of an error's name on the wire ("no_such_node" is 3).
int exit_of(std::string_view code);

class Failure : public std::exception {
  public:
    Failure(std::string code, std::string message, std::string hint = "");
    const char* what() const noexcept override { return message.c_str(); }

    int exit;
    std::string code, message, hint;
    std::string file;  // with line and column, when a file is to blame
    unsigned line = 0, column = 0;
    // Mistakes in a topology, all of them; the texts that they point into.
    std::vector<topology::Diagnostic> diagnostics;
    topology::Sources sources;
};

// Nobody answers on the socket: the one failure that starting labd may cure.
class Unreachable : public Failure {
  public:
    using Failure::Failure;
};

class Interrupted : public Failure {
  public:
    explicit Interrupted(std::string text) : Failure("interrupted", std::move(text)) {}
};

// For stderr, and with --json for stdout.
std::string render(const Failure& failure, bool color);
std::string render_json(const Failure& failure);

}  // namespace cli
