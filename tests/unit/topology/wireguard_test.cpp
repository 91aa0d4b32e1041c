// WireGuard links: who is told what of whom, and what an edit changes in place.
#include "tests/support/memory_files.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using testing::ElementsAre;
using testing::HasSubstr;

Resolved resolve(const std::string& text) {
    test::MemoryFiles files;
    files.add("x.lab.toml", text);
    return topology::resolve(files, "x.lab.toml");
}

State wish_of(const std::string& text) {
    const Resolved resolved = resolve(text);
    EXPECT_FALSE(resolved.diagnostics.failed())
        << render(resolved.diagnostics.all(), resolved.sources, false);
    return desired(resolved.lab);
}

const Device& device(const State& state, const std::string& node, const std::string& name) {
    return state.spaces.at(node).devices.at(name);
}

std::vector<std::string> texts(const std::set<Prefix>& networks) {
    std::vector<std::string> out;
    for (const Prefix& network : networks) out.push_back(network.text());
    return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return text.replace(at, from.size(), to);
}

std::vector<std::string> said(const State& wish, const State& seen) {
    std::vector<std::string> out;
    for (const Step& step : plan(wish, seen)) {
        const Action action = describe(step);
        out.push_back(action.op + " " + action.kind + " " + action.name + " " + action.detail);
    }
    return out;
}

const std::string sites = R"(
links = [
  ["gw1:wan", "isp"], ["gw2:wan", "isp"], ["rw:wan", "isp"],
  { endpoints = ["gw1:wg0", "gw2:wg0"], type = "wireguard", over = "wan" },
  { endpoints = ["gw1:wg1", "rw:wg0"], type = "wireguard", over = "wan" },
]
[nodes]
isp = "router"
"gw[1-2]" = "router"
rw = "host"
)";

TEST(wireguard, two_ends_let_everything_through) {
    const State wish = wish_of(sites);
    const Device& end = device(wish, "gw1", "wg0");
    EXPECT_EQ(end.kind, DeviceKind::wireguard);
    EXPECT_EQ(end.mtu, 1440U) << "20 of IPv4, 8 of UDP, 32 of its own";
    EXPECT_TRUE(end.mac.is_zero());
    EXPECT_TRUE(end.quiet);
    EXPECT_EQ(end.settings, DeviceSettings{}) << "nothing that would make another device of it";
    EXPECT_EQ(end.wireguard.port, 51820);
    ASSERT_EQ(end.wireguard.peers.size(), 1U);
    const WireguardPeer& peer = end.wireguard.peers.at("gw2:wg0");
    EXPECT_EQ(peer.address, wish.spaces.at("gw2").addresses.at("wan").begin()->ip);
    EXPECT_EQ(peer.port, 51820);
    EXPECT_THAT(texts(peer.allowed), ElementsAre("0.0.0.0/0", "::/0"));
}

TEST(wireguard, ports_of_one_node_differ) {
    const State wish = wish_of(sites);
    EXPECT_EQ(device(wish, "gw1", "wg1").wireguard.port, 51821);
    EXPECT_EQ(device(wish, "rw", "wg0").wireguard.port, 51820);
    EXPECT_EQ(device(wish, "rw", "wg0").wireguard.peers.at("gw1:wg1").port, 51821);
    // Those that are written come first.
    const State written = wish_of(
        replaced(sites, "over = \"wan\" },\n]", "over = \"wan\", a.udp-port = 51820 },\n]"));
    EXPECT_EQ(device(written, "gw1", "wg1").wireguard.port, 51820);
    EXPECT_EQ(device(written, "gw1", "wg0").wireguard.port, 51821);
}

const std::string mesh = R"(
links = [
  ["gw[1-3]:wan", "isp"], ["gw[1-3]:lan", "h[1-3]"],
  { lan = ["gw1:wg0", "gw2:wg0", "gw3:wg0"], type = "wireguard", over = "wan", cost = 1, prefix = ["10.9.0.0/24", "fd09::/64"] },
]
[nodes]
isp = "router"
"gw[1-3]" = { kind = "router", loopback = true }
"h[1-3]" = "host"
)";

TEST(wireguard, a_mesh_knows_what_is_behind_whom) {
    const State wish = wish_of(mesh);
    const auto& peers = device(wish, "gw1", "wg0").wireguard.peers;
    ASSERT_EQ(peers.size(), 2U);
    const std::string lan2 = wish.spaces.at("gw2").addresses.at("lan").begin()->network().text();
    for (const std::string& network :
         {lan2, std::string("10.9.0.2/32"), std::string("fd09::2/128")})
        EXPECT_THAT(texts(peers.at("gw2:wg0").allowed), testing::Contains(network));
    EXPECT_THAT(texts(peers.at("gw3:wg0").allowed), testing::Contains("fd09::3/128"));
    EXPECT_THAT(texts(peers.at("gw3:wg0").allowed), testing::Not(testing::Contains(lan2)));
    for (const auto& [end, peer] : peers)
        EXPECT_THAT(texts(peer.allowed), testing::Not(testing::Contains("0.0.0.0/0"))) << end;
}

TEST(wireguard, a_network_of_a_mesh_has_one_owner) {
    const std::string text =
        replaced(mesh, "[nodes]",
                 "[nodes.gw1]\nkind = \"router\"\nroutes = [\"10.77.0.0/16 via 10.9.0.2\", "
                 "\"10.77.0.0/16 via 10.9.0.3 metric 9\", \"default via 10.9.0.3\"]\n[nodes]");
    const State wish = wish_of(text);
    const auto& peers = device(wish, "gw1", "wg0").wireguard.peers;
    EXPECT_THAT(texts(peers.at("gw2:wg0").allowed), testing::Contains("10.77.0.0/16"));
    EXPECT_THAT(texts(peers.at("gw3:wg0").allowed),
                testing::Not(testing::Contains("10.77.0.0/16")));
    EXPECT_THAT(texts(peers.at("gw3:wg0").allowed), testing::Contains("0.0.0.0/0"));
}

TEST(wireguard, has_no_link_local_addresses) {
    const Resolved wrong = resolve(
        replaced(sites, "over = \"wan\" },\n]", "over = \"wan\", ipv6 = \"link-local\" },\n]"));
    ASSERT_TRUE(wrong.diagnostics.failed());
    EXPECT_EQ(wrong.diagnostics.all().front().code, "D35");
    EXPECT_EQ(wrong.diagnostics.all().front().where.line, 5U);
}

TEST(wireguard, resolves_to_itself) {
    for (const std::string& text : {sites, mesh}) {
        const std::string once = resolved_toml(resolve(text).lab);
        const Resolved again = resolve(once);
        ASSERT_FALSE(again.diagnostics.failed())
            << render(again.diagnostics.all(), again.sources, false) << once;
        EXPECT_EQ(resolved_toml(again.lab), once);
        const State wish = wish_of(text), second = desired(again.lab);
        for (const auto& [name, space] : wish.spaces)
            EXPECT_EQ(space.devices, second.spaces.at(name).devices) << name;
    }
}

TEST(wireguard, another_port_is_told_in_place) {
    const std::string text =
        replaced(sites, "over = \"wan\" },\n]", "over = \"wan\", a.udp-port = 4444 },\n]");
    const auto steps = said(wish_of(text), wish_of(sites));
    ASSERT_EQ(steps.size(), 2U) << testing::PrintToString(steps);
    EXPECT_EQ(steps[0], "update device gw1:wg1 udp-port 51821 → 4444");
    EXPECT_THAT(steps[1], HasSubstr("update device rw:wg0 peer gw1:wg1 "));
    EXPECT_THAT(steps[1], HasSubstr(":51821 for 0.0.0.0/0, ::/0 → "));
    EXPECT_THAT(steps[1], HasSubstr(":4444 for 0.0.0.0/0, ::/0"));
}

TEST(wireguard, one_more_in_a_mesh_is_told_in_place) {
    const std::string text = replaced(mesh, "\"gw2:wg0\", ", "");
    std::size_t changed = 0;
    for (const Step& step : plan(wish_of(mesh), wish_of(text))) {
        if (const auto* create = std::get_if<CreateDevice>(&step)) {
            EXPECT_EQ(create->space, "gw2");
        }
        EXPECT_FALSE(std::holds_alternative<RemoveDevice>(step));
        if (const auto* change = std::get_if<ChangeDevice>(&step)) {
            ++changed;
            EXPECT_TRUE(change->to.wireguard.peers.contains("gw2:wg0"));
        }
    }
    EXPECT_EQ(changed, 2U);
}

TEST(wireguard, what_others_did_is_seen) {
    const State wish = wish_of(sites);
    State seen = wish;
    Wireguard& held = seen.spaces.at("gw1").devices.at("wg0").wireguard;
    held.foreign_key = true;
    held.peers["a stranger"] = held.peers.at("gw2:wg0");
    held.peers.erase("gw2:wg0");
    const auto steps = said(wish, seen);
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_THAT(steps[0], HasSubstr("key a foreign one → its own"));
    EXPECT_THAT(steps[0], HasSubstr("peer a stranger "));
    EXPECT_THAT(steps[0], HasSubstr("peer gw2:wg0 none → "));
}

TEST(wireguard, comes_back_with_a_node_that_starts_again) {
    const State wish = wish_of(sites);
    State asleep = wish;
    put_to_sleep(asleep, "gw1");
    asleep.asleep["gw1"] = wish.contents.at("gw1").birth;
    std::vector<std::string> made;
    for (const Step& step : plan(wish, asleep))
        if (const auto* create = std::get_if<CreateDevice>(&step))
            made.push_back(create->space + ":" + create->device.name + " " +
                           create->device.wireguard.peers.begin()->first);
    EXPECT_THAT(made, ElementsAre("gw1:wg0 gw2:wg0", "gw1:wg1 rw:wg0"));
}

TEST(wireguard, over_ipv6_where_there_is_no_ipv4) {
    const std::string six = replaced(sites, "links = [",
                                     "addressing.lans.ipv4 = false\n"
                                     "addressing.links.ipv4 = false\nlinks = [");
    const State wish = wish_of(six);
    const Device& gw1 = device(wish, "gw1", "wg0");
    const WireguardPeer& peer = gw1.wireguard.peers.at("gw2:wg0");
    ASSERT_TRUE(peer.address);
    EXPECT_EQ(peer.address->family, Family::ipv6);
    EXPECT_TRUE(wish.spaces.at("gw2").addresses.at("wan").contains({*peer.address, 127}));
    EXPECT_EQ(gw1.mtu, 1420U) << "IPv6's header is longer by 20 bytes";
    EXPECT_EQ(device(wish_of(sites), "gw1", "wg0").mtu, 1440U);
    // A family that all of the ends have, and IPv4 if that is both.
    const Resolved mixed = resolve(replaced(
        replaced(six, "[\"gw1:wan\", \"isp\"]", "[\"gw1:wan 192.0.2.1/24\", \"isp 192.0.2.2/24\"]"),
        "[\"gw2:wan\", \"isp\"]", "{ endpoints = [\"gw2:wan\", \"isp\"], ipv6 = false }"));
    EXPECT_TRUE(mixed.diagnostics.failed());
    EXPECT_THAT(render(mixed.diagnostics.all(), mixed.sources, false), HasSubstr("[D21]"));
}

}  // namespace
