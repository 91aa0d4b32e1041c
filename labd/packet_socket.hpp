// Packet sockets (packet(7)) on interfaces of a lab's namespaces, for somebody else to read from.
#pragma once

#include "labd/fd.hpp"

#include <cstdint>
#include <string>

namespace labd {

struct Tap {
    Fd socket;  // bound to nothing yet: it hears nothing before its reader binds it
    std::uint32_t index = 0;
    std::string mac;       // "" of an interface without
    bool ethernet = true;  // else its packets begin with their IP header (SOCK_DGRAM)
};

// By a short visit to the namespace. Throws std::system_error; ENODEV: no such interface there.
Tap open_tap(int netns, const std::string& interface);

}  // namespace labd
