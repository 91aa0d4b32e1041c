// Links through the relay: told to it when both of its ends are there, and read back from it.
#include "labd/linux_kernel.hpp"
#include "labd/packet_socket.hpp"
#include "labd/relay_client.hpp"
#include "netlink/error.hpp"
#include "topology/relay_link.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace labd {

using namespace topology;

namespace {

// What waits in the kernel while the relay does not get the processor.
constexpr int socket_bytes = 16 << 20;

bool is_of(const relay::Linked& link, std::uint32_t index) {
    return link.index[0] == index || link.index[1] == index;
}

// Root of the host may go beyond net.core.rmem_max; in a user namespace the relay could not.
Fd roomy_tap(int netns, const std::string& device) {
    Tap tap = open_tap(netns, device);
    for (const auto& [forced, plain] :
         {std::pair(SO_RCVBUFFORCE, SO_RCVBUF), std::pair(SO_SNDBUFFORCE, SO_SNDBUF)})
        if (setsockopt(tap.socket.get(), SOL_SOCKET, forced, &socket_bytes, sizeof socket_bytes) !=
            0)
            (void)setsockopt(tap.socket.get(), SOL_SOCKET, plain, &socket_bytes,
                             sizeof socket_bytes);
    return std::move(tap.socket);
}

}  // namespace

void LinuxKernel::relay(Fd conversation) {
    relay_.reset();
    relayed_.clear();
    if (conversation) relay_ = std::make_unique<RelayClient>(std::move(conversation));
}

RelayClient& LinuxKernel::relay_client() {
    if (!relay_) throw netlink::Error({"find", "the lab's relay"}, {ESRCH, "", ""});
    return *relay_;
}

// `device` is an end of the relay's that may be of a link which it carries already.
void LinuxKernel::change_relay_end(const Device& device) {
    const std::uint32_t here = index(relay_name, device.name);
    for (relay::Linked& link : relay_client().list()) {
        if (!is_of(link, here)) continue;
        link.settings[link.index[0] == here ? 0 : 1] = to_relay(device.receives);
        if (link.whole) return relay_client().change(link);
        relay_client().remove(link.name);
    }
    add_relay_end(device);
}

// Its link is told to the relay with the second of its ends.
void LinuxKernel::add_relay_end(const Device& device) {
    const std::uint32_t here = index(relay_name, device.name);
    relayed_[device.name] = device.receives;
    const std::string far = other_relay_end(device.name);
    const auto other = relayed_.find(far);
    Place& where = place(relay_name);
    if (other == relayed_.end() || !where.indexes.contains(far)) return;
    relay::Linked link;
    link.name = std::min(device.name, far);
    link.index = {here, index(relay_name, far)};
    link.settings = {to_relay(device.receives), to_relay(other->second)};
    try {
        relay_client().add(
            link, {roomy_tap(where.netns.get(), device.name), roomy_tap(where.netns.get(), far)});
    } catch (const std::system_error& error) {
        throw netlink::Error({"relay", "link " + link.name}, {error.code().value(), "", ""});
    }
    relayed_.erase(device.name);
    relayed_.erase(far);
}

// Of all that is removed, so that the relay is asked about its links only for those that stay
// behind: they keep what they do to frames, for the next end that is laid to them.
void LinuxKernel::leave_relay(Steps steps) {
    std::set<std::string> gone;
    for (const Step& step : steps) {
        const auto& remove = std::get<RemoveVeth>(step);
        if (remove.space == relay_name) gone.insert(remove.device.name);
        if (remove.peer_space == relay_name) gone.insert(remove.peer.name);
    }
    for (const std::string& device : gone) {
        const std::string far = other_relay_end(device);
        relayed_.erase(device);
        if (!relay_) continue;
        try {
            const auto& indexes = place(relay_name).indexes;
            if (const auto there = indexes.find(far); !gone.contains(far) && there != indexes.end())
                stay_behind(far, there->second);
            relay_->remove(std::min(device, far));
        } catch (const netlink::Error&) {
            // Dead or stuck: it carries nothing over an end that goes.
            relayed_.erase(device);
        }
    }
}

void LinuxKernel::stay_behind(const std::string& device, std::uint32_t here) {
    for (const relay::Linked& link : relay_client().list())
        if (is_of(link, here))
            relayed_[device] = from_relay(link.settings[link.index[0] == here ? 0 : 1]);
}

// An end is up when the relay carries its frames; how it stands beyond that is the relay's doing,
// which hands on carrier so.
void LinuxKernel::observe_relay(Space& space) {
    std::vector<relay::Linked> links;
    try {
        if (relay_) links = relay_->list();
    } catch (const netlink::Error&) {
        // Dead or stuck: it carries nothing.
        links.clear();
    }
    for (auto& [name, device] : space.devices) {
        const auto link = std::find_if(links.begin(), links.end(),
                                       [&, index = device.index](const auto& candidate) {
                                           return candidate.whole && is_of(candidate, index);
                                       });
        device.up = link != links.end();
        if (device.up)
            device.receives = from_relay(link->settings[link->index[0] == device.index ? 0 : 1]);
    }
}

}  // namespace labd
