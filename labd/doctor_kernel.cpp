// Kernel features, found by using them in a network namespace that goes away at once. Asking for a
// device or queue makes the kernel load its module, so a module that is merely not loaded counts
// as there.
#include "labd/doctor_parts.hpp"
#include "labd/fd.hpp"
#include "labd/link_back_ends.hpp"
#include "netlink/attributes.hpp"
#include "netlink/link.hpp"
#include "netlink/netns.hpp"
#include "netlink/socket.hpp"

#include <linux/if_tunnel.h>
#include <linux/lwtunnel.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace labd::doctor {
namespace {

using netlink::Attr;
using netlink::Message;

constexpr Attr<IFLA_LINK, std::uint32_t> lower;
constexpr Attr<IFLA_VLAN_ID, std::uint16_t> vlan_id;
constexpr Attr<IFLA_VRF_TABLE, std::uint32_t> vrf_table;
constexpr Attr<IFLA_VXLAN_ID, std::uint32_t> vxlan_id;
constexpr Attr<IFLA_MACVLAN_MODE, std::uint32_t> macvlan_mode;
constexpr Attr<IFLA_GRE_REMOTE, std::uint32_t> gre_remote;
constexpr Attr<IFLA_IPTUN_REMOTE, std::uint32_t> ipip_remote;
constexpr Attr<TCA_KIND, std::string_view> queue_kind;
constexpr Attr<RTA_ENCAP_TYPE, std::uint16_t> encapsulation;

struct Scratch {  // the namespace that everything is tried in
    netlink::Fd netns = netlink::create_netns();
    netlink::Socket socket = netlink::socket_in(netns.get());
    std::uint32_t below = 0;  // a device that others may sit on
};

int refused(Scratch& scratch, Message& message) {
    const auto refusal = scratch.socket.attempt(message);
    return refusal ? refusal->error : 0;
}

// One at a time: a device that another sits on may take no second one of another kind.
void clear(Scratch& scratch, std::uint32_t index) {
    Message remove = netlink::remove_link({std::nullopt, index});
    (void)scratch.socket.attempt(remove);
}

using Data = void (*)(Message&, const Scratch&);

// 0 or an errno. EOPNOTSUPP: there is no such kind, not even as a module (rtnl_newlink).
int make_device(Scratch& scratch, const char* kind, std::uint32_t index, bool on_another,
                Data data) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
    message.put(netlink::ifla::name, "probe" + std::to_string(index));
    if (on_another) message.put(lower, scratch.below);
    {
        const auto info = message.nest(netlink::ifla::info);
        message.put(netlink::ifla::kind, kind);
        if (data != nullptr) {
            const auto nest = message.nest(netlink::ifla::data);
            data(message, scratch);
        }
    }
    const int error = refused(scratch, message);
    if (error == 0 && scratch.below == 0)
        scratch.below = index;
    else if (error == 0)
        clear(scratch, index);
    return error;
}

struct Device {
    const char *kind, *module, *use;
    bool needed = false, on_another = false;
    Data data = nullptr;
    const char* name = kind;  // in reports
};

constexpr std::array devices{
    Device{"veth", "veth", "every link is a pair of them", true},
    Device{"bridge", "bridge", "switches and LANs", true},
    Device{"bridge", "bridge (CONFIG_BRIDGE_VLAN_FILTERING)", "switches that tell VLANs apart",
           false, false,
           [](Message& m, const Scratch&) { m.put(netlink::ifla_br::vlan_filtering, 1); },
           "bridge with VLANs"},
    Device{"dummy", "dummy", "interfaces without a link"},
    Device{"vlan", "8021q", "VLANs", false, true,
           [](Message& m, const Scratch&) { m.put(vlan_id, 7); }},
    Device{"vrf", "vrf", "VRFs", false, false,
           [](Message& m, const Scratch&) { m.put(vrf_table, 7); }},
    Device{"vxlan", "vxlan", "VXLAN and EVPN", false, false,
           [](Message& m, const Scratch&) { m.put(vxlan_id, 7); }},
    Device{"wireguard", "wireguard", "WireGuard tunnels"},
    Device{"macvlan", "macvlan", "nodes on an interface of the host", false, true,
           [](Message& m, const Scratch&) { m.put(macvlan_mode, MACVLAN_MODE_BRIDGE); }},
    Device{"ipvlan", "ipvlan", "interfaces that share a MAC address", false, true},
    Device{"bond", "bonding", "bonded links"},
    Device{"gre", "ip_gre", "GRE tunnels", false, false,
           [](Message& m, const Scratch&) { m.put(gre_remote, 0x0100007fU); }},
    Device{"ipip", "ipip", "IP in IP tunnels", false, false,
           [](Message& m, const Scratch&) { m.put(ipip_remote, 0x0200007fU); }},
};

struct Queue {
    const char *kind, *module, *use;
};

constexpr std::array queues{
    Queue{"netem", "sch_netem",
          "delay, jitter and reordering on links; without it labd relays "
          "such links itself"},
    Queue{"tbf", "sch_tbf", "limited bandwidth on links"},
};

// Without options: a kind that is there says EINVAL, one that is not says ENOENT (qdisc_create).
bool has_queue(Scratch& scratch, const char* kind) {
    tcmsg header{};
    header.tcm_ifindex = static_cast<int>(scratch.below);
    header.tcm_parent = TC_H_ROOT;
    header.tcm_handle = 0x70000;
    Message message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, header);
    message.put(queue_kind, kind);
    return refused(scratch, message) != ENOENT;
}

// A route that puts a label on packets, as far as the kernel looks at it: it loads the module that
// does so, which needs the one that forwards labels.
bool has_mpls(Scratch& scratch) {
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_type = RTN_UNICAST;
    Message message(RTM_NEWROUTE, NLM_F_CREATE, header);
    message.put(encapsulation, std::uint16_t{LWTUNNEL_ENCAP_MPLS});
    return refused(scratch, message) != EOPNOTSUPP;
}
constexpr const char* mpls_modules = "mpls_router and mpls_iptunnel";

// 0 or an errno: asks nf_tables for its generation, which loads the modules on the way.
int ask_nftables(const Scratch& scratch) {
    const netlink::Entered inside(scratch.netns.get());
    const Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!fd) return errno;
    struct {
        nlmsghdr header;
        nfgenmsg family;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.family.version = NFNETLINK_V0;
    if (::send(fd.get(), &request, sizeof request, 0) < 0) return errno;
    // netlink answers within send(2): there is something to read now, or never.
    alignas(nlmsghdr) std::array<char, 4096> answer{};
    const ssize_t n = ::recv(fd.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    if (n < 0) return errno;
    nlmsghdr header{};
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR) return 0;
    nlmsgerr error{};
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
    return -error.error;
}

DoctorCheck verdict(const std::string& kind, const std::string& module, const std::string& use,
                    bool needed, bool there, const std::string& kernel_words) {
    DoctorCheck check{"kernel: " + kind, there, needed, use, ""};
    if (there) return check;
    check.detail += kernel_words.empty() ? " (this kernel has none)" : " (" + kernel_words + ")";
    check.fix = "modprobe " + module +
                "; where there is no such module, take a Debian kernel: apt install "
                "linux-image-amd64, then reboot";
    return check;
}

// Who does what links are to do to packets.
DoctorCheck impairments() {
    const topology::BackEnds& ends = link_back_ends();
    DoctorCheck check{"links: impairments", true, false, "done by netem", ""};
    if (ends.netem) return check;
    std::string rest = "all of it";
    check.detail = "this kernel has no netem: ";
    if (ends.filters) check.detail += "nft does loss, corruption and duplication, ";
    if (ends.shaper) check.detail += "tbf does rates, ";
    if (ends.filters || ends.shaper) rest = "the rest";
    check.detail += "a relay of labd's does " + rest;
    return check;
}

DoctorCheck ways_out(bool rootless) {
    if (rootless)
        return {"links: nat", false, false, "labs of an ordinary user reach nothing outside",
                "sudo lab up, for a lab with nat or external"};
    DoctorCheck check{"links: nat", link_back_ends().uplink_ipv6, false,
                      "labs reach what the host reaches, by IPv4 and IPv6", ""};
    if (check.ok) return check;
    check.detail =
        "labs reach what the host reaches, by IPv4 alone: for IPv6 this kernel would make a router "
        "of the whole host";
    check.fix = "Linux 6.17, or sysctl net.ipv6.conf.all.forwarding=1 and labd started again";
    return check;
}

}  // namespace

std::map<std::string, std::string> absent_kinds(const std::set<std::string>& kinds) {
    std::map<std::string, std::string> out;
    Scratch scratch;
    std::uint32_t index = 1000;
    for (const Device& device : devices) {
        // The first is what others are tried on.
        if (scratch.below != 0 && !kinds.contains(device.name)) continue;
        const int error =
            make_device(scratch, device.kind, ++index, device.on_another, device.data);
        if (error != 0 && kinds.contains(device.name)) out[device.name] = device.module;
    }
    if (kinds.contains("mpls") && !has_mpls(scratch)) out["mpls"] = mpls_modules;
    return out;
}

Checks kernel_features(bool rootless) {
    Scratch scratch;
    Checks checks;
    std::uint32_t index = 1000;
    for (const Device& device : devices) {
        const int error =
            make_device(scratch, device.kind, ++index, device.on_another, device.data);
        const std::string words = error == EOPNOTSUPP ? "" : std::generic_category().message(error);
        checks.push_back(
            verdict(device.name, device.module, device.use, device.needed, error == 0, words));
    }
    for (const Queue& queue : queues)
        checks.push_back(verdict(queue.kind, queue.module, queue.use, false,
                                 scratch.below != 0 && has_queue(scratch, queue.kind), ""));
    checks.push_back(verdict("mpls", "-a mpls_router mpls_iptunnel", "routers that forward labels",
                             false, has_mpls(scratch), ""));
    const int error = ask_nftables(scratch);
    checks.push_back(verdict("nftables", "nf_tables", "packet filters and address translation",
                             false, error == 0,
                             error == 0 ? "" : std::generic_category().message(error)));
    checks.push_back(impairments());
    checks.push_back(ways_out(rootless));
    return checks;
}

}  // namespace labd::doctor
