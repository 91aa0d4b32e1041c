// Veths, bridges and changes of what stays.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/marks.hpp"
#include "netlink/bridge.hpp"
#include "netlink/device.hpp"
#include "netlink/flood.hpp"
#include "netlink/move.hpp"
#include "netlink/netns.hpp"
#include "netlink/veth.hpp"
#include "topology/relay_link.hpp"

#include <linux/if_bridge.h>

#include <cerrno>

namespace labd {

using namespace topology;

namespace {

// The caller's step names what fails; netlink's own errors only carry the refusal there.
constexpr netlink::Intent changing{"change", "an interface"};

// IPv6 is not spoken below this, and has no settings there.
bool has_ipv6(std::uint32_t mtu) {
    constexpr std::uint32_t least = 1280;
    return mtu == 0 || mtu >= least;  // 0: the host's own, which is more
}

}  // namespace

void LinuxKernel::change_link(const std::string& space, std::uint32_t index,
                              const netlink::LinkChange& change) {
    netlink::Message message = netlink::change_link(index, change);
    inside(space).request(message, changing);
}

// What a newborn device still lacks: its bridge, its silence, being up.
void LinuxKernel::set_up_device(const std::string& space, const Device& device, bool is_up) {
    netlink::LinkChange first;
    if (!device.master.empty()) first.master = index(space, device.master);
    if (device.quiet && has_ipv6(device.mtu)) first.link_local = false;
    if (first.master || first.link_local) change_link(space, device.index, first);
    Device newborn = device;
    newborn.port = {};
    newborn.habits = {};
    newborn.vlans.clear();
    tell_port(space, newborn, device);
    tell_vlans(space, newborn, device);
    impair(space, device.index, {}, device);
    if (is_up)
        raised_.push_back({place(space).nsid, device.index});
    else if (device.up)
        raise(space, device.index);
}

void LinuxKernel::raise(const std::string& space, std::uint32_t index) {
    netlink::LinkChange up;
    up.up = true;
    change_link(space, index, up);
    raised_.push_back({place(space).nsid, index});
}

void LinuxKernel::create_veth(const CreateVeth& step) {
    Place& here = place(step.space);
    Place& there = place(step.peer_space);
    // A quiet one must not be up before it is told so.
    const bool born_up = step.device.up && !step.device.quiet && step.device.master.empty();
    netlink::Message create = netlink::create_veth(new_link(here.netns.get(), step.device), born_up,
                                                   new_link(there.netns.get(), step.peer));
    hub_->socket().request(create, {"create", "a veth pair"});
    here.indexes[step.device.name] = step.device.index;
    there.indexes[step.peer.name] = step.peer.index;
    here.fallen.erase(step.device.index);
    there.fallen.erase(step.peer.index);
    try {
        set_up_device(step.space, step.device, born_up);
        set_up_device(step.peer_space, step.peer, false);
        // Last: a link whose ends are not up yet would be one that has lost its carrier.
        if (step.space == relay_name) add_relay_end(step.device);
        if (step.peer_space == relay_name) add_relay_end(step.peer);
    } catch (const netlink::Error&) {
        remove_device(step.space, step.device);
        throw;
    }
}

void LinuxKernel::plug(const std::string& from_space, const Device& from,
                       const std::string& to_space, const Device& to) {
    netlink::Message move =
        netlink::move_link(from.index, place(to_space).netns.get(), to.index, to.name);
    inside(from_space).request(move, changing);
    place(from_space).indexes.erase(from.name);
    place(to_space).indexes[to.name] = to.index;
}

// Moved, it is a newborn there: down, without a bridge, queues and filters.
void LinuxKernel::furnish(const std::string& space, const Device& device) {
    netlink::LinkChange born;
    born.mac = to_netlink(device.mac);
    born.mtu = device.mtu;
    born.arp = born.multicast = true;
    change_link(space, device.index, born);
    set_up_device(space, device, false);
}

void LinuxKernel::move_veth(const MoveVeth& step) {
    plug(step.from_space, step.from, step.to_space, step.to);
    try {
        furnish(step.to_space, step.to);
    } catch (const netlink::Error&) {
        // It has left: back, as well as it goes; what was refused is what the caller must hear.
        try {
            plug(step.to_space, step.to, step.from_space, step.from);
            furnish(step.from_space, step.from);
        } catch (const netlink::Error&) {
            (void)0;
        }
        throw;
    }
}

void LinuxKernel::create_device(const CreateDevice& step) {
    Place& here = place(step.space);
    const netlink::NewLink link = new_link(here.netns.get(), step.device);
    if (reaches_out(step.device.kind)) {
        join_host(step.space, step.device);
    } else if (step.device.kind == Device::Kind::bridge) {
        netlink::Message create = netlink::create_bridge(link, bridge_of(step.device));
        hub_->socket().request(create, {"create", "a bridge"});
    } else {
        // Inside: what it stands on is a number of that namespace.
        netlink::KindSettings settings = settings_of(step.device);
        if (const std::string& lower = step.device.settings.lower; !lower.empty())
            settings.lower = index(step.space, lower);
        netlink::Message create =
            netlink::create_device(link, kind_word(step.device.kind), settings);
        inside(step.space).request(create, {"create", "a device"});
    }
    here.indexes[step.device.name] = step.device.index;
    try {
        Device newborn = step.device;
        newborn.wireguard = {};
        newborn.wireguard.foreign_key = true;
        newborn.floods.clear();
        tell_floods(step.space, newborn, step.device);
        tell_wireguard(step.space, step.device.index, newborn, step.device);
        set_up_device(step.space, step.device, false);
    } catch (const netlink::Error&) {
        remove_device(step.space, step.device);
        throw;
    }
}

void LinuxKernel::remove_device(const std::string& space, const Device& device) {
    if (reaches_out(device.kind)) return part_from_host(space, device);
    Place& here = place(space);
    netlink::Message remove = netlink::remove_link({here.nsid, device.index});
    const auto refusal = hub_->socket().attempt(remove);
    here.indexes.erase(device.name);
    told_.erase({space, device.name});
    // Gone with its other end already: what was wanted.
    if (refusal && refusal->error != ENODEV) throw netlink::Error(changing, *refusal);
}

// A veth goes with either of its ends: the end in the more crowded namespace is taken.
LinuxKernel::Doomed LinuxKernel::choose_ends(Steps steps) const {
    std::map<std::string, std::size_t> crowd;
    for (const Step& step : steps) {
        const auto& remove = std::get<RemoveVeth>(step);
        ++crowd[remove.space];
        // A veth whose other end left the lab is known by this end alone.
        if (places_.contains(remove.peer_space)) ++crowd[remove.peer_space];
    }
    Doomed out;
    for (const Step& step : steps) {
        const auto& remove = std::get<RemoveVeth>(step);
        if (crowd[remove.space] >= crowd[remove.peer_space])
            out[remove.space].push_back(remove.device.index);
        else
            out[remove.peer_space].push_back(remove.peer.index);
    }
    return out;
}

// False if one of them is not there.
bool LinuxKernel::mark(const Doomed& doomed, std::uint32_t group) {
    bool all = true;
    netlink::LinkChange change;
    change.group = group;
    for (const auto& [space, indexes] : doomed) {
        std::vector<netlink::Message> marks;
        for (const std::uint32_t index : indexes)
            marks.push_back(netlink::change_link(index, change));
        all = inside(space).batch(marks).empty() && all;
    }
    return all;
}

void LinuxKernel::remove_together(Steps steps) {
    leave_relay(steps);
    const Doomed doomed = choose_ends(steps);
    if (!mark(doomed, marks::doomed_group)) {
        (void)mark(doomed, marks::group);  // what was not there before is not there now
        for (const Step& step : steps) execute(step);
        return;
    }
    for (const auto& entry : doomed) {
        netlink::Message remove =
            netlink::remove_group(place(entry.first).nsid, marks::doomed_group);
        hub_->socket().request(remove, {"remove", "links"});
    }
    for (const Step& step : steps) {
        const auto& gone = std::get<RemoveVeth>(step);
        place(gone.space).indexes.erase(gone.device.name);
        if (const auto far = places_.find(gone.peer_space); far != places_.end())
            far->second.indexes.erase(gone.peer.name);
    }
}

// Before the first of them: with its peer an interface loses its carrier, and with that its
// nexthop objects.
void LinuxKernel::keep_what_falls(Steps steps) {
    for (const Step& step : steps) {
        const auto* change = std::get_if<ChangeDevice>(&step);
        if (change == nullptr || !change->from.up || change->to.up) continue;
        if (change->space == relay_name) continue;
        try {
            const std::uint32_t where = index(change->space, change->to.name);
            place(change->space).fallen[where] = netlink::keep(inside(change->space), where);
        } catch (const netlink::Error&) {
            continue;  // it is not there, which the step itself says
        }
    }
}

// IPv6 addresses go when an interface goes down, unless keep_addr_on_down is set; down is no
// reason to lose what the file says. What people have set by hand comes back when it is up again.
void LinuxKernel::take_down(const std::string& space, std::uint32_t index) {
    netlink::LinkChange down;
    down.up = false;
    netlink::Socket& socket = inside(space);
    const std::vector<netlink::Address> before = netlink::addresses(socket);
    if (!place(space).fallen.contains(index))
        place(space).fallen[index] = netlink::keep(socket, index);
    change_link(space, index, down);
    const std::vector<netlink::Address> after = netlink::addresses(socket);
    for (const netlink::Address& address : before) {
        if (address.index != index || address.protocol != marks::protocol) continue;
        bool kept = false;
        for (const netlink::Address& other : after)
            if (other.index == address.index && other.ip == address.ip) kept = true;
        if (kept) continue;
        netlink::Message again = netlink::add_address(address);
        socket.request(again, {"restore", "an IPv6 address"});
    }
}

// The kernel derives the link-local address when an interface comes up, and not again when its MAC
// changes (net/ipv6/addrconf.c has no such case): it is done here, without taking it down.
void LinuxKernel::move_link_local(const ChangeDevice& step) {
    const std::uint32_t index = step.to.index;
    netlink::Socket& socket = inside(step.space);
    const auto address = [&](const Mac& mac) {
        netlink::Address out;
        out.index = index;
        out.ip = to_netlink(mac.link_local());
        out.length = 64;
        return out;
    };
    netlink::Message remove = netlink::remove_address(address(step.from.mac));
    const auto refusal = socket.attempt(remove);
    // Somebody took it away before: then nobody expects one.
    if (refusal && refusal->error == EADDRNOTAVAIL) return;
    if (refusal) throw netlink::Error(changing, *refusal);
    netlink::Message add = netlink::add_address(address(step.to.mac));
    socket.request(add, {"set", "a link-local address"});
    addressed_[step.space].insert(index);
}

// A port is told nothing when it leaves its bridge: what it was told goes with that.
void LinuxKernel::tell_port(const std::string& space, const Device& from, const Device& to) {
    const bool joins = from.master != to.master;
    const PortOptions options = joins ? PortOptions{} : from.port;
    const PortHabits habits = joins ? PortHabits{} : from.habits;
    if (to.master.empty() || (options == to.port && habits == to.habits)) return;
    netlink::BridgePort wished = port_of(to);
    if (habits.forwards != to.habits.forwards)
        wished.state = to.habits.forwards ? BR_STATE_FORWARDING : BR_STATE_DISABLED;
    netlink::Message port = netlink::change_port(to.index, wished);
    inside(space).request(port, changing);
}

// A port that a spanning tree has blocked stays so when there is no tree any more, and one that it
// was about to open takes its time (net/bridge/br_stp_if.c, br_stp_stop).
void LinuxKernel::open_ports(const std::string& space, std::uint32_t bridge) {
    for (const netlink::Link& link : list(place(space))) {
        if (link.master != bridge || !link.port || link.port->state == BR_STATE_DISABLED) continue;
        netlink::BridgePort port = *link.port;
        port.state = BR_STATE_FORWARDING;
        netlink::Message message = netlink::change_port(link.index, port);
        inside(space).request(message, changing);
    }
}

void LinuxKernel::tell_vlans(const std::string& space, const Device& from, const Device& to) {
    const bool self = to.kind == Device::Kind::bridge;
    if (!self && to.master.empty()) return;
    PortVlans gone = from.master == to.master ? from.vlans : PortVlans{}, come = to.vlans;
    for (const auto& [id, way] : to.vlans)
        if (const auto held = gone.find(id); held != gone.end()) {
            if (held->second == way) come.erase(id);
            gone.erase(held);
        }
    const auto tell = [&](const PortVlans& vlans, auto message) {
        if (vlans.empty()) return;
        netlink::Message request = message(to.index, self, vlans_of(vlans));
        inside(space).request(request, changing);
    };
    tell(gone, [](auto index, bool itself, const auto& list) {
        return netlink::remove_vlans(index, itself, list);
    });
    tell(come, [](auto index, bool itself, const auto& list) {
        return netlink::add_vlans(index, itself, list);
    });
}

void LinuxKernel::tell_floods(const std::string& space, const Device& from, const Device& to) {
    std::vector<netlink::Message> messages;
    for (const Ip& ip : from.floods)
        if (!to.floods.contains(ip))
            messages.push_back(netlink::remove_flood(to.index, to_netlink(ip)));
    for (const Ip& ip : to.floods)
        if (!from.floods.contains(ip))
            messages.push_back(netlink::add_flood(to.index, to_netlink(ip)));
    if (messages.empty()) return;
    for (const netlink::Refused& refused : inside(space).batch(messages))
        throw netlink::Error(changing, refused.refusal);
}

void LinuxKernel::change_device(const ChangeDevice& step) {
    try {
        change_parts(step);
    } catch (const netlink::Error&) {
        // Several requests: what the first ones did is taken back, as well as it goes; what was
        // refused is what the caller must hear.
        try {
            change_parts({step.space, step.to, step.from});
        } catch (const netlink::Error&) {
            (void)0;
        }
        throw;
    }
}

void LinuxKernel::change_parts(const ChangeDevice& step) {
    const Device &from = step.from, &to = step.to;
    const std::uint32_t where = index(step.space, to.name);
    const bool ipv6_returns = !has_ipv6(from.mtu) && has_ipv6(to.mtu);
    // With its MTU the device gets IPv6 back and would speak before it is told not to.
    const bool pause = from.up && to.up && ipv6_returns && to.quiet;
    if (pause || (from.up && !to.up)) take_down(step.space, where);

    if (from.stp != to.stp || from.ageing_s != to.ageing_s ||
        from.stp_priority != to.stp_priority || from.vlan_filtering != to.vlan_filtering) {
        netlink::Bridge wished = bridge_of(to);
        if (from.vlan_filtering != to.vlan_filtering) wished.vlan_filtering = to.vlan_filtering;
        netlink::Message bridge = netlink::change_bridge(where, wished);
        inside(step.space).request(bridge, changing);
        if (from.stp && !to.stp) open_ports(step.space, where);
    }
    netlink::LinkChange change;
    if (from.mtu != to.mtu) change.mtu = to.mtu;
    if (from.mac != to.mac) change.mac = to_netlink(to.mac);
    if (from.master != to.master)
        change.master = to.master.empty() ? 0 : index(step.space, to.master);
    if (change.mtu || change.mac || change.master) change_link(step.space, where, change);
    tell_port(step.space, from, to);
    tell_vlans(step.space, from, to);
    if (has_ipv6(to.mtu) && (from.quiet != to.quiet || ipv6_returns)) {
        netlink::LinkChange quiet;
        quiet.link_local = !to.quiet;
        change_link(step.space, where, quiet);
    }
    impair(step.space, where, from, to);
    tell_wireguard(step.space, where, from, to);
    tell_floods(step.space, from, to);
    if (pause || (!from.up && to.up)) {
        raise(step.space, where);
    } else if (from.mac != to.mac && to.up && !to.quiet && !ipv6_returns) {
        move_link_local(step);
    }
}

}  // namespace labd
