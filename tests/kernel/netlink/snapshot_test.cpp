// What we read against two other readers: libnl-route and iproute2.
#include "netlink/snapshot.hpp"

#include "netlink/bridge.hpp"
#include "netlink/bridge_port.hpp"
#include "netlink/veth.hpp"
#include "tests/kernel/netlink/fresh.hpp"

#include <linux/if_bridge.h>
#include <netlink/addr.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <memory>
#include <set>

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using NlSocket = std::unique_ptr<nl_sock, Freed<nl_socket_free>>;
using NlCache = std::unique_ptr<nl_cache, Freed<nl_cache_free>>;

NlSocket nl_socket_in(int netns) {
    const netlink::Entered inside(netns);
    NlSocket out(nl_socket_alloc());
    if (nl_connect(out.get(), NETLINK_ROUTE) < 0) throw std::runtime_error("nl_connect");
    return out;
}

std::string text(nl_addr* address) {
    char buffer[128];
    return address == nullptr ? "-" : nl_addr2str(address, buffer, sizeof buffer);
}
std::string text(const netlink::Ip& ip) {
    const std::unique_ptr<nl_addr, Freed<nl_addr_put>> address(
        nl_addr_build(ip.family, ip.bytes.data(), ip.view().size()));
    return text(address.get());
}

class NetlinkSnapshot : public test::FreshNetns {
  protected:
    void SetUp() override {
        test::FreshNetns::SetUp();
        if (IsSkipped()) return;
        netlink::Bridge settings;
        settings.stp = true;
        settings.priority = 4096;
        settings.ageing = 6000;
        send(netlink::create_bridge(end(netns(), "br0", 99), settings));
        send(netlink::create_veth(end(netns(), "eth0", 100), true, end(other(), "eth0", 100)));
        send(netlink::create_veth(end(netns(), "eth1", 101), false, end(netns(), "eth2", 102)));
        netlink::LinkChange port;
        port.master = 99;
        port.mtu = 1400;
        send(netlink::change_link(101, port));
        netlink::LinkChange up;
        up.up = true;
        send(netlink::change_link(1, up));
        netlink::Socket far = netlink::socket_in(other());
        netlink::Message raise = netlink::change_link(100, up);
        far.request(raise, {"raise", "the peer"});
        for (const char* words :
             {"addr add 10.0.0.1/24 dev eth0", "addr add fd00::1/64 dev eth0",
              "addr add 10.0.0.9 peer 10.0.0.10 dev eth0", "addr add 10.255.0.1/32 dev lo"})
            shell(words);
        for (const char* words :
             {"route add 10.1.0.0/16 via 10.0.0.2",
              "route add 10.2.0.0/16 via inet6 fe80::2 dev eth0",
              "route add 10.3.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3",
              "route add blackhole 10.4.0.0/16", "route add blackhole fd04::/64",
              "route add fd01::/64 via fd00::2 metric 7",
              "route add 10.5.0.0/16 dev eth0 table 1001",
              "-6 route add fd03::/64 nexthop via fd00::2 nexthop via fd00::3",
              "route add default via 10.9.9.9 dev eth0 onlink"})
            shell(words);
    }
    void send(netlink::Message message) { socket().request(message, {"prepare", "the test"}); }
    void shell(const std::string& words) {
        std::vector<std::string> argv;
        for (std::size_t at = 0; at < words.size();) {
            const std::size_t space = std::min(words.find(' ', at), words.size());
            argv.push_back(words.substr(at, space - at));
            at = space + 1;
        }
        const test::Ran ran = ip(argv);
        ASSERT_EQ(ran.status, 0) << words << ": " << ran.output;
    }
};

TEST_F(NetlinkSnapshot, links_as_libnl_sees_them) {
    const NlSocket nl = nl_socket_in(netns());
    nl_cache* raw = nullptr;
    ASSERT_EQ(rtnl_link_alloc_cache(nl.get(), AF_UNSPEC, &raw), 0);
    const NlCache cache(raw);
    const auto ours = netlink::snapshot(socket()).links;
    EXPECT_EQ(static_cast<std::size_t>(nl_cache_nitems(cache.get())), ours.size());
    for (const netlink::Link& link : ours) {
        rtnl_link* theirs = rtnl_link_get(cache.get(), static_cast<int>(link.index));
        ASSERT_NE(theirs, nullptr) << link.name;
        EXPECT_EQ(rtnl_link_get_name(theirs), link.name);
        EXPECT_EQ(rtnl_link_get_mtu(theirs), link.mtu);
        EXPECT_EQ(rtnl_link_get_flags(theirs), link.flags);
        EXPECT_EQ(rtnl_link_get_group(theirs), link.group);
        EXPECT_EQ(static_cast<std::uint32_t>(rtnl_link_get_master(theirs)), link.master);
        EXPECT_EQ(rtnl_link_get_operstate(theirs), link.operstate);
        EXPECT_EQ(rtnl_link_get_carrier(theirs) != 0, link.carrier);
        nl_addr* mac = rtnl_link_get_addr(theirs);
        EXPECT_EQ(std::memcmp(nl_addr_get_binary_addr(mac), link.mac.data(), 6), 0) << link.name;
        const char* kind = rtnl_link_get_type(theirs);
        EXPECT_EQ(kind == nullptr ? "" : kind, link.kind);
        rtnl_link_put(theirs);
    }
}

TEST_F(NetlinkSnapshot, addresses_as_libnl_sees_them) {
    const NlSocket nl = nl_socket_in(netns());
    nl_cache* raw = nullptr;
    ASSERT_EQ(rtnl_addr_alloc_cache(nl.get(), &raw), 0);
    const NlCache cache(raw);
    std::multiset<std::string> theirs, ours;
    for (nl_object* o = nl_cache_get_first(cache.get()); o != nullptr; o = nl_cache_get_next(o)) {
        auto* a = reinterpret_cast<rtnl_addr*>(o);
        std::string local = text(rtnl_addr_get_local(a));
        theirs.insert(std::to_string(rtnl_addr_get_ifindex(a)) + " " +
                      local.substr(0, local.find('/')) + "/" +
                      std::to_string(rtnl_addr_get_prefixlen(a)));
    }
    for (const netlink::Address& a : netlink::snapshot(socket()).addresses) {
        ours.insert(std::to_string(a.index) + " " + text(a.ip) + "/" + std::to_string(a.length));
    }
    EXPECT_EQ(ours, theirs);
    EXPECT_GE(ours.size(), 6U);
}

TEST_F(NetlinkSnapshot, routes_as_libnl_counts_and_iproute2_prints_them) {
    const NlSocket nl = nl_socket_in(netns());
    nl_cache* raw = nullptr;
    ASSERT_EQ(rtnl_route_alloc_cache(nl.get(), AF_UNSPEC, 0, &raw), 0);
    const NlCache cache(raw);
    std::multiset<std::string> theirs, ours;
    for (nl_object* o = nl_cache_get_first(cache.get()); o != nullptr; o = nl_cache_get_next(o)) {
        auto* r = reinterpret_cast<rtnl_route*>(o);
        if (rtnl_route_get_type(r) != RTN_UNICAST && rtnl_route_get_type(r) != RTN_BLACKHOLE)
            continue;
        const int hops = rtnl_route_get_type(r) == RTN_BLACKHOLE ? 0 : rtnl_route_get_nnexthops(r);
        theirs.insert(std::to_string(rtnl_route_get_table(r)) + " " +
                      std::to_string(rtnl_route_get_priority(r)) + " " +
                      std::to_string(nl_addr_get_prefixlen(rtnl_route_get_dst(r))) + " hops " +
                      std::to_string(hops));
    }
    const auto routes = netlink::snapshot(socket()).routes;
    for (const netlink::Route& r : routes)
        ours.insert(std::to_string(r.table) + " " + std::to_string(r.metric) + " " +
                    std::to_string(r.length) + " hops " + std::to_string(r.hops.size()));
    EXPECT_EQ(ours, theirs);

    // In words: what iproute2 was told above is what was read.
    const auto find = [&](const char* destination, std::uint8_t length) -> const netlink::Route* {
        for (const netlink::Route& r : routes)
            if (text(r.destination) == destination && r.length == length) return &r;
        return nullptr;
    };
    const netlink::Route* via6 = find("10.2.0.0", 16);
    ASSERT_TRUE(via6 != nullptr && via6->hops.size() == 1 && via6->hops[0].via);
    EXPECT_EQ(text(*via6->hops[0].via), "fe80::2");
    const netlink::Route* ecmp = find("fd03::", 64);
    ASSERT_TRUE(ecmp != nullptr && ecmp->hops.size() == 2);
    EXPECT_EQ(text(*ecmp->hops[1].via), "fd00::3");
    const netlink::Route* table = find("10.5.0.0", 16);
    ASSERT_TRUE(table != nullptr);
    EXPECT_EQ(table->table, 1001U);
    EXPECT_FALSE(table->hops[0].via);
    bool onlink = false;
    for (const netlink::Route& r : routes)
        if (r.length == 0 && r.destination.family == AF_INET) onlink = r.hops.at(0).onlink;
    EXPECT_TRUE(onlink);
}

// libnl cannot read these at all.
TEST_F(NetlinkSnapshot, bridges_and_peers) {
    const auto links = netlink::snapshot(socket()).links;
    const auto named = [&](const std::string& name) -> const netlink::Link& {
        for (const netlink::Link& link : links)
            if (link.name == name) return link;
        throw std::runtime_error("no " + name);
    };
    ASSERT_TRUE(named("br0").bridge);
    EXPECT_TRUE(named("br0").bridge->stp);
    EXPECT_EQ(named("br0").bridge->priority, 4096);
    EXPECT_EQ(named("br0").bridge->ageing, 6000U);
    EXPECT_EQ(named("eth1").master, 99U);
    EXPECT_EQ(named("eth1").peer_index, 102U);
    EXPECT_FALSE(named("eth1").peer_nsid);
    EXPECT_EQ(named("eth0").peer_index, 100U);
    EXPECT_TRUE(named("eth0").peer_nsid);
    const std::string shown = ip({"-d", "link", "show", "br0"}).output;
    EXPECT_NE(shown.find("stp_state 1 priority 4096"), std::string::npos) << shown;
    EXPECT_NE(shown.find("ageing_time 6000"), std::string::npos) << shown;
}

TEST_F(NetlinkSnapshot, another_namespace_by_number) {
    const std::int32_t number = netlink::assign_nsid(socket(), other(), 41);
    EXPECT_EQ(netlink::assign_nsid(socket(), other(), 42), number) << "numbers are for life";
    const auto links = netlink::links(socket(), number);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[1].name, "eth0");
    EXPECT_TRUE(netlink::get_link(socket(), {number, 100}));
    EXPECT_FALSE(netlink::get_link(socket(), {number, 55}));
    EXPECT_FALSE(netlink::get_link(socket(), {number + 1000, 100}));
    const netlink::Fd third = netlink::create_netns();
    EXPECT_THROW(netlink::assign_nsid(socket(), third.get(), number), netlink::Error);
}

TEST_F(NetlinkSnapshot, counters_as_libnl_sees_them) {
    (void)test::run_inside(netns(), {"ping", "-c1", "-W1", "127.0.0.1"});
    const NlSocket nl = nl_socket_in(netns());
    nl_cache* raw = nullptr;
    ASSERT_EQ(rtnl_link_alloc_cache(nl.get(), AF_UNSPEC, &raw), 0);
    const NlCache cache(raw);
    rtnl_link* lo = rtnl_link_get(cache.get(), 1);
    ASSERT_NE(lo, nullptr);
    const auto ours = netlink::get_link(socket(), {{}, 1});
    ASSERT_TRUE(ours);
    EXPECT_GT(ours->tx_bytes, 0U);
    EXPECT_EQ(ours->tx_bytes, rtnl_link_get_stat(lo, RTNL_LINK_TX_BYTES));
    EXPECT_EQ(ours->rx_bytes, rtnl_link_get_stat(lo, RTNL_LINK_RX_BYTES));
    EXPECT_EQ(ours->rx_packets, rtnl_link_get_stat(lo, RTNL_LINK_RX_PACKETS));
    EXPECT_EQ(ours->tx_packets, rtnl_link_get_stat(lo, RTNL_LINK_TX_PACKETS));
    rtnl_link_put(lo);
}

TEST_F(NetlinkSnapshot, states_of_ports_as_bridge_sees_them) {
    using States = std::map<std::uint32_t, std::uint8_t>;
    EXPECT_EQ(netlink::bridge_port_states(socket()), (States{{101, BR_STATE_DISABLED}}));
    for (const char* words : {"link set br0 up", "link set eth2 up", "link set eth1 up"})
        shell(words);
    // For as long as the forward delay: 15 s.
    EXPECT_EQ(netlink::bridge_port_states(socket()), (States{{101, BR_STATE_LISTENING}}));
    const test::Ran told = test::run_inside(netns(), {"bridge", "link", "show", "dev", "eth1"});
    EXPECT_NE(told.output.find(" state listening "), std::string::npos) << told.output;
}

}  // namespace
