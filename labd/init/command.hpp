// A program to start inside the node, and how it is started: by the door, for sessions, services,
// probes and `exec` lines alike.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace labd::init {

struct Command {
    std::vector<std::string> argv;  // empty = the user's login shell
    std::vector<std::string> env;   // KEY=value, over the usual ones
    std::string user;               // "" = root
    std::string dir;                // "" = the user's home
};

struct Stdio {
    int in = -1, out = -1, err = -1;  // -1 = /dev/null
    bool terminal = false;            // `in` becomes the controlling terminal
};

// Throws Failure {ENOENT, "user x …"}.
Account account_of(const Command& command);
// The leader of a session and process group of its own. Returns when the program runs (or has
// already ended); throws Failure when it could not be started, with ENOENT only for a program that
// is absent.
pid_t launch(const Command& command, const Account& account, const Stdio& stdio);

}  // namespace labd::init
