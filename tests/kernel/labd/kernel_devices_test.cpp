// Ports of bridges and devices inside nodes, of the kinds that every kernel of ours has; the others
// are the guest's.
#include "tests/kernel/labd/bare_lab.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

namespace {

using namespace topology;

class Devices : public test::LinuxKernelTest {
  protected:
    static State wish_of(const std::string& text) {
        test::MemoryFiles files;
        files.add("x.lab.toml", text);
        const Resolved resolved = topology::resolve(files, "x.lab.toml");
        EXPECT_FALSE(resolved.diagnostics.failed())
            << render(resolved.diagnostics.all(), resolved.sources, false);
        return desired(resolved.lab);
    }
    testing::AssertionResult no_way(const std::string& node, const std::string& address) {
        const test::Ran ran = run(node, {"ping", "-c1", "-W1", address});
        if (ran.status != 0) return testing::AssertionSuccess();
        return testing::AssertionFailure() << node << " reaches " << address;
    }
    std::string out(const std::string& node, const std::vector<std::string>& argv) {
        const test::Ran ran = run(node, argv);
        EXPECT_EQ(ran.status, 0) << ran.output;
        return ran.output;
    }
};

std::string office(const std::string& port) {
    return "links = [{ endpoints = [\"h1\", \"sw\"], b = { port = " + port +
           " } }, { endpoints = [\"h2\", \"sw\"], b = { port = " + port +
           " } }, [\"h3\", \"sw\"]]\n[nodes]\n\"h[1-3]\" = \"host\"\nsw = \"switch\"\n";
}

TEST_F(Devices, isolated_ports_hear_only_the_others) {
    const State wish = wish_of(office("{ isolated = true, guard = true, cost = 9, priority = 4 }"));
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.13"));
    EXPECT_TRUE(no_way("h1", "10.0.1.12"));
    const std::string told = out("sw", {"ip", "-d", "link", "show", "eth0"});
    for (const char* word : {"isolated on", "guard on", "cost 9", "priority 4"})
        EXPECT_NE(told.find(word), std::string::npos) << word << "\n" << told;
}

TEST_F(Devices, what_others_told_a_port_is_seen_and_untold) {
    const State wish = wish_of(office("{ learning = false }"));
    bring(wish);
    ASSERT_EQ(run("sw", {"ip", "link", "set", "eth0", "type", "bridge_slave", "learning", "on",
                         "hairpin", "on"})
                  .status,
              0);
    const std::string drift = words(kernel_steps(wish, observe(wish)));
    EXPECT_NE(drift.find("learning on → off"), std::string::npos) << drift;
    EXPECT_NE(drift.find("hairpin on → off"), std::string::npos) << drift;
    bring(wish);
    // And what the file no longer says goes back to what the kernel does by itself.
    bring(wish_of(office("{ learning = true }")));
    EXPECT_NE(out("sw", {"ip", "-d", "link", "show", "eth0"}).find("learning on"),
              std::string::npos);
}

TEST_F(Devices, a_port_that_somebody_has_closed_is_opened) {
    const State wish = wish_of(office("{ guard = true }"));
    bring(wish);
    const std::vector<std::pair<std::vector<const char*>, const char*>> damages{
        {{"state", "0"}, "port closed → open"},
        {{"state", "1"}, "port closed → open"},
        {{"flood", "off"}, "flood off → on"},
        {{"mcast_flood", "off", "bcast_flood", "off"},
         "flood-multicast off → on, flood-broadcast off → on"},
    };
    for (const auto& [option, said] : damages) {
        std::vector<std::string> argv{"bridge", "link", "set", "dev", "eth0"};
        argv.insert(argv.end(), option.begin(), option.end());
        out("sw", argv);
        EXPECT_EQ(words(kernel_steps(wish, observe(wish))),
                  std::string("update link sw:eth0 ") + said + "\n");
        bring(wish);
        EXPECT_EQ(words(kernel_steps(wish, observe(wish))), "");
        EXPECT_TRUE(pings("h1", "10.0.1.13")) << said;
    }
    // One that is down, or whose neighbour is, is not closed by anybody.
    out("h1", {"ip", "link", "set", "eth0", "down"});
    const std::string drift = words(kernel_steps(wish, observe(wish)));
    EXPECT_EQ(drift.find("sw:eth0"), std::string::npos) << drift;
}

constexpr const char* sites = R"(
links = [["h1", "h2"], ["r1:up", "r2:up"], ["r1:srv", "s1 10.1.10.1/24"], ["r2:srv", "s2 10.1.10.2/24"]]
[nodes]
"s[1-2]" = "host"
h1 = { interfaces = { m0 = { type = "macvlan", parent = "eth0", addresses = "10.8.0.1/24" } } }
h2 = { interfaces = { m0 = { type = "macvlan", parent = "eth0", mode = "private", addresses = "10.8.0.2/24" } } }
[nodes.r1]
kind = "router"
loopback = "192.168.0.1/32"
interfaces = { vx = { type = "vxlan", id = 5010, local = "lo", remote = "192.168.0.2" }, br0 = { type = "bridge", ports = ["vx", "srv"] } }
[nodes.r2]
kind = "router"
loopback = "192.168.0.2/32"
interfaces = { vx = { type = "vxlan", id = 5010, local = "lo", remote = "192.168.0.1" }, br0 = { type = "bridge", ports = ["vx", "srv"] } }
)";

TEST_F(Devices, inside_nodes_carry_traffic) {
    const State wish = wish_of(sites);
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.8.0.2")) << "macvlan to macvlan";
    EXPECT_TRUE(pings("s1", "10.1.10.2")) << "two sites as one, through VXLAN";
}

TEST_F(Devices, inside_nodes_that_others_broke_come_back) {
    const State wish = wish_of(sites);
    bring(wish);
    ASSERT_EQ(run("r1", {"ip", "link", "del", "vx"}).status, 0);
    ASSERT_EQ(run("r2", {"ip", "link", "set", "srv", "nomaster"}).status, 0);
    ASSERT_EQ(run("h1", {"ip", "link", "del", "m0"}).status, 0);
    EXPECT_NE(words(kernel_steps(wish, observe(wish))), "");
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.8.0.2"));
    EXPECT_TRUE(pings("s1", "10.1.10.2"));
}

TEST_F(Devices, a_link_may_be_a_tunnel) {
    const State wish = wish_of(R"(
links = [["gw[1-2]:wan", "isp"], ["gw1", "h1"], ["gw2", "h2"],
         { endpoints = ["gw1:t0", "gw2:t0"], type = "vxlan", over = "wan", key = 7, cost = 1 }]
[nodes]
isp = "router"
"gw[1-2]" = "router"
"h[1-2]" = "host"
)");
    bring(wish);
    const std::string far = wish.spaces.at("h2").addresses.at("eth0").begin()->ip.text();
    EXPECT_TRUE(pings("h1", far)) << "by the cheaper way";
    ASSERT_EQ(run("gw1", {"ip", "link", "set", "t0", "down"}).status, 0);
    EXPECT_TRUE(no_way("h1", far)) << "routes do not move: that way it was";
    bring(wish);
    EXPECT_TRUE(pings("h1", far));
}

TEST_F(Devices, inside_nodes_go_with_what_they_stand_on_and_come_again) {
    State wish = wish_of(sites);
    bring(wish);
    // The cable below a macvlan is another one.
    ASSERT_EQ(run("h1", {"ip", "link", "del", "eth0"}).status, 0);
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.8.0.2"));
    bring(wish_of("links = [[\"h1\", \"h2\"]]\n[nodes]\n\"h[1-2]\" = \"host\"\n"));
    EXPECT_NE(run("h1", {"ip", "link", "show", "m0"}).status, 0);
}

TEST_F(Devices, a_vxlan_of_many_ends_is_one_network) {
    const auto text = [](const std::string& more) {
        return "links = [[\"r[1-4]:wan\", \"isp\"], { lan = [\"r1:vx\", \"r2:vx\", \"r3:vx\"" +
               more +
               "], type = \"vxlan\", over = \"wan\", prefix = [\"10.9.0.0/24\", \"fd09::/64\"] "
               "}]\n[nodes]\nisp = \"router\"\n\"r[1-4]\" = \"router\"\n";
    };
    const State three = wish_of(text("")), four = wish_of(text(", \"r4:vx\""));
    bring(three);
    for (const char* to : {"10.9.0.2", "10.9.0.3", "fd09::2", "fd09::3"})
        EXPECT_TRUE(pings("r1", to));
    EXPECT_TRUE(pings("r2", "10.9.0.3"));
    bring(four);
    EXPECT_TRUE(pings("r4", "10.9.0.1"));
    EXPECT_TRUE(pings("r3", "fd09::4"));
    const std::string far = four.spaces.at("r2").addresses.at("wan").begin()->ip.text();
    ASSERT_EQ(
        run("r1", {"bridge", "fdb", "del", "00:00:00:00:00:00", "dev", "vx", "dst", far}).status,
        0);
    ASSERT_EQ(
        run("r3", {"bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "vx", "dst", "192.0.2.1"})
            .status,
        0);
    const std::string drift = words(kernel_steps(four, observe(four)));
    EXPECT_NE(drift.find("r1:vx floods "), std::string::npos) << drift;
    EXPECT_NE(drift.find("192.0.2.1"), std::string::npos) << drift;
    bring(four);
    bring(three);
    EXPECT_TRUE(pings("r1", "10.9.0.2"));
}

}  // namespace
