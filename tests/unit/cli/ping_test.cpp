// What ping(8) says, who pings whom, and how it is shown.
#include "cli/ping_output.hpp"
#include "cli/ping_pairs.hpp"

#include <boost/json.hpp>

#include <clocale>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cli::parse_ping;
using testing::ElementsAre;

// As iputils 20221126 writes them.
constexpr const char* answered =
    "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
    "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.031 ms\n"
    "64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.060 ms\n\n"
    "--- 127.0.0.1 ping statistics ---\n"
    "2 packets transmitted, 2 received, 0% packet loss, time 201ms\n"
    "rtt min/avg/max/mdev = 0.031/0.045/0.060/0.014 ms\n";
constexpr const char* refused =
    "PING 10.0.9.9 (10.0.9.9) 56(84) bytes of data.\n"
    "From 10.0.1.1 icmp_seq=1 Destination Net Unreachable\n\n"
    "--- 10.0.9.9 ping statistics ---\n"
    "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\n";
constexpr const char* silent =
    "PING 10.0.9.9 (10.0.9.9) 56(84) bytes of data.\n\n"
    "--- 10.0.9.9 ping statistics ---\n"
    "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\n";

TEST(PingOutput, Answers) {
    const cli::PingOutcome outcome = parse_ping(answered, "");
    EXPECT_EQ(outcome.sent, 2U);
    EXPECT_EQ(outcome.received, 2U);
    ASSERT_TRUE(outcome.rtt);
    EXPECT_NEAR(*outcome.rtt, 45e-6, 1e-9);
    EXPECT_EQ(outcome.why, "");
}

TEST(PingOutput, SomebodySaysNo) {
    const cli::PingOutcome outcome = parse_ping(refused, "");
    EXPECT_EQ(outcome.sent, 1U);
    EXPECT_EQ(outcome.received, 0U);
    EXPECT_FALSE(outcome.rtt);
    EXPECT_EQ(outcome.why, "Destination Net Unreachable (says 10.0.1.1)");
}

TEST(PingOutput, SilenceAndNoRoute) {
    EXPECT_EQ(parse_ping(silent, "").why, "no reply");
    EXPECT_EQ(parse_ping("", "ping: connect: Network is unreachable\n").why,
              "Network is unreachable");
    EXPECT_EQ(parse_ping("", "").why, "no reply");
}

cli::NodeState node(const std::string& name, std::vector<std::string> addresses,
                    std::vector<std::string> loopback = {}) {
    cli::NodeState n;
    n.name = name, n.pid = 1;
    n.addresses = addresses;
    cli::InterfaceState eth, lo;
    eth.name = "eth0", eth.addresses = std::move(addresses);
    lo.name = "lo", lo.addresses = std::move(loopback);
    n.interfaces = {eth, lo};
    return n;
}

cli::LabState lab() {
    cli::LabState state;
    state.nodes = {node("h1", {"fe80::1/64", "10.0.0.11/24", "fd00::11/64"}),
                   node("r1", {"10.0.0.1/24", "fd00::1/64"}, {"127.0.0.1/8", "10.255.0.1/32"}),
                   node("six", {"fd00::12/64"}), node("mute", {"fe80::2/64"})};
    cli::NodeState plain = node("sw", {});
    plain.pid.reset();
    state.nodes.push_back(plain);
    return state;
}

TEST(PingPairs, PrimaryAddressIsTheLoopbackElseTheFirst) {
    EXPECT_EQ(cli::primary_address(lab().nodes[0], 4), "10.0.0.11");
    EXPECT_EQ(cli::primary_address(lab().nodes[1], 4), "10.255.0.1");
    EXPECT_EQ(cli::primary_address(lab().nodes[1], 6), "fd00::1");
    EXPECT_FALSE(cli::primary_address(lab().nodes[3], 6)) << "link-local is nobody's name";
}

TEST(PingPairs, EveryOrderedPairWithAFamilyInCommon) {
    EXPECT_THAT(cli::pingable(lab()), ElementsAre("h1", "r1", "six"));
    const auto pairs = cli::ping_pairs(lab(), {"h1", "r1", "six"}, {"h1", "r1", "six"}, 0);
    ASSERT_EQ(pairs.size(), 6U);
    EXPECT_EQ(pairs[0].from + pairs[0].to, "h1r1");
    EXPECT_EQ(pairs[0].family, 4);
    EXPECT_EQ(pairs[1].to, "six");
    EXPECT_EQ(pairs[1].family, 6);
    EXPECT_EQ(cli::ping_pairs(lab(), {"h1", "r1", "six"}, {"h1", "r1", "six"}, 4).size(), 2U);
}

TEST(PingPairs, WhoIsStoppedIsKnown) {
    cli::LabState state = lab();
    EXPECT_THAT(cli::stopped_nodes(state), testing::IsEmpty());
    state.nodes[0].state = "stopped";
    state.nodes[0].pid.reset();
    EXPECT_THAT(cli::stopped_nodes(state), ElementsAre("h1"));
    EXPECT_THAT(cli::pingable(state), ElementsAre("r1", "six"));
}

std::vector<cli::PairResult> results() {
    cli::PairResult good{{"h1", "h2", "10.0.0.12", 4}, {1, 1, 0.000046, ""}};
    cli::PairResult bad{{"h2", "h1", "10.0.0.11", 4}, {1, 0, {}, "no reply"}};
    return {good, bad};
}

TEST(PingView, MatrixHasARowForEachSource) {
    (void)std::setlocale(LC_CTYPE, "C");
    EXPECT_EQ(cli::ping_matrix(results(), cli::Style{}),
              "FROM \\ TO  h1  h2\n"
              "h1         -   + 0.05\n"
              "h2         x   -\n");
}

TEST(PingView, LinesSayWhy) {
    (void)std::setlocale(LC_CTYPE, "C");
    EXPECT_EQ(cli::ping_line(results()[1], cli::Style{}), "x h2 -> h1 (10.0.0.11)  no reply\n");
}

TEST(PingView, GlyphsWhereTheLocaleHasThem) {
    ASSERT_NE(std::setlocale(LC_CTYPE, "C.utf8"), nullptr);
    const std::string matrix = cli::ping_matrix(results(), cli::Style{});
    (void)std::setlocale(LC_CTYPE, "C");
    EXPECT_THAT(matrix, testing::HasSubstr("✓ 0.05"));
    EXPECT_THAT(matrix, testing::HasSubstr("✗"));
}

TEST(PingView, JsonIsAnArrayOfPairs) {
    const boost::json::array list = boost::json::parse(cli::ping_json(results())).as_array();
    ASSERT_EQ(list.size(), 2U);
    const boost::json::object &good = list[0].as_object(), &bad = list[1].as_object();
    EXPECT_EQ(good.at("from"), "h1");
    EXPECT_EQ(good.at("to"), "h2");
    EXPECT_EQ(good.at("ok"), true);
    EXPECT_DOUBLE_EQ(good.at("rtt").as_double(), 0.000046);
    EXPECT_THAT(cli::ping_json(results()), testing::HasSubstr("\"rtt\":0.000046,"));
    EXPECT_EQ(bad.at("ok"), false);
    EXPECT_TRUE(bad.at("rtt").is_null());
    EXPECT_EQ(bad.at("error"), "no reply");
}

}  // namespace
