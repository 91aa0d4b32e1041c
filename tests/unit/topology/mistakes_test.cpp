// One wrong file per diagnostic.
#include "tests/support/mistake.hpp"

#include <gtest/gtest.h>

namespace {

using test::Case;

class Mistake : public testing::TestWithParam<Case> {};

TEST_P(Mistake, IsToldAtItsPlace) {
    test::expect_told(GetParam());
}

const std::string two = "[nodes]\nh1 = \"host\"\nr1 = \"router\"\n";
const std::string six = "[nodes]\n\"h[1-3]\" = \"host\"\n\"r[1-3]\" = \"router\"\n";

const std::vector<Case> of_files{
    {"D1_link", "D1", two + "[[link]]\nendpoints = [\"h1\",\"r1\"]\n@@delya = \"5ms\"\n",
     "unknown key \"delya\" in a link", "did you mean \"delay\"? free keys start with \"x-\""},
    {"D1_node", "D1", "[nodes]\nh1 = { kind = \"host\", @@loopbak = true }\n",
     "unknown key \"loopbak\" in a node", "did you mean \"loopback\"? free keys start with \"x-\""},
    {"D1_file", "D1", "@@descripton = \"x\"\n" + two, "unknown key \"descripton\" in the file",
     "did you mean \"description\"? free keys start with \"x-\""},
    {"D1_end", "D1", two + "[[link]]\nendpoints = [\"h1\",\"r1\"]\na = { @@cots = 3 }\n",
     "unknown key \"cots\" in an end of a link",
     "did you mean \"cost\"? free keys start with \"x-\""},
    {"D1_nothing_near", "D1", "[nodes]\nh1 = { @@zzzzzz = 1 }\n",
     "unknown key \"zzzzzz\" in a node", "free keys start with \"x-\""},
    {"D1_of_nodes", "D1", "[defaults]\n@@routing = \"none\"\n" + two,
     "unknown key \"routing\" in [defaults]",
     "a key of nodes: write it at one of them, or in [defaults.node]"},
    {"D1_of_both", "D1", "@@mtu = 1400\n" + two, "unknown key \"mtu\" in the file",
     "a key of nodes and links: write it at one of them, or in [defaults.node] or [defaults.link]"},
    {"D1_of_links", "D1", "[nodes]\nh1 = { kind = \"host\", @@delay = \"5ms\" }\n",
     "unknown key \"delay\" in a node",
     "a key of links: write it in one's [[link]] table, or in [defaults.link]"},
    {"D1_of_the_file", "D1", "[nodes]\nh1 = { kind = \"host\", @@description = \"x\" }\n",
     "unknown key \"description\" in a node",
     "a key of the file: write it above the first [table]"},
    {"D2", "D2", "name = @@\"My Lab\"\n" + two, "a lab name has a–z, 0–9, \"-\" and \"_\" only",
     "try \"my-lab\""},
    {"D3", "D3", "include = [@@\"common.toml\"]\n" + two, "cannot read \"common.toml\"",
     "looked beside this file"},
    {"D3_folder", "D3", "include = [@@\"labs/common.toml\"]\n" + two,
     "cannot read \"labs/common.toml\"", "looked in labs/ (beside this file)"},
    {"D4_outside", "D4", "include = [@@\"../x.toml\"]\n" + two,
     "\"../x.toml\" leaves the topology's directory", "paths stay below the first file"},
    {"D4_itself", "D4", "include = [@@\"two.lab.toml\"]\n" + two,
     "\"two.lab.toml\" includes \"two.lab.toml\" again", "remove it: a file is taken once"},
    {"D6", "D6", "links = @@[\"h1\",\"r1\"]\n" + two, "each link is a list of its own",
     "links = [[\"h1\",\"r1\"]]"},
    {"D7", "D7", two + "@@links = [[\"h1\",\"r1\"]]\n",
     "\"links\" is inside [nodes], so it would be a node", "move it above the [nodes] line"},
    {"D7_check", "D7", two + "[[check]]\nping = [\"h1\",\"r1\"]\n@@links = [[\"h1\",\"r1\"]]\n",
     "\"links\" is inside a check", "move it above the first [table] line"},
    {"D8_reserved", "D8", two + "[vars]\n@@name = 3\n", "\"name\" has a meaning of its own",
     "i j k a b n name lab are taken: choose another name"},
    {"D8_matrix", "D8", two + "[vars]\ncc = \"x\"\n[matrix]\n@@cd = [\"x\"]\n",
     "no variable \"cd\" in [vars]", "did you mean \"cc\"?"},
    {"D24", "D24", "[nodes]\nh1 = { label = \"@@${HOME}\" }\n", "no variable \"HOME\"",
     "write $${HOME} to leave it to the shell"},
    {"D24_near", "D24",
     "[vars]\nleaves = 2\n[nodes]\n\"h[1-${leaves}]\" = { label = \"@@${leavs}\" }\n",
     "no variable \"leavs\"", "did you mean \"leaves\"? write $${leavs} to leave it to the shell"},
    {"D24_divides", "D24", "[nodes]\n\"h[1-2]\" = { label = \"a @@${4 / (i - i)}\" }\n",
     "division by zero", "integers and names, + - * / % ( )"},
    {"D25", "D25", "[vars]\na1 = \"${b1}\"\nb1 = \"@@${a1}\"\n" + two,
     "variables in a circle: a1 → b1 → a1", "one of them must not use the others"},
    {"D26", "D26", "links = [[\"h[1-@@${r1.ipv4}]\", \"r1\"]]\n" + two,
     "addresses are not known yet here",
     "late references work in exec, run, files, routes, checks"},
    {"D28", "D28", "[nodes]\n@@h[1-3] = \"host\"\n", "a key with \"[\" needs quotes",
     "\"h[1-3]\" = \"host\""},
    {"D28_header", "D28", "[nodes.@@h[1-3]]\nkind = \"host\"\n", "a key with \"[\" needs quotes",
     "[nodes.\"h[1-3]\"]"},
    {"D63", "D63", "@@nodes = [\"h1\",\"h2\"]\n", "nodes is a table",
     "h1 = \"host\" under [nodes]"},
    {"D64_twice", "D64", "[nodes]\nh1 = \"host\"\n@@[nodes]\nh2 = \"host\"\n",
     "error while parsing table header: cannot redefine existing table 'nodes'",
     "one [nodes] only; long tables are [nodes.r1]"},
    {"D64_links_twice", "D64", "links = [[\"h1\", \"r1\"]]\n@@[[links]]\n" + two,
     "error while parsing table header: cannot redefine existing array 'links' as array-of-tables",
     "links = [...] once; tables of single links are [[link]]"},
    {"D64_comma", "D64", "links = [[\"h1\" @@\"r1\"]]\n" + two,
     "error while parsing array: expected comma or closing ']', saw '\"'",
     "a comma between any two, and at the end what closes it"},
    {"D64_colon", "D64", "[nodes]\nh1@@: host\n",
     "error while parsing key-value pair: expected '=', saw ':'", "labd reads TOML: h1 = \"host\""},
    {"D64_newline", "D64", "[nodes]\nh1 = {@@\n kind = \"host\" }\n",
     "error while parsing inline table: expected key or closing '}', saw '\\n'",
     "a table in { } stands on one line; long tables are [nodes.r1]"},
    {"D64_unquoted", "D64", "[nodes]\nh1 = @@host\n",
     "error while parsing value: could not determine value type", "text needs quotes: \"host\""},
};
INSTANTIATE_TEST_SUITE_P(Files, Mistake, testing::ValuesIn(of_files),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> of_nodes{
    {"D9", "D9", "[nodes]\n\"r[1-3]\" = \"router\"\n@@\"r[2-5]\" = \"router\"\n",
     "\"r[2-5]\" defines r2 and r3 again (first at line 2)",
     "a plain name may refine a range, a range may not"},
    {"D10_upper", "D10", "[nodes]\n@@PC1 = \"host\"\n", "node names are lower case",
     "\"pc1\"; use label = \"PC1\" to show it"},
    {"D10_reserved", "D10", "[nodes]\n@@all = \"host\"\n", "\"all\" is a reserved name",
     "choose another name for this node"},
    {"D10_bytes", "D10", "[nodes]\n@@\"a.b\" = \"host\"\n",
     "a node name has a–z, 0–9, \"-\" and \"_\" only", "\"a-b\"; use label = \"a.b\" to show it"},
    {"D11", "D11", "[nodes]\nr1 = { kind = @@\"ruoter\" }\n", "unknown kind \"ruoter\"",
     "did you mean \"router\"? kinds: host router switch hub nat external bare"},
    {"D11_own", "D11", "[kinds.core]\nextends = \"router\"\n[nodes]\nr1 = @@\"croe\"\n",
     "unknown kind \"croe\"",
     "did you mean \"core\"? kinds: host router switch hub nat external bare core"},
    {"D12", "D12", "[kinds.a]\nextends = \"b\"\n[kinds.b]\nextends = @@\"a\"\n" + two,
     "kinds \"a\" and \"b\" extend each other", "one of them must extend a built-in kind"},
    {"D12_itself", "D12", "[kinds.a]\nextends = @@\"a\"\n" + two, "kind \"a\" extends itself",
     "one of them must extend a built-in kind"},
    {"D13", "D13", "[kinds.@@core]\nrouting = \"ospf\"\n" + two,
     "[kinds.core] must say what it extends", "add extends = \"router\""},
    {"D27", "D27", "[nodes]\n@@\"h[3-1]\" = \"host\"\n", "empty range 3 to 1",
     "[1-3]; [1-0] means none"},
    {"D27_open", "D27", "[nodes]\n@@\"h[1-\" = \"host\"\n", "\"h[1-\" has a \"[\" without \"]\"",
     ""},
    {"D27_letters", "D27", "[nodes]\n@@\"h[a-c]\" = \"host\"\n",
     "\"a-c\" is no range: ranges are of numbers",
     "\"h[1-3]\", and letters one by one: \"h[a,b,c]\""},
    {"D27_letter_to_number", "D27", "[nodes]\n@@\"h[x,1-c]\" = \"host\"\n",
     "\"1-c\" is no range: ranges are of numbers",
     "\"h[1-3]\", and letters one by one: \"h[a,b,c]\""},
    {"D27_letters_in_front", "D27", "[nodes]\n@@\"[h1-h3]\" = \"host\"\n",
     "\"h1-h3\" is no range: ranges are of numbers",
     "\"h[1-3]\", and letters one by one: \"h[a,b,c]\""},
    {"D34", "D34",
     "links = [[\"r1\",\"h1\"],[\"r1\",\"h2\"]]\n[nodes]\nr1 = { kind = \"router\", addresses = "
     "@@\"10.0.0.1/24\" }\nh1 = \"host\"\nh2 = \"host\"\n",
     "r1 has 2 links: which one?", "addresses = { eth0 = \"…\" }"},
    {"D45", "D45", "[nodes]\nh1 = { @@routing = \"ospf\" }\n", "a host does not route",
     "kind = \"router\""},
    {"D46", "D46", "[nodes]\nr1 = { kind = \"router\", routing = @@\"bgp\" }\n", "bgp needs an asn",
     "asn = 65001"},
    {"D53", "D53", "[nodes]\nr1 = { files = { \"/etc/x\" = @@\"r1.conf\" } }\n",
     "no file \"r1.conf\" beside two.lab.toml", "one-line content is { text = \"…\" }"},
    {"D53_outside", "D53", "[nodes]\nr1 = { files = { \"/etc/x\" = @@\"../r1.conf\" } }\n",
     "\"../r1.conf\" is outside the topology's directory",
     "files stay beside two.lab.toml or below"},
    {"D54", "D54", "[nodes]\nr1 = { files = { @@\"etc/x\" = { text = \"1\" } } }\n",
     "\"etc/x\" is not absolute", "\"/etc/x\""},
    {"D55_exec", "D55", "[nodes]\nr1 = { exec = @@\"ip a\" }\n", "exec is a list",
     "exec = [\"ip a\"]"},
    {"D55_run", "D55", "[nodes]\nr1 = { run = @@\"nc -l 5\" }\n", "run is a list",
     "run = [\"nc -l 5\"]"},
    {"D56", "D56",
     "[nodes]\nr1 = { run = [{ name = \"nc\", cmd = \"nc 1\" }, { name = @@\"nc\", cmd = \"nc 2\" "
     "}] }\n",
     "r1 has two services \"nc\"", "name = \"…\""},
    {"D57", "D57", "[nodes]\nr1 = { sysctl = { @@\"kernel.hostname\" = \"x\" } }\n",
     "\"kernel.hostname\" is not this node's to set", "hostname = \"…\""},
    {"D58_unknown", "D58", "[nodes]\nr1 = { wait-for = [@@\"r9\"] }\n",
     "r1 waits for \"r9\", which does not exist", "NODE, NODE.ready, NODE.started or NODE/SERVICE"},
    {"D58_circle", "D58", "[nodes]\nr1 = { wait-for = [\"r2\"] }\nr2 = { wait-for = [@@\"r1\"] }\n",
     "r1 waits for r2 waits for r1", "none of them would ever start"},
    {"D66_image", "D66", "[nodes]\nr1 = { kind = \"router\", @@image = \"frr:9\" }\n",
     "labd has no images", "containers → containerlab; radio → CORE, mininet-wifi"},
    {"D66_wlan", "D66", "[nodes]\nr1 = { kind = \"router\", @@ssid = \"x\" }\n",
     "labd has no wireless", "containers → containerlab; radio → CORE, mininet-wifi"},
    {"Type_of_a_key", "TYPE", "[nodes]\nr1 = { label = @@5 }\n",
     "expected a string, found an integer", "\"5\""},
    {"Quoted_integer", "TYPE", "[nodes]\nr1 = { kind = \"router\", asn = @@\"65000\" }\n",
     "expected an integer, found a string", "65000 without quotes"},
    {"Integer_out_of_range", "VALUE", "[nodes]\nr1 = { kind = \"router\", id = @@0 }\n",
     "\"id\" is 1 to 65534, not 0", ""},
    {"Word", "VALUE", "[nodes]\nr1 = { kind = \"router\", routing = @@\"opsf\" }\n",
     "\"routing\" cannot be \"opsf\"",
     "did you mean \"ospf\"? one of: static ospf isis bgp rip babel none frr bird"},
};
INSTANTIATE_TEST_SUITE_P(Nodes, Mistake, testing::ValuesIn(of_nodes),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> of_links{
    {"D14_unknown", "D14", "links = [[\"h1\",@@\"h9\"]]\n" + two, "unknown node \"h9\" in a link",
     "add h9 = \"host\" under [nodes]"},
    {"D14_slip", "D14", "links = [[@@\"coer\",\"h1\"]]\n" + two + "core = \"router\"\n",
     "unknown node \"coer\" in a link", "did you mean \"core\"?"},
    {"D14_itself", "D14", "links = [[\"r1\",@@\"r1\"]]\n" + two, "\"r1\" is linked to itself",
     "name both interfaces: \"r1:a\", \"r1:b\""},
    {"D15", "D15", "links = [[\"h[1-3]\",@@\"r[1-2]\"]]\n" + six,
     "\"h[1-3]\" has 3 nodes, \"r[1-2]\" has 2", "equal counts pair up; all × all is mesh = [...]"},
    {"D15_zip", "D15", "links = [{ zip = [\"h[1-3]\",@@\"r[1-2]\"] }]\n" + six,
     "\"h[1-3]\" has 3 nodes, \"r[1-2]\" has 2", "equal counts pair up; all × all is mesh = [...]"},
    {"D16", "D16", "links = [[\"r[1-3]\",@@\"r[1-3]\"]]\n" + six, "both sides are the same nodes",
     "full = \"r[1-3]\" links all pairs, ring or chain in order"},
    {"D17", "D17", "links = [[@@\"h[1-3]\",\"r1\",\"r2\"]]\n" + six, "three links or one network?",
     "lan = [...] for one network; mesh or zip for separate links"},
    {"D18_ring", "D18", "links = [{ ring = @@\"r[1-2]\" }]\n" + six,
     "a ring needs three nodes, \"r[1-2]\" has 2", "use chain"},
    {"D18_full", "D18", "links = [{ full = @@\"r1\" }]\n" + six,
     "full links need two nodes, \"r1\" has 1", "one end alone is [\"r1\"]"},
    {"D19", "D19", "links = [[\"r1:@@uplink-to-backbone\",\"h1\"]]\n" + two,
     "interface name has 18 bytes, Linux allows 15", "shorten it"},
    {"D19_lo", "D19", "links = [[\"r1:@@lo\",\"h1\"]]\n" + two,
     "an interface cannot be called \"lo\"", "\"r1:wan\""},
    {"D19_unmade", "D19",
     "links = [[\"r1\",\"h1\"]]\n[nodes]\nr1 = { kind = \"router\", interfaces = { @@wan = { mtu = "
     "1400 } } }\nh1 = \"host\"\n",
     "r1 has no interface \"wan\"", "interfaces of r1: eth0"},
    {"D71", "D71", "links = [\n[\"r1:wan\",\"h1\"],\n[\"r1:@@wan\",\"h1\"]]\n" + two,
     "r1 has two interfaces \"wan\" (lines 2, 3)", "rename one"},
    {"D20", "D20",
     "links = [{ endpoints = [\"r1\",\"h1\"], name = \"core\" },\n{ endpoints = [\"r1\",\"h1\"], "
     "name = @@\"core\" }]\n" +
         two,
     "link name \"core\" is taken (line 1)", "names make links addressable for `lab link`"},
    {"D22", "D22", "links = [{ lan = [\"r1\",\"r2\",\"r3\"], @@b = { cost = 3 } }]\n" + six,
     "a link with 3 ends has no \"b\"", "ends.r2 = {…}"},
    {"D22_stranger", "D22",
     "links = [{ lan = [\"r1\",\"r2\"], ends = { @@r3 = { cost = 3 } } }]\n" + six,
     "\"r3\" is no end of this link", "its ends: r1 and r2"},
    {"D23", "D23", "links = [{ endpoints = [\"h1\",\"r1\"], delay = @@20 }]\n" + two,
     "a time needs a unit", "\"20ms\""},
    {"D23_rate", "D23", "links = [{ endpoints = [\"h1\",\"r1\"], rate = @@\"10\" }]\n" + two,
     "a rate needs a unit", "\"10mbit\""},
    {"D29", "D29", "links = [{ lan = [@@\"h[1-5]\"] }]\n" + six,
     "\"h[1-5]\" names h4 and h5, which do not exist", "h[*] takes those that do"},
    {"D29_empty", "D29", "links = [{ lan = [@@\"x[*]\", \"h1\"] }]\n" + six,
     "\"x[*]\" names no node", "a set may be empty only where a variable makes it so"},
    {"D37", "D37",
     "links = [{ endpoints = [\"h1\",\"r1\"], a = { mac = @@\"01:00:00:00:00:01\" } }]\n" + two,
     "01:00:00:00:00:01 is a multicast address", "the first byte is even: 02:…"},
    {"D38", "D38", "links = [{ endpoints = [\"h1\",\"r1\"], mtu = @@70000 }]\n" + two,
     "the kernel's limit is 65535", ""},
    {"D39_loss", "D39", "links = [{ endpoints = [\"h1\",\"r1\"], loss = @@\"120%\" }]\n" + two,
     "loss is 0 % to 100 %, not 120 %", "to cut a link: up = false"},
    {"D39_rate", "D39", "links = [{ endpoints = [\"h1\",\"r1\"], rate = @@\"0bit\" }]\n" + two,
     "rate is 1 kbit to 100 gbit, not 0bit", "to cut a link: up = false"},
    {"D39_rate_of_nothing", "D39",
     "links = [{ endpoints = [\"h1\",\"r1\"], rate = @@\"0\" }]\n" + two,
     "rate is 1 kbit to 100 gbit, not 0", "to cut a link: up = false"},
    {"D39_red", "D39",
     "links = [{ endpoints = [\"h1\",\"r1\"], queue = @@{ kind = \"red\", min = \"9KB\", max = "
     "\"8KB\" } }]\n" +
         two,
     "a queue red fills from min through max to limit, not 9000, 8000, 400000 bytes", ""},
    {"D39_tbf", "D39", "links = [{ endpoints = [\"h1\",\"r1\"], queue = @@\"tbf\" }]\n" + two,
     "a queue tbf needs a rate", "{ kind = \"tbf\", rate = \"10mbit\" }"},
    {"D67_edge", "D67",
     "links = [{ endpoints = [\"h1\",\"s1\"], b = { port = { @@edge = true } } }]\n[nodes]\nh1 = "
     "\"host\"\ns1 = { kind = \"switch\", stp = true }\n",
     "the kernel's spanning tree has no edge ports",
     "leave \"edge\" out; without stp every port forwards at once"},
    {"D39_model", "D39",
     "links = [{ endpoints = [\"h1\",\"r1\"], loss = @@{ model = \"gemodel\" } }]\n" + two,
     "a loss model gemodel needs p", "p = \"1%\""},
    {"D39_burst", "D39", "links = [{ endpoints = [\"h1\",\"r1\"], burst = @@\"10B\" }]\n" + two,
     "burst is 1522 B to 1 GB, not 10B", "to cut a link: up = false"},
    {"D1_queue", "D1",
     "links = [{ endpoints = [\"h1\",\"r1\"], queue = { kind = \"fq_codel\", @@targt = \"5ms\" } "
     "}]\n" +
         two,
     "unknown key \"targt\" in a queue fq_codel",
     "did you mean \"target\"? free keys start with \"x-\""},
    {"D39_jitter", "D39", "links = [{ endpoints = [\"h1\",\"r1\"], @@jitter = \"1ms\" }]\n" + two,
     "jitter without delay", "delay = \"20ms\" beside it"},
    {"D39_distribution", "D39",
     "links = [{ endpoints = [\"h1\",\"r1\"], delay = \"1ms\", @@distribution = \"normal\" }]\n" +
         two,
     "distribution without jitter", "jitter = \"5ms\" beside it"},
    {"D39_order", "D39", "links = [{ endpoints = [\"h1\",\"r1\"], @@order = \"keep\" }]\n" + two,
     "order without jitter", "jitter = \"5ms\" beside it"},
    {"D39_burst_alone", "D39",
     "links = [{ endpoints = [\"h1\",\"r1\"], @@burst = \"20KB\" }]\n" + two, "burst without rate",
     "rate = \"10mbit\" beside it"},
    {"D62", "D62", two + "[[check]]\nping = [\"h1\",\"r1\"]\n@@path = [\"h1\",\"r1\"]\n",
     "\"ping\" and \"path\" in one check", "two [[check]] tables"},
    {"D68", "D68", "links = [{ endpoints = [\"r1\"], @@delay = \"1ms\" }]\n" + two,
     "nobody is at the other end", "leave \"delay\" out"},
    {"D73", "D73", "links = [{ endpoints = [\"h1\",\"r1\"], prefix = @@\"10.0.0.5/24\" }]\n" + two,
     "10.0.0.5/24 is an address, not a network", "10.0.0.0/24"},
    {"Address_without_length", "VALUE", "links = [[\"h1 @@10.0.0.1\",\"r1\"]]\n" + two,
     "\"10.0.0.1\" needs the length of its network", "\"10.0.0.1/24\""},
    {"Two_shapes", "VALUE", "links = [{ mesh = [\"h1\",\"r1\"], @@zip = [\"h1\",\"r1\"] }]\n" + two,
     "a link has one shape, here are \"mesh\" and \"zip\"", "write two [[link]] tables"},
    {"Unknown_pool", "VALUE",
     "links = [{ endpoints = [\"h1\",\"r1\"], pool = @@\"lnks\" }]\n" + two,
     "no pool \"lnks\" in [addressing]", "did you mean \"links\"?"},
};
INSTANTIATE_TEST_SUITE_P(Links, Mistake, testing::ValuesIn(of_links),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> of_masquerade{
    {"D51_interface", "D51",
     "links = [[\"cpe:lan\",\"h1\"]]\n[nodes]\nh1 = \"host\"\ncpe = { kind = \"router\", "
     "masquerade = [@@\"wan\"] }\n",
     "cpe has no interface \"wan\"", "name it in the link: \"cpe:wan\"; it has lan"},
    {"D51_host", "D51",
     "links = [[\"h1\",\"h2\"]]\n[nodes]\nh2 = \"host\"\nh1 = { masquerade = [@@\"eth0\"] }\n",
     "h1 forwards no packets, so there are none to translate", "kind = \"router\""},
    {"D51_alone", "D51",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", forward = "
     "[@@\"tcp 80 to h1:80\"] }\n",
     "r1 forwards ports, and no interface of it masquerades",
     "masquerade = [\"eth0\"]: ports are forwarded in at those"},
    {"D51_words", "D51",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", masquerade = "
     "[\"eth0\"], forward = [@@\"tcp 80000 to h1:80\"] }\n",
     "\"tcp 80000 to h1:80\" forwards no port",
     "\"tcp 8080 to h1:80\", \"udp 198.51.100.2:53 to ns:53\""},
    {"D51_twice", "D51",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", masquerade = "
     "[\"eth0\"], forward = [\"tcp 80 to h1:80\", @@\"tcp 80 to h1:81\"] }\n",
     "tcp port 80 is forwarded twice", "one node a port"},
    {"D14_forward", "D14",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = { kind = \"router\", masquerade = "
     "[\"eth0\"], forward = [@@\"udp 53 to h2:53\"] }\n",
     "unknown node \"h2\" in forward", "add h2 = \"host\" under [nodes]"},
};
INSTANTIATE_TEST_SUITE_P(Masquerade, Mistake, testing::ValuesIn(of_masquerade),
                         [](const auto& test) { return test.param.name; });

// Keys of features that are not there yet are known by name: refused where the lab needs them.
const std::vector<Case> of_later{
    {"Dhcp", "LATER",
     "links = [[\"h1\",\"r1\"]]\n[nodes]\nh1 = { ipv6 = @@\"dhcp\" }\nr1 = \"router\"\n",
     "ipv6 = \"dhcp\" is not there yet: this lab needs it at line 3",
     "a later version of labd brings it"},
};
INSTANTIATE_TEST_SUITE_P(Later, Mistake, testing::ValuesIn(of_later),
                         [](const auto& test) { return test.param.name; });

TEST(Mistakes, AreAllToldInOneGo) {
    const auto result = test::expand(
        "name = \"My Lab\"\nlinks = [[\"h1\",\"h9\"], [\"r[1-2]\", \"r[1-2]\"]]\n[nodes]\nPC1 = "
        "\"host\"\nh1 = { kind = \"hots\", lable = 1 }\n\"r[1-2]\" = { kind = \"router\", asn = 0 "
        "}\n");
    for (const char* code : {"D2", "D14", "D16", "D10", "D11", "D1", "VALUE"})
        EXPECT_EQ(result.of(code).size(), 1U) << code << "\n" << result.text();
}

TEST(Mistakes, OfALinkThatCannotBeMadeAreToldToo) {
    const auto result = test::expand(
        "links = [{ endpoints = [\"h1\",\"h9\"], delay = 20, b = { mtu = 1 }, prefix = \"x\" }]\n" +
        two);
    for (const char* code : {"D14", "D23", "D38", "VALUE"})
        EXPECT_EQ(result.of(code).size(), 1U) << code << "\n" << result.text();
}

TEST(Mistakes, OfARangeAreToldOnce) {
    const auto result = test::expand("[nodes]\n\"h[1-100]\" = { kind = \"host\", mtuu = 5 }\n");
    EXPECT_EQ(result.diagnostics.all().size(), 1U) << result.text();
}

TEST(Mistakes, EveryUnquotedRangeIsTold) {
    const auto result = test::expand("[nodes]\nh[1-3] = \"host\"\nx = 1\nr[1-3] = \"router\"\n");
    ASSERT_EQ(result.of("D28").size(), 2U) << result.text();
    EXPECT_EQ(result.of("D28")[1]->where.line, 4U);
}

TEST(Mistakes, FreeKeysAreFreeEverywhere) {
    const auto result = test::expand(
        "x-a = 1\nlinks = [{ endpoints = [\"h1\", \"r1\"], x-b = 1, a = { x-c = 1 } "
        "}]\n[nodes]\nh1 = { "
        "x-d = [1] }\nr1 = \"router\"\n[addressing]\nx-e = true\n");
    EXPECT_TRUE(result.diagnostics.all().empty()) << result.text();
}

TEST(Mistakes, UnknownVariableOfTheCommandLine) {
    topology::ResolveOptions options;
    options.set["leafs"] = "4";
    const auto result = test::expand("[vars]\nleaves = 2\n" + two, options);
    ASSERT_EQ(result.of("D8").size(), 1U);
    EXPECT_EQ(result.of("D8")[0]->message, "no variable \"leafs\" in [vars]");
    EXPECT_EQ(result.of("D8")[0]->hint, "did you mean \"leaves\"?");
}

TEST(Mistakes, NestingAndSizeAreLimited) {
    std::string deep = "x-a = ";
    for (int i = 0; i < 40; ++i) deep += "[";
    EXPECT_EQ(test::expand(deep).of("D65").size(), 1U);
    std::string dots = "x-a";
    for (int i = 0; i < 100'000; ++i) dots += ".a";
    EXPECT_EQ(test::expand(dots + " = 1\n").of("D65").size(), 1U);
    EXPECT_EQ(test::expand("# " + std::string(1 << 20, 'x')).of("D65").size(), 1U);
}

TEST(Mistakes, MissingMainFile) {
    const auto result = test::expand(test::MemoryFiles{}, "two.lab.toml");
    ASSERT_EQ(result.of("D3").size(), 1U);
    EXPECT_EQ(result.text(), "two.lab.toml: error: cannot read \"two.lab.toml\" [D3]\n");
}

TEST(Mistakes, AnEmptyFileNeedsANode) {
    EXPECT_EQ(test::expand("").of("D63").size(), 1U);
}

}  // namespace
