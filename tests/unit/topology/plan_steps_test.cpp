// Single edits and the steps they take, in words and in order.
#include "tests/support/fake_state.hpp"
#include "tests/support/lab_builder.hpp"
#include "topology/plan_parts.hpp"

#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::LabBuilder;
using test::prefix;

std::string words(const std::vector<Step>& steps) {
    std::string out;
    for (const Step& step : steps) {
        const Action said = describe(step);
        out += said.op + " " + said.kind + " " + said.name;
        out += said.detail.empty() ? "\n" : " " + said.detail + "\n";
    }
    return out;
}

State settled(const State& wish) {
    test::FakeState fake;
    for (const Step& step : plan(wish, {})) fake.apply(step, wish);
    return fake.state;
}

// h1 – r1 – h2, IPv4 only, to keep the words few.
LabBuilder small() {
    LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1 10.0.1.11/24", "r1 10.0.1.1/24"});
    b.link({"r1 10.0.2.1/24", "h2 10.0.2.11/24"});
    b.lab.addressing.ipv6 = false;
    for (Node& node : b.lab.nodes)
        for (Interface& interface : node.interfaces)
            for (const auto& entry : interface.explicit_addresses)
                interface.addresses.push_back(entry.first);
    Route gateway;
    gateway.destination = prefix("0.0.0.0/0");
    gateway.hops = {{Ip::parse("10.0.1.1"), "eth0"}};
    b["h1"].routes = {gateway};
    return b;
}

TEST(plan_steps, a_fresh_lab_in_order) {
    LabBuilder b = small();
    EXPECT_EQ(words(plan(desired(b.lab), {})),
              "create node h1\n"
              "create node h2\n"
              "create node r1\n"
              "create link h1:eth0 – r1:eth0\n"
              "create link h2:eth0 – r1:eth1\n"
              "create address h1:eth0 10.0.1.11/24\n"
              "create address h2:eth0 10.0.2.11/24\n"
              "create address r1:eth0 10.0.1.1/24\n"
              "create address r1:eth1 10.0.2.1/24\n"
              "create route h1 default via 10.0.1.1 dev eth0\n"
              "update hosts /etc/hosts\n");
}

TEST(plan_steps, nothing_to_do) {
    LabBuilder b = small();
    const State wish = desired(b.lab);
    EXPECT_EQ(words(plan(wish, settled(wish))), "");
    EXPECT_EQ(words(plan({}, {})), "");
}

TEST(plan_steps, down_takes_namespaces_whole) {
    LabBuilder b = small();
    EXPECT_EQ(words(plan({}, settled(desired(b.lab)))),
              "delete node h1\n"
              "delete node h2\n"
              "delete node r1\n");
}

TEST(plan_steps, renumbering_takes_the_routes_along) {
    LabBuilder b = small();
    const State before = settled(desired(b.lab));
    b.end("h1", 0).addresses = {prefix("10.0.1.12/24")};
    b.lab.nodes[0].interfaces[0].addresses = {prefix("10.0.1.12/24")};
    State wish = desired(b.lab);
    wish.hosts = before.hosts;
    EXPECT_EQ(words(plan(wish, before)),
              "delete route h1 default via 10.0.1.1 dev eth0\n"
              "delete address h1:eth0 10.0.1.11/24\n"
              "create address h1:eth0 10.0.1.12/24\n"
              "create route h1 default via 10.0.1.1 dev eth0\n");
}

TEST(plan_steps, mtu_mac_and_state_change_in_place) {
    LabBuilder b = small();
    const State before = settled(desired(b.lab));
    b.end("h2", 0).mtu = 9000;
    b.end("h2", 0).up = false;
    b.end("r1", 1).mac = *Mac::parse("02:00:00:00:00:99");
    EXPECT_EQ(words(plan(desired(b.lab), before)),
              "update link h2:eth0 mtu 1500 → 9000, state up → down\n"
              "update link r1:eth1 mac 02:00:00:00:00:03 → 02:00:00:00:00:99\n");
}

TEST(plan_steps, a_node_that_goes_leaves_its_neighbours_tidy) {
    LabBuilder b = small();
    const State before = settled(desired(b.lab));
    State wish = desired(b.lab);
    wish.spaces.erase("h2");
    wish.contents.erase("h2");
    wish.spaces["r1"].devices.erase("eth1");
    wish.spaces["r1"].addresses.erase("eth1");
    EXPECT_EQ(words(plan(wish, before)),
              "delete address r1:eth1 10.0.2.1/24\n"
              "delete link r1:eth1 – h2:eth0\n"
              "delete node h2\n");
}

TEST(plan_steps, a_new_birth_is_a_new_node_with_all_it_holds) {
    LabBuilder b = small();
    const State before = settled(desired(b.lab));
    b["h2"].level = Level::strict;
    State wish = desired(b.lab);
    wish.hosts = before.hosts;
    EXPECT_EQ(words(plan(wish, before)),
              "delete address r1:eth1 10.0.2.1/24\n"
              "delete link r1:eth1 – h2:eth0\n"
              "delete node h2\n"
              "create node h2\n"
              "create link h2:eth0 – r1:eth1\n"
              "create address h2:eth0 10.0.2.11/24\n"
              "create address r1:eth1 10.0.2.1/24\n");
}

TEST(plan_steps, a_route_that_was_left_to_the_kernel_goes_when_its_interface_closes) {
    LabBuilder b = small();
    b["h1"].routes[0].hops[0].dev = "";
    const State before = settled(desired(b.lab));
    ASSERT_EQ(before.spaces.at("h1").routes.begin()->second.hops[0].dev, "eth0");
    State wish = desired(b.lab);
    wish.spaces["h1"].devices["eth0"].up = false;
    EXPECT_EQ(words(plan(wish, before)).find("delete route h1 default via 10.0.1.1 dev eth0\n"),
              0U);
}

TEST(plan_steps, fabric_devices_keep_their_names_when_others_go) {
    LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"});
    const State before = settled(desired(b.lab));
    // The first LAN goes: the second one's devices would be called br0, p0, … in a fresh lab.
    LabBuilder later;
    later.hosts({"h1", "h2", "h3"});
    later.link({"h1", "h2", "h3"});
    later.lab.links[0].name = b.lab.links[1].name;
    for (Node& node : later.lab.nodes) node.interfaces[0] = b[node.name].interfaces[1];
    const std::string steps = words(plan(desired(later.lab), before));
    EXPECT_EQ(steps,
              "delete link h1:eth0\n"
              "delete link h2:eth0\n"
              "delete link h3:eth0\n"
              "delete bridge implied LAN br0\n");
}

TEST(plan_steps, a_port_moves_off_its_bridge_before_that_goes) {
    State seen;
    Space& space = seen.spaces["sw"];
    space.kind = Space::Kind::bridge;
    Device bridge, port;
    bridge.kind = Device::Kind::bridge;
    bridge.name = "br0";
    bridge.index = 99;
    port.name = "eth0";
    port.index = 100;
    port.master = "br0";
    port.peer = {"sw", "eth1"};
    space.devices = {{"br0", bridge}, {"eth0", port}};
    port.name = "eth1";
    port.index = 101;
    port.master = "";
    port.peer = {"sw", "eth0"};
    space.devices["eth1"] = port;
    State wish = seen;
    auto& wished = wish.spaces["sw"].devices;
    wished.erase("br0");
    wished["eth0"].master = "";
    EXPECT_EQ(words(plan(wish, seen)),
              "update link sw:eth0 bridge br0 → none\n"
              "delete bridge sw:br0\n");
}

TEST(plan_steps, routes_straight_to_a_wire_come_first_and_go_last) {
    LabBuilder b = small();
    Route wire, far;
    wire.destination = prefix("10.8.0.0/24");
    wire.hops = {{std::nullopt, "eth0"}};
    far.destination = prefix("10.7.0.0/24");
    far.hops = {{Ip::parse("10.8.0.1"), "eth0"}};
    b["h1"].routes = {far, wire};
    const State wish = desired(b.lab), before = settled(wish);
    const std::string forth = words(plan(wish, {}));
    EXPECT_LT(forth.find("route h1 10.8.0.0/24 dev eth0"), forth.find("route h1 10.7.0.0/24"));
    State none = wish;
    none.spaces["h1"].routes.clear();
    const std::string back = words(plan(none, before));
    EXPECT_GT(back.find("route h1 10.8.0.0/24 dev eth0"), back.find("route h1 10.7.0.0/24"));
}

TEST(plan_steps, a_route_is_served_whatever_the_order_of_its_hops) {
    Route wish, seen;
    const Route::Hop a{Ip::parse("10.0.0.1"), "eth0"}, b{Ip::parse("10.0.1.1"), "eth1"};
    wish.hops = {b, {a.via, ""}};
    seen.hops = {a, b};
    EXPECT_TRUE(serves(wish, seen));
    seen.hops = {a, a};
    EXPECT_FALSE(serves(wish, seen));
    seen.hops = {a};
    EXPECT_FALSE(serves(wish, seen));
    seen.hops = {a, b};
    seen.onlink = true;
    EXPECT_FALSE(serves(wish, seen));
    EXPECT_TRUE(serves(Route{}, Route{}));
}

// h1 keeps its end and all that is on it; of the other one nothing but the wire comes along.
TEST(plan_steps, a_cable_is_plugged_into_another_switch) {
    const auto lab = [](const std::string& at) {
        LabBuilder b;
        b.hosts({"h1"});
        b.node("s1", Kind::switch_);
        b.node("s2", Kind::switch_);
        b.link({"s1", "s2"});
        b.link({"h1 10.0.1.11/24", at});
        return desired(b.lab);
    };
    const State before = settled(lab("s1")), wish = lab("s2");
    const std::vector<Step> steps = plan(wish, before);
    EXPECT_EQ(words(steps), "update link h1:eth0 plugged from s1:eth1 into s2:eth1\n");
}

TEST(plan_steps, contents_one_by_one) {
    LabBuilder b;
    b.hosts({"h1"});
    Node& h1 = b["h1"];
    const auto line = [](const char* text) { return Command{{Text{text, {}}}, {}}; };
    h1.files["/etc/a"].content = "1";
    h1.files["/etc/b"].content = "1";
    h1.exec = {line("one"), line("two")};
    h1.sysctl["net.ipv4.ip_forward"] = {"1", {}};
    h1.nft = Text{"table ip t {}", {}};
    Service web, dns;
    web.name = "web";
    dns.name = "dns";
    h1.services = {web, dns};
    const State before = settled(desired(b.lab));

    h1.files.erase("/etc/a");
    h1.files["/etc/b"].content = "2";
    h1.exec = {line("two"), line("three"), line("one")};
    h1.sysctl["net.ipv4.ip_forward"] = {"0", {}};
    h1.nft.reset();
    h1.services[0].user = "nobody";
    h1.services.pop_back();
    EXPECT_EQ(words(plan(desired(b.lab), before)),
              "delete service h1 dns\n"
              "delete file h1 /etc/a\n"
              "update file h1 /etc/b\n"
              "update sysctl h1 net.ipv4.ip_forward\n"
              "update nft h1\n"
              "create exec h1 line 2\n"
              "update service h1 web\n");
}

TEST(plan_steps, a_setting_that_is_no_longer_written_goes_back) {
    LabBuilder b;
    b.hosts({"h1"});
    b["h1"].sysctl["net.ipv4.ip_forward"] = {"1", {}};
    const State before = settled(desired(b.lab));
    b["h1"].sysctl.clear();
    EXPECT_EQ(words(plan(desired(b.lab), before)), "update sysctl h1 net.ipv4.ip_forward\n");
}

TEST(plan_steps, an_interface_made_anew_gets_its_settings_again) {
    LabBuilder b = small();
    b["h1"].sysctl["net.ipv4.conf.eth0.rp_filter"] = {"1", {}};
    b["h1"].sysctl["net/ipv6/conf/eth0/accept_ra"] = {"2", {}};
    b["h1"].sysctl["net.ipv4.conf.all.rp_filter"] = {"1", {}};
    State before = settled(desired(b.lab));
    before.spaces["h1"].devices.erase("eth0");
    before.spaces["h1"].addresses.clear();
    before.spaces["h1"].routes.clear();
    const std::string said = words(plan(desired(b.lab), before));
    EXPECT_NE(said.find("update sysctl h1 net.ipv4.conf.eth0.rp_filter\n"), said.npos) << said;
    EXPECT_NE(said.find("update sysctl h1 net/ipv6/conf/eth0/accept_ra\n"), said.npos) << said;
    EXPECT_EQ(said.find("conf.all"), said.npos) << said;
}

TEST(plan_steps, why_a_node_starts_anew) {
    LabBuilder b;
    b.hosts({"h1"});
    b.switches({"sw"});
    State before = settled(desired(b.lab));
    const auto why = [&](const std::string& node) {
        return restart_reason(desired(b.lab), before, node);
    };
    EXPECT_EQ(why("h1"), "");
    b["h1"].hostname = "other";
    b["h1"].user = "nobody";
    EXPECT_EQ(why("h1"), "");
    EXPECT_EQ(words(plan(desired(b.lab), before)).find("node"), std::string::npos);
    b["h1"].kind = Kind::router;
    EXPECT_EQ(why("h1"), "kind host → router");
    b["h1"].level = Level::strict;
    EXPECT_EQ(why("h1"), "kind host → router, level lab → strict");
    b["sw"].files["/etc/x"].content = "x";
    EXPECT_EQ(why("sw"), "it gets processes");
    before.contents["h1"].birth.clear();
    EXPECT_EQ(why("h1"), "as asked");
    before.contents.erase("h1");
    EXPECT_EQ(why("h1"), "its init is gone");
}

TEST(plan_steps, a_node_whose_contents_are_gone_is_made_anew) {
    LabBuilder b;
    b.hosts({"h1"});
    State before = settled(desired(b.lab));
    before.contents.clear();
    EXPECT_EQ(words(plan(desired(b.lab), before)), "delete node h1\ncreate node h1\n");
}

TEST(plan_steps, a_node_stops_and_starts_where_its_cables_are) {
    LabBuilder b = small();
    b["r1"].sysctl["net.ipv4.ip_forward"] = {"1", {}};
    const State wish = desired(b.lab);
    const State before = settled(wish);
    State asleep = wish;
    put_to_sleep(asleep, "r1");
    test::FakeState fake;
    fake.state = before;
    EXPECT_EQ(words(plan(asleep, before)),
              "update node r1 stop\n"
              "update link r1:eth0 state up → down\n"
              "update link r1:eth1 state up → down\n");
    for (const Step& step : plan(asleep, before)) fake.apply(step, asleep);
    EXPECT_EQ(words(plan(asleep, fake.state)), "");
    EXPECT_EQ(restart_reason(wish, fake.state, "r1"), "");

    EXPECT_EQ(words(plan(wish, fake.state)),
              "update node r1 start\n"
              "update link r1:eth0 state down → up\n"
              "update link r1:eth1 state down → up\n"
              "create address r1:eth0 10.0.1.1/24\n"
              "create address r1:eth1 10.0.2.1/24\n"
              "update sysctl r1 net.ipv4.ip_forward\n");
    for (const Step& step : plan(wish, fake.state)) fake.apply(step, wish);
    EXPECT_EQ(fake.state, before);
}

TEST(plan_steps, a_node_that_sleeps_and_becomes_another_is_made_anew) {
    LabBuilder b = small();
    State there = settled(desired(b.lab));
    there.asleep["h1"] = there.contents.at("h1").birth;
    there.contents.erase("h1");
    b["h1"].level = Level::strict;
    EXPECT_EQ(restart_reason(desired(b.lab), there, "h1"), "level lab → strict");
}

TEST(plan_steps, interfaces_that_are_made_anew_are_known) {
    Device here, there, other;
    here.name = "eth0", there.name = "eth1", other.name = "eth2";
    const DeviceEnd end{"h1", "eth0"}, far{"r1", "eth1"};
    const std::vector<Step> steps{RemoveVeth{"h1", here, "r1", there},
                                  CreateVeth{"h1", here, "@relay", other}};
    EXPECT_EQ(made_anew(steps), std::vector<DeviceEnd>{end});
    EXPECT_TRUE(makes(steps, end) && makes(steps, {"@relay", "eth2"}));
    EXPECT_FALSE(makes(steps, far));
    // One that goes after it has come is no new one.
    EXPECT_TRUE(made_anew({steps[1], steps[0]}).empty());
    EXPECT_EQ(made_anew({RemoveVeth{"h1", here, "r1", there},
                         MoveVeth{"r1", there, "x", other, "h1", here}}),
              std::vector<DeviceEnd>{end});
}

TEST(plan_steps, only_programs_cannot_be_taken_back) {
    EXPECT_FALSE(inverse(RunExec{"h1", 0}));
    const std::vector<Step> others{CreateSpace{},   RemoveSpace{},  CreateVeth{},    RemoveVeth{},
                                   CreateDevice{},  RemoveDevice{}, ChangeDevice{},  AddAddress{},
                                   RemoveAddress{}, AddRoute{},     RemoveRoute{},   WriteHosts{},
                                   WriteFile{},     RemoveFile{},   SetSysctl{},     MoveVeth{},
                                   LoadNft{},       PutService{},   RemoveService{}, SetLimits{},
                                   SetHostname{}};
    for (const Step& step : others) EXPECT_TRUE(inverse(step)) << step.index();
    Device renamed;
    renamed.name = "x";
    const auto back = inverse(ChangeDevice{"h1", Device{}, renamed});
    EXPECT_EQ(std::get<ChangeDevice>(*back).from.name, "x");
}

}  // namespace
