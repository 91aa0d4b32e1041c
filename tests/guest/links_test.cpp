// Kinds of link and device on a kernel that has them all: labs of bare namespaces, brought up by
// labd's own plans, carrying traffic, read back without a difference, and repaired.
#include "tests/guest/guest.hpp"
#include "tests/kernel/labd/bare_lab.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

namespace {

using namespace topology;

class Links : public test::LinuxKernelTest {
  protected:
    void SetUp() override {
        if (test::guest().empty()) GTEST_SKIP() << "only for the guest of tests/run --only guest";
    }

    static State wish_of(const std::string& text) {
        test::MemoryFiles files;
        files.add("x.lab.toml", text);
        const Resolved resolved = topology::resolve(files, "x.lab.toml");
        EXPECT_FALSE(resolved.diagnostics.failed())
            << render(resolved.diagnostics.all(), resolved.sources, false);
        return desired(resolved.lab);
    }
    std::string out(const std::string& node, const std::vector<std::string>& argv) {
        const test::Ran ran = run(node, argv);
        EXPECT_EQ(ran.status, 0) << ran.output;
        return ran.output;
    }
    // As soon as LACP has found its partner on the very member that a flow takes, or a bond its
    // other member.
    testing::AssertionResult reaches_soon(const std::string& node, const std::string& address) {
        testing::AssertionResult last = testing::AssertionFailure();
        for (int tries = 0; tries < 10 && !last; ++tries) last = pings(node, address);
        return last;
    }
    testing::AssertionResult no_way(const std::string& node, const std::string& address) {
        const test::Ran ran = run(node, {"ping", "-c1", "-W1", address});
        if (ran.status != 0) return testing::AssertionSuccess();
        return testing::AssertionFailure() << node << " reaches " << address;
    }
};

constexpr const char* campus = R"(
links = [
  { endpoints = ["h1", "s1"], vlan = "red" }, { endpoints = ["h2", "s2"], vlan = "red" },
  { endpoints = ["h3", "s1"], vlan = "blue" }, { endpoints = ["h4", "s2"], vlan = "blue" },
  { endpoints = ["s1", "s2"], vlans = ["red", "blue"], count = 2, bond = "802.3ad" },
  { endpoints = ["s2", "srv"], vlans = ["red"], native = "blue" },
]
[vlans]
red  = { id = 10, prefix = ["172.16.10.0/24", "fd10:10::/64"] }
blue = { id = 20, prefix = ["172.16.20.0/24", "fd10:20::/64"] }
[nodes]
"h[1-4]" = "host"
srv      = "host"
s1       = { kind = "switch", svi = ["red", "blue"] }
s2       = "switch"
)";

TEST_F(Links, vlans_trunks_and_bonds_carry_what_they_should) {
    const State wish = wish_of(campus);
    bring(wish);
    EXPECT_TRUE(reaches_soon("h1", "172.16.10.12")) << "red, across the trunk";
    EXPECT_TRUE(reaches_soon("h1", "fd10:10::12"));
    EXPECT_TRUE(reaches_soon("h1", "172.16.20.12")) << "to blue, by the switch that routes";
    EXPECT_TRUE(reaches_soon("h2", "172.16.10.13")) << "a host's sub-interface";
    EXPECT_TRUE(reaches_soon("h4", "172.16.20.13")) << "and its native VLAN";
    // The wire has the tags that the file says.
    EXPECT_NE(out("srv", {"ip", "-d", "link", "show", "eth0.10"}).find("id 10"), std::string::npos);
    EXPECT_NE(out("s1", {"cat", "/proc/net/bonding/bond0"}).find("802.3ad"), std::string::npos);
    ASSERT_EQ(run("s1", {"ip", "addr", "flush", "dev", "vlan20"}).status, 0);
    EXPECT_TRUE(no_way("h1", "172.16.20.12")) << "nothing but the router joins them";
    bring(wish);
    EXPECT_TRUE(reaches_soon("h1", "172.16.20.12"));
}

TEST_F(Links, what_others_did_to_vlans_is_repaired) {
    const State wish = wish_of(campus);
    bring(wish);
    ASSERT_EQ(run("s2", {"bridge", "vlan", "del", "dev", "eth0", "vid", "10"}).status, 0);
    ASSERT_EQ(run("s2", {"bridge", "vlan", "add", "dev", "eth1", "vid", "30"}).status, 0);
    ASSERT_EQ(run("s1", {"bridge", "vlan", "del", "dev", "br0", "vid", "20", "self"}).status, 0);
    ASSERT_EQ(run("srv", {"ip", "link", "del", "eth0.10"}).status, 0);
    ASSERT_EQ(run("h1", {"ip", "link", "set", "eth0", "down"}).status, 0);
    EXPECT_NE(words(kernel_steps(wish, observe(wish))), "");
    bring(wish);
    EXPECT_TRUE(reaches_soon("h1", "172.16.10.12"));
    EXPECT_TRUE(reaches_soon("h1", "172.16.20.12"));
    EXPECT_TRUE(reaches_soon("h2", "172.16.10.13"));
}

TEST_F(Links, a_switch_learns_of_vlans_and_forgets_them_again) {
    const std::string plain =
        "links = [[\"h[1-2]\", \"sw\"]]\n[nodes]\n\"h[1-2]\" = \"host\"\nsw = "
        "\"switch\"\n[addressing]\nlans = { start = 1 }\n";
    const std::string apart =
        "links = [{ endpoints = [\"h1 10.0.1.11/24\", \"sw\"], vlan = 10 }, { endpoints = [\"h2 "
        "10.0.1.12/24\", \"sw\"], vlan = 20 }]\n[nodes]\n\"h[1-2]\" = { kind = \"host\", ipv6 = "
        "false "
        "}\nsw = \"switch\"\n";
    bring(wish_of(plain));
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
    bring(wish_of(apart));
    EXPECT_TRUE(no_way("h1", "10.0.1.12"));
    bring(wish_of(plain));
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
}

TEST_F(Links, vrfs_keep_equal_addresses_apart) {
    const State wish = wish_of(R"(
links = [
  { endpoints = ["a1 10.0.0.2/24", "pe1 10.0.0.1/24"], b = { vrf = "a" } },
  { endpoints = ["b1 10.0.0.2/24", "pe1 10.0.0.1/24"], b = { vrf = "b" } },
  { endpoints = ["pe1", "pe2"], vrf = "a" },
  { endpoints = ["pe1", "pe2"], vrf = "b" },
  { endpoints = ["a2 10.0.9.2/24", "pe2 10.0.9.1/24"], b = { vrf = "a" } },
  { endpoints = ["b2 10.0.9.2/24", "pe2 10.0.9.1/24"], b = { vrf = "b" } },
]
[nodes]
"a[1-2]" = "host"
"b[1-2]" = "host"
"pe[1-2]" = { kind = "router", vrfs = ["a", "b"] }
)");
    bring(wish);
    EXPECT_TRUE(pings("a1", "10.0.9.2"));
    EXPECT_TRUE(pings("b1", "10.0.9.2"));
    // Which of the two has answered shows in who has been asked.
    ASSERT_EQ(run("b2", {"ip", "link", "set", "eth0", "down"}).status, 0);
    EXPECT_TRUE(pings("a1", "10.0.9.2"));
    EXPECT_TRUE(no_way("b1", "10.0.9.2"));
    EXPECT_NE(out("pe1", {"ip", "route", "show", "vrf", "a"}).find("10.0.9.0/24"),
              std::string::npos);
    bring(wish);
    EXPECT_TRUE(pings("b1", "10.0.9.2"));
}

TEST_F(Links, devices_inside_nodes_of_every_type) {
    const State wish = wish_of(R"(
links = [["h1", "h2"], ["r1:up", "r2:up"], ["r1:srv", "s1"], ["r2:srv", "s2"]]
[nodes.h1]
interfaces = { "eth0.7" = { type = "vlan", parent = "eth0", id = 7, addresses = "10.7.0.1/24" }, m0 = { type = "macvlan", parent = "eth0", addresses = "10.8.0.1/24" }, d0 = { type = "dummy", addresses = "10.9.0.1/32" }, g0 = { type = "gre", local = "eth0", remote = "10.0.1.12", key = 9, addresses = "10.10.0.1/24" } }
[nodes.h2]
routes = ["10.9.0.1/32 via 10.0.1.11"]
interfaces = { v7 = { type = "vlan", parent = "eth0", id = 7, addresses = "10.7.0.2/24" }, d1 = { type = "dummy" }, i0 = { type = "ipvlan", parent = "d1", addresses = "10.11.0.1/24" }, g0 = { type = "gre", local = "eth0", remote = "10.0.1.11", key = 9, addresses = "10.10.0.2/24" } }
[nodes.s1]
addresses = "10.1.10.1/24"
[nodes.s2]
interfaces = { "eth0.10" = { type = "vlan", parent = "eth0", id = 10, addresses = "10.1.10.2/24" } }
[nodes.r1]
kind = "router"
loopback = "192.168.0.1/32"
interfaces = { vx = { type = "vxlan", id = 5010, local = "lo", remote = "192.168.0.2" }, br0 = { type = "bridge", vlan-filtering = true, ports = { vx = { vlans = [10] }, srv = { vlan = 10 } } } }
[nodes.r2]
kind = "router"
loopback = "192.168.0.2/32"
interfaces = { vx = { type = "vxlan", id = 5010, local = "lo", remote = "192.168.0.1" }, br0 = { type = "bridge", ports = ["vx", "srv"] } }
)");
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.7.0.2"));
    EXPECT_TRUE(pings("h2", "10.9.0.1"));
    EXPECT_TRUE(pings("h1", "10.10.0.2")) << "through GRE";
    EXPECT_TRUE(pings("s1", "10.1.10.2")) << "through VXLAN, tagged at one end";
    EXPECT_NE(out("h1", {"ip", "-d", "link", "show", "m0"}).find("macvlan mode bridge"),
              std::string::npos);
    EXPECT_NE(out("h2", {"ip", "-d", "link", "show", "i0"}).find("ipvlan"), std::string::npos);
    ASSERT_EQ(run("r1", {"ip", "link", "del", "vx"}).status, 0);
    bring(wish);
    EXPECT_TRUE(pings("s1", "10.1.10.2"));
}

TEST_F(Links, tunnels_carry_what_their_cost_gives_them) {
    for (const char* type : {"gre", "ipip", "vxlan"}) {
        SCOPED_TRACE(type);
        const State wish = wish_of(
            std::string(
                "links = [[\"gw1:wan\", \"isp\"], [\"gw2:wan\", \"isp\"], { "
                "endpoints = [\"gw1:t0\", \"gw2:t0\"], over = \"wan\", ipv6 = false, type = \"") +
            type + "\" }]\n[nodes]\nisp = \"router\"\n\"gw[1-2]\" = \"router\"\n");
        bring(wish);
        const std::string far = wish.spaces.at("gw2").addresses.at("t0").begin()->ip.text();
        EXPECT_TRUE(pings("gw1", far));
        ASSERT_EQ(run("gw1", {"ip", "link", "del", "t0"}).status, 0);
        bring(wish);
        EXPECT_TRUE(pings("gw2", wish.spaces.at("gw1").addresses.at("t0").begin()->ip.text()));
    }
}

TEST_F(Links, a_bond_outlives_a_member) {
    const State wish = wish_of(
        "links = [{ endpoints = [\"h1\", \"h2\"], count = 2, bond = \"active-backup\" }]\n[nodes]\n"
        "\"h[1-2]\" = \"host\"\n");
    bring(wish);
    EXPECT_TRUE(reaches_soon("h1", "10.0.1.12"));
    const std::string told = out("h1", {"cat", "/proc/net/bonding/bond0"});
    const std::string word = "Currently Active Slave: ";
    const std::size_t at = told.find(word) + word.size();
    const std::string name = told.substr(at, told.find('\n', at) - at);
    for (const char* host : {"h1", "h2"})
        ASSERT_EQ(run(host, {"ip", "link", "set", name, "down"}).status, 0);
    EXPECT_TRUE(reaches_soon("h1", "10.0.1.12"));
    bring(wish);
}

}  // namespace
