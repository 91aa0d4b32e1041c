// One wrong file per diagnostic about VLANs, VRFs, bonds, tunnels and devices inside nodes.
#include "tests/support/mistake.hpp"

namespace {

using test::Case;

class DeviceMistake : public testing::TestWithParam<Case> {};

TEST_P(DeviceMistake, IsToldAtItsPlace) {
    test::expect_told(GetParam());
}

const std::string two = "[nodes]\nh1 = \"host\"\nr1 = \"router\"\n";

const std::string switched =
    "[nodes]\nh1 = \"host\"\nsw = \"switch\"\n[vlans]\nred = 10\nblue = 20\n";

const std::vector<Case> of_devices{
    {"D40", "D40", "links = [{ endpoints = [\"h1\",\"sw\"], vlan = @@5000 }]\n" + switched,
     "VLAN ids are 1 to 4094", ""},
    {"D40_no_switch", "D40", "links = [{ endpoints = [\"h1\",\"r1\"], @@vlan = 10 }]\n" + two,
     "neither end is a switch", "a trunk to a router is vlans = [...]"},
    {"D40_both", "D40",
     "links = [{ endpoints = [\"h1\",\"sw\"], b = { vlan = \"red\", @@vlans = [\"blue\"] } }]\n" +
         switched,
     "sw:eth0 is an access port (vlan) and a trunk (vlans, native)", "one of the two"},
    {"D40_tagged_only", "D40",
     "links = [{ endpoints = [\"h1:eth0 @@10.0.0.1/24\",\"sw\"], vlans = [\"red\"] }]\n" + switched,
     "h1:eth0 carries tagged frames only, so it has no address",
     "interfaces = { \"eth0.10\" = { addresses = \"…\" } }, or native"},
    {"D40_twice", "D40", "[nodes]\nh1 = \"host\"\n[vlans]\nred = 10\n@@blue = { id = 10 }\n",
     "VLAN 10 is called \"red\" already", "one name a VLAN"},
    {"D41", "D41", "links = [{ endpoints = [\"h1\",\"sw\"], vlan = @@\"rde\" }]\n" + switched,
     "no VLAN \"rde\" in [vlans]", "did you mean \"red\"?"},
    {"D42", "D42", "links = [{ endpoints = [\"h1\",\"r1\"], vrf = @@\"red\" }]\n" + two,
     "h1 has no VRF \"red\"", "vrfs = [\"red\"] on h1"},
    {"Svi_of_a_router", "KEY", "[nodes]\nr1 = { kind = \"router\", @@svi = [10] }\n",
     "a router has no \"svi\"", ""},
    {"Parent", "D19",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nr1 = \"router\"\nh1 = { interfaces = { v = { type = "
     "\"vlan\", "
     "parent = @@\"eth1\", id = 5 } } }\n",
     "h1 has no interface \"eth1\"", "did you mean \"eth0\"?"},
    {"Key_of_another_type", "KEY",
     "[nodes]\nh1 = { interfaces = { d = { type = \"dummy\", @@parent = \"eth0\" } } }\n",
     "a device of type \"dummy\" has no \"parent\"", ""},
    {"Port_twice", "VALUE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nr1 = \"router\"\nh1 = { interfaces = { a = { type = "
     "\"bridge\", ports = [\"eth0\"] }, b = { type = \"bridge\", ports = [@@\"eth0\"] } } }\n",
     "eth0 is a port of a already", ""},
    {"Key_without_a_tunnel", "KEY",
     "links = [{ endpoints = [\"h1\",\"r1\"], @@over = \"wan\" }]\n" + two,
     "\"over\" belongs to a tunnel", "type = \"vxlan\""},
    {"Key_of_wireguard", "KEY",
     "links = [[\"h1\",\"r1\"], { endpoints = [\"h1\",\"r1\"], type = \"wireguard\", key = @@7 "
     "}]\n" +
         two,
     "labd makes the keys of WireGuard itself", "leave \"key\" out: nobody has to know them"},
    {"Tunnel_of_three", "D21",
     "links = [{ lan = [\"h1\",\"h2\",\"h3\"], type = @@\"gre\" }]\n[nodes]\n\"h[1-3]\" = "
     "\"host\"\n",
     "a link of type \"gre\" has two ends, this one has 3",
     "type = \"vxlan\" or \"wireguard\" joins any number; full = [...] makes a link of every pair"},
    {"Mpls_of_a_switch", "KEY", "[nodes]\nsw = { kind = \"switch\", @@mpls = true }\n",
     "a switch has no \"mpls\"", ""},
    {"Port_of_wireguard_twice", "D21",
     "links = [[\"h1\",\"r1\"], { endpoints = [\"h1:a\",\"r1\"], type = \"wireguard\" , udp-port = "
     "5 "
     "}, { endpoints = [\"h1:@@b\",\"r1\"], type = \"wireguard\", a = { udp-port = 5 } }]\n" +
         two,
     "h1:b and a both listen on UDP port 5",
     "another udp-port, or none: labd takes the next free one"},
    {"Tunnel_of_one", "D21", "links = [{ endpoints = [\"h1\"], type = @@\"wireguard\" }]\n" + two,
     "a link of type \"wireguard\" joins two nodes, this one has one", "name the other end"},
    {"Bond_of_three", "KEY",
     "links = [{ lan = [\"h1\",\"h2\",\"h3\"], bond = @@\"802.3ad\" }]\n[nodes]\n\"h[1-3]\" = "
     "\"host\"\n",
     "a bond has two ends", "count = 2 on a link of two nodes"},
};
INSTANTIATE_TEST_SUITE_P(All, DeviceMistake, testing::ValuesIn(of_devices),
                         [](const auto& test) { return test.param.name; });

}  // namespace
