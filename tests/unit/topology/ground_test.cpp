// What a node stands on: what is wished of it, what is looked at, and the step that puts it right.
#include "tests/support/fake_state.hpp"
#include "tests/support/lab_builder.hpp"
#include "topology/plan_parts.hpp"

#include <gtest/gtest.h>

namespace {

using namespace topology;
using Forwarding = Ground::Forwarding;
using test::LabBuilder;
using test::prefix;

LabBuilder pair() {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1 10.0.1.11/24", "r1 10.0.1.1/24"});
    for (Node& node : b.lab.nodes)
        for (Interface& interface : node.interfaces)
            for (const auto& entry : interface.explicit_addresses)
                interface.addresses.push_back(entry.first);
    return b;
}

State settled(const State& wish) {
    test::FakeState fake;
    for (const Step& step : plan(wish, {})) fake.apply(step, wish);
    for (auto& [name, space] : fake.state.spaces) space.ground = wish.spaces.at(name).ground;
    return fake.state;
}

std::string words(const std::vector<Step>& steps) {
    std::string out;
    for (const Step& step : steps) {
        const Action said = describe(step);
        out += said.op + " " + said.kind + " " + said.name + " " + said.detail + "\n";
    }
    return out;
}

TEST(ground, a_router_forwards_and_a_host_does_not) {
    const State wish = desired(pair().lab);
    EXPECT_EQ(wish.spaces.at("r1").ground.ipv4, Forwarding::on);
    EXPECT_EQ(wish.spaces.at("r1").ground.ipv6, Forwarding::on);
    EXPECT_EQ(wish.spaces.at("h1").ground.ipv4, Forwarding::off);
    EXPECT_FALSE(wish.spaces.at("h1").ground.own_rules);
}

TEST(ground, who_speaks_of_it_decides_on_it) {
    LabBuilder b = pair();
    Node& router = b["r1"];
    const auto open = [&] { return ground_of(router).ipv4 == Forwarding::open; };
    EXPECT_FALSE(open());
    router.exec = {{{{"/bin/sh", {}}, {"-c", {}}, {"sysctl -w net.ipv4.ip_forward=0", {}}}, {}}};
    EXPECT_TRUE(open());
    router.exec.clear();
    router.sysctl["net.ipv6.conf.eth0.forwarding"] = {"0", {}};
    EXPECT_TRUE(open());
    router.sysctl.clear();
    router.files["/etc/frr/frr.conf"].content = "no ip forwarding\n";
    EXPECT_TRUE(open());
    router.files["/etc/frr/frr.conf"].origin = File::Origin::generated;
    EXPECT_FALSE(open()) << "labd's own words are no wish of the user's";
    EXPECT_FALSE(ground_of(router).own_rules);
    Service service;
    service.argv = {{"ip rule add from 10.0.0.0/8 table 7", {}}};
    router.services.push_back(service);
    EXPECT_TRUE(ground_of(router).own_rules);
    EXPECT_FALSE(ground_of(router).own_loopback);
    router.exec.push_back({{{"sysctl -qw net.ipv6.conf.all.disable_ipv6=1", {}}}, {}});
    EXPECT_TRUE(ground_of(router).own_loopback);
    EXPECT_FALSE(ground_of(router).own_flags);
    EXPECT_TRUE(ground_of(router).own_link_local);
    router.exec.clear();
    EXPECT_TRUE(ground_of(router).own_link_local) << "it speaks no IPv6";
    router.interfaces.at(0).addresses.push_back(prefix("fd00::1/64"));
    EXPECT_FALSE(ground_of(router).own_link_local);
    router.exec.push_back({{{"ip link set eth0 arp off", {}}}, {}});
    EXPECT_TRUE(ground_of(router).own_flags);
    router.kind = Kind::bare;
    EXPECT_EQ(ground_of(router), Ground{});
}

TEST(ground, what_nobody_looked_at_is_as_wished) {
    const State wish = desired(pair().lab);
    State seen = settled(wish);
    for (auto& [name, space] : seen.spaces) space.ground = {};
    EXPECT_EQ(words(plan(wish, seen)), "");
    // And the other way round.
    Ground open, is;
    is.ipv4 = Forwarding::partly;
    is.rules.insert({Family::ipv4, 0, 255});
    open.own_rules = true;
    is.no_arp.insert("eth0");
    open.own_flags = true;
    EXPECT_EQ(heeded(open, is), open);
}

TEST(ground, one_step_puts_all_of_it_right) {
    State wish = desired(pair().lab);
    wish.spaces.at("r1").ground.own_link_local = false;
    State seen = settled(wish);
    Ground& ground = seen.spaces.at("r1").ground;
    ground.loopback = false;
    ground.ipv4 = Forwarding::off;
    ground.ipv6 = Forwarding::partly;
    ground.rules.insert({Family::ipv6, 32766, 254});
    ground.routes["eth0"].insert(prefix("10.0.1.1/24"));
    ground.loopbacks = {prefix("127.0.0.1/8"), prefix("::1/128")};
    ground.no_link_local.insert("eth0");
    ground.no_arp.insert("eth0");
    ground.no_multicast.insert("eth0");
    const std::vector<Step> steps = plan(wish, seen);
    EXPECT_EQ(words(steps),
              "update node r1 lo down → up, ipv4-forwarding off → on, ipv6-forwarding partly on → "
              "on, eth0.arp off → on, eth0.multicast off → on, link-local address dev eth0 gone → "
              "there, rule 32766 of IPv6, to table 254 gone → there, address 127.0.0.1/8 dev lo "
              "gone → there, address ::1/128 dev lo gone → "
              "there, route 10.0.1.0/24 dev eth0 gone → there\n");
    test::FakeState fake;
    fake.state = seen;
    fake.apply(steps.at(0), wish);
    EXPECT_EQ(words(plan(wish, fake.state)), "");
    fake.apply(*inverse(steps.at(0)), wish);
    EXPECT_EQ(fake.state, seen);
}

TEST(ground, routes_that_come_back_by_themselves_are_not_asked_for) {
    const State wish = desired(pair().lab);
    const auto lost = [&](auto change) {
        State seen = settled(wish);
        Space& space = seen.spaces.at("r1");
        space.ground.routes["eth0"].insert(prefix("10.0.1.1/24"));
        change(space);
        return words(plan(wish, seen));
    };
    EXPECT_EQ(lost([](Space& s) { s.devices.at("eth0").up = false; }),
              "update link r1:eth0 state down → up\n");
    EXPECT_EQ(lost([](Space& s) { s.addresses.clear(); }), "create address r1:eth0 10.0.1.1/24\n");
    // An address that an edit takes away takes its route along.
    State seen = settled(wish), less = wish;
    seen.spaces.at("r1").ground.routes["eth0"].insert(prefix("10.0.1.1/24"));
    less.spaces.at("r1").addresses.clear();
    EXPECT_EQ(words(plan(less, seen)), "delete address r1:eth0 10.0.1.1/24\n");
}

TEST(ground, who_sleeps_stands_on_nothing) {
    State wish = desired(pair().lab);
    State seen = settled(wish);
    put_to_sleep(wish, "r1");
    seen.spaces.at("r1").ground.ipv4 = Forwarding::off;
    const std::string said = words(plan(wish, seen));
    EXPECT_EQ(said.find("forwarding"), std::string::npos) << said;
    // And is born with all of it.
    const State awake = desired(pair().lab);
    State asleep = settled(awake);
    asleep.contents.erase("r1");
    asleep.asleep["r1"] = awake.contents.at("r1").birth;
    asleep.spaces.at("r1").ground.ipv4 = Forwarding::off;
    const std::string started = words(plan(awake, asleep));
    EXPECT_NE(started.find("start"), std::string::npos) << started;
    EXPECT_EQ(started.find("forwarding"), std::string::npos) << started;
}

}  // namespace
