// Networks behind a masquerading router: private, hidden, and translated by one table.
#include "topology/masquerade.hpp"

#include "tests/support/memory_files.hpp"
#include "topology/desired.hpp"
#include "topology/resolve.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;
using topology::Resolved;

Resolved resolve(const std::string& text) {
    test::MemoryFiles files;
    files.add("x.lab.toml", text);
    Resolved out = topology::resolve(files, "x.lab.toml");
    EXPECT_FALSE(out.diagnostics.failed())
        << topology::render(out.diagnostics.all(), out.sources, false);
    return out;
}

std::string lab_with(const std::string& keys) {
    return "links = [[\"isp\", \"cpe:wan\"], [\"cpe:lan\", \"h1\"], { lan = [\"cpe:dmz\", "
           "\"www\"], "
           "private = false }]\n[nodes]\nisp = \"router\"\nh1 = \"host\"\nwww = \"host\"\n"
           "cpe = { kind = \"router\", " +
           keys + " }\n";
}

std::string rules_of(const Resolved& resolved) {
    return topology::nft_ruleset(resolved.lab, *resolved.lab.find("cpe"));
}

bool has_default(const topology::Node& node) {
    for (const topology::Route& route : node.routes)
        if (route.destination.is_default()) return true;
    return false;
}

TEST(masquerade, hides_the_other_networks_unless_they_say_no) {
    const Resolved out = resolve(lab_with("masquerade = [\"wan\"]"));
    ASSERT_EQ(out.lab.segments.size(), 3U);
    EXPECT_FALSE(out.lab.segments[0].private_);
    EXPECT_TRUE(out.lab.segments[1].private_);
    EXPECT_FALSE(out.lab.segments[2].private_);
    // The provider learns of the open one alone.
    std::string learned;
    for (const topology::Route& route : out.lab.find("isp")->routes)
        learned += route.destination.text() + " ";
    EXPECT_THAT(learned, HasSubstr(out.lab.segments[2].ipv4->text()));
    EXPECT_THAT(learned, Not(HasSubstr(out.lab.segments[1].ipv4->text())));
}

TEST(masquerade, translates_what_comes_from_private_networks) {
    const std::string both = rules_of(resolve(lab_with("masquerade = [\"wan\"]")));
    EXPECT_THAT(both, HasSubstr("table inet labd {"));
    EXPECT_THAT(both,
                HasSubstr("meta nfproto ipv4 iifname { \"lan\" } oifname { \"wan\" } masquerade"));
    EXPECT_THAT(both,
                HasSubstr("meta nfproto ipv6 iifname { \"lan\" } oifname { \"wan\" } masquerade"));
    const std::string one = rules_of(resolve(lab_with("masquerade = { wan = \"ipv4\" }")));
    EXPECT_THAT(one, HasSubstr("nfproto ipv4"));
    EXPECT_THAT(one, Not(HasSubstr("nfproto ipv6")));
}

TEST(masquerade, sends_ports_to_the_node_s_address_of_each_family) {
    const Resolved out =
        resolve(lab_with("masquerade = [\"wan\"], forward = [\"tcp 8080 to h1:80\", \"udp "
                         "[2001:db8::1]:53 to www:53\", \"tcp 198.51.100.2:25 to www:2525\"]"));
    const std::string rules = rules_of(out);
    const auto address = [&](const char* node, std::size_t i) {
        return out.lab.find(node)->interfaces[0].addresses.at(i).ip.text();
    };
    EXPECT_THAT(rules,
                HasSubstr("iifname { \"wan\" } meta nfproto ipv4 tcp dport 8080 dnat ip to " +
                          address("h1", 0) + ":80\n"));
    EXPECT_THAT(rules,
                HasSubstr("iifname { \"wan\" } meta nfproto ipv6 tcp dport 8080 dnat ip6 to [" +
                          address("h1", 1) + "]:80\n"));
    EXPECT_THAT(rules, HasSubstr("ip6 daddr 2001:db8::1 udp dport 53 dnat ip6 to [" +
                                 address("www", 1) + "]:53\n"));
    EXPECT_THAT(rules, HasSubstr("ip daddr 198.51.100.2 tcp dport 25 dnat ip to " +
                                 address("www", 0) + ":2525\n"));
    EXPECT_THAT(rules, Not(HasSubstr("nfproto ipv6 tcp dport 25")));
}

TEST(masquerade, stands_behind_the_node_s_own_rules) {
    const std::string rules = rules_of(
        resolve(lab_with("masquerade = [\"wan\"], nft = \"flush ruleset; table ip x {}\"")));
    EXPECT_LT(rules.find("table ip x"), rules.find("table inet labd"));
}

TEST(masquerade, is_part_of_what_a_plan_compares) {
    const auto digest = [](const std::string& keys) {
        const Resolved out = resolve(lab_with(keys));
        return topology::desired(out.lab).contents.at("cpe").nft;
    };
    EXPECT_EQ(digest("id = 1"), "");
    EXPECT_NE(digest("masquerade = [\"wan\"]"), "");
    EXPECT_EQ(digest("masquerade = [\"wan\"]"), digest("masquerade = [\"wan\"]"));
    EXPECT_NE(digest("masquerade = [\"wan\"]"),
              digest("masquerade = [\"wan\"], forward = [\"tcp 1 to h1:1\"]"));
}

TEST(masquerade, is_no_way_in_for_hosts_outside) {
    const Resolved out = resolve(
        "links = [[\"h0\", \"cpe:wan\"], [\"cpe:lan\", \"h1\"]]\n[nodes]\nh0 = \"host\"\nh1 = "
        "\"host\"\ncpe = { kind = \"router\", masquerade = [\"wan\"] }\n");
    EXPECT_FALSE(has_default(*out.lab.find("h0")));
    EXPECT_TRUE(has_default(*out.lab.find("h1")));
}

TEST(masquerade, lets_networks_behind_two_routers_repeat) {
    const Resolved out = resolve(
        "links = [[\"a:wan\", \"b:wan\"], { lan = [\"a:lan\", \"h1\"], prefix = \"192.168.1.0/24\" "
        "}, { "
        "lan = [\"b:lan\", \"h2\"], prefix = \"192.168.1.0/24\" }]\n[nodes]\nh1 = \"host\"\nh2 = "
        "\"host\"\na = { kind = \"router\", masquerade = [\"wan\"] }\nb = { kind = \"router\", "
        "masquerade = [\"wan\"] }\n");
    EXPECT_EQ(out.lab.find("h1")->interfaces[0].addresses[0].ip,
              out.lab.find("h2")->interfaces[0].addresses[0].ip);
}

}  // namespace
