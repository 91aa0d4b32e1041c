// Where packets die and why, from canned words of nft and kernels.
#include "labd/check/evidence.hpp"
#include "labd/check/rule_trace.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/resolved.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace labd::check;
using test::ip;
using test::lab_of;
using testing::ElementsAre;
using testing::IsEmpty;

// As nft 1.0.6 says it.
TEST(RuleTrace, NamesTheRuleThatDrops) {
    const Traced flow{ip("10.0.1.2"), ip("10.0.2.2"), 0, false};
    const std::string packet =
        " packet: iif \"eth0\" ether saddr 02:4d:aa:c6:05:ec ether daddr 02:4d:8a:79:9f:df ip "
        "saddr "
        "10.0.1.2 ip daddr 10.0.2.2 ip protocol icmp icmp type echo-request icmp code 0 \n";
    const auto drops = read_trace(
        "@ready\n"
        "trace id 04629662 inet labd-trace-6 pre packet: iif \"eth0\" ip saddr 10.0.1.2\n"
        "trace id 04629662 inet labd-trace-6 pre rule meta nftrace set 1 (verdict continue)\n"
        "trace id 04629662 inet labd-trace-6 pre policy accept \n"
        "trace id 04629662 inet f in" +
            packet +
            "trace id 04629662 inet f in rule counter packets 2 bytes 168 accept comment \"drop\" "
            "(verdict accept)\n"
            "trace id 04629662 inet f in2 rule jump j (verdict jump j)\n"
            "trace id 04629662 inet f j rule ip saddr @bad counter packets 4 bytes 336 drop "
            "comment "
            "\"the bad\" (verdict drop)\n"
            "trace id 1fed9ea3 inet f j rule ip saddr @bad counter packets 5 bytes 420 drop "
            "comment "
            "\"the bad\" (verdict drop)\n"
            "trace id 2 inet labd-links out rule drop (verdict drop)\n"
            "trace id 3 ip f fw packet: iif \"eth1\" ip saddr 10.0.2.2 ip daddr 10.0.1.2 icmp type "
            "echo-reply icmp code 0\n"
            "trace id 3 ip f fw policy drop \n"
            "trace id\nnonsense\n",
        flow);
    ASSERT_EQ(drops.size(), 2U);
    EXPECT_EQ(drops[0].chain, "chain j of table inet f");
    EXPECT_EQ(drops[0].rule, "ip saddr @bad counter drop comment \"the bad\"");
    EXPECT_FALSE(drops[0].reply);
    EXPECT_FALSE(drops[0].reject);
    EXPECT_EQ(drops[1].chain, "chain fw of table ip f");
    EXPECT_EQ(drops[1].rule, "policy drop");
    EXPECT_TRUE(drops[1].reply);
}

TEST(RuleTrace, KnowsWhichWayAConnectionGoes) {
    const Traced flow{ip("fd00::1"), ip("fd00::2"), 80, false};
    const auto drops = read_trace(
        "trace id 1 ip6 f o packet: oif \"eth0\" ip6 saddr fd00::2 ip6 daddr fd00::1 tcp sport 80 "
        "tcp dport 42930\n"
        "trace id 1 ip6 f o rule tcp sport 80 counter packets 1 bytes 60 reject with tcp reset "
        "(verdict drop)\n",
        flow);
    ASSERT_EQ(drops.size(), 1U);
    EXPECT_TRUE(drops[0].reply);
    EXPECT_TRUE(drops[0].reject);
    EXPECT_EQ(drops[0].rule, "tcp sport 80 counter reject with tcp reset");
    EXPECT_NE(trace_script(flow).find("ip6 saddr { fd00::1, fd00::2 } tcp dport 80"),
              std::string::npos);
}

// As `nft monitor trace` of nft 1.0.6 says it: a frame that comes in is dropped before IP is asked.
TEST(RuleTrace, SeesFramesAndTranslations) {
    const Traced flow{ip("10.0.1.2"), ip("10.0.2.2"), 0, false};
    const auto rules = read_trace(
        "trace id 1 netdev labd-trace-6 in rule ip saddr { 10.0.1.2, 10.0.2.2 } meta nftrace set 1 "
        "(verdict continue)\n"
        "trace id 1 ip nat out rule oif \"eth1\" snat to 10.9.9.9 (verdict accept)\n"
        "trace id 1 bridge f fw rule ether type ip counter packets 1 bytes 84 drop (verdict "
        "drop)\n",
        flow);
    ASSERT_EQ(rules.size(), 2U);
    EXPECT_EQ(rules[0].rule, "oif \"eth1\" snat to 10.9.9.9");
    EXPECT_TRUE(rules[0].translates);
    EXPECT_EQ(rules[1].chain, "chain fw of table bridge f");
    EXPECT_EQ(rules[1].rule, "ether type ip counter drop");
    EXPECT_FALSE(rules[1].translates);
    EXPECT_NE(trace_script(flow).find("add chain netdev $t in { type filter hook ingress devices"),
              std::string::npos);
}

// h1 – r1 – h2, where every lookup is right.
Evidence of_three() {
    Evidence out;
    out.flow = Flow{"h1", "h2", "10.0.2.2"};
    Stop from{"h1", "", "eth0"}, by{"r1", "eth0", "eth1"}, at{"h2", "eth0", ""};
    from.next = {"r1"}, by.next = {"h2"}, at.local = true;
    out.there = {ip("10.0.1.2"), ip("10.0.2.2"), {from, by, at}, true};
    Stop first{"h2", "", "eth0"}, second{"r1", "eth1", "eth0"}, last{"h1", "eth0", ""};
    first.next = {"r1"}, second.next = {"h1"}, last.local = true;
    out.back = {ip("10.0.2.2"), ip("10.0.1.2"), {first, second, last}, true};
    out.sent = 4;
    out.forwarded["r1"] = 8;
    out.heard = {{"h1", 4}, {"h2", 4}};
    return out;
}

topology::Lab three() {
    return lab_of(
        "links = [[\"h1\", \"r1\"], [\"r1\", \"h2\"]]\n[nodes]\n\"h[1-2]\" = "
        "\"host\"\nr1 = \"router\"\n");
}

TEST(Explain, WhatCameLate) {
    Evidence evidence = of_three();
    EXPECT_THAT(explain(evidence, three()).causes, IsEmpty());
    evidence.inside["h1"] = {{"answered", "yes"}};
    EXPECT_EQ(explain(evidence, three()).node, "");
    // What has been answered is neither late nor lost.
    Evidence answered = evidence;
    answered.flow->answered = true;
    EXPECT_THAT(explain(answered, three()).causes, IsEmpty());
    EXPECT_THAT(explain(evidence, three()).causes,
                ElementsAre("it came late, or some are lost: sent once more when the time was up, "
                            "packets were answered"));
}

topology::Interface& end_of(topology::Lab& lab, const char* node, const char* name) {
    for (topology::Node& one : lab.nodes)
        for (topology::Interface& interface : one.interfaces)
            if (one.name == node && interface.name == name) return interface;
    throw std::out_of_range(name);
}

TEST(Explain, WhatTakesTooLong) {
    Evidence evidence = of_three();
    evidence.flow->answered = evidence.flow->slow = true;
    topology::Lab lab = three();
    EXPECT_TRUE(explain(evidence, lab).empty());
    end_of(lab, "r1", "eth1").impairment.delay_ns = 20'000'000;
    EXPECT_THAT(explain(evidence, lab).causes,
                ElementsAre("delays on the way there and back: r1's eth1 20ms"));
    end_of(lab, "h2", "eth0").impairment.delay_ns = 5'000'000;
    EXPECT_THAT(explain(evidence, lab).causes,
                ElementsAre("delays on the way there and back: r1's eth1 20ms, h2's eth0 5ms, "
                            "25ms in all"));
    // Those that the check itself puts on are not what to look for.
    evidence.fault.emplace();
    evidence.fault->kind = topology::Fault::Kind::impair;
    evidence.fault->links = {"r1--h2"}, evidence.fault->text = "r1--h2 at delay 20ms";
    EXPECT_THAT(explain(evidence, lab).causes,
                ElementsAre("the network did not get around the fault (r1--h2 at delay 20ms)"));
}

TEST(Explain, AProgramThatSaysNothing) {
    Evidence evidence = of_three();
    evidence.flow->port = 7, evidence.flow->udp = true, evidence.sent = 1;
    evidence.forwarded["r1"] = 1;
    evidence.inside["h2"] = {
        {"udp", "   1: 00000000:0007 00000000:0000 07\n"},
        {"programs",
         "UNCONN 0 0 0.0.0.0:70 0.0.0.0:* users:((\"a\",pid=1,fd=3))\n"
         "UNCONN 0 0 0.0.0.0:7 0.0.0.0:* users:((\"python3\",pid=12,fd=3))\n"}};
    evidence.datagrams["h2"] = {1, 0};
    Diagnosis found = explain(evidence, three());
    EXPECT_EQ(found.where, "died at h2: the packet arrives, and no answer is sent");
    EXPECT_THAT(found.causes,
                ElementsAre("h2's python3 has taken the packet and sent nothing (udp port 7)"));
    evidence.datagrams["h2"] = {0, 0};
    EXPECT_THAT(explain(evidence, three()).causes,
                ElementsAre("h2's python3 does not take the packet (udp port 7)"));
    // An answer was sent, and is lost on its way.
    evidence.datagrams["h2"] = {1, 1};
    EXPECT_EQ(explain(evidence, three()).where,
              "the reply died at r1: it has not forwarded what came in by eth1");
}

TEST(Explain, AConnectionOnWhichNothingIsSent) {
    Evidence evidence = of_three();
    evidence.flow->port = 80, evidence.sent = 1;
    evidence.inside["h2"] = {
        {"tcp", "   1: 00000000:0050 00000000:0000 0A\n"},
        {"listeners", "LISTEN 0 5 0.0.0.0:80 0.0.0.0:* users:((\"python3\",pid=12,fd=3))\n"}};
    EXPECT_TRUE(explain(evidence, three()).empty());
    evidence.flow->connected = true;
    const Diagnosis found = explain(evidence, three());
    EXPECT_EQ(found.where, "died at h2: the connection is accepted, and nothing is sent on it");
    EXPECT_THAT(found.causes, ElementsAre("h2's python3 has accepted the connection and sent "
                                          "nothing (tcp port 80)"));
    // A process that is stopped has not accepted it; its kernel has.
    evidence.inside["h2"]["halted"] = "12 (python3) T 1 1\n";
    EXPECT_THAT(explain(evidence, three()).causes,
                ElementsAre("h2's python3 (process 12) is stopped by a signal (kill -CONT 12)"));
}

TEST(Explain, ARateThatIsTooLow) {
    Evidence evidence = of_three();
    evidence.flow->answered = true, evidence.flow->wanted_bits = 50e6;
    topology::Lab lab = three();
    EXPECT_THAT(explain(evidence, lab).causes, IsEmpty());
    end_of(lab, "r1", "eth1").impairment.rate_bits = 10'000'000;
    end_of(lab, "h1", "eth0").impairment.rate_bits = 80'000'000;
    end_of(lab, "h2", "eth0").impairment.rate_bits = 1'000'000;  // of the way back
    EXPECT_THAT(explain(evidence, lab).causes,
                ElementsAre("the rate of the link r1--h2 is 10mbit (of what r1's eth1 sends)"));
    end_of(lab, "r1", "eth1").impairment.rate_bits = 0;
    end_of(lab, "r1", "eth1").impairment.loss.emplace();
    end_of(lab, "r1", "eth1").impairment.loss->share = topology::Chance::of(0.05);
    EXPECT_THAT(explain(evidence, lab).causes,
                ElementsAre("an impairment of what r1's eth1 sends: loss 5%"));
    end_of(lab, "r1", "eth1").impairment.loss.reset();
    evidence.inside["r1"]["qdisc"] =
        "qdisc tbf 8001: dev eth0 root rate 1Mbit\nqdisc tbf 8002: dev eth1 root rate 2Mbit\n";
    EXPECT_THAT(explain(evidence, lab).causes,
                ElementsAre("a queue at r1: qdisc tbf 8002: dev eth1 root rate 2Mbit"));
}

// Each end of a wire with a mask of its own: one of them does not see the other.
TEST(Explain, MasksThatDiffer) {
    const topology::Lab lab = lab_of(
        "links = [[\"h1 10.0.1.1/24\", \"h2 10.0.1.130/25\"]]\n[nodes]\n\"h[1-2]\" = "
        "\"host\"\n");
    Evidence evidence;
    evidence.flow = Flow{"h2", "h1", "10.0.1.1"};
    evidence.there = {ip("10.0.1.130"), ip("10.0.1.1"), {Stop{"h2", "", "", ENETUNREACH}}};
    for (const auto& [node, address] :
         {std::pair("h1", "10.0.1.1/24"), std::pair("h2", "10.0.1.130/25")}) {
        evidence.readings[node].links = {{2, "eth0", true, true, 1500}};
        evidence.readings[node].addresses = {{"eth0", *topology::Prefix::parse(address)}};
    }
    const Diagnosis found = explain(evidence, lab);
    EXPECT_EQ(found.node, "h2");
    EXPECT_THAT(found.causes, ElementsAre("wrong prefix length: h2's eth0 has 10.0.1.130/25, and "
                                          "h1's eth0 10.0.1.1/24: 10.0.1.1 is on no network of "
                                          "h2's"));
}

TEST(Explain, WhatTheCheckItselfHasSwitchedOff) {
    Evidence evidence = of_three();
    evidence.there.stops.resize(2), evidence.there.arrived = false;
    evidence.there.stops[1].next.clear();
    evidence.readings["r1"].links = {{2, "eth0", true, true, 1500},
                                     {3, "eth1", false, false, 1500}};
    topology::Lab lab = three();
    end_of(lab, "r1", "eth1").up = end_of(lab, "h2", "eth0").up = false;
    EXPECT_THAT(explain(evidence, lab).causes,
                testing::Contains(testing::HasSubstr("lab link r1--h2 up")));
    evidence.fault.emplace();
    evidence.fault->links = {"r1--h2"}, evidence.fault->text = "r1--h2 down";
    const Diagnosis found = explain(evidence, lab);
    EXPECT_EQ(found.where, "died at r1: eth1 is down");
    EXPECT_THAT(found.causes,
                ElementsAre("static routes do not move when a link fails (r1--h2 down)"));
}

TEST(Explain, ConnectionTrackingThatIsFull) {
    Evidence evidence = of_three();
    evidence.heard["h2"] = 0;
    evidence.inside["h2"] = {{"tracked", "8\n"}, {"trackable", "8\n"}};
    evidence.inside["h1"] = {{"tracked", "7\n"}, {"trackable", "8\n"}};
    const Diagnosis found = explain(evidence, three());
    EXPECT_EQ(found.node, "h2");
    EXPECT_EQ(found.where, "died at h2: what was sent to it has not come in");
    EXPECT_THAT(found.causes, ElementsAre("connection tracking is full at h2: 8 of 8 entries "
                                          "(net.netfilter.nf_conntrack_max)"));
    evidence.inside["h2"]["trackable"] = "9\n";
    EXPECT_THAT(explain(evidence, three()).causes, IsEmpty());
}

// h1 – s1 – s2 – h2: what the kernel says of the ports, where VLANs are told apart.
class Vlans : public testing::Test {
  protected:
    Vlans()
        : lab_(lab_of("links = [[\"h1\", \"s1\"], [\"s1\", \"s2\"], [\"s2\", "
                      "\"h2\"]]\n[nodes]\n\"h[1-2]\" = \"host\"\n\"s[1-2]\" = \"switch\"\n")) {
        evidence_.flow = Flow{"h1", "h2", "10.0.0.2"};
        Stop from{"h1", "", "eth0"}, at{"h2", "eth0", ""}, first{"h2", "", "eth0"},
            last{"h1", "eth0", ""};
        from.next = {"h2"}, first.next = {"h1"}, at.local = last.local = true;
        evidence_.there = {ip("10.0.0.1"), ip("10.0.0.2"), {from, at}, true};
        evidence_.back = {ip("10.0.0.2"), ip("10.0.0.1"), {first, last}, true};
        evidence_.sent = 4;
        evidence_.heard = {{"h1", 0}, {"h2", 0}};
        for (const char* node : {"h1", "h2"})
            evidence_.readings[node].links.push_back({2, "eth0", true, true, 1500, node});
        port("s1", "eth0", {{10, true, true}});
        port("s1", "eth1", {{10, false, false}});
        port("s2", "eth0", {{10, false, false}});
        port("s2", "eth1", {{10, true, true}});
    }
    void port(const std::string& node, const std::string& name, std::vector<Reading::Vlan> vlans) {
        auto& links = evidence_.readings[node].links;
        std::erase_if(links, [&](const Reading::Link& link) { return link.name == name; });
        Reading::Link link{2, name, true, true, 1500, node + name};
        link.port = Reading::Port{.filters = true, .vlans = std::move(vlans)};
        links.push_back(std::move(link));
    }
    Diagnosis found() { return explain(evidence_, lab_); }
    topology::Lab lab_;
    Evidence evidence_;
};

TEST_F(Vlans, PortsOfTwoOfThem) {
    EXPECT_THAT(found().causes, IsEmpty());
    port("s2", "eth1", {{20, true, true}});
    EXPECT_EQ(found().node, "h1");
    EXPECT_THAT(found().causes, ElementsAre("wrong VLAN: s1's eth0 (to h1) has VLAN 10, s2's eth1 "
                                            "(to h2) has VLAN 20"));
    port("s2", "eth1", {});
    EXPECT_THAT(found().causes, ElementsAre("wrong VLAN: s1's eth0 (to h1) has VLAN 10, s2's eth1 "
                                            "(to h2) takes no untagged frames"));
}

TEST_F(Vlans, ATrunkThatLacksOne) {
    port("s2", "eth0", {{20, false, false}});
    EXPECT_EQ(found().where, "died at h1: what it sends by eth0 never comes out");
    EXPECT_THAT(found().causes,
                ElementsAre("wrong VLAN: s2's eth0 (link s1--s2) does not carry VLAN 10"));
}

}  // namespace
