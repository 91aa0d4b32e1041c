// Two network namespaces that hold little but numbers of those that labd looks after. By those of
// the one a single socket makes, lists and removes links in all of them without visiting any; whose
// number the other knows is heard by a single socket there. Every event of any namespace makes the
// kernel look through all the numbers of where somebody listens (peernet2id in
// net/core/net_namespace.c), so that one has them only when there is something to hear.
#pragma once

#include "netlink/fd.hpp"
#include "netlink/socket.hpp"
#include "netlink/wireguard.hpp"

#include <cstdint>
#include <optional>

namespace labd {

class Hub {
  public:
    netlink::Socket& socket() { return named_.socket; }
    int netns() const { return named_.netns.get(); }
    // The hub's number for a namespace; the same one every time as long as it lives.
    std::int32_t number(int netns) { return named_.number(netns); }

    int ear() const { return heard_.netns.get(); }
    // From now on a NETLINK_LISTEN_ALL_NSID socket in the ear hears of it, by this number; the same
    // one every time as long as it lives.
    std::int32_t listen_to(int netns) { return heard_.number(netns); }

    // The kernel's own arithmetic, by a WireGuard interface that is here from the first call on and
    // forgets each key at once.
    netlink::WireguardKey public_key(const netlink::WireguardKey& secret);
    // Of the family "wireguard", which has the same in every namespace.
    std::uint16_t wireguard_family();

  private:
    struct Numbers {
        Numbers();
        std::int32_t number(int of);
        netlink::Fd netns;
        netlink::Socket socket;
        std::int32_t next = 0;
    };
    Numbers named_, heard_;
    std::optional<netlink::Socket> generic_;
    std::uint16_t wireguard_ = 0;
};

}  // namespace labd
