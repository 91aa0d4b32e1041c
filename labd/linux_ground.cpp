// What a node's network stands on: lo, forwarding, rules, and the routes that the kernel makes with
// addresses. Read and put right.
#include "labd/fd.hpp"
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/marks.hpp"
#include "netlink/forwarding.hpp"
#include "netlink/netns.hpp"
#include "netlink/route.hpp"
#include "netlink/rule.hpp"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace labd {
namespace {

using namespace topology;
using Forwarding = Ground::Forwarding;

BornRule born_rule(const netlink::Rule& rule) {
    return {rule.family == AF_INET ? Family::ipv4 : Family::ipv6, rule.priority, rule.table};
}

netlink::Rule rule_of(const BornRule& rule) {
    const std::uint8_t family = rule.family == Family::ipv4 ? AF_INET : AF_INET6;
    return {family, rule.priority, rule.table};
}

// Of all, and of the interfaces that are labd's: a program's own may be as it likes.
Forwarding forwarding_of(const netlink::Forwarding& read, const std::vector<netlink::Link>& links) {
    bool any = read.all, every = read.all;
    for (const netlink::Link& link : links) {
        const auto at = read.at.find(link.index);
        if (link.group != marks::group || at == read.at.end()) continue;
        any = any || at->second;
        every = every && at->second;
    }
    return every ? Forwarding::on : any ? Forwarding::partly : Forwarding::off;
}

// The networks that the kernel has a route to by itself, of each interface.
std::set<std::pair<std::uint32_t, Prefix>> connected(const std::vector<netlink::Route>& routes) {
    std::set<std::pair<std::uint32_t, Prefix>> out;
    for (const netlink::Route& route : routes)
        if (route.hops.size() == 1 && !route.hops.front().via)
            out.insert({route.hops.front().index, {to_topology(route.destination), route.length}});
    return out;
}

// Tunnels and dummies have no neighbours to ask, or no groups, from the beginning.
bool is_born_speaking(const netlink::Link& link) {
    static const std::set<std::string> kinds{"veth", "bridge", "bond", "vlan", "macvlan"};
    return kinds.contains(link.kind);
}

// The table of the VRF that it belongs to, or everybody's.
std::uint32_t table_of(const std::vector<netlink::Link>& links, const std::string& device) {
    const auto by = [&](auto is_it) { return std::find_if(links.begin(), links.end(), is_it); };
    const auto found = by([&](const netlink::Link& link) { return link.name == device; });
    if (found == links.end()) return RT_TABLE_MAIN;
    const auto master = by([&](const netlink::Link& l) { return l.index == found->master; });
    return master != links.end() && master->kind == "vrf" ? master->settings.id : RT_TABLE_MAIN;
}

// That it has been taken down is said as such: ::1 goes and comes with that.
void observe_loopback(const std::vector<netlink::Link>& links,
                      const std::vector<netlink::Address>& addresses, Ground& out) {
    const auto lo = std::find_if(links.begin(), links.end(),
                                 [](const netlink::Link& link) { return link.index == 1; });
    if (lo == links.end() || !lo->up()) return;
    for (const Prefix& born : born_loopbacks()) {
        const bool held = std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
            return address.index == 1 && to_topology(address.ip) == born.ip;
        });
        if (!held && (born.ip.family == Family::ipv4 || lo->ipv6)) out.loopbacks.insert(born);
    }
}

// The kernel makes it when the interface can send first, in the same lock (rtnl) that lists
// interfaces: who is listed as operational has got his before, if he was to get one.
void observe_link_local(const std::vector<netlink::Link>& links,
                        const std::vector<netlink::Address>& addresses, Ground& out) {
    constexpr std::uint8_t operational = 6;  // IF_OPER_UP
    for (const netlink::Link& link : links) {
        const bool expected = link.group == marks::group && is_born_speaking(link) && link.up() &&
                              link.operstate == operational && link.ipv6 && link.link_local;
        const bool held = std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
            return address.index == link.index && to_topology(address.ip).is_link_local();
        });
        if (expected && !held) out.no_link_local.insert(link.name);
    }
}

// One write, as root of the namespace; the thread is in it.
void put_setting(const std::string& path, const char* value) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    // An interface that does not speak the protocol has no such file.
    if (!file && errno == ENOENT) return;
    if (!file || ::write(file.get(), value, 1) != 1) netlink::throw_errno("write", path);
}

void put_forwarding(const char* protocol, bool on, const std::vector<std::string>& devices) {
    const std::string base = std::string("/proc/sys/net/") + protocol + "/conf/";
    for (const char* scope : {"all", "default"})
        put_setting(base + scope + "/forwarding", on ? "1" : "0");
    // `all` passes a change on; where it was right already, the others are told one by one.
    for (const std::string& device : devices)
        put_setting(base + device + "/forwarding", on ? "1" : "0");
}

}  // namespace

void LinuxKernel::observe_ground(netlink::Socket& socket, const std::vector<netlink::Link>& links,
                                 const std::vector<netlink::Address>& addresses, Space& out) {
    Ground& ground = out.ground;
    ground.ipv4 = forwarding_of(netlink::forwarding(socket, AF_INET), links);
    ground.ipv6 = forwarding_of(netlink::forwarding(socket, AF_INET6), links);
    const std::vector<netlink::Rule> rules = netlink::plain_rules(socket);
    for (const netlink::Rule& born : netlink::born_rules())
        if (std::find(rules.begin(), rules.end(), born) == rules.end())
            ground.rules.insert(born_rule(born));
    for (const netlink::Link& link : links) {
        if (link.group != marks::group || !is_born_speaking(link)) continue;
        if (!link.has_neighbors()) ground.no_arp.insert(link.name);
        if (!link.hears_groups()) ground.no_multicast.insert(link.name);
    }
    observe_loopback(links, addresses, ground);
    observe_link_local(links, addresses, ground);
    std::map<std::uint32_t, std::string> up;
    for (const netlink::Link& link : links) {
        if (link.index == 1) ground.loopback = link.up();
        if (link.index != 1 && link.up()) up[link.index] = link.name;
    }
    const auto routed = connected(netlink::routes(socket, RTPROT_KERNEL));
    for (const netlink::Address& address : addresses) {
        const auto device = up.find(address.index);
        const bool is_alone = address.length == address.ip.view().size() * 8;
        if (device == up.end() || address.protocol != marks::protocol || is_alone ||
            (address.flags & IFA_F_NOPREFIXROUTE) != 0)
            continue;
        const Prefix prefix{to_topology(address.ip), address.length};
        if (!routed.contains({address.index, prefix.network()}))
            ground.routes[device->second].insert(prefix);
    }
}

void LinuxKernel::change_ground(const ChangeGround& step) {
    using Change = netlink::LinkChange;
    Place& here = place(step.space);
    const std::vector<netlink::Link> links = list(here);
    netlink::Socket& socket = inside(step.space);
    if (step.to.loopback != step.from.loopback) {
        netlink::LinkChange change;
        change.up = step.to.loopback;
        netlink::Message message = netlink::change_link(1, change);
        socket.request(message, {"bring up", "lo of " + step.space});
    }
    std::vector<std::string> devices;
    for (const netlink::Link& link : links)
        if (link.group == marks::group) devices.push_back(link.name);
    if (step.to.ipv4 != step.from.ipv4 || step.to.ipv6 != step.from.ipv6) {
        const netlink::Entered there(here.netns.get());
        if (step.to.ipv4 != step.from.ipv4)
            put_forwarding("ipv4", step.to.ipv4 == Forwarding::on, devices);
        if (step.to.ipv6 != step.from.ipv6)
            put_forwarding("ipv6", step.to.ipv6 == Forwarding::on, devices);
    }
    const auto speak = [&](const std::set<std::string>& silent, std::optional<bool> Change::*flag) {
        for (const std::string& device : silent) {
            Change change;
            change.*flag = true;
            change_link(step.space, index(step.space, device), change);
        }
    };
    speak(step.from.no_arp, &Change::arp);
    speak(step.from.no_multicast, &Change::multicast);
    const auto add = [&](netlink::Message message, const std::string& what) {
        // It may have come back with something else that was put right.
        const auto refused = socket.attempt(message);
        if (refused && refused->error != EEXIST) throw netlink::Error({"add", what}, *refused);
    };
    for (const BornRule& rule : step.from.rules)
        if (!step.to.rules.contains(rule))
            add(netlink::add_rule(rule_of(rule)), "a " + rule.text() + " in " + step.space);
    for (const netlink::Link& link : links) {
        if (!step.from.no_link_local.contains(link.name)) continue;
        netlink::Address address = address_of(link.index, {to_topology(link.mac).link_local(), 64});
        address.protocol = IFAPROT_KERNEL_LL;
        add(netlink::add_address(address),
            "a link-local address of " + step.space + ":" + link.name);
        addressed_[step.space].insert(link.index);
    }
    for (const Prefix& born : step.from.loopbacks) {
        netlink::Address address = address_of(1, born);
        address.protocol = IFAPROT_KERNEL_LO;
        add(netlink::add_address(address), "address " + born.text() + " of " + step.space + ":lo");
        if (born.ip.family != Family::ipv6) continue;
        // The kernel's own ::1 brings no route along (init_loopback() in net/ipv6/addrconf.c).
        constexpr std::uint32_t address_metric = 256;  // IP6_RT_PRIO_ADDRCONF
        netlink::Route own;
        own.destination = address.ip;
        own.length = address.length;
        own.hops = {{std::nullopt, address.index}};
        own.metric = address_metric;
        own.protocol = RTPROT_KERNEL;
        netlink::Message gone = netlink::remove_route(own);
        (void)socket.attempt(gone);  // refused: there is none
    }
    for (const auto& [device, addresses] : step.from.routes)
        for (const Prefix& address : addresses)
            add(netlink::add_connected_route(address_of(index(step.space, device), address),
                                             table_of(links, device)),
                "the route to " + address.network().text() + " of " + step.space + ":" + device);
}

}  // namespace labd
