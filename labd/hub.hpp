// A network namespace that holds little but numbers: one for every namespace labd looks after, so
// that a single socket makes, lists and removes links in all of them without visiting any.
#pragma once

#include "netlink/fd.hpp"
#include "netlink/socket.hpp"
#include "netlink/wireguard.hpp"

#include <cstdint>
#include <optional>

namespace labd {

class Hub {
  public:
    Hub();

    netlink::Socket& socket() { return socket_; }
    int netns() const { return netns_.get(); }
    // The hub's number for a namespace; the same one every time as long as it lives.
    std::int32_t number(int netns);
    // The kernel's own arithmetic, by a WireGuard interface that is here from the first call on and
    // forgets each key at once.
    netlink::WireguardKey public_key(const netlink::WireguardKey& secret);
    // Of the family "wireguard", which has the same in every namespace.
    std::uint16_t wireguard_family();

  private:
    netlink::Fd netns_;
    netlink::Socket socket_;
    std::int32_t next_ = 0;
    std::optional<netlink::Socket> generic_;
    std::uint16_t wireguard_ = 0;
};

}  // namespace labd
