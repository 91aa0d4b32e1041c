// Which labd: the one that is named, the system's, or the user's own.
#pragma once

#include "cli/options.hpp"

#include <string>

namespace cli {

inline constexpr const char* system_socket = "/run/labd/labd.sock";

struct Endpoint {
    enum class Whose {
        named,   // by -S or LAB_SOCKET
        system,  // root's
        own,     // an ordinary user's, below XDG_RUNTIME_DIR
    } whose = Whose::system;
    std::string socket;
    std::string why_own;  // "nobody answers on /run/labd/labd.sock"
};

// What is named; else the system's for root, and for whoever may talk to it if it answers; else
// the caller's own. Looks at the system's socket by connecting to it.
Endpoint endpoint(const Globals& globals);

// "the system's labd", "your own labd (without root)", "labd".
std::string words(const Endpoint& endpoint);

}  // namespace cli
