// How interfaces get from the host's namespace into a node's, and back.
#include "labd/fail_point.hpp"
#include "labd/host_ties.hpp"
#include "labd/linux_convert.hpp"
#include "labd/log.hpp"
#include "labd/marks.hpp"
#include "netlink/attributes.hpp"
#include "netlink/move.hpp"
#include "netlink/netns.hpp"
#include "netlink/veth.hpp"
#include "topology/uplink.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace labd {

namespace fs = std::filesystem;
using topology::Device;

namespace {

constexpr netlink::Attr<IFLA_IFALIAS, std::string_view> alias;
constexpr std::array folders{"ipv4/conf/", "ipv6/conf/", "ipv4/neigh/", "ipv6/neigh/"};
constexpr const char *ipv4_forwarding = "ipv4/conf/ forwarding",
                     *ipv6_forwarding = "ipv6/conf/ force_forwarding";
constexpr const char* net = "/proc/sys/net/";

// By file, below each of the folders: "ipv4/conf/ rp_filter".
std::map<std::string, std::string> read_sysctls(const std::string& device) {
    std::map<std::string, std::string> out;
    std::error_code none;
    for (const char* folder : folders)
        for (const fs::directory_entry& entry :
             fs::directory_iterator(std::string(net) + folder + device, none)) {
            std::ifstream in(entry.path());
            std::string value;
            if (std::getline(in, value))
                out[std::string(folder) + " " + entry.path().filename().string()] = value;
        }
    return out;
}

void write_sysctls(const std::string& device, const std::map<std::string, std::string>& wish) {
    const std::map<std::string, std::string> now = read_sysctls(device);
    for (const auto& [file, value] : wish) {
        const auto held = now.find(file);
        if (held == now.end() || held->second == value) continue;
        const std::size_t space = file.find(' ');
        std::ofstream(net + file.substr(0, space) + device + "/" + file.substr(space + 1)) << value;
    }
}

}  // namespace

std::optional<netlink::Link> find_link(netlink::Socket& socket,
                                       const std::function<bool(const netlink::Link&)>& is_it) {
    for (netlink::Link& link : netlink::links(socket))
        if (is_it(link)) return std::move(link);
    return std::nullopt;
}

std::optional<netlink::Link> named(netlink::Socket& socket, const std::string& name) {
    return find_link(socket, [&](const netlink::Link& link) { return link.name == name; });
}

std::uint32_t HostTies::make_pair(const HostTie& tie, int netns, const Device& device,
                                  const Device& end) {
    netlink::NewLink inner = new_link(netns, device), outer = new_link(netns_.get(), end);
    inner.group = marks::outside_group;
    outer.group = 0;
    netlink::Message create = netlink::create_veth(inner, false, outer);
    netlink::Socket socket = host();
    fail_point::before("host.join");
    socket.request(create, {"make", "a pair into the host's namespace"});
    fail_point::after("host.join");
    const auto made = named(socket, end.name);
    if (!made) throw netlink::Error({"find", end.name}, {ENODEV, "", ""});
    netlink::LinkChange silent;
    silent.link_local = false;
    netlink::Message tell = netlink::change_link(made->index, silent);
    tell.put(alias, "labd " + tie.key.lab + "." + tie.key.space);
    socket.request(tell, {"set up", end.name});
    return made->index;
}

void HostTies::join_uplink(const HostTie& tie, int netns, const Device& device) {
    Device end;
    end.name = tie.end;
    end.mac = topology::mac_of("host end " + words(tie.key));
    end.mtu = device.mtu;
    const std::uint32_t made = make_pair(tie, netns, device, end);
    netlink::Socket socket = host();
    {
        const netlink::Entered inside(netns_.get());
        open_end(tie.end);
    }
    netlink::LinkChange up;
    up.up = true;
    netlink::Message raise = netlink::change_link(made, up);
    socket.request(raise, {"bring up", tie.end});
    for (const topology::Prefix& uplink : topology::uplink_addresses(tie.key.lab, tie.key.space)) {
        const topology::Prefix own{topology::host_end(uplink).ip, uplink.length};
        netlink::Message add = netlink::add_address(address_of(made, own));
        const auto refusal = socket.attempt(add);
        // A host without IPv6 has none to give.
        if (refusal && own.ip.family == topology::Family::ipv4)
            throw netlink::Error({"set", "address " + own.text() + " of " + tie.end}, *refusal);
    }
    settle();
}

// A bridge that was told no address takes the lowest of its ports: this one is the highest there is
// (as libvirt's are), and as long as its MTU is the bridge's, that stays, too.
void HostTies::join_port(const HostTie& tie, int netns, const Device& device) {
    netlink::Socket socket = host();
    const auto bridge = named(socket, tie.outside);
    if (!bridge) throw netlink::Error({"find", "bridge " + tie.outside}, {ENODEV, "", ""});
    Device end, inner = device;
    end.name = tie.end;
    end.mac = topology::mac_of("host end " + words(tie.key));
    end.mac.bytes[0] = 0xfe;
    if (inner.mtu == 0) inner.mtu = bridge->mtu;
    if (inner.mac == topology::Mac{}) inner.mac = topology::mac_of("inner end " + words(tie.key));
    end.mtu = inner.mtu;
    const std::uint32_t made = make_pair(tie, netns, inner, end);
    netlink::LinkChange join;
    join.master = bridge->index;
    join.up = true;
    netlink::Message message = netlink::change_link(made, join);
    socket.request(message, {"join", tie.end + " to bridge " + tie.outside});
}

void HostTies::move(HostTie& tie, int netns, const Device& device) {
    netlink::Socket socket = host();
    const auto there = named(socket, tie.outside);
    if (!there) throw netlink::Error({"take", "interface " + tie.outside}, {ENODEV, "", ""});
    tie.kept = netlink::keep(socket, there->index);
    {
        const netlink::Entered inside(netns_.get());
        tie.sysctls = read_sysctls(tie.outside);
    }
    // What labd has opened for other labs it had closed.
    if (opened_.ipv4.erase(tie.outside) > 0) tie.sysctls[ipv4_forwarding] = "0";
    if (opened_.ipv6.erase(tie.outside) > 0) tie.sysctls[ipv6_forwarding] = "0";
    write_down(tie);
    netlink::LinkChange down;
    down.up = false;
    down.group = marks::outside_group;
    netlink::Message quiet = netlink::change_link(there->index, down);
    fail_point::before("host.move");
    socket.request(quiet, {"take", "interface " + tie.outside});
    netlink::Message take = netlink::move_link(there->index, netns, device.index);
    take.put(netlink::ifla::name, device.name);
    socket.request(take, {"take", "interface " + tie.outside});
    fail_point::after("host.move");
    netlink::LinkChange change;
    if (device.mac != topology::Mac{}) change.mac = to_netlink(device.mac);
    if (device.mtu != 0) change.mtu = device.mtu;
    netlink::Message set = netlink::change_link(device.index, change);
    netlink::socket_in(netns).request(set, {"set up", "interface " + tie.outside});
    if (wished().any()) settle();
}

// It is in its node, or it never left, or the kernel has put it back because the node's namespace
// has gone, under whatever name was free.
void HostTies::give_back(const HostTie& tie, int netns) {
    netlink::Socket home = host();
    if (netns >= 0) {
        netlink::Socket there = netlink::socket_in(netns);
        const auto taken = find_link(there, [&](const netlink::Link& link) {
            return link.name == tie.key.device && link.group == marks::outside_group;
        });
        fail_point::before("host.return");
        if (taken) netlink::move_back(there, taken->index, netns_.get(), tie.kept);
        fail_point::after("host.return");
    }
    auto back = named(home, tie.kept.name);
    if (!back) {
        back = find_link(home, [&](const netlink::Link& link) {
            return link.mac == tie.kept.mac && link.group == marks::outside_group;
        });
        if (!back) {
            // Where it was, it is no more; where it may be is not known to everybody who asks.
            if (netns < 0)
                throw netlink::Error({"find", "the host's interface " + tie.outside},
                                     {ENODEV, "", ""});
            log::error(words(tie.key) + ": the host's interface " + tie.outside + " has gone");
            return;
        }
        netlink::Message rename = netlink::change_link(back->index, {});
        rename.put(netlink::ifla::name, tie.kept.name);
        home.request(rename, {"rename", back->name + " to " + tie.kept.name});
    }
    netlink::give_back_link(home, back->index, tie.kept);
    {
        const netlink::Entered inside(netns_.get());
        write_sysctls(tie.kept.name, tie.sysctls);
    }
    for (const std::string& trouble : netlink::give_back(home, back->index, tie.kept))
        log::warning(tie.kept.name + ": " + trouble);
}

}  // namespace labd
