// Static routes forward: every pair reaches, hop by hop, as the kernel would look it up.
#include "tests/support/lab_builder.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace {

using test::codes;
using test::LabBuilder;
using topology::Family;
using topology::Ip;
using topology::Kind;
using topology::Prefix;

// Forwards one packet at a time over Node::routes and connected networks, longest prefix first.
class Forwarder {
  public:
    explicit Forwarder(const topology::Lab& lab) : lab_(lab) {
        for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
            for (const Prefix& p : lab.nodes[n].loopbacks) holder_[p.ip].insert(n);
            for (std::size_t i = 0; i < lab.nodes[n].interfaces.size(); ++i) {
                const auto& interface = lab.nodes[n].interfaces[i];
                for (const Prefix& p : interface.addresses) holder_[p.ip].insert(n);
                holder_[interface.mac.link_local()].insert(n);
            }
        }
    }

    // The nodes on the way; empty when the packet is lost or goes round.
    std::vector<std::size_t> path(std::size_t from, const Ip& to, std::size_t choice = 0) const {
        std::vector<std::size_t> nodes{from};
        while (holder_.count(to) == 0 || holder_.at(to).count(nodes.back()) == 0) {
            if (nodes.size() > 1 && lab_.nodes[nodes.back()].kind != Kind::router) return {};
            const auto next = step(nodes.back(), to, choice);
            if (next == topology::npos || nodes.size() > lab_.nodes.size()) return {};
            nodes.push_back(next);
        }
        return nodes;
    }

  private:
    std::size_t step(std::size_t n, const Ip& to, std::size_t choice) const {
        const topology::Node& node = lab_.nodes[n];
        int best = -1;
        Ip via;
        std::string dev;
        for (const auto& interface : node.interfaces)
            for (const Prefix& p : interface.addresses)
                if (p.contains(to) && p.length > best)
                    best = p.length, via = to, dev = interface.name;
        for (const auto& route : node.routes)
            if (route.destination.ip.family == to.family && route.destination.contains(to) &&
                route.destination.length > best) {
                const auto& hop = route.hops[choice % route.hops.size()];
                best = route.destination.length, via = hop.via.value_or(to), dev = hop.dev;
            }
        if (best < 0) return topology::npos;
        // Whoever holds the next hop must hear us on that very interface.
        const auto out = std::find_if(node.interfaces.begin(), node.interfaces.end(),
                                      [&](const auto& i) { return i.name == dev; });
        if (out == node.interfaces.end()) return topology::npos;
        const auto holders = holder_.find(via);
        if (holders == holder_.end()) return topology::npos;
        for (const topology::End& end : lab_.segments[out->segment].ends)
            if (end.node != n && holders->second.count(end.node) != 0) return end.node;
        return topology::npos;
    }

    const topology::Lab& lab_;
    std::map<Ip, std::set<std::size_t>> holder_;
};

void resolve(LabBuilder& b) {
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
}

// `stride`: of a large lab only every n-th source and destination.
void expect_all_pairs(const topology::Lab& lab, std::size_t choice = 0, std::size_t stride = 1) {
    const Forwarder forwarder(lab);
    for (std::size_t from = 0; from < lab.nodes.size(); from += stride)
        for (std::size_t to = 0; to < lab.nodes.size(); to += stride)
            for (const Family family : {Family::ipv4, Family::ipv6}) {
                if (from == to || lab.nodes[from].is_bridge()) continue;
                const auto ip = topology::primary(lab.nodes[to], family);
                if (!ip) continue;
                ASSERT_FALSE(forwarder.path(from, *ip, choice).empty())
                    << lab.nodes[from].name << " to " << lab.nodes[to].name << " " << ip->text();
            }
}

TEST(static_routing, a_host_goes_to_the_first_router_of_its_first_network) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1", "r2"});
    b.link({"h1", "h2", "r1", "r2"});
    resolve(b);
    EXPECT_EQ(b.routes("h1"), "0.0.0.0/0 via 10.0.1.1 dev eth0, ::/0 via fd00:0:0:1::1 dev eth0");
    EXPECT_EQ(b.routes("r1"), "");
}

TEST(static_routing, gateway_of_end_node_and_segment) {
    LabBuilder b;
    b.hosts({"h1", "h2", "h3", "h4", "h5"});
    b.routers({"r1", "r2"});
    b.link({"h1", "h2", "h3", "h4", "h5", "r1", "r2"}).gateway = {"r2", {}};
    b["h2"].gateway = {{"r1", {}}};
    b.end("h3", 0).gateway = {"10.0.1.77", {}};
    b["h4"].gateway = {{"", {}}};
    b.end("h5", 0).gateway = {"", {}};
    resolve(b);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.routes("h1"), "0.0.0.0/0 via 10.0.1.2 dev eth0, ::/0 via fd00:0:0:1::2 dev eth0");
    EXPECT_EQ(b.routes("h2"), "0.0.0.0/0 via 10.0.1.1 dev eth0, ::/0 via fd00:0:0:1::1 dev eth0");
    EXPECT_EQ(b.routes("h3"), "0.0.0.0/0 via 10.0.1.77 dev eth0, ::/0 via fd00:0:0:1::2 dev eth0");
    EXPECT_EQ(b.routes("h4"), "");
    EXPECT_EQ(b.routes("h5"), "");
}

TEST(static_routing, a_gateway_elsewhere_is_an_error) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1", "r9"});
    b.link({"h1", "r1"});
    b.link({"h2", "r9"});
    b["h1"].gateway = {{"r9", {}}};
    b["h2"].gateway = {{"10.9.9.9", {}}};
    resolve(b);
    ASSERT_EQ(codes(b.diagnostics), "D50, D50");
    EXPECT_EQ(b.diagnostics.all()[0].message, "h1 and r9 share no network");
    EXPECT_EQ(b.diagnostics.all()[0].hint, "neighbours of h1: r1");
    EXPECT_EQ(b.diagnostics.all()[1].message, "10.9.9.9 is in no network of h2");
}

TEST(static_routing, the_cheaper_way_then_fewer_routers_then_the_earlier_end) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.hosts({"h3"});
    b.link({"r1", "r3"});
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    b.link({"r3", "h3"});
    resolve(b);
    EXPECT_NE(b.routes("r1").find("10.0.1.0/24 via 172.16.0.1 dev eth0"), std::string::npos);
    b.end("r1", 0).cost = 100;
    resolve(b);
    EXPECT_NE(b.routes("r1").find("10.0.1.0/24 via 172.16.0.3 dev eth1"), std::string::npos);
    b.end("r1", 0).cost = 20;  // equal costs: fewer routers
    resolve(b);
    EXPECT_NE(b.routes("r1").find("10.0.1.0/24 via 172.16.0.1 dev eth0"), std::string::npos);
    b["r1"].ecmp = true;
    resolve(b);
    EXPECT_NE(b.routes("r1").find("10.0.1.0/24 via 172.16.0.1 dev eth0 via 172.16.0.3 dev eth1"),
              std::string::npos);
}

TEST(static_routing, dynamic_routers_are_leaves_and_no_transit) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.hosts({"h2", "h3"});
    b["r2"].routing = {topology::Routing::ospf};
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    b.link({"r2", "h2"});
    b.link({"r3", "h3"});
    resolve(b);
    EXPECT_EQ(
        b.routes("r1"),
        "10.0.1.0/24 via 172.16.0.1 dev eth0, 172.16.0.2/31 via 172.16.0.1 dev eth0, "
        "fd00:0:0:1::/64 via fd00:0:1::1 dev eth0, fd00:0:1:1::/127 via fd00:0:1::1 dev eth0");
    EXPECT_EQ(b.routes("r2"), "");
}

TEST(static_routing, private_networks_are_told_to_nobody) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.hosts({"h2"});
    b.link({"r1", "r2"});
    b.link({"r2", "h2"}).private_ = true;
    resolve(b);
    EXPECT_EQ(b.routes("r1"), "");
}

TEST(static_routing, link_local_links_carry_both_families) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.hosts({"h1", "h2"});
    b.lab.addressing.pools["core"].link_local = true;
    b.link({"r1", "r2"}).pool = {"core", {}};
    b.link({"r1", "h1"});
    b.link({"r2", "h2"});
    resolve(b);
    const std::string via = b.end("r2", 0).mac.link_local().text();
    EXPECT_EQ(b.routes("r1"),
              "10.0.2.0/24 via " + via + " dev eth0, fd00:0:0:2::/64 via " + via + " dev eth0");
    expect_all_pairs(b.lab);
}

TEST(static_routing, unnumbered_links_are_crossed_onlink) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    for (const char* name : {"r1", "r2", "r3"}) b[name].loopback = true;
    b.lab.addressing.pools["core"].unnumbered = true;
    b.link({"r1", "r2"}).pool = {"core", {}};
    b.link({"r2", "r3"}).pool = {"core", {}};
    resolve(b);
    EXPECT_EQ(b.routes("r1"),
              "10.255.0.2/32 via 10.255.0.2 dev eth0 onlink, "
              "10.255.0.3/32 via 10.255.0.2 dev eth0 onlink");
}

TEST(static_routing, an_interface_that_is_down_carries_nothing) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.hosts({"h2"});
    b.link({"r1", "r2"});
    b.link({"r1", "r2"});
    b.link({"r2", "h2"});
    b.end("r1", 0).up = false;
    resolve(b);
    EXPECT_NE(b.routes("r1").find("10.0.1.0/24 via 172.16.0.3 dev eth1"), std::string::npos);
}

// Random graphs of routers, LANs, switches, hosts with loopbacks, costs and equal-cost routers.
class random_graph : public testing::TestWithParam<unsigned> {};

TEST_P(random_graph, every_pair_reaches_without_going_round) {
    std::mt19937 random(GetParam());
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    LabBuilder b;
    const unsigned routers = 5 + pick(25);
    for (unsigned i = 0; i < routers; ++i) {
        topology::Node& node = b.node("r" + std::to_string(i), Kind::router);
        node.loopback = pick(2) == 0;
        if (pick(3) == 0) node.ecmp = true;
    }
    const unsigned hosts = pick(15);
    for (unsigned i = 0; i < hosts; ++i)
        b.node("h" + std::to_string(i), Kind::host).loopback = pick(4) == 0;
    b.switches({"sw"});
    b.lab.addressing.pools["core"].link_local = true;
    for (unsigned i = 1; i < routers; ++i)
        b.link({"r" + std::to_string(i), "r" + std::to_string(pick(i))});
    for (unsigned i = 0; i < routers; ++i) {
        const unsigned a = pick(routers), c = pick(routers);
        if (a == c) continue;
        topology::Link& link = b.link({"r" + std::to_string(a), "r" + std::to_string(c)});
        if (pick(5) == 0) link.pool = {"core", {}};
    }
    for (unsigned i = 0; i < hosts; ++i) {
        const std::string h = "h" + std::to_string(i);
        if (pick(3) == 0) {
            b.link({h, "sw"});
        } else {
            std::set<std::string> ends{"r" + std::to_string(pick(routers)),
                                       "r" + std::to_string(pick(routers))};
            std::vector<std::string> all(ends.begin(), ends.end());
            all.push_back(h);
            b.link(all);
        }
    }
    b.link({"r0", "sw"});
    for (topology::Node& node : b.lab.nodes)
        for (topology::Interface& interface : node.interfaces)
            if (pick(3) == 0) interface.cost = 1 + pick(30);
    resolve(b);
    ASSERT_EQ(codes(b.diagnostics), "");
    expect_all_pairs(b.lab);
    expect_all_pairs(b.lab, 1);
}

INSTANTIATE_TEST_SUITE_P(seeds, random_graph, testing::Range(1U, 21U));

LabBuilder chain(int routers, bool loopbacks) {
    LabBuilder b;
    topology::Lab& lab = b.lab;
    lab.nodes.reserve(static_cast<std::size_t>(routers));
    for (int i = 1; i <= routers; ++i)
        b.node("r" + std::to_string(i), Kind::router).loopback = loopbacks;
    for (int i = 1; i < routers; ++i)
        b.link({"r" + std::to_string(i), "r" + std::to_string(i + 1)});
    resolve(b);
    return b;
}

TEST(static_routing, a_long_chain_needs_few_routes) {
    LabBuilder b = chain(200, false);
    std::size_t most = 0;
    for (const topology::Node& node : b.lab.nodes) most = std::max(most, node.routes.size());
    EXPECT_LE(most, 24U);
    expect_all_pairs(b.lab, 0, 11);
    // Not one of them a default that nobody asked for.
    for (const topology::Node& node : b.lab.nodes)
        for (const topology::Route& route : node.routes) EXPECT_GE(route.destination.length, 12);
}

TEST(static_routing, loopbacks_of_a_chain_are_told_in_blocks_too) {
    LabBuilder b = chain(120, true);
    for (const topology::Node& node : b.lab.nodes) EXPECT_LE(node.routes.size(), 40U) << node.name;
    expect_all_pairs(b.lab, 0, 7);
}

TEST(static_routing, a_small_lab_has_one_route_a_network) {
    LabBuilder b = chain(6, false);
    EXPECT_EQ(b["r1"].routes.size(), 8U);
    EXPECT_EQ(b["r1"].routes[0].destination.text(), "172.16.0.2/31");
}

// `lab validate` of thousands of routers does not wait for paths that it says nothing about.
TEST(static_routing, who_wants_only_mistakes_gets_no_computed_routes) {
    const std::string text = R"(
        links = [{ ring = "r[1-4]" }, ["h1", "r1"]]
        [nodes]
        "r[1-4]" = "router"
        h1 = )";
    const auto resolve = [&](const std::string& h1, bool only_mistakes) {
        topology::ResolveOptions options;
        options.only_mistakes = only_mistakes;
        test::MemoryFiles files{{"x.lab.toml", text + h1}};
        return topology::resolve(files, "x.lab.toml", options);
    };
    for (const bool only_mistakes : {false, true}) {
        SCOPED_TRACE(only_mistakes);
        const topology::Resolved right = resolve("\"host\"", only_mistakes);
        ASSERT_FALSE(right.diagnostics.failed());
        EXPECT_EQ(right.lab.find("r3")->routes.empty(), only_mistakes);
        EXPECT_FALSE(right.lab.find("h1")->routes.empty())
            << "a way out is looked for all the same";
        const std::string wrong = R"({ kind = "host", routes = ["198.51.100.0/24 via 10.9.9.9"] })";
        EXPECT_EQ(codes(resolve(wrong, only_mistakes).diagnostics),
                  codes(resolve(wrong, false).diagnostics));
        EXPECT_TRUE(resolve(wrong, only_mistakes).diagnostics.failed());
    }
}

// What is no mistake of the file's but of its size: the sample must not overlook it.
TEST(static_routing, too_many_routes_are_found_by_those_of_some_routers) {
    std::string text = "links = [{ ring = \"r[1-2400]\" }]\n[nodes]\n";
    std::mt19937 chance(1);
    std::set<std::uint32_t> loopbacks;
    while (loopbacks.size() < 2400) loopbacks.insert(chance() % (1U << 22));
    std::vector<std::uint32_t> order(loopbacks.begin(), loopbacks.end());
    std::shuffle(order.begin(), order.end(), chance);
    for (std::size_t i = 0; i < order.size(); ++i)
        text += "r" + std::to_string(i + 1) + " = { kind = \"router\", loopback = \"100." +
                std::to_string(64 + (order[i] >> 16)) + "." + std::to_string(order[i] >> 8 & 255) +
                "." + std::to_string(order[i] & 255) + "/32\" }\n";
    test::MemoryFiles files{{"x.lab.toml", text}};
    topology::ResolveOptions options;
    options.only_mistakes = true;
    const auto resolved = topology::resolve(files, "x.lab.toml", options);
    EXPECT_EQ(codes(resolved.diagnostics), "D61");
}

}  // namespace
