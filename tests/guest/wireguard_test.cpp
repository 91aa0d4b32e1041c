// WireGuard on a kernel that has it: by labd's own plans in bare namespaces, and by a whole labd,
// whose keys must outlive it and be told by nobody.
#include "netlink/wireguard.hpp"

#include "labd/base64.hpp"
#include "labd/linux_convert.hpp"
#include "netlink/netns.hpp"
#include "tests/guest/guest_lab.hpp"
#include "tests/kernel/labd/bare_lab.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <filesystem>
#include <fstream>

namespace {

using namespace topology;

// As the kernel has it.
netlink::WireguardDevice device_in(int netns, const std::string& name) {
    netlink::Socket route = netlink::socket_in(netns);
    netlink::Socket generic = netlink::socket_in(netns, netlink::Protocol::generic);
    for (const netlink::Link& link : netlink::links(route))
        if (link.name == name)
            return netlink::wireguard(generic, netlink::wireguard_family(generic), link.index);
    ADD_FAILURE() << "no " << name;
    return {};
}

void tell(int netns, const std::string& name, const netlink::WireguardChange& change) {
    netlink::Socket route = netlink::socket_in(netns);
    netlink::Socket generic = netlink::socket_in(netns, netlink::Protocol::generic);
    for (const netlink::Link& link : netlink::links(route))
        if (link.name == name)
            for (netlink::Message& message :
                 netlink::change_wireguard(netlink::wireguard_family(generic), link.index, change))
                generic.request(message, {"tell", "WireGuard"});
}

class WireguardPlans : public test::LinuxKernelTest {
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
    static std::string address(const State& wish, const std::string& node,
                               const std::string& device, Family family = Family::ipv4) {
        for (const Prefix& held : wish.spaces.at(node).addresses.at(device))
            if (held.ip.family == family) return held.ip.text();
        return "";
    }
    int netns(const std::string& node) { return netns_.at(node).get(); }
};

std::string two(const std::string& keys = "") {
    return "links = [[\"a:wan\", \"isp\"], [\"b:wan\", \"isp\"], { endpoints = [\"a:wg0\", "
           "\"b:wg0\"], type = \"wireguard\", over = \"wan\"" +
           keys + " }]\n[nodes]\nisp = \"router\"\n\"[a,b]\" = \"router\"\n";
}

TEST_F(WireguardPlans, two_ends_talk_in_both_families) {
    const State wish = wish_of(two());
    bring(wish);
    EXPECT_TRUE(pings("a", address(wish, "b", "wg0")));
    EXPECT_TRUE(pings("b", address(wish, "a", "wg0", Family::ipv6)));
    // The whole of the MTU goes through in one piece.
    EXPECT_TRUE(pings("a", address(wish, "b", "wg0"), {"-M", "do", "-s", "1412"}));
    const netlink::WireguardDevice a = device_in(netns("a"), "wg0"),
                                   b = device_in(netns("b"), "wg0");
    ASSERT_EQ(a.peers.size(), 1U);
    EXPECT_EQ(a.peers[0].key, b.open);
    EXPECT_TRUE(a.peers[0].heard);
    EXPECT_NE(a.secret, b.secret);
    EXPECT_EQ(a.peers[0].allowed.size(), 2U);
}

TEST_F(WireguardPlans, two_ends_talk_over_ipv6) {
    const State wish =
        wish_of("addressing.links.ipv4 = false\n" + two(", prefix = \"10.9.0.0/24\""));
    bring(wish);
    EXPECT_TRUE(pings("a", address(wish, "b", "wg0")));
    // The whole of the MTU goes through in one piece.
    EXPECT_TRUE(pings("a", address(wish, "b", "wg0"), {"-M", "do", "-s", "1392"}));
    const netlink::WireguardDevice a = device_in(netns("a"), "wg0");
    ASSERT_EQ(a.peers.size(), 1U);
    ASSERT_TRUE(a.peers[0].address);
    EXPECT_EQ(a.peers[0].address->family, 10) << "AF_INET6";
}

TEST_F(WireguardPlans, an_edit_keeps_keys_and_sessions) {
    const State wish = wish_of(two());
    bring(wish);
    ASSERT_TRUE(pings("a", address(wish, "b", "wg0")));
    const netlink::WireguardDevice before = device_in(netns("a"), "wg0");
    const State moved = wish_of(two(", a.udp-port = 4444"));
    bring(moved);
    const netlink::WireguardDevice after = device_in(netns("a"), "wg0");
    EXPECT_EQ(after.secret, before.secret);
    EXPECT_EQ(after.port, 4444);
    EXPECT_EQ(device_in(netns("b"), "wg0").peers.at(0).port, 4444) << "though it had been heard";
    EXPECT_TRUE(after.peers.at(0).heard) << "the session is the old one";
    EXPECT_TRUE(pings("b", address(wish, "a", "wg0")));
    EXPECT_EQ(words(kernel_steps(moved, observe(moved))), "");
}

TEST_F(WireguardPlans, what_others_told_it_is_seen_and_untold) {
    const State wish = wish_of(two());
    bring(wish);
    netlink::WireguardChange change;
    change.secret = netlink::WireguardKey{std::byte{8}, std::byte{9}};
    change.port = 7;
    change.forget_peers = true;
    netlink::WireguardPeer& stranger = change.come.emplace_back();
    stranger.key.fill(std::byte{5});
    stranger.allowed = {{netlink::Ip{}, 0}};
    tell(netns("a"), "wg0", change);
    netlink::WireguardChange wrong;
    netlink::WireguardPeer peer = device_in(netns("b"), "wg0").peers.at(0);
    peer.port = 9;
    peer.allowed.pop_back();
    wrong.come = {peer};
    tell(netns("b"), "wg0", wrong);
    const std::string drift = words(kernel_steps(wish, observe(wish)));
    for (const char* word : {"key a foreign one → its own", "udp-port 7 → 51820",
                             "peer a stranger somewhere:0 for 0.0.0.0/0 → none",
                             "peer b:wg0 none → ", "peer a:wg0 ", ":9 for 0.0.0.0/0 → "})
        EXPECT_NE(drift.find(word), std::string::npos) << word << "\n" << drift;
    bring(wish);
    EXPECT_TRUE(pings("a", address(wish, "b", "wg0")));
    ASSERT_EQ(run("a", {"ip", "link", "del", "wg0"}).status, 0);
    const netlink::WireguardKey known = device_in(netns("b"), "wg0").peers.at(0).key;
    bring(wish);
    EXPECT_EQ(device_in(netns("a"), "wg0").open, known) << "made again with its own key";
    // b, which speaks first, has a session with the one that is gone.
    kernel_.announce("a", "wg0");
    testing::AssertionResult heard = testing::AssertionFailure();
    for (int tries = 0; tries < 4 && !heard; ++tries)
        heard = pings("b", address(wish, "a", "wg0"), {"-W1"});
    EXPECT_TRUE(heard);
}

// b stands behind a translation: a hears it from where the file does not put it.
TEST_F(WireguardPlans, who_is_heard_from_elsewhere_is_no_drift) {
    const State wish = wish_of(
        "links = [[\"a:wan\", \"cpe:out\"], [\"b:wan\", \"cpe:in\"], { endpoints = [\"a:wg0\", "
        "\"b:wg0\"], type = \"wireguard\", over = \"wan\" }]\n[nodes]\ncpe = \"router\"\n\"[a,b]\" "
        "= "
        "\"router\"\n");
    bring(wish);
    ASSERT_EQ(run("cpe", {"nft",
                          "add table ip t; add chain ip t post { type nat hook postrouting "
                          "priority 100; }; add rule ip t post oifname out masquerade"})
                  .status,
              0);
    EXPECT_TRUE(pings("b", address(wish, "a", "wg0")));
    const netlink::WireguardDevice a = device_in(netns("a"), "wg0");
    EXPECT_EQ(a.peers.at(0).address, labd::to_netlink(*Ip::parse(address(wish, "cpe", "out"))));
    EXPECT_EQ(words(kernel_steps(wish, observe(wish))), "");
}

TEST_F(WireguardPlans, a_mesh_carries_what_is_behind_its_ends) {
    const std::string text =
        "links = [[\"gw[1-3]:wan\", \"isp\"], [\"gw[1-3]:lan\", \"h[1-3]\"], { lan = [ENDS], type "
        "= "
        "\"wireguard\", over = \"wan\", cost = 1, prefix = [\"10.9.0.0/24\", \"fd09::/64\"] "
        "}]\n[nodes]\nisp = \"router\"\n\"gw[1-3]\" = \"router\"\n\"h[1-3]\" = \"host\"\n";
    const auto with = [&](const std::string& ends) {
        std::string out = text;
        return out.replace(out.find("ENDS"), 4, ends);
    };
    const State pair =
        wish_of(with("\"gw1:wg0 10.9.0.1/24 fd09::1/64\", \"gw2:wg0 10.9.0.2/24 "
                     "fd09::2/64\""));
    bring(pair);
    const netlink::WireguardDevice before = device_in(netns("gw1"), "wg0");
    const State wish =
        wish_of(with("\"gw1:wg0 10.9.0.1/24 fd09::1/64\", \"gw2:wg0 10.9.0.2/24 "
                     "fd09::2/64\", \"gw3:wg0 10.9.0.3/24 fd09::3/64\""));
    bring(wish);
    const netlink::WireguardDevice after = device_in(netns("gw1"), "wg0");
    EXPECT_EQ(after.secret, before.secret);
    EXPECT_EQ(after.peers.size(), 2U);
    for (const Family family : {Family::ipv4, Family::ipv6})
        for (const char* from : {"h1", "h2", "h3"})
            for (const char* to : {"h1", "h2", "h3"})
                EXPECT_TRUE(pings(from, address(wish, to, "eth0", family)));
    EXPECT_NE(run("gw1", {"ip", "route", "get", address(wish, "h3", "eth0")}).output.find("wg0"),
              std::string::npos);
    // What a peer is not allowed is not taken from it.
    ASSERT_EQ(run("gw1", {"ip", "route", "replace", address(wish, "h3", "eth0") + "/32", "via",
                          "10.9.0.2"})
                  .status,
              0);
    EXPECT_TRUE(pings("h1", address(wish, "h3", "eth0"))) << "keys, not routes, choose the peer";
    ASSERT_EQ(run("gw1", {"ip", "route", "del", address(wish, "h3", "eth0") + "/32"}).status, 0);
    bring(pair);
    EXPECT_EQ(device_in(netns("gw1"), "wg0").peers.size(), 1U);
}

// The lab of tests/e2e/labs, by a labd of its own.
class WireguardLab : public test::GuestLab {
  protected:
    std::string file() const override {
        return LAB_SOURCE_DIR "/tests/e2e/labs/25-wireguard-sites.lab.toml";
    }
    static netlink::WireguardDevice device(const std::string& node, const std::string& name) {
        return device_in(netlink::open_netns("/run/netns/wg." + node).get(), name);
    }
    static std::vector<netlink::WireguardKey> secrets() {
        return {device("gw1", "wg0").secret, device("gw1", "wg1").secret,
                device("gw2", "wg0").secret, device("rw", "wg0").secret};
    }
};

TEST_F(WireguardLab, its_check_passes_and_its_keys_stay) {
    out("lab check");
    EXPECT_NE(out("lab exec gw1 -- ip -s link show wg0").find("POINTOPOINT"), std::string::npos);
    const auto before = secrets();
    EXPECT_EQ(nothing_to_do(), "wg: nothing to do\n");
    EXPECT_EQ(out("pkill -9 -x labd; lab status --json | jq -r .state"), "up\n");
    EXPECT_EQ(secrets(), before);
    EXPECT_EQ(nothing_to_do(), "wg: nothing to do\n") << "a labd that is new knows them again";
    out("lab restart gw1");
    EXPECT_EQ(secrets(), before) << "a node that was born again has the same";
    out("lab exec h2 -- ping -c 5 -W 1 h1");
    out("lab check");
    EXPECT_EQ(nothing_to_do(), "wg: nothing to do\n");
    // An edit, in place.
    out("mkdir -p /run/edit && sed 's/51821/4500/' " + file() +
        " >/run/edit/25-wireguard-sites.lab.toml");
    EXPECT_NE(out("lab plan /run/edit/25-wireguard-sites.lab.toml").find("udp-port 51821 → 4500"),
              std::string::npos);
    out("lab up /run/edit/25-wireguard-sites.lab.toml && lab check");
    EXPECT_EQ(device("gw1", "wg1").port, 4500);
    EXPECT_EQ(secrets(), before);
}

TEST_F(WireguardLab, the_example_does_what_it_says) {
    out("lab up --wait=60s " LAB_SOURCE_DIR "/examples/wireguard.lab.toml");
    out("lab -L wireguard check");
}

TEST_F(WireguardLab, nobody_tells_its_keys) {
    out("sed 's/51821/4500/' " + file() +
        " >/run/25-wireguard-sites.lab.toml; lab up "
        "/run/25-wireguard-sites.lab.toml; lab restart gw1; lab check");
    const std::string told =
        out("lab show --resolved " + file() + "; lab show --configs " + file() +
            "; lab status --json; lab links --json; lab plan --json " + file() + "; lab plan " +
            file() +
            "; lab audit --json; lab ls --json; "
            "timeout 2 lab events --json --since-seq 0; cat /var/log/labd/*; "
            "curl -s --unix-socket /run/labd/labd.sock http://labd/v1/labs/wg; "
            "lab exec gw1 -- sh -c 'grep -rs . /run /etc /tmp'; true");
    EXPECT_GT(told.size(), 10'000U);
    for (const netlink::WireguardKey& secret : secrets()) {
        const std::string bytes(reinterpret_cast<const char*>(secret.data()), secret.size());
        const std::string text = labd::base64_encode(bytes);
        EXPECT_EQ(told.find(text.substr(0, 42)), std::string::npos);
        EXPECT_EQ(told.find(bytes), std::string::npos);
        // Its one place beside the kernel, which nobody but root reads.
        EXPECT_NE(out("cat /run/labd/labs/wg/journal").find(text), std::string::npos);
    }
    EXPECT_EQ(out("stat -c %a /run/labd/labs/wg/journal"), "600\n");
}

}  // namespace
