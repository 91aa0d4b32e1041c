// WireGuard interfaces are made as every other device; who may talk to whom is told over generic
// netlink. Between the plan, which knows ends by their names, and the kernel, which knows keys,
// stands the lab's key ring.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "netlink/netns.hpp"
#include "netlink/wireguard.hpp"

#include <cerrno>

namespace labd {

using namespace topology;

namespace {

constexpr netlink::Intent telling{"tell", "a WireGuard interface its peers"};

std::string end_name(const std::string& space, const std::string& device) {
    return space + ":" + device;
}

netlink::WireguardPeer peer_of(const netlink::WireguardKey& key, const WireguardPeer& wish) {
    netlink::WireguardPeer out;
    out.key = key;
    if (wish.address) out.address = to_netlink(*wish.address);
    out.port = wish.port;
    for (const Prefix& network : wish.allowed)
        out.allowed.push_back({to_netlink(network.ip), network.length});
    return out;
}

WireguardPeer peer_of(const netlink::WireguardPeer& seen) {
    WireguardPeer out;
    if (seen.address) out.address = to_topology(*seen.address);
    out.port = seen.port;
    for (const netlink::WireguardPeer::Network& network : seen.allowed)
        out.allowed.insert({to_topology(network.ip), network.length});
    return out;
}

// Of those whose key is nobody's here.
std::string name_stranger(const std::map<std::string, WireguardPeer>& peers) {
    std::string name = "a stranger";
    for (std::size_t n = 2; peers.contains(name); ++n) name = "a stranger " + std::to_string(n);
    return name;
}

}  // namespace

std::map<std::string, std::string> LinuxKernel::keys() const {
    return keys_.texts();
}

void LinuxKernel::recall(const std::map<std::string, std::string>& keys, const State& told) try {
    keys_.keep(keys);
    for (const auto& [space, holds] : told.spaces)
        for (const auto& [name, device] : holds.devices)
            if (device.kind == Device::Kind::wireguard) told_[{space, name}] = device.wireguard;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), e.what(), e.refusal().text});
}

void LinuxKernel::tell_wireguard(const std::string& space, std::uint32_t index, const Device& from,
                                 const Device& to) {
    if (to.kind != Device::Kind::wireguard) return;
    told_[{space, to.name}] = to.wireguard;
    const Wireguard &before = from.wireguard, &after = to.wireguard;
    netlink::WireguardChange change;
    if (before.foreign_key && !after.foreign_key)
        change.secret = keys_.of(end_name(space, to.name)).secret;
    if (before.port != after.port) change.port = after.port;
    for (const auto& [end, peer] : before.peers) {
        if (after.peers.contains(end)) continue;
        if (const KeyRing::Pair* key = keys_.find(end))
            change.gone.push_back(key->open);
        else
            change.forget_peers = true;  // the others come anew
    }
    for (const auto& [end, peer] : after.peers) {
        const auto held = before.peers.find(end);
        if (!change.forget_peers && held != before.peers.end() && held->second == peer) continue;
        change.come.push_back(peer_of(keys_.of(end).open, peer));
    }
    std::vector<netlink::Message> messages =
        netlink::change_wireguard(hub_->wireguard_family(), index, change);
    if (messages.empty()) return;
    netlink::Socket socket =
        netlink::socket_in(place(space).netns.get(), netlink::Protocol::generic);
    for (const netlink::Refused& refused : socket.batch(messages))
        throw netlink::Error(telling, refused.refusal);
}

void LinuxKernel::greet_wireguard(const std::string& space, std::uint32_t index) {
    const std::uint16_t family = hub_->wireguard_family();
    netlink::Socket socket =
        netlink::socket_in(place(space).netns.get(), netlink::Protocol::generic);
    std::vector<netlink::Message> messages;
    for (const netlink::WireguardPeer& peer : netlink::wireguard(socket, family, index).peers)
        for (netlink::Message& message : netlink::greet_wireguard(family, index, peer.key))
            messages.push_back(std::move(message));
    if (!messages.empty()) (void)socket.batch(messages);
}

void LinuxKernel::observe_wireguard(const std::string& space, const Place& place, Space& out) {
    std::optional<netlink::Socket> socket;
    for (auto& [name, device] : out.devices) {
        if (device.kind != Device::Kind::wireguard) continue;
        if (!socket) socket = netlink::socket_in(place.netns.get(), netlink::Protocol::generic);
        netlink::WireguardDevice seen;
        try {
            seen = netlink::wireguard(*socket, hub_->wireguard_family(), device.index);
        } catch (const netlink::Error& e) {
            if (e.error() != ENODEV) throw;
            continue;  // gone since the interfaces were listed, which will be told
        }
        const bool has_key = seen.open != netlink::WireguardKey{};
        // One that is known by nobody an earlier labd has made and could not write down.
        device.wireguard.foreign_key =
            !has_key ||
            keys_.learn(end_name(space, name), {seen.secret, seen.open}).open != seen.open;
        device.wireguard.port = seen.port;
        const auto told = told_.find({space, name});
        for (const netlink::WireguardPeer& one : seen.peers) {
            const std::string end =
                keys_.whose(one.key).value_or(name_stranger(device.wireguard.peers));
            WireguardPeer peer = peer_of(one);
            if (one.heard && told != told_.end())
                if (const auto said = told->second.peers.find(end);
                    said != told->second.peers.end()) {
                    peer.address = said->second.address;
                    peer.port = said->second.port;
                }
            device.wireguard.peers[end] = std::move(peer);
        }
    }
}

}  // namespace labd
