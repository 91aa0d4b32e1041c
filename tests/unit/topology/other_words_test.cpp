// Words and forms that other tools and languages know: each is answered with ours.
#include "tests/support/mistake.hpp"

#include <gtest/gtest.h>

namespace {

using test::Case;

class OtherWord : public testing::TestWithParam<Case> {};

TEST_P(OtherWord, IsAnsweredWithOurs) {
    test::expect_told(GetParam());
}

const std::string two = "[nodes]\nh1 = \"host\"\nr1 = \"router\"\n";

const std::vector<Case> words{
    {"D1_of_compose", "D1", "[nodes]\nh1 = { kind = \"host\", @@command = \"iperf3 -s\" }\n",
     "unknown key \"command\" in a node",
     "did you mean \"run\"? programs that are kept alive; exec = [\"…\"] runs a command once, at "
     "birth"},
    {"D1_of_compose_service", "D1",
     "[nodes]\nh1 = { run = [{ cmd = \"x\", @@stop_grace_period = \"5s\" }] }\n",
     "unknown key \"stop_grace_period\" in a service", "did you mean \"grace\"? grace = \"5s\""},
    {"D1_of_mininet", "D1", two + "[[link]]\nendpoints = [\"h1\",\"r1\"]\n@@bw = 10\n",
     "unknown key \"bw\" in a link", "did you mean \"rate\"? rate = \"10mbit\""},
    {"D1_of_netlab", "D1", "[nodes]\nh1 = { @@ip = \"10.0.0.1/24\" }\n",
     "unknown key \"ip\" in a node",
     "did you mean \"addresses\"? addresses = \"10.0.0.1/24\", or a list"},
    {"D1_of_a_graph", "D1", two + "[[link]]\n@@nodes = [\"h1\",\"r1\"]\n",
     "unknown key \"nodes\" in a link",
     "did you mean \"endpoints\"? both ends in one list, endpoints = [\"h1\", \"r1\"]"},
    {"D1_kind", "D1", "[nodes]\nr1 = { @@type = \"router\" }\n", "unknown key \"type\" in a node",
     "did you mean \"kind\"? kind = \"router\""},
    {"D1_of_kubernetes", "D1", "[nodes]\nh1 = { @@hostName = \"x\" }\n",
     "unknown key \"hostName\" in a node",
     "did you mean \"hostname\"? free keys start with \"x-\""},
    {"D1_gateway", "D1", two + "[[link]]\nendpoints = [\"h1\",\"r1\"]\na = { @@gw = \"r1\" }\n",
     "unknown key \"gw\" in an end of a link",
     "did you mean \"gateway\"? where the default route leads, gateway = \"r1\""},
    {"D1_topology", "D1", "[@@topology]\n" + two, "unknown key \"topology\" in the file",
     "did you mean \"nodes\"? [nodes], links and the rest stand at the top of the file"},
};
INSTANTIATE_TEST_SUITE_P(Tools, OtherWord, testing::ValuesIn(words),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> of_ends{
    {"D63_text", "D63", "nodes = @@\"h1, r1\"\n", "nodes is a table",
     "h1 = \"host\", r1 = \"host\" under [nodes], each on a line of its own"},
    {"D6_text", "D6", "links = @@\"h1, r1\"\n" + two, "each link is a list of its own",
     "links = [[\"h1\", \"r1\"]]"},
    {"D14_text", "D14", "links = [[@@\"h1, r1\"]]\n" + two, "two ends in one string",
     "[\"h1\", \"r1\"]"},
    {"D10_several", "D10", "[nodes]\n@@\"h1, h2\" = \"host\"\n", "several nodes in one name",
     "each is a key of its own: h1 = …, h2 = …"},
    {"endpoints_text", "TYPE", two + "[[link]]\nendpoints = @@\"h1, r1\"\n",
     "expected a list, found a string", "endpoints = [\"h1\", \"r1\"]"},
    {"D14_dot", "D14", "links = [[@@\"h1.eth0\",\"r1\"]]\n" + two,
     "unknown node \"h1.eth0\" in a link", "an interface follows a colon: \"h1:eth0\""},
    {"D14_slash", "D14", "links = [[\"h1\",@@\"r1/wan\"]]\n" + two,
     "unknown node \"r1/wan\" in a link", "an interface follows a colon: \"r1:wan\""},
    {"D14_comma", "D14", "links = [[@@\"h1,r1\"]]\n" + two, "unknown node \"h1,r1\" in a link",
     "each node is a string of its own: [\"h1\", \"r1\"]"},
    {"D14_ring", "D14", "links = [{ ring = @@\"h1,r1,h1\" }]\n" + two,
     "unknown node \"h1,r1,h1\" in a link",
     "each node is a string of its own: [\"h1\", \"r1\", \"h1\"]"},
    {"D14_dash", "D14", "links = [[@@\"h1-r1\"]]\n" + two, "unknown node \"h1-r1\" in a link",
     "each node is a string of its own: [\"h1\", \"r1\"]"},
    {"D14_no_name", "D14", "links = [[\"h1\",@@\"r.9\"]]\n" + two, "unknown node \"r.9\" in a link",
     ""},
    {"D14_arrow", "D14", "links = [[@@\"h1 -> r1\"]]\n" + two, "two ends in one string",
     "[\"h1\", \"r1\"]"},
    {"D14_space", "D14", "links = [[@@\"h1 r1\"]]\n" + two, "two ends in one string",
     "[\"h1\", \"r1\"]"},
    {"D14_delay", "D14", "links = [[\"h1\",\"r1\",@@\"10ms\"]]\n" + two,
     "what a link is told stands beside its ends, not among them",
     "{ endpoints = [\"h1\", \"r1\"], delay = \"10ms\" }"},
    {"D14_rate", "D14", "links = [[\"h1\",\"r1\",@@\"10mbit\"]]\n" + two,
     "what a link is told stands beside its ends, not among them",
     "{ endpoints = [\"h1\", \"r1\"], rate = \"10mbit\" }"},
    {"D14_table", "D14", "links = [[\"h1\",\"r1\",@@{ delay = \"10ms\", mtu = 1400 }]]\n" + two,
     "what a link is told stands beside its ends, not among them",
     "{ endpoints = [\"h1\", \"r1\"], delay = \"10ms\", mtu = 1400 }"},
    {"D6_arrow", "D6", "links = @@[\"h1 -> r1\"]\n" + two, "each link is a list of its own",
     "links = [[\"h1\", \"r1\"]]"},
    {"D6_dashes", "D6", "links = @@[\"h1--r1\", \"r1 <-> h1\"]\n" + two,
     "each link is a list of its own", "links = [[\"h1\", \"r1\"], [\"r1\", \"h1\"]]"},
    {"D6_dash", "D6", "links = @@[\"h1-r1\"]\n" + two, "each link is a list of its own",
     "links = [[\"h1\", \"r1\"]]"},
    {"D6_space", "D6", "links = @@[\"h1 r1\"]\n" + two, "each link is a list of its own",
     "links = [[\"h1\", \"r1\"]]"},
    {"D1_star", "D1", "links = [{ star = { @@center = \"r1\", to = \"h1\" } }]\n" + two,
     "unknown key \"center\" in a star",
     "did you mean \"hub\"? star = { hub = \"sw\", to = \"h[1-3]\" }"},
    {"D1_leaves", "D1", "links = [{ star = { hub = \"r1\", @@leaves = \"h1\" } }]\n" + two,
     "unknown key \"leaves\" in a star",
     "did you mean \"to\"? star = { hub = \"sw\", to = \"h[1-3]\" }"},
    {"D31_lo", "D31", "links = [[\"h1 @@::1/128\",\"r1\"]]\n" + two,
     "::1 is everybody's own, on lo: no interface can have it",
     "an address of one host, such as \"10.0.0.1/24\""},
    {"Mask", "VALUE", "links = [[\"h1 @@10.0.0.1 255.255.255.0\",\"r1\"]]\n" + two,
     "the length of a network is a number of bits", "\"10.0.0.1/24\""},
    {"Mask_slash", "VALUE", "links = [[\"h1 @@10.0.0.1/255.255.252.0\",\"r1\"]]\n" + two,
     "the length of a network is a number of bits", "\"10.0.0.1/22\""},
    {"Mode", "VALUE", "links = [{ endpoints = [\"h1\",\"r1\"], ipv4 = @@\"auto\" }]\n" + two,
     "\"ipv4\" cannot be \"auto\"", "one of: true, false, \"dhcp\", \"unnumbered\""},
    {"Vlans", "TYPE",
     "links = [{ endpoints = [\"s1\",\"s2\"], vlans = @@\"1-10\" }]\n[nodes]\n\"s[1-2]\" = "
     "\"switch\"\n",
     "expected a list, found a string", "vlans = [1, 2, …, 10]"},
    {"Vlans_in_a_list", "D41",
     "links = [{ endpoints = [\"s1\",\"s2\"], vlans = [@@\"7-9\"] }]\n[nodes]\n\"s[1-2]\" = "
     "\"switch\"\n",
     "\"7-9\" is no VLAN", "a list names each: [7, 8, 9]"},
    {"D23_rate", "D23", "links = [{ endpoints = [\"h1\",\"r1\"], rate = @@\"10Mbps\" }]\n" + two,
     "\"10Mbps\" is not a rate", "\"10mbit\""},
    {"D23_gigabits", "D23", "links = [{ endpoints = [\"h1\",\"r1\"], rate = @@\"1.5G\" }]\n" + two,
     "\"1.5G\" is not a rate", "\"1.5gbit\""},
    {"D23_seconds", "D23",
     "links = [{ endpoints = [\"h1\",\"r1\"], delay = @@\"10 msec\" }]\n" + two,
     "\"10 msec\" is not a time", "\"10ms\""},
    {"D23_loss", "D23", "links = [{ endpoints = [\"h1\",\"r1\"], loss = @@\"-1%\" }]\n" + two,
     "\"-1%\" is not a share", "\"0%\" to \"100%\""},
    {"Bond", "VALUE",
     "links = [{ endpoints = [\"h1\",\"r1\"], count = 2, bond = @@\"lacp\" }]\n" + two,
     "\"bond\" cannot be \"lacp\"",
     "did you mean \"802.3ad\"? one of: balance-rr active-backup balance-xor broadcast 802.3ad "
     "balance-tlb balance-alb"},
    {"Tunnel", "VALUE", "links = [{ endpoints = [\"h1\",\"r1\"], type = @@\"wg\" }]\n" + two,
     "\"type\" cannot be \"wg\"",
     "did you mean \"wireguard\"? one of: veth wireguard gre ipip vxlan"},
};
INSTANTIATE_TEST_SUITE_P(Links, OtherWord, testing::ValuesIn(of_ends),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> of_keys{
    {"Loopback_quoted", "TYPE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", loopback = "
     "@@\"true\" }\n",
     "expected true, false or an address, found a string", "true without quotes"},
    {"Loopback_number", "TYPE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", loopback = @@1 "
     "}\n",
     "expected true, false or an address, found an integer", "true"},
    {"Cpu_percent", "TYPE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", cpu = @@\"50%\" "
     "}\n",
     "expected a number of cores, found a string", "cpu = 0.5"},
    {"Cpu_negative", "VALUE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", cpu = @@-1 }\n",
     "cpu is 0.01 to 4096 cores", "cpu = 0.5"},
    {"D1_nat", "D1",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", @@nat = true "
     "}\n",
     "unknown key \"nat\" in a node",
     "did you mean \"masquerade\"? out of these interfaces, masquerade = [\"wan\"]"},
    {"D1_neighbors", "D1",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", @@neighbors = "
     "[\"h1\"] }\n",
     "unknown key \"neighbors\" in a node",
     "labd finds the neighbours: routers on one link with the same routing, as \"bgp\""},
    {"D1_router_id", "D1",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", @@router-id = "
     "\"1.1.1.1\" }\n",
     "unknown key \"router-id\" in a node",
     "the router id is the loopback: loopback = \"10.0.0.7/32\", or id = 7"},
    {"D1_external", "D1",
     "links = [[\"r1\",\"x1\"]]\n[nodes]\nr1 = \"router\"\nx1 = { kind = \"external\", @@interface "
     "= \"eth7\" }\n",
     "unknown key \"interface\" in a node", "device = \"eth7\""},
    {"Asn", "TYPE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", routing = "
     "\"bgp\", asn = @@\"AS65002\" }\n",
     "expected an integer, found a string", "asn = 65002"},
    {"Area", "TYPE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", routing = "
     "\"ospf\", area = @@\"backbone\" }\n",
     "expected an area, found a string", "area = 0 is the backbone"},
    {"Routing_upper", "VALUE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", routing = "
     "@@\"OSPF\" }\n",
     "\"routing\" cannot be \"OSPF\"",
     "did you mean \"ospf\"? one of: static ospf isis bgp rip babel none frr bird"},
    {"D11_upper", "D11", "[nodes]\nr1 = @@\"ROUTER\"\n", "unknown kind \"ROUTER\"",
     "did you mean \"router\"? kinds: host router switch hub nat external bare"},
    {"Routes", "TYPE",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", routes = [@@{ "
     "to = \"10.0.0.0/8\", via = \"h1\" }] }\n",
     "expected a string, found a table", "\"10.0.0.0/8 via h1\""},
    {"D10_star", "D10", "[nodes]\n@@\"h*\" = \"host\"\n",
     "a node name has a–z, 0–9, \"-\" and \"_\" only", "many nodes are a range: \"h[1-3]\""},
    {"D10_braces", "D10", "[nodes]\n@@\"h{1-4}\" = \"host\"\n",
     "a node name has a–z, 0–9, \"-\" and \"_\" only", "many nodes are a range: \"h[1-4]\""},
    {"D14_in_exec", "D14",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", exec = "
     "[\"@@${r9.ipv4}\"] }\n",
     "unknown node \"r9\" in \"${r9.ipv4}\"", "add r9 = \"host\" under [nodes]"},
    {"D24_property", "D24",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", exec = [\"ping "
     "@@${r1.ip}\"] }\n",
     "nothing of r1 is called \"ip\"",
     "${r1.ipv4} and ipv6; of an interface ${r1.eth0.ipv4}, ipv6, net4, net6 and mac"},
    {"D54_usr", "D54",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", files = { "
     "@@\"/usr/local/bin/x\" = { text = \"1\" } } }\n",
     "\"/usr/local/bin/x\" is where every node sees the host's programs, read-only",
     "below /etc, /var, /run, /tmp, /root, /home, /mnt, /opt or /srv; root = \"DIR\" is a node's "
     "own from / on"},
    {"D54_bin", "D54",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", files = { "
     "@@\"/bin/x\" = { text = \"1\" } } }\n",
     "\"/bin/x\" is where every node sees the host's programs, read-only",
     "below /etc, /var, /run, /tmp, /root, /home, /mnt, /opt or /srv; root = \"DIR\" is a node's "
     "own from / on"},
    {"D54_root", "D54",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", files = { "
     "@@\"/x\" = { text = \"1\" } } }\n",
     "\"/x\" is where a node can write nothing",
     "below /etc, /var, /run, /tmp, /root, /home, /mnt, /opt or /srv; root = \"DIR\" is a node's "
     "own from / on"},
    {"D54_inside", "D54",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", files = { "
     "\"/etc/a\" = { text = \"1\" }, \"/etc/a/b\" = @@{ text = \"2\" } } }\n",
     "\"/etc/a/b\" cannot be in \"/etc/a\", which is a file too", "another name for one of them"},
    {"D57_interface", "D57",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", sysctl = { "
     "\"net.ipv4.conf.eth7.rp_filter\" = @@0 } }\n",
     "r1 has no interface \"eth7\"", "did you mean \"eth0\"?"},
    {"D85_asn", "D85",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", @@asn = 65001 "
     "}\n",
     "r1 does not speak bgp: its \"asn\" changes nothing", "routing = \"bgp\""},
    {"D85_area", "D85",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", routing = "
     "\"isis\", @@area = 1 }\n",
     "r1 does not speak ospf: its \"area\" changes nothing", "routing = \"ospf\""},
};
INSTANTIATE_TEST_SUITE_P(Nodes, OtherWord, testing::ValuesIn(of_keys),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> of_text{
    {"D1_defaults_nodes", "D1", "[defaults.@@nodes]\nmtu = 1400\n" + two,
     "unknown key \"nodes\" in [defaults]", "did you mean \"node\"? [defaults.node]"},
    {"D1_defaults_name", "D1", "[defaults.link]\n@@name = \"x\"\n" + two,
     "unknown key \"name\" in the defaults of links",
     "what one link is called or joins is no default: write it in its [[link]] table"},
    {"D7_addressing", "D7", "[addressing]\n@@links = [[\"h1\",\"r1\"]]\n" + two,
     "\"links\" is inside [addressing]", "move it above the first [table] line"},
    {"D64_semicolon", "D64", "links = [[\"h1\",\"r1\"]]@@;\n" + two,
     "error while parsing key-value pair: expected a comment or whitespace, saw ';'",
     "no \";\" at the end of a line: drop it"},
    {"D64_slashes", "D64", "[nodes]\nh1 = \"host\" @@// a host\n",
     "error while parsing key-value pair: expected a comment or whitespace, saw '/'",
     "a comment starts with #"},
    {"D64_quotes", "D64", "links = [[@@“h1”, \"r1\"]]\n" + two,
     "error while parsing value: could not determine value type", "plain quotes: \"h1\""},
    {"D64_True", "D64", "[nodes]\nr1 = { kind = \"router\", loopback = @@True }\n",
     "error while parsing boolean: expected 'true', saw 'T'", "true and false, in lower case"},
    {"D64_last_comma", "D64", "[nodes]\nr1 = { kind = \"router\", @@}\n",
     "error while parsing inline table: expected key-value pair, saw closing '}' (dangling comma)",
     "no comma before the \"}\""},
    {"D64_star", "D64", "[nodes]\nh@@* = \"host\"\n",
     "error while parsing key-value pair: expected '=', saw '*'",
     "many nodes are a quoted range: \"h[1-3]\" = …"},
    {"D64_braces", "D64", "[nodes]\nh@@{1-4} = \"host\"\n",
     "error while parsing key-value pair: expected '=', saw '{'",
     "many nodes are a quoted range: \"h[1-4]\" = …"},
};
INSTANTIATE_TEST_SUITE_P(Files, OtherWord, testing::ValuesIn(of_text),
                         [](const auto& test) { return test.param.name; });

// What is said of a key is no reason to say it of one that speaks the protocol, or to everybody.
TEST(OtherWords, KeysOfAProtocolMayBeDefaults) {
    const auto result = test::expand(
        "links = [[\"r1\",\"r2\"]]\n[defaults.node]\nasn = 65000\narea = 1\n[nodes]\nr1 = "
        "\"router\"\nr2 = { kind = \"router\", routing = [\"bgp\", \"ospf\"], asn = 65001 }\n");
    EXPECT_TRUE(result.diagnostics.all().empty()) << result.text();
}

TEST(OtherWords, ARootOfItsOwnIsTheNodes) {
    const auto result = test::expand(
        "[nodes]\nr1 = { root = \"/srv/r\", files = { \"/usr/bin/x\" = { text = \"1\" } } }\n");
    EXPECT_TRUE(result.diagnostics.all().empty()) << result.text();
}

TEST(OtherWords, SysctlsOfInterfacesThatAreThere) {
    const auto result = test::expand(
        "links = [[\"h1\",\"r1:wan.7\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", vrfs "
        "= [\"red\"], sysctl = { \"net.ipv4.conf.all.rp_filter\" = 0, "
        "\"net.ipv6.conf.lo.disable_ipv6\" = 0, \"net.ipv4.conf.red.rp_filter\" = 0, "
        "net.ipv4.conf.\"wan.7\".log_martians = 1 } }\n");
    EXPECT_TRUE(result.diagnostics.all().empty()) << result.text();
}

}  // namespace
