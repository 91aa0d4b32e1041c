// Networks that somebody knows, and tells only as a part of a larger one or not to everybody.
#include "labd/check/asked_about.hpp"
#include "labd/check/evidence.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/resolved.hpp"
#include "tests/support/two_routers.hpp"
#include "topology/condition.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace labd::check;
using test::prefix;
using testing::ElementsAre;
using testing::IsEmpty;

// r2 is between area 0, with 10.0.9.0/24, and area 1, in which is r1.
class Hidden : public test::TwoRouters {
  protected:
    Hidden() {
        lab_.segments.clear();
        address("r1", "10.0.0.1/24"), address("r2", "10.0.0.2/24");
        address("r2", "10.0.9.1/24", "eth1");
        says("r1", "show ip ospf interface json", R"({"interfaces":{)" + area("eth0", 1) + "}}");
        says("r2", "show ip ospf interface json",
             R"({"interfaces":{)" + area("eth0", 1) + "," + area("eth1", 0) + "}}");
        config("r1", "router ospf\nexit\n");
        evidence_.asked = {"r1"};
    }
    static std::string area(const char* interface, int number) {
        return "\"" + std::string(interface) + R"(":{"ospfEnabled":true,"routerId":")" + interface +
               R"(","area":"0.0.0.)" + std::to_string(number) +
               (number == 1 ? " [Stub]\"}" : "\"}");
    }
    void border(const std::string& line, const std::string& more = "") {
        config("r2", more + "router ospf\n " + line + "\nexit\n");
    }
    void has_route(const char* node, const char* network) {
        evidence_.readings[node].routes.push_back({prefix(network), {}, 20, 254, 188});
    }
};

TEST_F(Hidden, RangesTellLessThanTheyHave) {
    border("area 0 range 10.0.9.0/24 not-advertise");
    EXPECT_THAT(causes("10.0.9.0/24"), ElementsAre("r2 keeps 10.0.9.0/24 from the other areas: "
                                                   "area 0 range 10.0.9.0/24 not-advertise"));
    border("area 0.0.0.0 range 10.0.8.0/21");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty()) << "r1 has not even that";
    has_route("r1", "10.0.8.0/21");
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r2 tells the other areas 10.0.8.0/21 instead of 10.0.9.0/24: "
                            "area 0.0.0.0 range 10.0.8.0/21"));
    // Of another area, of another network, and of one that r1 has.
    border("area 1 range 10.0.9.0/24 not-advertise");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    border("area 0 range 10.0.7.0/24 not-advertise");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    has_route("r1", "10.0.9.0/24");
    border("area 0 range 10.0.9.0/24 not-advertise");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
}

TEST_F(Hidden, WhoIsNotAskedMayLackIt) {
    border("area 0 range 10.0.9.0/24 not-advertise");
    evidence_.asked = {"r2"};
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
}

TEST_F(Hidden, StubAreasGetLess) {
    border("area 0.0.0.1 stub no-summary");
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("OSPF: area 0.0.0.1 is totally stubby: r2 tells it a default route, "
                            "and not 10.0.9.0/24 (area 0.0.0.1 stub no-summary)"));
    EXPECT_THAT(causes("10.0.0.0/24"), IsEmpty());
    config("r1", "router ospf\n area 1 stub\nexit\n");
    config("r2", "router ospf\n redistribute static\n area 1 stub\nexit\n");
    has_route("r2", "10.77.0.0/16");
    EXPECT_THAT(causes("10.77.0.0/16"), IsEmpty()) << "r2 is in the area itself";
    says("r2", "show ip ospf interface json", R"({"interfaces":{)" + area("eth1", 0) + "}}");
    EXPECT_THAT(causes("10.77.0.0/16"),
                testing::Contains("OSPF: area 0.0.0.1 is a stub area: no route from outside OSPF "
                                  "comes into it, as 10.77.0.0/16 of r2 (area 1 stub)"));
}

TEST_F(Hidden, ListsBetweenAreas) {
    const std::string lists =
        "ip prefix-list P seq 5 deny 10.0.9.0/24\nip prefix-list P seq 9 permit any\n"
        "access-list A seq 5 permit 10.1.0.0/16\n";
    border("area 1 filter-list prefix P in", lists);
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r2 filters 10.0.9.0/24: area 1 filter-list prefix P in (ip "
                            "prefix-list P seq 5 deny 10.0.9.0/24)"));
    border("area 0 filter-list prefix P in", lists);
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    border("area 0 export-list A", lists);
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r2 filters 10.0.9.0/24: area 0 export-list A (no line of access-list "
                            "A permits it)"));
}

TEST_F(Hidden, AggregatesAndOffsets) {
    has_route("r1", "10.0.0.0/16");
    const std::string bgp = "router bgp 1\n address-family ipv4 unicast\n  network 10.0.9.0/24\n  ";
    config("r2", bgp + "aggregate-address 10.0.0.0/16 summary-only\n exit-address-family\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r2 tells 10.0.0.0/16 by BGP instead of 10.0.9.0/24: "
                            "aggregate-address 10.0.0.0/16 summary-only"));
    config("r2", bgp + "aggregate-address 10.0.0.0/16\n exit-address-family\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    const std::string rip = "router rip\n network eth0\n network eth1\n offset-list O out ";
    config("r1", "router rip\n network eth0\nexit\n");
    config("r2", "access-list O seq 5 permit 10.0.9.0/24\n" + rip + "16 eth0\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r2 tells 10.0.9.0/24 by RIP with a metric of 16, which is not to be "
                            "reached: offset-list O out 16 eth0"));
    config("r2", "access-list O seq 5 permit 10.0.9.0/24\n" + rip + "3 eth0\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    config("r2", "access-list O seq 5 permit 10.0.8.0/24\n" + rip + "16 eth0\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
}

TEST_F(Hidden, ANetworkStatementWantsItsOwnRoute) {
    const auto bgp = [&](const std::string& words) {
        config("r2", "router bgp 1\n" + words +
                         " address-family ipv4 unicast\n  network 10.0.0.0/16\n "
                         "exit-address-family\nexit\n");
    };
    says("r2", "show ip ospf interface json", "");
    bgp("");
    EXPECT_THAT(causes("10.0.9.0/24"),
                ElementsAre("r2 does not announce 10.0.9.0/24: BGP has no network statement for "
                            "it, only for 10.0.0.0/16, and it has no route to just 10.0.0.0/16 "
                            "(bgp network import-check)"));
    bgp(" no bgp network import-check\n");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    bgp("");
    has_route("r2", "10.0.0.0/16");
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
}

TEST_F(Hidden, BabelOfOneEnd) {
    lab_ = test::lab_of("links = [[\"r1\", \"r2\"]]\n[nodes]\n\"r[1-2]\" = \"router\"\n");
    for (const char* node : {"r1", "r2"}) {
        says(node, "show ip ospf interface json", "");
        config(node, "router babel\n network eth0\n redistribute ipv4 connected\nexit\n");
    }
    EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty());
    config("r2", "router babel\n redistribute ipv4 connected\nexit\n");
    EXPECT_THAT(causes("10.0.9.0/24"), ElementsAre("Babel r1–r2: not enabled on r2's eth0 (no "
                                                   "network statement for it)"));
    config("r2", "router babel\n network eth0\nexit\n");
    EXPECT_THAT(
        causes("10.0.9.0/24"),
        ElementsAre("r2 does not announce 10.0.9.0/24: Babel has no redistribute ipv4 connected"));
}

TEST_F(Hidden, HalfLinesDoNoHarm) {
    for (const char* line :
         {"area", "area 0", "area 0 range", "area 0 range x not-advertise", "area 9 filter-list",
          "area 1 filter-list prefix P", "summary-address", "summary-address x no-advertise",
          "area x.y stub no-summary", "area 99999999999999999999 range 10.0.0.0/8"}) {
        border(line);
        EXPECT_THAT(causes("10.0.9.0/24"), IsEmpty()) << line;
    }
}

std::vector<std::string> waiting(const std::string& text, const std::string& condition,
                                 const char* learned = nullptr) {
    topology::Lab lab = test::resolve(text).lab;
    if (learned != nullptr) lab.nodes[0].interfaces[0].addresses.push_back(prefix(learned));
    return unaddressed(topology::read_condition(condition, lab).check, lab);
}

TEST(Unaddressed, SaysWhoDoesNotGiveAddresses) {
    const auto file = [](const std::string& h1, const std::string& link) {
        return "links = [{ endpoints = [\"h1\", \"r1\"]" + link +
               " }]\n[addressing]\nipv4 = false\n[nodes]\nh1 = { kind = \"host\", " + h1 +
               " }\nr1 = { kind = \"router\", addresses = { eth0 = [\"fd00::1/64\"] } }\n";
    };
    const std::string slaac = file("ipv6 = \"slaac\"", "");
    EXPECT_THAT(waiting(slaac, "ping r1 h1"),
                ElementsAre("h1's eth0 waits for a router to advertise itself (ipv6 = \"slaac\"), "
                            "and by the file none does on h1--r1 (ra = true on the link)"));
    EXPECT_THAT(waiting(slaac, "ping h1 r1 family=ipv4"), IsEmpty());
    EXPECT_THAT(waiting(slaac, "ping h1 r1", "fd00::5/64"), IsEmpty());
    EXPECT_THAT(waiting(slaac, "link h1 dev=eth0"), IsEmpty());
    EXPECT_THAT(waiting(file("ipv6 = \"slaac\"", ", ra = true"), "tcp h1 r1:80"),
                ElementsAre("h1's eth0 waits for a router to advertise itself (ipv6 = \"slaac\"), "
                            "and nothing has come on h1--r1"));
}

}  // namespace
