// Links that run over other links.
#include "topology/tunnels.hpp"

#include "tests/support/memory_files.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;

Resolved resolve(const std::string& text) {
    test::MemoryFiles files;
    files.add("x.lab.toml", text);
    return topology::resolve(files, "x.lab.toml");
}

Lab lab_of(const std::string& text) {
    Resolved resolved = resolve(text);
    EXPECT_FALSE(resolved.diagnostics.failed())
        << render(resolved.diagnostics.all(), resolved.sources, false);
    return std::move(resolved.lab);
}

std::string routes(const State& state, const std::string& node) {
    std::string out;
    for (const auto& [key, route] : state.spaces.at(node).routes)
        if (key.destination.ip.family == Family::ipv4)
            out += key.destination.text() + " " + route.hops.at(0).dev + "\n";
    return out;
}

constexpr const char* sites = R"(
links = [
  ["gw1:wan", "isp"], ["gw2:wan", "isp"],
  ["gw1:lan", "h1"], ["gw2:lan", "h2"],
  { endpoints = ["gw1:t0", "gw2:t0"], type = "gre", over = "wan", key = 7, cost = 1 },
  { endpoints = ["gw1:v0", "gw2:v0"], type = "vxlan", key = 9, cost = 100, a = { udp-port = 4790 } },
  { endpoints = ["gw1:i0", "gw2:i0"], type = "ipip", over = { gw1 = "wan" }, cost = 100, mtu = 1300 },
]
[nodes]
isp = "router"
"gw[1-2]" = { kind = "router", loopback = true }
"h[1-2]" = "host"
)";

TEST(tunnels, end_at_the_addresses_of_what_they_run_over) {
    const State wish = desired(lab_of(sites));
    const auto& gw1 = wish.spaces.at("gw1").devices;
    const Prefix wan1 = *wish.spaces.at("gw1").addresses.at("wan").begin();
    const Prefix wan2 = *wish.spaces.at("gw2").addresses.at("wan").begin();
    EXPECT_EQ(gw1.at("t0").kind, DeviceKind::gre);
    EXPECT_EQ(gw1.at("t0").settings.local, wan1.ip);
    EXPECT_EQ(gw1.at("t0").settings.remote, wan2.ip);
    EXPECT_EQ(gw1.at("t0").settings.id, 7U);
    EXPECT_EQ(gw1.at("t0").mtu, 1472U);
    EXPECT_TRUE(gw1.at("t0").mac.is_zero());
    EXPECT_EQ(gw1.at("v0").settings.local->text(), "10.255.0.2") << "its primary address";
    EXPECT_EQ(gw1.at("v0").settings.udp_port, 4790);
    EXPECT_EQ(wish.spaces.at("gw2").devices.at("v0").settings.udp_port, 4789);
    EXPECT_EQ(gw1.at("i0").settings.local, wan1.ip);
    EXPECT_EQ(gw1.at("i0").settings.remote->text(), "10.255.0.3");
    EXPECT_EQ(gw1.at("i0").mtu, 1300U);
    EXPECT_TRUE(wish.spaces.at("gw1").addresses.contains("t0"));
}

TEST(tunnels, take_no_defaults_of_cables) {
    for (const char* of_all :
         {"[defaults.link]\nmtu = 1500\ndelay = \"5ms\"\n", "[defaults.node]\nmtu = 1500\n"}) {
        const Lab lab = lab_of(sites + std::string(of_all));
        const State wish = desired(lab);
        const auto& gw1 = wish.spaces.at("gw1").devices;
        EXPECT_EQ(gw1.at("wan").mtu, 1500U);
        EXPECT_EQ(gw1.at("t0").mtu, 1472U);
        EXPECT_EQ(gw1.at("i0").mtu, 1300U) << "what is written stays";
        for (const Node& node : lab.nodes)
            for (const Interface& interface : node.interfaces)
                if (!is_cable(interface.kind))
                    EXPECT_FALSE(interface.impairment.any()) << interface.name;
    }
}

TEST(tunnels, are_ways_but_not_to_their_own_ends) {
    const State wish = desired(lab_of(sites));
    // Cheaper than the provider: the sites' traffic goes through, the tunnel's own does not.
    const std::string gw1 = routes(wish, "gw1");
    const std::string lan2 = wish.spaces.at("gw2").addresses.at("lan").begin()->network().text();
    const std::string wan2 = wish.spaces.at("gw2").addresses.at("wan").begin()->network().text();
    EXPECT_THAT(gw1, testing::HasSubstr(lan2 + " t0\n"));
    EXPECT_THAT(gw1, testing::HasSubstr(wan2 + " wan\n"));
    EXPECT_THAT(gw1, testing::HasSubstr("10.255.0.3/32 wan\n"));
}

TEST(tunnels, resolve_to_themselves) {
    const std::string text = resolved_toml(lab_of(sites));
    const Resolved again = resolve(text);
    ASSERT_FALSE(again.diagnostics.failed())
        << render(again.diagnostics.all(), again.sources, false) << text;
    EXPECT_EQ(resolved_toml(again.lab), text);
    const State wish = desired(lab_of(sites)), second = desired(again.lab);
    for (const auto& [name, space] : wish.spaces)
        EXPECT_EQ(space.devices, second.spaces.at(name).devices) << name;
}

constexpr const char* overlay = R"(
links = [
  ["r[1-4]:wan", "isp"],
  { lan = ["r1:vx", "r2:vx", "r3:vx"], type = "vxlan", over = "wan", key = 5 },
]
[nodes]
isp = "router"
"r[1-4]" = "router"
)";

TEST(tunnels, of_many_ends_send_to_all_the_others) {
    const State wish = desired(lab_of(overlay));
    const auto wan = [&](const std::string& node) {
        return wish.spaces.at(node).addresses.at("wan").begin()->ip;
    };
    const Device& vx = wish.spaces.at("r1").devices.at("vx");
    EXPECT_EQ(vx.floods, (std::set<Ip>{wan("r2"), wan("r3")}));
    EXPECT_FALSE(vx.settings.remote);
    EXPECT_EQ(vx.settings.local, wan("r1"));
    EXPECT_FALSE(wish.spaces.contains(fabric_name)) << "no bridge of ours joins them";
    for (const auto& [end, peer] : wish.spaces.at("r2").addresses)
        EXPECT_FALSE(peer.empty()) << end;
    EXPECT_EQ(lab_of(resolved_toml(lab_of(overlay))).links.back().ends.size(), 3U);
}

TEST(tunnels, hear_of_one_more_end_in_place) {
    std::string text = overlay;
    text.replace(text.find("\"r3:vx\""), 7, "\"r3:vx\", \"r4:vx\"");
    std::size_t told = 0;
    for (const Step& step : plan(desired(lab_of(text)), desired(lab_of(overlay)))) {
        EXPECT_FALSE(std::holds_alternative<RemoveDevice>(step));
        if (const auto* change = std::get_if<ChangeDevice>(&step)) {
            EXPECT_EQ(change->to.floods.size(), 3U);
            EXPECT_THAT(describe(step).detail, testing::HasSubstr("floods "));
            ++told;
        }
    }
    EXPECT_EQ(told, 3U);
}

TEST(tunnels, leave_alone_what_others_send_a_vxlan_of_two_to) {
    const State wish = desired(lab_of(sites));
    State seen = wish;
    seen.spaces.at("gw1").devices.at("v0").floods.insert(*Ip::parse("192.0.2.1"));
    EXPECT_TRUE(plan(wish, seen).empty());
}

TEST(tunnels, need_something_to_run_over) {
    const Resolved wrong = resolve(
        "links = [[\"a\", \"b\"], { endpoints = [\"a\", \"b\"], type = \"gre\", over = \"wan\" }]\n"
        "[nodes]\na = \"router\"\nb = \"router\"\n");
    ASSERT_TRUE(wrong.diagnostics.failed());
    const Diagnostic& first = wrong.diagnostics.all().front();
    EXPECT_EQ(first.code, "D21");
    EXPECT_EQ(first.message, "a has no interface \"wan\" to run over");
    EXPECT_EQ(first.hint, "over = one of eth0");
}

TEST(tunnels, that_are_told_otherwise_are_others) {
    std::string text = sites;
    text.replace(text.find("key = 9"), 7, "key = 8");
    std::size_t made = 0;
    for (const Step& step : plan(desired(lab_of(text)), desired(lab_of(sites)))) {
        EXPECT_FALSE(std::holds_alternative<CreateVeth>(step));
        made += std::holds_alternative<CreateDevice>(step);
    }
    EXPECT_EQ(made, 2U);
}

}  // namespace
