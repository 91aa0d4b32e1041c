// `routes` as written, and the late references in them and elsewhere.
#include "tests/support/lab_builder.hpp"

#include <gtest/gtest.h>

namespace {

using test::codes;
using test::LabBuilder;

LabBuilder line() {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.hosts({"h3"});
    for (const char* name : {"r1", "r2", "r3"}) b[name].routing = {topology::Routing::none};
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    b.link({"r3", "h3"});
    return b;
}

std::string routes(std::vector<std::string> lines, std::string* problem = nullptr) {
    LabBuilder b = line();
    for (const std::string& text : lines) b["r1"].route_lines.push_back({text, {0, 1, 1, 1}});
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    if (problem == nullptr) {
        EXPECT_EQ(codes(b.diagnostics), "");
    } else if (!b.diagnostics.all().empty()) {
        const topology::Diagnostic& d = b.diagnostics.all()[0];
        *problem = d.code + " " + d.message + " | " + d.hint;
    }
    return b.routes("r1");
}

std::string problem(const std::string& line) {
    std::string text;
    (void)routes({line}, &text);
    return text;
}

TEST(written_routes, networks_go_through_nodes_and_addresses) {
    EXPECT_EQ(routes({"10.0.0.0/8 via r2"}), "10.0.0.0/8 via 172.16.0.1 dev eth0");
    EXPECT_EQ(routes({"fd00::/16 via r2"}), "fd00::/16 via fd00:0:1::1 dev eth0");
    EXPECT_EQ(routes({"10.0.0.0/8 via 172.16.0.1 metric 7"}),
              "10.0.0.0/8 via 172.16.0.1 dev eth0 metric 7");
    EXPECT_EQ(routes({"10.0.0.7 dev eth0"}), "10.0.0.7/32 dev eth0");
    EXPECT_EQ(routes({"blackhole 10.9.0.0/16"}), "10.9.0.0/16 blackhole");
    EXPECT_EQ(routes({"10.0.0.0/8 via fe80::1 dev eth0"}), "10.0.0.0/8 via fe80::1 dev eth0");
    EXPECT_EQ(routes({"10.0.0.0/8 via 192.0.2.1 dev eth0 onlink"}),
              "10.0.0.0/8 via 192.0.2.1 dev eth0 onlink");
}

TEST(written_routes, default_through_a_node_is_both_families) {
    EXPECT_EQ(routes({"default via r2"}),
              "0.0.0.0/0 via 172.16.0.1 dev eth0, ::/0 via fd00:0:1::1 dev eth0");
    EXPECT_EQ(routes({"default via 172.16.0.1"}), "0.0.0.0/0 via 172.16.0.1 dev eth0");
}

TEST(written_routes, a_node_stands_for_private_networks_only_where_it_has_no_others) {
    LabBuilder b = line();
    b.lab.links.back().private_ = true;
    b["r1"].route_lines = {{"h3 via r2", {0, 1, 1, 1}}, {"r3 via r2", {0, 1, 1, 1}}};
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.routes("r1"),
              "10.0.1.0/24 via 172.16.0.1 dev eth0, fd00:0:0:1::/64 via fd00:0:1::1 dev eth0, "
              "172.16.0.2/31 via 172.16.0.1 dev eth0, fd00:0:1:1::/127 via fd00:0:1::1 dev eth0");
}

TEST(written_routes, a_node_stands_for_its_networks) {
    EXPECT_EQ(routes({"h3 via r2"}),
              "10.0.1.0/24 via 172.16.0.1 dev eth0, fd00:0:0:1::/64 via fd00:0:1::1 dev eth0");
}

TEST(written_routes, written_twice_is_one_route_of_equal_cost) {
    EXPECT_EQ(routes({"10.0.0.0/8 via r2", "10.0.0.0/8 via 172.16.0.1",
                      "10.0.0.0/8 via fe80::7 dev eth0"}),
              "10.0.0.0/8 via 172.16.0.1 dev eth0 via fe80::7 dev eth0");
}

TEST(written_routes, what_is_wrong_is_said_with_what_would_be_right) {
    EXPECT_EQ(problem("10.0.0.0/8 r2"),
              "D49 \"10.0.0.0/8 r2\": expected \"via\" or \"dev\" | \"10.0.0.0/8 via r2\"");
    EXPECT_EQ(problem("10.0.0.5/24 via r2"),
              "D73 10.0.0.5/24 is an address, not a network | 10.0.0.0/24");
    EXPECT_EQ(problem("10.0.0.0/8 via r3"),
              "D50 r1 and r3 share no network | neighbours of r1: r2");
    EXPECT_EQ(problem("10.0.0.0/8 via 10.1.1.1"),
              "D50 10.1.1.1 is in no network of r1 | neighbours of r1: r2");
    EXPECT_EQ(problem("10.0.0.0/8 dev wan"),
              "D49 r1 has no interface \"wan\" | interfaces of r1: eth0");
    EXPECT_EQ(problem("10.0.0.0/8 via r2 metric many").substr(0, 3), "D49");
    EXPECT_EQ(problem("nowhere via r2").substr(0, 3), "D49");
    EXPECT_EQ(problem("").substr(0, 3), "D49");
    EXPECT_EQ(problem("10.0.0.0/8 via").substr(0, 3), "D49");
}

TEST(written_routes, the_written_one_wins_over_the_computed_one) {
    LabBuilder b = line();
    for (const char* name : {"r1", "r2", "r3"}) b[name].routing.clear();
    b["r1"].route_lines = {{"blackhole 10.0.1.0/24", {}}};
    b["h3"].route_lines = {{"default via 10.0.1.77", {}}};
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    EXPECT_EQ(b.routes("r1").substr(0, 22), "10.0.1.0/24 blackhole,");
    EXPECT_EQ(b.routes("r1").find("10.0.1.0/24", 5), std::string::npos);
    EXPECT_EQ(b.routes("h3"), "0.0.0.0/0 via 10.0.1.77 dev eth0, ::/0 via fd00:0:0:1::1 dev eth0");
}

TEST(late_references, name_addresses_networks_and_macs) {
    LabBuilder b = line();
    b["r3"].loopback = true;
    b.end("r1", 0).name = "eth0.10";
    b["r1"].exec.push_back({{{"\x01h3.ipv4\x02 \x01h3.eth0.ipv6\x02 \x01r1.eth0.10.net4\x02 "
                              "\x01r1.eth0.10.mac\x02 \x01r3.lo.ipv4\x02 \x01r3.ipv6\x02",
                              {}}},
                            {}});
    b["r1"].route_lines = {{"\x01h3.eth0.net4\x02 via r2", {}}};
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    topology::substitute_late(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b["r1"].exec[0].argv[0].text,
              "10.0.1.11 fd00:0:0:1::11 172.16.0.0/31 02:00:00:00:00:01 10.255.0.3 fd00:0:2::3");
    EXPECT_EQ(b.routes("r1"), "10.0.1.0/24 via 172.16.0.1 dev eth0.10");
}

TEST(late_references, to_nothing_are_told) {
    LabBuilder b = line();
    for (const char* text :
         {"\x01h9.ipv4\x02", "\x01h3.eth7.ipv4\x02", "\x01h3.lo.ipv4\x02", "\x01h3.eth0.color\x02"})
        b["r1"].env[text] = {text, {}};
    topology::address(b.lab, b.diagnostics);
    topology::substitute_late(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "D26, D26, D26, D26");
}

TEST(written_routes, nobodys_address_is_no_destination) {
    EXPECT_EQ(problem("0.0.0.0 via r2"),
              "D49 \"0.0.0.0 via r2\": 0.0.0.0 is no host's address | default: \"default via r2\"");
    EXPECT_EQ(problem(":: via r2").substr(0, 3), "D49");
    EXPECT_EQ(problem("0.0.0.0/0 via r2"), "");
}

}  // namespace
