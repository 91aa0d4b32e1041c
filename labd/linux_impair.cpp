// Impairments: a tower of queue disciplines at the device that sends, and without netem a packet
// filter at the one that receives.
#include "labd/linux_kernel.hpp"
#include "labd/linux_shape.hpp"
#include "topology/relay_link.hpp"

namespace labd {

using namespace topology;

namespace {

constexpr netlink::Intent impairing{"impair", "an interface"};

}  // namespace

void LinuxKernel::impair(const std::string& space, std::uint32_t index, const Device& from,
                         const Device& to) {
    if (space == relay_name) {
        if (!from.name.empty()) change_relay_end(to);
        return;
    }
    if (from.sends != to.sends) {
        netlink::Socket& socket = inside(space);
        Tower tower = tower_of(index, to.sends, back_ends_.netem);
        const auto standing = floors_of(index, netlink::qdiscs(socket));
        // The same tower is changed floor by floor, and what waits in it stays; another one is
        // built anew.
        if (standing != tower.floors && !standing.empty()) {
            netlink::Message clear = netlink::remove_qdiscs(index);
            socket.request(clear, impairing);
        }
        for (netlink::Message& message : tower.messages) socket.request(message, impairing);
    }
    const netlink::Filter before = filter_of(from.sends, from.receives),
                          after = filter_of(to.sends, to.receives);
    if (back_ends_.netem || !back_ends_.filters) return;
    Place& where = place(space);
    // Since 6.16 a filter waits for the next device of its name.
    const bool left_over = from.name.empty() && where.filtered;
    if (before == after && !left_over) return;
    where.filtered = true;
    netlink::set_filter(where.netns.get(), to.name, index, after);
}

void LinuxKernel::observe_impairments(Place& place, netlink::Socket& socket, Space& space) {
    if (space.devices.empty()) return;
    if (const auto relay = places_.find(relay_name);
        relay != places_.end() && &place == &relay->second)
        return observe_relay(space);
    const std::vector<netlink::Qdisc> towers = netlink::qdiscs(socket);
    for (auto& entry : space.devices)
        entry.second.sends = impairment_of(entry.second.index, towers, back_ends_.netem);
    if (back_ends_.netem || !back_ends_.filters) return;
    const auto filters = netlink::filters(place.netns.get());
    place.filtered = !filters.empty();
    for (const auto& [name, filter] : filters)
        if (const auto device = space.devices.find(name); device != space.devices.end())
            take_filter(filter, device->second.sends, device->second.receives);
}

}  // namespace labd
