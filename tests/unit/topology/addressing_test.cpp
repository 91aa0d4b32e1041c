// Which network a segment gets and which number an end: the tables of language.md §6.
#include "tests/support/lab_builder.hpp"

#include <gtest/gtest.h>

namespace {

using test::codes;
using test::LabBuilder;
using topology::AddressMode;
using topology::Kind;

TEST(addressing, two_hosts_and_a_router_are_two_lans) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.link({"r1", "h2"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.addresses("h1", 0), "10.0.1.11/24 fd00:0:0:1::11/64");
    EXPECT_EQ(b.addresses("r1", 0), "10.0.1.1/24 fd00:0:0:1::1/64");
    EXPECT_EQ(b.addresses("r1", 1), "10.0.2.1/24 fd00:0:0:2::1/64");
    EXPECT_EQ(b.addresses("h2", 0), "10.0.2.11/24 fd00:0:0:2::11/64");
    EXPECT_TRUE(b["r1"].loopbacks.empty());
    EXPECT_EQ(b["r1"].id, 1U);
    EXPECT_FALSE(b["h1"].id.has_value());
}

TEST(addressing, router_pairs_are_a_31_and_a_127_in_a_64_of_its_own) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.link({"r1", "r2"});
    b.link({"r3", "r2"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("r1", 0), "172.16.0.0/31 fd00:0:1::/127");
    EXPECT_EQ(b.addresses("r2", 0), "172.16.0.1/31 fd00:0:1::1/127");
    EXPECT_EQ(b.addresses("r3", 0), "172.16.0.2/31 fd00:0:1:1::/127");
    EXPECT_EQ(b.addresses("r2", 1), "172.16.0.3/31 fd00:0:1:1::1/127");
}

// Found with a provider's link: the other end was numbered twice.
TEST(addressing, a_pair_of_routers_in_a_30_is_numbered_once) {
    LabBuilder b;
    b.routers({"isp", "cpe"});
    b.link({"isp", "cpe"});
    b["cpe"].interfaces[0].explicit_addresses.emplace_back(
        *topology::Prefix::parse("198.51.100.2/30"), topology::Where{});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.addresses("isp", 0), "198.51.100.1/30 fd00:0:1::/127");
    EXPECT_EQ(b.addresses("cpe", 0), "198.51.100.2/30 fd00:0:1::1/127");
}

TEST(addressing, lan_twelve_has_the_same_decimal_digits_in_both_families) {
    LabBuilder b;
    for (int i = 1; i <= 12; ++i) {
        b.node("h" + std::to_string(i), Kind::host);
        b.link({"h" + std::to_string(i)});
    }
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("h12", 0), "10.0.12.11/24 fd00:0:0:12::11/64");
    EXPECT_EQ(b.lab.segments[11].ipv6->text(), "fd00:0:0:12::/64");
}

TEST(addressing, a_lan_numbers_routers_one_to_ten_and_the_rest_from_eleven) {
    LabBuilder b;
    std::vector<std::string> ends;
    for (int i = 1; i <= 12; ++i) {
        b.node("r" + std::to_string(i), Kind::router);
        ends.push_back("r" + std::to_string(i));
        b.node("h" + std::to_string(i), Kind::host);
        ends.push_back("h" + std::to_string(i));
    }
    b.link(ends);
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("r10", 0), "10.0.1.10/24 fd00:0:0:1::10/64");
    EXPECT_EQ(b.addresses("h1", 0), "10.0.1.11/24 fd00:0:0:1::11/64");
    EXPECT_EQ(b.addresses("h10", 0), "10.0.1.20/24 fd00:0:0:1::20/64");
    // r11 comes after h10 in end order.
    EXPECT_EQ(b.addresses("r11", 0), "10.0.1.21/24 fd00:0:0:1::21/64");
    EXPECT_EQ(b.addresses("h11", 0), "10.0.1.22/24 fd00:0:0:1::22/64");
}

// One that needs no number once took all that routers have from those behind it.
TEST(addressing, a_router_that_is_numbered_already_leaves_the_rest_their_numbers) {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1", "r2", "r3"});
    b.link({"h1", "r1", "r2", "r3"});
    for (const char* written : {"10.0.1.1/24", "fd00:0:0:1::1/64"})
        b["r1"].interfaces[0].explicit_addresses.emplace_back(*topology::Prefix::parse(written),
                                                              topology::Where{});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.addresses("r2", 0), "10.0.1.2/24 fd00:0:0:1::2/64");
    EXPECT_EQ(b.addresses("r3", 0), "10.0.1.3/24 fd00:0:0:1::3/64");
    EXPECT_EQ(b.addresses("h1", 0), "10.0.1.11/24 fd00:0:0:1::11/64");
}

TEST(addressing, links_into_one_switch_are_one_network) {
    LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.switches({"sw1", "sw2"});
    b.routers({"r1"});
    b.link({"h1", "sw1"});
    b.link({"h2", "sw1"});
    b.link({"sw1", "sw2"});
    b.link({"sw2", "r1"});
    b.link({"h3", "r1"});
    topology::address(b.lab, b.diagnostics);
    ASSERT_EQ(b.lab.segments.size(), 2U);
    EXPECT_EQ(b.addresses("h2", 0), "10.0.1.12/24 fd00:0:0:1::12/64");
    EXPECT_EQ(b.addresses("r1", 0), "10.0.1.1/24 fd00:0:0:1::1/64");
    EXPECT_EQ(b.addresses("h3", 0), "10.0.2.11/24 fd00:0:0:2::11/64");
    EXPECT_EQ(b.end("sw1", 0).segment, topology::npos);
    EXPECT_EQ(b.addresses("sw1", 0), "");
    EXPECT_EQ(b.end("r1", 0).segment, 0U);
    EXPECT_EQ(b.lab.segments[0].switches.size(), 2U);
}

TEST(addressing, two_routers_on_a_switch_are_a_lan) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.switches({"sw"});
    b.link({"r1", "sw"});
    b.link({"sw", "r2"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("r2", 0), "10.0.1.2/24 fd00:0:0:1::2/64");
}

TEST(addressing, explicit_first_and_automatic_flows_around_it) {
    LabBuilder b;
    b.hosts({"h1", "h2", "h3", "h4"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.link({"h2 10.0.2.50/24", "r1"});
    b.link({"h3", "r1"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("h1", 0), "10.0.1.11/24 fd00:0:0:1::11/64");
    // Number 2 is skipped in both families; the LAN fixed in IPv4 still owns an IPv6 number.
    EXPECT_EQ(b.addresses("r1", 1), "10.0.2.1/24 fd00:0:0:3::1/64");
    EXPECT_EQ(b.addresses("h2", 0), "10.0.2.50/24 fd00:0:0:3::50/64");
    EXPECT_EQ(b.addresses("h3", 0), "10.0.4.11/24 fd00:0:0:4::11/64");
}

TEST(addressing, ends_written_in_one_family_keep_their_digits_in_the_other) {
    LabBuilder b;
    b.routers({"bb0", "bb1", "bb2"});
    b.link({"bb0 10.4.0.3/24", "bb1 10.4.0.1/24", "bb2 10.4.0.2/24"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("bb0", 0), "10.4.0.3/24 fd00:0:0:1::3/64");
    EXPECT_EQ(b.addresses("bb1", 0), "10.4.0.1/24 fd00:0:0:1::1/64");
    EXPECT_EQ(b.addresses("bb2", 0), "10.4.0.2/24 fd00:0:0:1::2/64");
}

TEST(addressing, a_small_network_is_filled_without_a_gap) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1", "h2", "r1"}).prefixes = {{test::prefix("192.0.2.0/29"), {}}};
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("r1", 0), "192.0.2.1/29 fd00:0:0:1::1/64");
    EXPECT_EQ(b.addresses("h1", 0), "192.0.2.2/29 fd00:0:0:1::2/64");
    EXPECT_EQ(b.addresses("h2", 0), "192.0.2.3/29 fd00:0:0:1::3/64");
}

TEST(addressing, a_network_too_small_for_its_ends_is_an_error) {
    LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"}).prefixes = {{test::prefix("192.0.2.0/30"), {}}};
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "D30");
    EXPECT_EQ(b.diagnostics.all()[0].message, "network 192.0.2.0/30 has no room left for h3.eth0");
}

TEST(addressing, a_lan_that_outgrows_its_block_takes_the_next_larger_aligned_one) {
    LabBuilder b;
    std::vector<std::string> ends;
    b.hosts({"a", "z"});
    for (int i = 1; i <= 300; ++i) {
        b.node("h" + std::to_string(i), Kind::host);
        ends.push_back("h" + std::to_string(i));
    }
    b.link({"a"});
    b.link(ends);
    b.link({"z"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.addresses("a", 0), "10.0.1.11/24 fd00:0:0:1::11/64");
    EXPECT_EQ(b.addresses("h1", 0), "10.0.2.11/23 fd00:0:0:2::11/64");
    EXPECT_EQ(b.addresses("h300", 0), "10.0.3.54/23 fd00:0:0:2::310/64");
    EXPECT_EQ(b.addresses("z", 0), "10.0.4.11/24 fd00:0:0:4::11/64");
}

TEST(addressing, an_own_pool_gives_only_the_families_it_names) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.lab.addressing.pools["core"] = LabBuilder::pool("10.0.0.0/29", "");
    for (int i = 0; i < 4; ++i) b.link({"r1", "r2"}).pool = {"core", {}};
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("r2", 3), "10.0.0.7/31");
    EXPECT_EQ(codes(b.diagnostics), "");
    LabBuilder full;
    full.routers({"r1", "r2"});
    full.lab.addressing.pools["core"] = LabBuilder::pool("10.0.0.0/29", "");
    for (int i = 0; i < 6; ++i) full.link({"r1", "r2"}).pool = {"core", {}};
    topology::address(full.lab, full.diagnostics);
    ASSERT_EQ(codes(full.diagnostics), "D30");
    EXPECT_EQ(full.diagnostics.all()[0].message,
              "pool \"core\" (10.0.0.0/29, /31 each) has room for 4 networks, link r1--r2 needs "
              "one more");
}

TEST(addressing, a_pool_may_be_link_local_or_unnumbered) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.lab.addressing.pools["core"].link_local = true;
    b.lab.addressing.pools["bare4"].unnumbered = true;
    b["r1"].loopback = b["r2"].loopback = true;
    b.link({"r1", "r2"}).pool = {"core", {}};
    b.link({"r1", "r2"}).pool = {"bare4", {}};
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.addresses("r1", 0), "");
    EXPECT_TRUE(b.lab.segments[0].link_local_only);
    EXPECT_EQ(b.addresses("r2", 1), "10.255.0.2/32");
    EXPECT_EQ(b["r2"].loopbacks[1].text(), "fd00:0:2::2/128");
    EXPECT_FALSE(b.lab.segments[1].link_local_only);
}

TEST(addressing, unnumbered_needs_a_loopback) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.link({"r1", "r2"});
    b.end("r1", 0).ipv4 = b.end("r2", 0).ipv4 = AddressMode::unnumbered;
    b["r2"].loopback = true;
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "D35");
}

TEST(addressing, switched_off_families_take_no_numbers) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1", "h2", "r1"});
    b.end("h1", 0).ipv6 = AddressMode::off;
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("h1", 0), "10.0.1.11/24");
    EXPECT_EQ(b.addresses("h2", 0), "10.0.1.12/24 fd00:0:0:1::12/64");

    b.lab.addressing.ipv6 = false;
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("h2", 0), "10.0.1.12/24");
}

TEST(addressing, ids_and_loopbacks_follow_the_file_around_what_is_written) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.hosts({"h1"});
    b["r1"].loopback = b["r2"].loopback = b["h1"].loopback = true;
    b["r1"].id = 2;
    b["r3"].explicit_loopbacks = {{test::prefix("10.1.1.1/32"), {}}};
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b["r2"].id, 1U);
    EXPECT_EQ(b["r3"].id, 3U);
    EXPECT_EQ(b["h1"].id, 4U);
    EXPECT_EQ(b["r1"].loopbacks[0].text(), "10.255.0.2/32");
    ASSERT_EQ(b["r3"].loopbacks.size(), 1U);
    EXPECT_EQ(b["r3"].loopbacks[0].text(), "10.1.1.1/32");
    EXPECT_EQ(b["h1"].loopbacks[1].text(), "fd00:0:2::4/128");
}

TEST(addressing, a_segment_told_two_things_names_both_and_the_switch) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.switches({"sw"});
    b.link({"h1", "sw"}).prefixes = {{test::prefix("10.1.0.0/24"), {0, 5, 1, 1}}};
    b.link({"h2", "sw"}).prefixes = {{test::prefix("10.2.0.0/24"), {0, 9, 1, 1}}};
    topology::address(b.lab, b.diagnostics);
    ASSERT_EQ(codes(b.diagnostics), "D32");
    EXPECT_EQ(
        b.diagnostics.all()[0].message,
        "this network is 10.1.0.0/24 (line 5) and 10.2.0.0/24 (line 9): both reach switch sw");
}

TEST(addressing, pools_in_one_another_are_drawn_from_without_overlap) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.lab.addressing.pools["edge"] = LabBuilder::pool("10.0.0.0/16", "");
    b.link({"h1"}).pool = {"edge", {}};
    b.link({"h2"});
    b.lab.links[0].pool.text = "edge";
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("h1", 0), "10.0.0.11/24");
    EXPECT_EQ(b.addresses("h2", 0), "10.0.1.11/24 fd00:0:0:1::11/64");
    EXPECT_EQ(codes(b.diagnostics), "D36");
    EXPECT_FALSE(b.diagnostics.failed());
}

TEST(addressing, nothing_automatic_when_it_is_switched_off) {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.lab.addressing.automatic = false;
    b.link({"h1 10.0.0.1/24", "h2"});
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(b.addresses("h1", 0), "10.0.0.1/24");
    EXPECT_EQ(b.addresses("h2", 0), "");
}

TEST(addressing, more_links_than_decimal_digits_go_on_with_letters) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.lab.addressing.pools["core"] = LabBuilder::pool("10.0.0.0/16", "fd01:0:0:ff00::/56");
    for (int i = 0; i < 102; ++i) b.link({"r1", "r2"}).pool = {"core", {}};
    topology::address(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    EXPECT_EQ(b.addresses("r1", 99), "10.0.0.198/31 fd01:0:0:ff99::/127");
    EXPECT_EQ(b.addresses("r1", 100), "10.0.0.200/31 fd01:0:0:ff0a::/127");
    EXPECT_EQ(b.addresses("r1", 101), "10.0.0.202/31 fd01:0:0:ff0b::/127");
}

// language.md 6.5: what is added at the end renumbers nothing that was there.
TEST(addressing, appending_renumbers_nothing) {
    const auto build = [](int size) {
        LabBuilder b;
        for (int i = 0; i < size; ++i) {
            b.node("r" + std::to_string(i), Kind::router).loopback = i % 3 == 0;
            b.node("h" + std::to_string(i), Kind::host);
        }
        for (int i = 0; i < size; ++i) {
            const std::string r = "r" + std::to_string(i), h = "h" + std::to_string(i);
            b.link({r, h});
            if (i > 0) b.link({"r" + std::to_string(i - 1), r});
            if (i > 1 && i % 4 == 0) b.link({r, "r" + std::to_string(i / 2), h});
            if (i % 5 == 1) b.link({r + " 10.0." + std::to_string(i) + ".9/24"});
        }
        topology::address(b.lab, b.diagnostics);
        return b;
    };
    LabBuilder small = build(20), large = build(20);
    // The same file again, and three more nodes with links behind all that was there.
    for (const char* name : {"x1", "x2"}) large.node(name, Kind::router).loopback = true;
    large.node("x3", Kind::host);
    large.link({"x1", "r3"});
    large.link({"x2", "x1"});
    large.link({"x3", "x2", "r1"});
    topology::address(large.lab, large.diagnostics);
    ASSERT_EQ(codes(large.diagnostics), "");
    for (const topology::Node& node : small.lab.nodes) {
        topology::Node& again = large[node.name];
        EXPECT_EQ(again.id, node.id) << node.name;
        EXPECT_EQ(again.loopbacks, node.loopbacks) << node.name;
        for (std::size_t i = 0; i < node.interfaces.size(); ++i)
            EXPECT_EQ(again.interfaces[i].addresses, node.interfaces[i].addresses)
                << node.name << ".eth" << i;
    }
}

}  // namespace
