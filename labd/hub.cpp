// The hub is labd's alone: the daemon's own namespace would number foreigners too, and would be
// the place where half-made links show up if a kernel went wrong.
#include "labd/hub.hpp"

#include "netlink/device.hpp"
#include "netlink/netns.hpp"

#include <cerrno>

namespace labd {
namespace {

constexpr std::uint32_t keys_index = 1000;  // above the fallback tunnels of some kernels

}  // namespace

Hub::Numbers::Numbers() : netns(netlink::create_netns()), socket(netlink::socket_in(netns.get())) {}

std::int32_t Hub::Numbers::number(int of) {
    // Numbers are never given twice, not even when their namespaces are gone: an event or listing
    // that is still on its way must not mean somebody else.
    for (;;) {
        try {
            const std::int32_t out = netlink::assign_nsid(socket, of, next);
            if (out == next) ++next;
            return out;
        } catch (const netlink::Error& error) {
            // The kernel gives numbers, too: to the other ends of links that it lists.
            if (error.error() != EEXIST) throw;
            ++next;
        }
    }
}

std::uint16_t Hub::wireguard_family() {
    if (wireguard_ != 0) return wireguard_;
    if (!generic_) {
        netlink::NewLink link;
        link.name = "keys";
        link.index = keys_index;
        netlink::Message create = netlink::create_device(link, "wireguard", {});
        socket().request(create, {"create", "a WireGuard interface"});
        generic_ = netlink::socket_in(netns(), netlink::Protocol::generic);
    }
    wireguard_ = netlink::wireguard_family(*generic_);
    return wireguard_;
}

netlink::WireguardKey Hub::public_key(const netlink::WireguardKey& secret) {
    const std::uint16_t family = wireguard_family();
    const auto hold = [&](const netlink::WireguardKey& key) {
        netlink::WireguardChange change;
        change.secret = key;
        for (netlink::Message& message : netlink::change_wireguard(family, keys_index, change))
            generic_->request(message, {"set", "a key"});
    };
    hold(secret);
    const netlink::WireguardKey out = netlink::wireguard(*generic_, family, keys_index).open;
    hold({});
    return out;
}

}  // namespace labd
