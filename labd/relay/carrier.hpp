// Carrier goes through a relayed link as through a cable. A veth has no carrier of its own to
// switch: an end is without when the other end is down. So our end beside one node is up exactly
// while the other node's end is seen to be.
#pragma once

#include "labd/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace labd::relay {

struct Seen {
    bool up = false, carrier = false;
    bool gone = false;  // with its cable
    bool operator==(const Seen&) const = default;
};

// What is to be done about the two ends of ours of one link, an end's new state by its number.
struct Switch {
    std::size_t end = 0;
    bool up = false;
    bool operator==(const Switch&) const = default;
};
// An end that is down sees nothing of its node; so one of the two is always up.
std::optional<Switch> mirror(const Seen& first, const Seen& second);

// The interfaces of a network namespace, followed and switched (rtnetlink(7)).
class Interfaces {
  public:
    // `socket` is a NETLINK_ROUTE socket in that namespace, in the group of links.
    explicit Interfaces(Fd socket) : socket_(std::move(socket)) {}
    int socket() const { return socket_.get(); }

    using Changed = std::function<void(std::uint32_t index, const Seen& seen)>;
    void read(const Changed& changed);
    // What is answered comes with read().
    void ask(std::uint32_t index);
    void ask_all();
    void set(std::uint32_t index, bool up);

  private:
    void ask(std::uint32_t index, std::uint16_t flags);

    Fd socket_;
    std::uint32_t sequence_ = 0;
};

}  // namespace labd::relay
