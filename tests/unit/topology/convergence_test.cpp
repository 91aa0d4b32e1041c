// What `up --wait` waits for: everything that routing will bring, and nothing that it cannot.
#include "topology/convergence.hpp"

#include "tests/support/lab_builder.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using test::LabBuilder;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using topology::Family;
using topology::Routing;

using Words = std::vector<std::string>;
using Expected = std::map<std::string, std::vector<topology::Prefix>>;

Expected expected(LabBuilder& b) {
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    topology::configure(b.lab, b.diagnostics);
    EXPECT_EQ(test::codes(b.diagnostics), "");
    return topology::expected_routes(b.lab);
}

Words words(const Expected& routes, const std::string& node, Family family) {
    Words list;
    const auto found = routes.find(node);
    if (found == routes.end()) return {"nothing is known of " + node};
    for (const topology::Prefix& prefix : found->second)
        if (prefix.ip.family == family) list.push_back(prefix.text());
    return list;
}
Words v4(const Expected& routes, const std::string& node) {
    return words(routes, node, Family::ipv4);
}
Words v6(const Expected& routes, const std::string& node) {
    return words(routes, node, Family::ipv6);
}

// r1 - r2 - r3, each with a loopback.
LabBuilder line(const std::vector<Routing>& routing, std::vector<std::uint32_t> asns = {}) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    std::size_t at = 0;
    for (const char* name : {"r1", "r2", "r3"}) {
        b[name].routing = routing;
        b[name].loopback = true;
        if (!asns.empty()) b[name].asn = asns[at++];
    }
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    return b;
}

TEST(convergence, igps_bring_every_network_in_both_families) {
    for (const Routing protocol : {Routing::ospf, Routing::isis, Routing::rip, Routing::babel}) {
        LabBuilder b = line({protocol});
        const Expected routes = expected(b);
        EXPECT_THAT(v4(routes, "r1"),
                    ElementsAre("10.255.0.2/32", "10.255.0.3/32", "172.16.0.2/31"));
        EXPECT_THAT(v6(routes, "r1"),
                    ElementsAre("fd00:0:1:1::/127", "fd00:0:2::2/128", "fd00:0:2::3/128"));
        EXPECT_THAT(v4(routes, "r2"), ElementsAre("10.255.0.1/32", "10.255.0.3/32"));
    }
}

TEST(convergence, igps_bring_no_ipv4_across_links_that_have_none) {
    for (const Routing protocol : {Routing::ospf, Routing::isis, Routing::rip, Routing::babel}) {
        LabBuilder b = line({protocol});
        b.lab.addressing.pools["core"].link_local = true;
        b.lab.links[1].pool = {"core", {}};
        const Expected routes = expected(b);
        EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.255.0.2/32"));
        EXPECT_THAT(v4(routes, "r3"), IsEmpty());
        EXPECT_THAT(v6(routes, "r1"), ElementsAre("fd00:0:2::2/128", "fd00:0:2::3/128"));
        EXPECT_THAT(v6(routes, "r3"), Contains("fd00:0:2::1/128"));
    }
}

// zebra calls an address of one host on a link unnumbered; ospfd and isisd know what that means.
TEST(convergence, ospf_and_isis_cross_unnumbered_links) {
    for (const Routing protocol : {Routing::ospf, Routing::isis, Routing::rip}) {
        LabBuilder b = line({protocol});
        b.lab.addressing.pools["core"].unnumbered = true;
        for (topology::Link& link : b.lab.links) link.pool = {"core", {}};
        const Expected routes = expected(b);
        if (protocol == Routing::rip)
            EXPECT_THAT(v4(routes, "r1"), IsEmpty());
        else
            EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.255.0.2/32", "10.255.0.3/32"));
    }
}

TEST(convergence, ends_that_are_down_passive_or_private_bring_nothing) {
    for (const int which : {0, 1, 2}) {
        LabBuilder b = line({Routing::ospf});
        if (which == 0) b.end("r3", 0).up = false;
        if (which == 1) b.end("r3", 0).passive = true;
        if (which == 2) b.lab.links[1].private_ = true;
        const Expected routes = expected(b);
        EXPECT_THAT(v4(routes, "r1"), Not(Contains("10.255.0.3/32"))) << which;
        EXPECT_THAT(v4(routes, "r1"), Contains("10.255.0.2/32")) << which;
        EXPECT_THAT(v4(routes, "r3"), IsEmpty()) << which;
    }
}

TEST(convergence, own_configurations_are_nobodys_guess) {
    LabBuilder b = line({Routing::ospf});
    b["r2"].files["/etc/frr/frr.conf"] = topology::File{};
    const Expected routes = expected(b);
    EXPECT_EQ(routes.count("r2"), 0U);
    EXPECT_THAT(v4(routes, "r1"), IsEmpty());
    EXPECT_THAT(v4(routes, "r3"), IsEmpty());
}

TEST(convergence, ebgp_passes_networks_on_through_other_systems) {
    LabBuilder b = line({Routing::bgp}, {65001, 65002, 65003});
    const Expected routes = expected(b);
    EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.255.0.2/32", "10.255.0.3/32", "172.16.0.2/31"));
    EXPECT_THAT(v6(routes, "r3"), Contains("fd00:0:2::1/128"));
}

TEST(convergence, a_system_refuses_what_has_passed_it) {
    LabBuilder b = line({Routing::bgp}, {65001, 65002, 65001});
    const Expected routes = expected(b);
    EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.255.0.2/32", "172.16.0.2/31"));
    EXPECT_THAT(v4(routes, "r2"), ElementsAre("10.255.0.1/32", "10.255.0.3/32"));
    EXPECT_THAT(v4(routes, "r3"), ElementsAre("10.255.0.2/32", "172.16.0.0/31"));
}

TEST(convergence, what_ibgp_brought_is_not_passed_on_to_ibgp) {
    LabBuilder b = line({Routing::bgp}, {65000, 65000, 65000});
    const Expected routes = expected(b);
    EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.255.0.2/32", "172.16.0.2/31"));
    EXPECT_THAT(v4(routes, "r2"), ElementsAre("10.255.0.1/32", "10.255.0.3/32"));
}

TEST(convergence, ibgp_between_loopbacks_crosses_the_system) {
    for (const bool reflected : {false, true}) {
        LabBuilder b = line({Routing::ospf, Routing::bgp}, {65000, 65000, 65000});
        b["r2"].route_reflector = reflected;
        b.routers({"x"});
        b.hosts({"h"});
        b["x"].routing = {Routing::bgp};
        b["x"].asn = 65009;
        b.link({"r1", "x"});
        b.link({"x", "h"});
        const Expected routes = expected(b);
        EXPECT_THAT(v4(routes, "r3"), Contains("10.0.1.0/24")) << reflected;
        EXPECT_THAT(v4(routes, "x"), Contains("10.255.0.3/32")) << reflected;
    }
}

TEST(convergence, two_reflectors_bring_what_one_does) {
    LabBuilder b;
    b.routers({"rr1", "rr2", "r1", "r2"});
    for (topology::Node& node : b.lab.nodes) {
        node.routing = {Routing::ospf, Routing::bgp};
        node.asn = 65000;
        node.loopback = true;
    }
    b["rr1"].route_reflector = b["rr2"].route_reflector = true;
    b["r1"].announce = {"203.0.113.0/24"};
    for (const char* reflector : {"rr1", "rr2"})
        for (const char* client : {"r1", "r2"}) b.link({reflector, client});
    const Expected routes = expected(b);
    for (const char* node : {"rr1", "rr2", "r2"})
        EXPECT_THAT(v4(routes, node), Contains("203.0.113.0/24")) << node;
}

TEST(convergence, ibgp_needs_an_igp_that_reaches_from_end_to_end) {
    LabBuilder b = line({Routing::ospf, Routing::bgp}, {65000, 65000, 65000});
    b.end("r2", 1).passive = true;
    b.routers({"x"});
    b["x"].routing = {Routing::bgp};
    b["x"].asn = 65009;
    b["x"].loopback = true;
    b.link({"r1", "x"});
    const Expected routes = expected(b);
    EXPECT_THAT(v4(routes, "r2"), Contains("10.255.0.4/32"));
    EXPECT_THAT(v4(routes, "r3"), Not(Contains("10.255.0.4/32")));
    EXPECT_THAT(v4(routes, "x"), Not(Contains("10.255.0.3/32")));
}

TEST(convergence, bgp_tells_lans_but_not_what_lies_between_routers) {
    LabBuilder b = line({Routing::bgp}, {65001, 65002, 65003});
    b.hosts({"h"});
    b["r3"].announce = {"lans", "203.0.113.0/24"};
    b.link({"r3", "h"});
    b.link({"r3"});
    b.link({"r3"}).private_ = true;
    const Expected routes = expected(b);
    // A network without a host in it is a LAN too; the one to r2 is told by r2.
    EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.0.1.0/24", "10.0.2.0/24", "10.255.0.2/32",
                                              "172.16.0.2/31", "203.0.113.0/24"));
}

TEST(convergence, bgp_carries_ipv4_over_link_local_links) {
    LabBuilder b = line({Routing::bgp}, {65001, 65002, 65003});
    b.lab.addressing.pools["core"].link_local = true;
    for (topology::Link& link : b.lab.links) link.pool = {"core", {}};
    const Expected routes = expected(b);
    EXPECT_THAT(v4(routes, "r1"), ElementsAre("10.255.0.2/32", "10.255.0.3/32"));
}

TEST(convergence, spines_of_one_system_do_not_learn_each_other) {
    const std::string folder = std::string(LAB_SOURCE_DIR) + "/examples/";
    std::ifstream stream(folder + "clos-2x4.lab.toml");
    test::MemoryFiles files;
    files.add("x.lab.toml", std::string(std::istreambuf_iterator<char>(stream), {}));
    const topology::Resolved resolved = topology::resolve(files, "x.lab.toml");
    ASSERT_FALSE(resolved.diagnostics.failed())
        << topology::render(resolved.diagnostics.all(), resolved.sources, false, 100);
    const Expected routes = topology::expected_routes(resolved.lab);
    EXPECT_THAT(v4(routes, "spine1"),
                ElementsAre("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"));
    EXPECT_EQ(v4(routes, "leaf1").size(), 3U);
}

// Five stages: the spines of a pod are one system, and so are the two on top, each of which knows
// one spine of each pod.
TEST(convergence, planes_of_a_fabric_keep_their_spines_to_themselves) {
    test::MemoryFiles files{{"x.lab.toml", R"(
[addressing]
core = { ipv6 = "link-local" }
[kinds.fabric]
extends  = "router"
routing  = "bgp"
loopback = true
[nodes]
"super[1-2]"       = { kind = "fabric", asn = 65100 }
"spine[1-2]-[1-2]" = { kind = "fabric", asn = "${65000 + i}" }
"leaf[1-2]-[1-2]"  = { kind = "fabric", asn = "${65000 + i * 10 + j}" }
"c[1-2]-[1-2]"     = "host"
[[link]]
for  = { p = "1-2" }
mesh = ["spine${p}-[1-2]", "leaf${p}-[1-2]"]
pool = "core"
[[link]]
for  = { p = "1-2" }
zip  = ["spine${p}-[1-2]", "super[1-2]"]
pool = "core"
[[link]]
zip = ["leaf[*]-[*]", "c[*]-[*]"]
)"}};
    const topology::Resolved resolved = topology::resolve(files, "x.lab.toml");
    ASSERT_FALSE(resolved.diagnostics.failed());
    const topology::Lab& lab = resolved.lab;
    const Expected routes = topology::expected_routes(lab);
    const auto loopback = [&](const std::string& node) {
        return lab.find(node)->loopbacks.at(0).text();
    };
    ASSERT_EQ(lab.find("super1")->loopbacks.at(0).ip.family, Family::ipv4);
    const auto knows = [&](const std::string& node, const std::string& other) {
        const Words known = v4(routes, node);
        return std::find(known.begin(), known.end(), loopback(other)) != known.end();
    };
    for (const char* leaf : {"leaf2-1", "leaf2-2"})
        for (const char* other : {"leaf1-1", "leaf1-2", "spine1-1", "spine1-2", "super1", "super2"})
            EXPECT_TRUE(knows(leaf, other)) << leaf << " " << other;
    EXPECT_TRUE(knows("super1", "spine1-1"));
    EXPECT_TRUE(knows("super1", "leaf1-2"));
    EXPECT_FALSE(knows("super1", "super2"));
    EXPECT_FALSE(knows("super1", "spine1-2")) << "only by leaves, through spine1-1's own system";
    EXPECT_FALSE(knows("spine1-1", "spine1-2"));
    EXPECT_TRUE(knows("spine1-1", "spine2-1"));
    EXPECT_FALSE(knows("spine1-1", "spine2-2"));
    EXPECT_FALSE(knows("spine1-1", "super2"));
}

}  // namespace
