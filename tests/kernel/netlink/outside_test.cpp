// An interface that goes to another namespace and comes back as it was; addresses that are
// translated on the way through.
#include "netlink/forward_drop.hpp"
#include "netlink/keepsake.hpp"
#include "netlink/move.hpp"
#include "netlink/translation.hpp"
#include "netlink/veth.hpp"
#include "tests/kernel/netlink/fresh.hpp"

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class Outside : public test::FreshNetns {
  protected:
    void SetUp() override {
        FreshNetns::SetUp();
        if (IsSkipped()) return;
        netlink::Message create =
            netlink::create_veth(end(netns(), "nic", 7), false, end(other(), "far", 8));
        socket().request(create, {"create", "a veth pair"});
        EXPECT_EQ(test::run_inside(other(), {"ip", "link", "set", "far", "up"}).output, "");
        for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
                 {"link", "set", "nic", "mtu", "1400", "txqueuelen", "77", "group", "5", "up"},
                 {"address", "add", "10.0.0.1/24", "dev", "nic", "label", "nic:x"},
                 {"address", "add", "10.0.0.9", "peer", "10.0.9.9", "dev", "nic", "metric", "12"},
                 {"address", "add", "2001:db8::1/64", "dev", "nic", "nodad", "valid_lft", "forever",
                  "preferred_lft", "forever"},
                 {"route", "add", "192.0.2.0/24", "via", "10.0.0.2", "src", "10.0.0.9", "mtu",
                  "1300"},
                 {"route", "add", "198.51.100.0/24", "dev", "nic", "table", "99", "scope", "link"},
                 {"-6", "route", "add", "2001:db8:1::/48", "via", "2001:db8::2", "metric", "3"},
                 {"nexthop", "add", "id", "3", "group", "1/2"},
                 {"route", "add", "203.0.113.0/24", "nhid", "2"},
                 {"route", "add", "203.0.114.0/24", "nhid", "3"},
                 {"neighbor", "add", "10.0.0.7", "lladdr", "02:00:00:00:00:07", "dev", "nic", "nud",
                  "permanent"},
                 {"neighbor", "add", "2001:db8::7", "lladdr", "02:00:00:00:00:07", "dev", "nic"},
                 {"neighbor", "add", "proxy", "10.0.0.8", "dev", "nic"}}) {
            if (words[0] == "nexthop")
                for (const char* id : {"1", "2"})
                    EXPECT_EQ(ip({"nexthop", "add", "id", id, "via",
                                  std::string("10.0.0.") + id + "0", "dev", "nic"})
                                  .output,
                              "");
            EXPECT_EQ(ip(words).output, "");
        }
        EXPECT_EQ(test::run_inside(
                      netns(), {"tc", "qdisc", "add", "dev", "nic", "root", "handle", "10:", "tbf",
                                "rate", "5mbit", "burst", "16384", "limit", "30000"})
                      .output,
                  "");
    }

    std::string all() {
        return ip({"-d", "address", "show", "nic"}).output +
               ip({"route", "show", "table", "all"}).output +
               ip({"-6", "route", "show", "table", "all"}).output + ip({"nexthop"}).output +
               ip({"neighbor", "show", "nud", "permanent"}).output +
               ip({"neighbor", "show", "proxy"}).output +
               test::run_inside(netns(), {"tc", "qdisc", "show", "dev", "nic"}).output;
    }
};

TEST_F(Outside, what_has_been_away_is_as_it_was) {
    // Its link-local address comes by itself, when it has been tried.
    EXPECT_EQ(ip({"link", "set", "nic", "addrgenmode", "none"}).output, "");
    EXPECT_EQ(ip({"address", "flush", "dev", "nic", "scope", "link"}).output, "");
    const std::string before = all();
    const netlink::Keepsake kept = netlink::keep(socket(), 7);
    EXPECT_FALSE(netlink::carries_default(kept));
    netlink::Message take = netlink::move_link(7, other(), 300);
    socket().request(take, {"move", "nic"});
    EXPECT_THAT(ip({"link"}).output, Not(HasSubstr("nic")));
    netlink::Socket there = netlink::socket_in(other());
    netlink::move_back(there, 300, netns(), kept);
    netlink::give_back_link(socket(), 7, kept);
    EXPECT_THAT(netlink::give_back(socket(), 7, kept), IsEmpty());
    EXPECT_EQ(ip({"link", "set", "nic", "addrgenmode", "none"}).output, "");
    EXPECT_EQ(ip({"address", "flush", "dev", "nic", "scope", "link"}).output, "");
    EXPECT_EQ(all(), before);
}

TEST_F(Outside, what_has_been_down_has_again_what_was_set_by_hand) {
    // Those of a routing daemon are its own affair, and so are the kernel's.
    EXPECT_EQ(ip({"route", "add", "100.64.0.0/24", "via", "10.0.0.2", "protocol", "zebra"}).output,
              "");
    const std::string routes = ip({"route"}).output, nexthops = ip({"nexthop"}).output,
                      permanent = ip({"neighbor", "show", "nud", "permanent"}).output,
                      proxies = ip({"neighbor", "show", "proxy"}).output;
    const netlink::Keepsake kept = netlink::keep(socket(), 7);
    EXPECT_EQ(ip({"link", "set", "nic", "down"}).output, "");
    EXPECT_EQ(ip({"neighbor", "show", "proxy"}).output, "");
    EXPECT_EQ(ip({"link", "set", "nic", "up"}).output, "");
    netlink::give_back_lost(socket(), 7, kept);
    const std::string zebra = "100.64.0.0/24 via 10.0.0.2 dev nic proto zebra";
    std::string now = ip({"route"}).output;
    EXPECT_THAT(now, Not(HasSubstr(zebra)));
    EXPECT_EQ(ip({"route", "add", "100.64.0.0/24", "via", "10.0.0.2", "protocol", "zebra"}).output,
              "");
    EXPECT_EQ(ip({"route"}).output, routes);
    EXPECT_EQ(ip({"nexthop"}).output, nexthops);
    EXPECT_EQ(ip({"neighbor", "show", "nud", "permanent"}).output, permanent);
    EXPECT_EQ(ip({"neighbor", "show", "proxy"}).output, proxies);
    // What has come in their place stays.
    EXPECT_EQ(ip({"route", "replace", "192.0.2.0/24", "dev", "nic"}).output, "");
    now = ip({"route"}).output;
    netlink::give_back_lost(socket(), 7, kept);
    EXPECT_EQ(ip({"route"}).output, now);
}

TEST_F(Outside, a_default_route_is_seen) {
    EXPECT_EQ(ip({"route", "add", "default", "via", "10.0.0.2"}).output, "");
    EXPECT_TRUE(netlink::carries_default(netlink::keep(socket(), 7)));
}

TEST_F(Outside, translation_is_one_table_that_comes_and_goes) {
    const auto rules = [&] { return test::run_inside(netns(), {"nft", "list", "ruleset"}).output; };
    netlink::Translation wish;
    wish.only_to = "labd-";
    netlink::Ip v4, v6;
    v4.bytes = {std::byte{100}, std::byte{64}, std::byte{1}, std::byte{3}};
    v6.family = 10;
    v6.bytes = {std::byte{0xfd}, std::byte{1}};
    wish.sources = {v4, v6};
    wish.ends = {{"nic2", {v4, v6}}};
    wish.closed4 = {"nic"};
    wish.closed6 = {"nic"};
    EXPECT_FALSE(netlink::holds_translation(netns(), "labd-test", wish));
    netlink::set_translation(netns(), "labd-test", wish);
    EXPECT_TRUE(netlink::holds_translation(netns(), "labd-test", wish));
    // Counted by others, too.
    const std::string said = rules();
    EXPECT_THAT(said, HasSubstr("ip saddr 100.64.1.3 masquerade"));
    EXPECT_THAT(said, HasSubstr("ip6 saddr fd01:: masquerade"));
    EXPECT_THAT(said, HasSubstr("meta nfproto ipv4 iifname \"nic\" oifname != \"labd-*\" drop"));
    EXPECT_THAT(said, HasSubstr("meta nfproto ipv6 iifname \"nic\" oifname != \"labd-*\" drop"));
    EXPECT_THAT(said, HasSubstr("iifname \"nic2\" ip saddr != 100.64.1.3 drop"));
    EXPECT_THAT(said, HasSubstr("iifname \"nic2\" ip6 saddr != fd01:: drop"));
    EXPECT_THAT(said, HasSubstr("type filter hook prerouting priority raw"));
    netlink::set_translation(netns(), "labd-test", wish);
    EXPECT_EQ(rules(), said) << "twice is as once";
    wish.sources.pop_back();
    EXPECT_FALSE(netlink::holds_translation(netns(), "labd-test", wish));
    netlink::set_translation(netns(), "labd-test", {});
    EXPECT_EQ(rules(), "");
    netlink::set_translation(netns(), "labd-test", {});
}

TEST_F(Outside, firewalls_that_drop_what_is_forwarded_are_known) {
    EXPECT_THAT(netlink::forward_drops(netns()), IsEmpty());
    const std::string forward = "{ type filter hook forward priority 0; policy ";
    const std::string rules =
        "table ip filter { chain FORWARD " + forward +
        "drop; }; chain DOCKER { drop; }; chain INPUT "
        "{ type filter hook input priority 0; policy drop; }; }; table inet open { chain f " +
        forward + "accept; }; }; table bridge b { chain f " + forward +
        "drop; }; }; table inet mine { chain through " + forward + "drop; }; }";
    EXPECT_EQ(test::run_inside(netns(), {"nft", rules}).output, "");
    EXPECT_THAT(netlink::forward_drops(netns()),
                UnorderedElementsAre(netlink::ForwardDrop{"ip", "filter", "FORWARD"},
                                     netlink::ForwardDrop{"inet", "mine", "through"}));
    EXPECT_THAT(netlink::forward_drops(other()), IsEmpty());
}

TEST_F(Outside, rules_that_drop_frames_are_known) {
    EXPECT_THAT(netlink::frame_drops(netns()), IsEmpty());
    const std::string rules =
        "table bridge b { chain f { type filter hook forward priority 0; policy accept; ip "
        "protocol icmp accept; ip saddr 10.0.0.1 counter drop; }; chain g { type filter hook input "
        "priority 0; policy drop; }; }; table ip i { chain f { type filter hook forward priority "
        "0; drop; }; }";
    EXPECT_EQ(test::run_inside(netns(), {"nft", rules}).output, "");
    const auto found = netlink::frame_drops(netns());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0], (netlink::FrameDrop{"bridge", "b", "g", 0}));
    EXPECT_EQ(found[1].chain, "f");
    const std::string listed =
        test::run_inside(netns(), {"nft", "-a", "list", "chain", "bridge", "b", "f"}).output;
    EXPECT_THAT(listed, HasSubstr("drop # handle " + std::to_string(found[1].rule) + "\n"));
}

}  // namespace
