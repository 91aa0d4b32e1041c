// Mistakes that only the finished lab shows (validate.cpp), and the lab's hosts file.
#include "tests/support/lab_builder.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <gtest/gtest.h>

namespace {

using test::codes;
using test::LabBuilder;
using topology::Kind;
using topology::Routing;

std::string found(LabBuilder& b) {
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    topology::configure(b.lab, b.diagnostics);
    topology::validate(b.lab, b.diagnostics);
    return codes(b.diagnostics);
}

TEST(whole_lab_rules, an_address_twice_names_both_holders) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.link({"r1 10.0.1.1/24", "r2 10.0.1.1/24"});
    EXPECT_EQ(found(b), "D31");
    EXPECT_EQ(b.diagnostics.all()[0].message,
              "10.0.1.1 is on r1.eth0 (line 3) and on r2.eth0, same network");
}

TEST(whole_lab_rules, an_address_that_no_interface_can_have) {
    for (const char* address : {"10.0.0.0/24", "10.0.0.255/24", "224.0.0.1/24", "127.0.0.1/8",
                                "0.0.0.0/8", "ff02::1/64", "::1/128", "255.255.255.255/8"}) {
        SCOPED_TRACE(address);
        LabBuilder b;
        b.hosts({"h1"});
        b.link({std::string("h1 ") + address});
        EXPECT_EQ(found(b), "D31");
    }
    for (const char* address : {"10.0.0.0/31", "10.0.0.255/23", "10.0.0.5/32", "fd00::/64"}) {
        SCOPED_TRACE(address);
        LabBuilder b;
        b.hosts({"h1"});
        b.link({std::string("h1 ") + address});
        EXPECT_EQ(found(b), "");
    }
}

TEST(whole_lab_rules, private_networks_may_repeat_addresses) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1 192.168.1.2/24"});
    b.link({"h2 192.168.1.2/24"});
    LabBuilder apart = b;
    EXPECT_EQ(found(b), "D31");
    for (topology::Link& link : apart.lab.links) link.private_ = true;
    EXPECT_EQ(found(apart), "");
}

TEST(whole_lab_rules, ids_and_macs_are_given_once) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b["r1"].id = b["r2"].id = 3;
    b.link({"r1", "r2"});
    b.end("r2", 0).mac = b.end("r1", 0).mac;
    EXPECT_EQ(found(b), "D33, D37");
    EXPECT_EQ(b.diagnostics.all()[0].message, "r1 and r2 have id 3");
}

TEST(whole_lab_rules, a_small_mtu_takes_ipv6_away_with_a_warning) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.end("h1", 0).mtu = 1200;
    EXPECT_EQ(found(b), "D38");
    EXPECT_FALSE(b.diagnostics.failed());
    EXPECT_EQ(b.addresses("h1", 0), "10.0.1.11/24");
    EXPECT_EQ(b.addresses("r1", 0), "10.0.1.1/24 fd00:0:0:1::1/64");
}

TEST(whole_lab_rules, loops_of_switches_need_stp) {
    LabBuilder b;
    b.switches({"sw1", "sw2", "sw3"});
    b.link({"sw1", "sw2"});
    b.link({"sw2", "sw3"});
    LabBuilder tree = b;
    EXPECT_EQ(found(tree), "");
    b.link({"sw3", "sw1"});
    LabBuilder spanning = b;
    EXPECT_EQ(found(b), "D59");
    EXPECT_EQ(b.diagnostics.all()[0].message, "sw3–sw2–sw1 is a loop without STP");
    spanning["sw2"].stp = true;
    EXPECT_EQ(found(spanning), "");
}

TEST(whole_lab_rules, parallel_links_between_switches_are_a_loop) {
    LabBuilder b;
    b.switches({"sw1", "sw2"});
    b.link({"sw1", "sw2"});
    b.link({"sw1", "sw2"});
    EXPECT_EQ(found(b), "D59");
}

TEST(whole_lab_rules, a_static_router_behind_dynamic_ones_is_an_island) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.hosts({"h3"});
    b["r1"].routing = b["r2"].routing = {Routing::ospf};
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    b.link({"r3", "h3"});
    LabBuilder told = b;
    EXPECT_EQ(found(b), "D60");
    EXPECT_EQ(b.diagnostics.all()[0].message,
              "r3 is static behind ospf routers: nobody announces 10.0.1.0/24");
    EXPECT_FALSE(b.diagnostics.failed());
    told["r2"].route_lines = {{"h3 via r3", {}}};
    EXPECT_EQ(found(told), "");
}

TEST(whole_lab_rules, own_files_beside_frr_lines) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.link({"r1", "r2"});
    b["r1"].files["/etc/frr/frr.conf"] = topology::File{};
    b["r1"].frr = {"router bgp 1\n", {}};
    EXPECT_EQ(found(b), "D48");
}

TEST(whole_lab_rules, nodes_that_nobody_reaches_are_warned_of) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"spine1", "spine2"});
    b.lab.addressing.pools["core"].link_local = true;
    b["spine2"].loopback = true;
    b.link({"spine1", "spine2"}).pool = {"core", {}};
    EXPECT_EQ(found(b), "D69, D70");
    EXPECT_EQ(b.diagnostics.all()[1].message, "spine1 has only link-local addresses");
}

TEST(hosts_file, has_every_node_by_its_primary_address_and_every_interface) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.switches({"sw"});
    b["r1"].loopback = true;
    b.link({"h1", "sw"});
    b.link({"sw", "r1"});
    EXPECT_EQ(found(b), "");
    EXPECT_EQ(topology::hosts_file(b.lab),
              "127.0.0.1\tlocalhost\n"
              "::1\tlocalhost ip6-localhost ip6-loopback\n"
              "10.0.1.11\th1 h1.eth0\n"
              "fd00:0:0:1::11\th1 h1.eth0\n"
              "10.255.0.1\tr1 r1.lo\n"
              "fd00:0:2::1\tr1 r1.lo\n"
              "10.0.1.1\tr1.eth0\n"
              "fd00:0:0:1::1\tr1.eth0\n");
    EXPECT_EQ(topology::hosts_file_alone(b.lab, b["h1"]),
              "127.0.0.1\tlocalhost\n"
              "::1\tlocalhost ip6-localhost ip6-loopback\n"
              "10.0.1.11\th1 h1.eth0\n"
              "fd00:0:0:1::11\th1 h1.eth0\n");
}

TEST(hosts_file, is_each_nodes_own_without_names) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.node("raw", Kind::bare);
    b.switches({"sw"});
    for (const char* name : {"h1", "h2", "raw"}) b.link({name, "sw"});
    topology::File written;
    written.content = "192.0.2.1 elsewhere\n";
    b["h2"].files["/etc/hosts"] = written;
    b.lab.names = false;
    EXPECT_EQ(found(b), "");
    EXPECT_EQ(topology::hosts_file(b.lab),
              "127.0.0.1\tlocalhost\n"
              "::1\tlocalhost ip6-localhost ip6-loopback\n");
    ASSERT_EQ(b["h1"].files.count("/etc/hosts"), 1U);
    const topology::File& own = b["h1"].files.at("/etc/hosts");
    EXPECT_EQ(own.content, topology::hosts_file_alone(b.lab, b["h1"]));
    EXPECT_NE(own.content.find("\th1 h1.eth0\n"), std::string::npos);
    EXPECT_EQ(own.origin, topology::File::Origin::generated);
    EXPECT_EQ(b["h2"].files.at("/etc/hosts").content, written.content);
    EXPECT_EQ(b["raw"].files.count("/etc/hosts"), 0U);
}

TEST(hosts_file, is_no_file_of_a_node_when_all_share_it) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    EXPECT_EQ(found(b), "");
    EXPECT_EQ(b["h1"].files.count("/etc/hosts"), 0U);
}

TEST(names, dns_and_preference_become_files) {
    LabBuilder b;
    b.hosts({"h1", "ns"});
    b.link({"h1", "ns"});
    b["h1"].dns = {{"ns", {}}, {"192.0.2.53", {}}};
    EXPECT_EQ(found(b), "");
    EXPECT_EQ(b["h1"].files.at("/etc/resolv.conf").content,
              "# From labd: dns of h1.\nnameserver 10.0.1.12\nnameserver 192.0.2.53\n");
    EXPECT_NE(b["h1"].files.at("/etc/gai.conf").content.find("::ffff:0:0/96 100"),
              std::string::npos);
    EXPECT_EQ(b["ns"].files.count("/etc/resolv.conf"), 0U);
}

std::string told(const std::string& text) {
    test::MemoryFiles files{{"t.lab.toml", "name = \"t\"\n" + text}};
    const topology::Resolved result = topology::resolve(files, "t.lab.toml");
    EXPECT_FALSE(result.diagnostics.failed());
    std::string out;
    for (const topology::Diagnostic& d : result.diagnostics.all())
        out += d.code + ": " + d.message + " (" + d.hint + ")\n";
    return out;
}

std::string told_of_link(const std::string& a, const std::string& b, const std::string& more = "") {
    return told("links = [[\"h1 " + a + "\", \"r1 " + b + "\"]]\n[nodes]\nh1 = { kind = \"host\"" +
                more + " }\nr1 = \"router\"\n");
}

TEST(whole_lab_rules, two_ends_in_no_common_network_are_told) {
    EXPECT_EQ(told_of_link("10.0.0.1/24", "10.0.1.1/24"),
              "D82: h1:eth0 is in 10.0.0.0/24 and r1:eth0 in 10.0.1.0/24, on one link: they do not "
              "reach each other (an address of 10.0.0.0/24 at r1)\n");
    EXPECT_EQ(told_of_link("10.0.0.1/24", "10.0.0.2/25"),
              "D82: h1:eth0 is in 10.0.0.0/24 and r1:eth0 in 10.0.0.0/25, on one link: they do not "
              "reach each other (the same length at both: 10.0.0.2/24)\n");
    EXPECT_EQ(told_of_link("fd01::1/64", "fd02::1/64").substr(0, 4), "D82:");
    for (const auto& [a, b] :
         {std::pair("10.0.0.1/24", "10.0.0.2/24"), std::pair("10.0.0.1/32", "10.0.1.1/32"),
          std::pair("10.0.9.1/24 10.0.0.1/24", "10.0.0.2/24"),
          std::pair("10.0.0.1/24", "fd01::1/64"), std::pair("fe80::1/64", "fd01::1/64"),
          std::pair("10.0.0.1/24", "")})
        EXPECT_EQ(told_of_link(a, b), "") << a << " and " << b;
    EXPECT_EQ(told_of_link("10.0.0.1/24", "10.0.1.1/24",
                           ", routes = [\"10.0.1.0/24 dev eth0\"], gateway = false"),
              "");
}

// h1 and h2 in 10.0.0.0/24 on one switch with what else is there.
std::string told_of_lan(const std::string& h3, const std::string& more = "") {
    return told("links = [[\"h1 10.0.0.1/24\", \"sw\"], [\"h2 10.0.0.2/24\", \"sw\"], [\"h3" + h3 +
                "\", \"sw\"]" + more +
                "]\n[nodes]\n\"h[1-4]\" = \"host\"\nr1 = \"router\"\nsw = \"switch\"\n");
}

TEST(whole_lab_rules, a_host_alone_in_its_network_on_a_lan_is_told) {
    const std::string spare = ", [\"h4\", \"r1\"]";
    EXPECT_EQ(told_of_lan(" 10.0.1.3/24", spare),
              "D82: h3:eth0 is in 10.0.1.0/24, alone on its LAN; h1:eth0 is in 10.0.0.0/24: they "
              "do not reach each other (an address of 10.0.0.0/24 at h3)\n");
    EXPECT_EQ(told_of_lan(" 10.0.0.3/25", spare),
              "D82: h3:eth0 is in 10.0.0.0/25, alone on its LAN; h1:eth0 is in 10.0.0.0/24: they "
              "do not reach each other (the same length at all: 10.0.0.3/24)\n");
    // Two networks on one wire, with or without a router between them; addresses of several.
    EXPECT_EQ(
        told_of_lan(" 10.0.1.3/24", ", [\"r1 10.0.0.9/24 10.0.1.9/24\", \"sw\"], [\"h4\", \"r1\"]"),
        "");
    EXPECT_EQ(told_of_lan(" 10.0.1.3/24", ", [\"h4 10.0.1.4/24\", \"sw\"], [\"h4\", \"r1\"]"), "");
    EXPECT_EQ(told_of_lan(" 10.0.1.3/24 10.0.0.3/24", spare), "");
    // Several of them, a router, one who speaks for itself only, another family: nobody can tell.
    EXPECT_EQ(told_of_lan(" 10.0.1.3/24", ", [\"h4 10.0.2.4/24\", \"sw\"], [\"h4\", \"r1\"]"), "");
    EXPECT_EQ(told_of_lan(" 10.0.0.3/24", ", [\"r1 10.0.2.4/24\", \"sw\"], [\"h4\", \"r1\"]"), "");
    EXPECT_EQ(told_of_lan(" 10.0.1.3/32", spare), "");
    EXPECT_EQ(told_of_lan(" fd00:9::3/64", spare), "");
    EXPECT_EQ(told_of_lan("", spare), "");
}

std::string told_of_ospf(const std::string& link, const std::string& r1) {
    return told("links = [{ endpoints = [\"r1\",\"r2\"]" + link +
                " }]\n[nodes]\nr1 = { kind = \"router\", routing = \"ospf\"" + r1 +
                " }\nr2 = { kind = \"router\", routing = \"ospf\" }\n");
}

TEST(whole_lab_rules, ospf_neighbours_that_would_not_be_are_told) {
    EXPECT_EQ(told_of_ospf("", ", timers = \"standard\""),
              "D83: OSPF needs the same timers at all ends of r1--r2, hello and dead: r1 has 10 s "
              "and 40 s, r2 has 1 s and 4 s (timers = … on the link)\n");
    EXPECT_EQ(told_of_ospf(", b = { mtu = 1400 }", ""),
              "D83: OSPF needs the same MTU at all ends of r1--r2: r1 has 1500, r2 has 1400 (mtu = "
              "… on the link)\n");
    EXPECT_EQ(told_of_ospf(", timers = \"fast\", mtu = 1400", ", timers = \"standard\""), "");
    EXPECT_EQ(told_of_ospf(", passive = true", ", timers = \"standard\""), "");
    EXPECT_EQ(told_of_ospf("",
                           ", timers = \"standard\", frr = \"interface eth0\\n ip ospf "
                           "hello-interval 1\\n\""),
              "");
}

TEST(whole_lab_rules, a_bgp_router_without_a_neighbour_is_told) {
    const auto with = [](const std::string& r2, const std::string& r1 = "") {
        return told(
            "links = [[\"r1\",\"r2\"]]\n[nodes]\nr1 = { kind = \"router\", routing = "
            "\"bgp\", asn = 65001" +
            r1 + " }\nr2 = { kind = \"router\"" + r2 + " }\n");
    };
    EXPECT_EQ(with(", routing = \"none\""),
              "D84: r1 speaks bgp, and has no neighbour that does (routing = \"bgp\" and an asn on "
              "a router that it is linked with)\n");
    EXPECT_EQ(with(", routing = \"bgp\", asn = 65002"), "");
    EXPECT_EQ(with(", routing = \"frr\""), "") << "its own lines may speak it";
    EXPECT_EQ(with(", routing = \"none\"", ", frr = \"router bgp 65001\\n\""), "");
}

}  // namespace
