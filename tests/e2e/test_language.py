"""What the words of the language become in the kernel."""

import json

from labtest import LabTest
from machine import lab, run


def addresses(netns, interface):
    shown = json.loads(run("ip", "-n", netns, "-j", "address", "show", interface).out)
    return [f"{a['local']}/{a['prefixlen']}" for i in shown for a in i.get("addr_info", [])
            if a["scope"] == "global"]


class Language(LabTest):
    def test_one_network_of_three(self):
        self.up('links = [["a", "b", "c"]]\n[nodes]\na = "host"\nb = "host"\nc = "router"\n')
        self.assertEqual(["10.0.1.11/24", "fd00:0:0:1::11/64"], addresses("t.a", "eth0"))
        self.assertEqual(["10.0.1.1/24", "fd00:0:0:1::1/64"], addresses("t.c", "eth0"))
        self.assert_reaches("a", "b")

    def test_router_links_and_loopbacks(self):
        self.up('links = [["r1", "r2"], ["r2", "r3"]]\n[nodes]\n"r[1-3]" = { kind = "router", loopback = true }\n')
        self.assertEqual(["172.16.0.0/31", "fd00:0:1::/127"], addresses("t.r1", "eth0"))
        self.assertEqual(["172.16.0.1/31", "fd00:0:1::1/127"], addresses("t.r2", "eth0"))
        self.assertIn("10.255.0.1/32", addresses("t.r1", "lo"))
        self.assertIn("fd00:0:2::1/128", addresses("t.r1", "lo"))
        self.assert_reaches("r1", "r3")
        self.assert_reaches("r1", "r3", family="-6")

    def test_both_families_answer_when_up_returns(self):
        self.up('links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n'
                'r1 = "router"\nr2 = "router"\n')
        for family in ("-6", "-4"):
            self.assert_reaches("h1", "h2", family=family)

    def test_parallel_links_and_names(self):
        self.up('links = [["r1:wan", "r2"], { endpoints = ["r1", "r2"], count = 3 }]\n[nodes]\nr1 = "router"\n'
                'r2 = "router"\n')
        names = run("ip", "-n", "t.r1", "-br", "link", "show", "type", "veth").out.split()
        self.assertEqual(["eth0", "eth1", "eth2", "wan"],
                         sorted(n.split("@")[0] for n in names if n[0] in "ew"))
        self.assertEqual(4, len(lab("links", "--json").json["links"]))

    def test_peer_names(self):
        self.up('links = [{ endpoints = ["h1", "r1"], ifname = "peer" }]\n[nodes]\nh1 = "host"\nr1 = "router"\n')
        self.assertIn("dev r1", run("ip", "-n", "t.h1", "route").out)
        self.assertIn("dev h1", run("ip", "-n", "t.r1", "route").out)

    def test_mtu_of_one_side_and_mac(self):
        self.up('links = [{ lan = ["r1:xyz0", "r2"], mtu = 5000, ends.r1 = { mtu = 4500, '
                'mac = "02:11:22:33:44:55" } }]\n[nodes]\nr1 = "router"\nr2 = "router"\n')
        shown = run("ip", "-n", "t.r1", "link", "show", "xyz0").out
        self.assertIn("mtu 4500", shown)
        self.assertIn("02:11:22:33:44:55", shown)
        self.assertIn("mtu 5000", run("ip", "-n", "t.r2", "link", "show", "eth0").out)
        lab("exec", "r2", "--", "ping", "-c1", "-W1", "-M", "do", "-s", "4472", "r1")
        lab("exec", "r1", "--", "ping", "-c1", "-W1", "-M", "do", "-s", "4600", "r2", status=1)

    def test_stub_network(self):
        self.up('links = [["r1", "r2"], ["r1:stub 172.20.0.1/24"]]\n[nodes]\nr1 = "router"\nr2 = "router"\n')
        shown = run("ip", "-n", "t.r1", "-br", "link", "show", "stub").out
        self.assertIn("UP", shown)
        self.assertIn("LOWER_UP", shown)
        lab("exec", "r2", "--", "ping", "-c1", "-W1", "172.20.0.1")

    def test_switches_joined_are_one_network(self):
        self.up('links = [["h1", "s1"], ["s1", "s2"], ["s2", "h2"], ["r1", "s2"], ["r1", "far"]]\n[nodes]\n'
                'h1 = "host"\nh2 = "host"\nfar = "host"\nr1 = "router"\ns1 = "switch"\ns2 = "switch"\n')
        self.assertEqual(["10.0.1.11/24", "fd00:0:0:1::11/64"], addresses("t.h1", "eth0"))
        self.assertEqual(["10.0.1.12/24", "fd00:0:0:1::12/64"], addresses("t.h2", "eth0"))
        self.assert_reaches("h1", "h2")
        self.assert_reaches("h1", "far")  # its way out is a router behind two switches
        self.assertIsNone(next(n for n in lab("status", "--json").json["nodes"]
                               if n["name"] == "s1")["pid"])

    def test_a_hub_floods(self):
        self.up('links = [["h[1-3]", "hub"]]\n[nodes]\n"h[1-3]" = "host"\nhub = "hub"\n')
        self.assert_reaches("h1", "h2")
        lab("exec", "h3", "--", "sh", "-c",
            "tcpdump -c1 -i eth0 -w /tmp/x 'icmp and host 10.0.1.11 and host 10.0.1.12' 2>/tmp/log & "
            "while ! grep -q listening /tmp/log; do sleep 0.05; done")
        self.assert_reaches("h1", "h2")
        lab("exec", "h3", "--", "sh", "-c", "while pgrep tcpdump >/dev/null; do sleep 0.05; done", timeout=10)

    def test_a_loop_of_switches_with_spanning_tree(self):
        self.up('links = [["s1","s2"],["s2","s3"],["s3","s1"],["h1","s1"],["h2","s3"]]\n[nodes]\n'
                '"s[1-3]" = { kind = "switch", stp = true }\nh1 = "host"\nh2 = "host"\n')
        state = run("ip", "-n", "t.s2", "-d", "link", "show", "type", "bridge").out
        self.assertIn("stp_state 1", state)

    def test_bare(self):
        self.up('links = [["b1", "b2"]]\n[nodes]\nb1 = "bare"\nb2 = "bare"\n')
        self.assertEqual([], addresses("t.b1", "eth0"))
        lab("exec", "b1", "--", "ip", "address", "add", "192.0.2.1/24", "dev", "eth0")

    def test_own_kinds_and_defaults(self):
        self.up('''
links = [["a1", "c1"], ["c1", "c2"]]
[defaults.link]
mtu = 1400
[kinds.base]
extends = "router"
env = { WHO = "base", ALSO = "kept" }
[kinds.core]
extends = "base"
loopback = true
env = { WHO = "core" }
[nodes]
a1 = "host"
"c[1-2]" = "core"
c2 = { env = { WHO = "c2" } }
''')
        self.assertEqual("core kept\n", lab("exec", "c1", "--", "sh", "-c", "echo $WHO $ALSO").out)
        self.assertEqual("c2 kept\n", lab("exec", "c2", "--", "sh", "-c", "echo $WHO $ALSO").out)
        self.assertIn("mtu 1400", run("ip", "-n", "t.c1", "link", "show", "eth0").out)
        self.assertEqual(2, len(lab("exec", "@core", "--", "hostname").out.splitlines()))
        self.assertEqual(2, len(lab("exec", "@router", "--", "hostname").out.splitlines()))

    def test_builders(self):
        for builder, links in (('chain = "r[1-4]"', 3), ('ring = "r[1-4]"', 4), ('full = "r[1-4]"', 6),
                               ('star = { hub = "r1", to = "r[2-4]" }', 3),
                               ('mesh = ["r[1-2]", "r[3-4]"]', 4), ('zip = ["r[1-2]", "r[3-4]"]', 2)):
            with self.subTest(builder=builder):
                answer = self.up(f'[nodes]\n"r[1-4]" = "router"\n[[link]]\n{builder}\n')
                self.assertEqual(links, answer["links"])
                lab("down", "t")

    def test_include(self):
        self.write("common.toml", '[kinds.pc]\nextends = "host"\nenv = { FROM = "common" }\n')
        self.up('include = ["common.toml"]\nlinks = [["p1", "p2"]]\n[nodes]\n"p[1-2]" = "pc"\n')
        self.assertEqual("common\n", lab("exec", "p1", "--", "sh", "-c", "echo $FROM").out)

    def test_unnumbered_core(self):
        self.up('links = [["h1", "r1"], ["r2", "h2"], { endpoints = ["r1", "r2"], pool = "core" }]\n[addressing]\n'
                'core = { ipv6 = "link-local" }\n[nodes]\nh1 = "host"\nh2 = "host"\n"r[1-2]" = "router"\n')
        self.assertEqual([], addresses("t.r1", "eth1"))
        for family in ("-4", "-6"):
            self.assert_reaches("h1", "h2", family=family)

    def test_equal_cost_paths(self):
        self.up('links = [["r1","r2"],["r1","r3"],["r2","r4"],["r3","r4"],["r4","h1"]]\n[nodes]\nh1 = "host"\n'
                '"r[1-4]" = { kind = "router", ecmp = true }\n')
        routes = json.loads(run("ip", "-n", "t.r1", "-j", "route", "show", "10.0.1.0/24").out)
        self.assertEqual(2, len(routes[0].get("nexthops", [])), routes)

    def test_down_from_the_start(self):
        self.up('links = [{ endpoints = ["h1", "h2"], up = false }]\n[nodes]\nh1 = "host"\nh2 = "host"\n')
        self.assertIn("state DOWN", run("ip", "-n", "t.h1", "link", "show", "eth0").out)

    def test_no_gateway(self):
        self.up('links = [["h1", "r1"], { endpoints = ["h2", "r1"], gateway = false }]\n[nodes]\nh1 = "host"\n'
                'h2 = "host"\nr1 = "router"\n')
        self.assertIn("default", run("ip", "-n", "t.h1", "route").out)
        self.assertNotIn("default", run("ip", "-n", "t.h2", "route").out)

    def test_sysctls_have_fixed_values(self):
        self.up('links = [["h1", "r1"]]\n[nodes]\nh1 = "host"\nr1 = "router"\n')
        wanted = {"h1": {"net.ipv4.ip_forward": "0", "net.ipv6.conf.all.forwarding": "0",
                         "net.ipv4.conf.eth0.rp_filter": "0", "net.ipv6.conf.eth0.accept_ra": "0"},
                  "r1": {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1",
                         "net.ipv4.conf.eth0.rp_filter": "0"}}
        for node, values in wanted.items():
            for key, value in values.items():
                self.assertEqual(value, lab("exec", node, "--", "sysctl", "-n", key).out.strip(), key)

    def test_a_hundred_nodes(self):
        answer = self.up('[nodes]\n"h[1-100]" = "host"\nsw = "switch"\n[[link]]\nstar = { hub = "sw", to = '
                         '"h[*]" }\n')
        self.assertEqual((101, 100), (answer["nodes"], answer["links"]))
        self.assert_reaches("h1", "h100")
        self.assertEqual([], self.up('[nodes]\n"h[1-100]" = "host"\nsw = "switch"\n[[link]]\nstar = { hub = '
                                     '"sw", to = "h[*]" }\n')["actions"])
        lab("down", "t")
        self.assert_unchanged()
