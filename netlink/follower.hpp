// One socket that hears of every namespace that its own has numbers for: which of them changed.
// What has changed is looked up, not read from events.
#pragma once

#include "netlink/fd.hpp"
#include "netlink/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

struct msghdr;

namespace netlink {

// Of interfaces, addresses, queue disciplines, rules and forwarding everything; of routes those of
// one protocol and the kernel's own: routing daemons make thousands of others.
bool matters(const Frame& frame, std::uint8_t route_protocol);

class Follower {
  public:
    // `netns` is the namespace with the numbers. Throws Error.
    Follower(int netns, std::uint8_t route_protocol);
    int fd() const { return fd_.get(); }  // readable when there is something to read

    struct Heard {
        std::set<std::int32_t> nsids;  // namespaces in which something has changed
        bool lost = false;             // more came than the socket could hold: look everywhere
    };
    // All that there is now; never blocks.
    Heard read();

  private:
    void take(Bytes datagram, msghdr& header, Heard& heard) const;

    Fd fd_;
    std::uint8_t route_protocol_;
    std::vector<std::byte> buffers_;  // a datagram each, in one piece
};

}  // namespace netlink
