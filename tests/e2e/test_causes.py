"""Networks broken in known ways: the report of the failed check names the place and the cause."""

from broken import Broken, vty
from labtest import limit
from machine import lab

STATIC = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = { kind = "host", addresses = "10.0.1.2/24" }
h2 = { kind = "host", addresses = "10.0.2.2/24", run = [{ name = "web", cmd = "exec python3 -m http.server 80", ready = "tcp 80" }] }
r1 = { kind = "router", addresses = { eth0 = "10.0.1.1/24", eth1 = "10.0.12.1/24" } }
r2 = { kind = "router", addresses = { eth0 = "10.0.12.2/24", eth1 = "10.0.2.1/24" } }
'''

DROP = ("add table inet filter; add chain inet filter forward { type filter hook forward priority 0; policy drop; }")

# name, what breaks it (node, command), what mends it, the node where packets die, the likely cause.
# The condition is a ping from h1 to h2 unless said otherwise.
BROKEN = [
    ("interface down", [("r2", "ip link set eth1 down")], [("r2", "ip link set eth1 up")],
     "r2", r"interface down: r2's eth1 \(link r2--h2\)"),
    ("the other end is down", [("h2", "ip link set eth0 down")],
     [("h2", "ip link set eth0 up; ip route replace default via 10.0.2.1")],
     "r2", r"interface down: h2's eth0 \(link r2--h2\)"),
    ("no route", [("r1", "ip route del 10.0.2.0/24")], [("r1", "ip route add 10.0.2.0/24 via 10.0.12.2")],
     "r1", r"the route 10\.0\.2\.0/24 via 10\.0\.12\.2 of the file is gone from r1"),
    ("no way back", [("r2", "ip route del 10.0.1.0/24")], [("r2", "ip route add 10.0.1.0/24 via 10.0.12.1")],
     "r2", r"the route 10\.0\.1\.0/24 via 10\.0\.12\.1 of the file is gone from r2"),
    ("no default route", [("h1", "ip route del default")], [("h1", "ip route add default via 10.0.1.1")],
     "h1", r"the route 0\.0\.0\.0/0 via 10\.0\.1\.1 of the file is gone from h1"),
    ("wrong next hop", [("r1", "ip route replace 10.0.2.0/24 via 10.0.12.9")],
     [("r1", "ip route replace 10.0.2.0/24 via 10.0.12.2")],
     "r1", r"wrong next hop: r1 sends 10\.0\.2\.0/24 via 10\.0\.12\.9 dev eth1"),
    ("a circle", [("r2", "ip route replace 10.0.2.2/32 via 10.0.12.1")], [("r2", "ip route del 10.0.2.2/32")],
     "r2", r"wrong next hop: r2 sends 10\.0\.2\.2/32 via 10\.0\.12\.1 dev eth0"),
    ("blackhole", [("r1", "ip route add blackhole 10.0.2.2/32")], [("r1", "ip route del blackhole 10.0.2.2/32")],
     "r1", r"a blackhole route at r1"),
    ("prohibit", [("r1", "ip route add prohibit 10.0.2.2/32")], [("r1", "ip route del prohibit 10.0.2.2/32")],
     "r1", r"a prohibit route at r1"),
    ("forwarding off", [("r1", "sysctl -qw net.ipv4.ip_forward=0")], [("r1", "sysctl -qw net.ipv4.ip_forward=1")],
     "r1", r"forwarding is off at r1 \(net\.ipv4\.ip_forward = 0\)"),
    ("rp_filter", [("r2", "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1; "
                          "ip route replace 10.0.1.0/24 via 10.0.2.2")],
     [("r2", "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0; "
             "ip route replace 10.0.1.0/24 via 10.0.12.1")],
     "r2", r"rp_filter at r2: its way back to 10\.0\.1\.2 is not by eth0"),
    ("missing address", [("h2", "ip addr del 10.0.2.2/24 dev eth0")],
     [("h2", "ip addr add 10.0.2.2/24 dev eth0; ip route replace default via 10.0.2.1")],
     "r2", r"missing address: h2's eth0 lacks 10\.0\.2\.2/24"),
    ("another address", [("r2", "ip addr del 10.0.12.2/24 dev eth0; ip addr add 10.0.12.3/24 dev eth0; "
                                "ip route replace 10.0.1.0/24 via 10.0.12.1"), ("r1", "ip neigh flush all")],
     [("r2", "ip addr del 10.0.12.3/24 dev eth0; ip addr add 10.0.12.2/24 dev eth0; "
             "ip route replace 10.0.1.0/24 via 10.0.12.1")],
     "r1", r"missing address: r2's eth0 lacks 10\.0\.12\.2/24 \(it has 10\.0\.12\.3/24\)"),
    ("wrong prefix length", [("h1", "ip addr add 10.0.1.2/8 dev eth0; ip addr del 10.0.1.2/24 dev eth0")],
     [("h1", "ip addr add 10.0.1.2/24 dev eth0; ip addr del 10.0.1.2/8 dev eth0; ip route replace default via 10.0.1.1")],
     "h1", r"wrong prefix length: h1's eth0 has 10\.0\.1\.2/8"),
    ("duplicate address", [("r1", "ip addr add 10.0.2.2/32 dev lo")], [("r1", "ip addr del 10.0.2.2/32 dev lo")],
     "r1", r"duplicate address: 10\.0\.2\.2 is on h2 and on r1", 'tcp = ["h1", "h2:80"]'),
    ("nft drop", [("r1", f"nft '{DROP}'")], [("r1", "nft delete table inet filter")],
     "r1", r"nft drop at r1: chain forward of table inet filter, policy drop"),
    ("nft drop of one port", [("h2", "nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; "
                                      "add rule ip f in tcp dport 80 drop'")], [("h2", "nft delete table ip f")],
     "h2", r"nft drop at h2: chain in of table ip f: tcp dport 80 drop", 'tcp = ["h1", "h2:80"]'),
    ("service not running", [], [], "h2",
     r"service not running: nothing at h2 listens on tcp port 81 \(only on 80\)", 'tcp = ["h1", "h2:81"]'),
    ("echo is ignored", [("h2", "sysctl -qw net.ipv4.icmp_echo_ignore_all=1")],
     [("h2", "sysctl -qw net.ipv4.icmp_echo_ignore_all=0")], "h2", r"it ignores echo requests"),
    ("MTU mismatch", [("h2", "ip link set eth0 mtu 1300")], [("h2", "ip link set eth0 mtu 1500")],
     "h2", r"MTU mismatch on r2–h2: r2's eth1 has 1500, h2's eth0 has 1300",
     'ping = ["h1", "h2"]\nsize = 1400'),
    ("wrong neighbour entry", [("r2", "ip neigh replace 10.0.2.2 lladdr 02:00:00:00:00:99 dev eth1 nud permanent")],
     [("r2", "ip neigh del 10.0.2.2 dev eth1")], "r2", r"wrong neighbour entry: r2 has 10\.0\.2\.2 at 02:00:00:00:00:99"),
]

OSPF = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-2]" = { kind = "router", routing = "ospf" }
'''


OSPF_BROKEN = [
    ("area", vty("r2", "interface eth0", "no ip ospf area", "ip ospf area 1"),
     vty("r2", "interface eth0", "no ip ospf area", "ip ospf area 0"),
     r"OSPF r1–r2: .*\(area 0\.0\.0\.0 vs 0\.0\.0\.1"),
    ("timers", vty("r2", "interface eth0", "ip ospf hello-interval 7", "ip ospf dead-interval 30"),
     vty("r2", "interface eth0", "ip ospf hello-interval 1", "ip ospf dead-interval 4"),
     r"OSPF r1–r2: .*\(hello timers 1 s vs 7 s, dead timers 4 vs 30\)"),
    ("MTU", [("r2", "ip link set eth0 mtu 1400; vtysh -c 'clear ip ospf neighbor'")],
     [("r2", "ip link set eth0 mtu 1500; vtysh -c 'clear ip ospf neighbor'")],
     r"OSPF r1–r2: (ExStart|Exchange|no adjacency|Init) \(MTU 1500 vs 1400\)"),
    ("passive", vty("r2", "interface eth0", "ip ospf passive"), vty("r2", "interface eth0", "no ip ospf passive"),
     r"OSPF r1–r2: .*r2's eth0 is passive"),
    ("not enabled", vty("r2", "interface eth0", "no ip ospf area"), vty("r2", "interface eth0", "ip ospf area 0"),
     r"OSPF r1–r2: not enabled on r2's eth0"),
    ("router id", vty("r2", "router ospf", "ospf router-id 10.9.9.9", "exit", "interface eth0", "ip ospf area 0") +
     vty("r1", "router ospf", "ospf router-id 10.9.9.9") + [("r1", "vtysh -c 'clear ip ospf process'"), ("r2", "vtysh -c 'clear ip ospf process'")], None,
     r"OSPF r1–r2: .*the same router id 10\.9\.9\.9"),
]

BGP = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-2]" = { kind = "router", routing = "bgp", asn = "${65000 + i}" }
[addressing]
ipv6 = false
'''


class Causes(Broken):
    @limit(240)
    def test_packets(self):
        self.up(STATIC)
        lab("wait", "ping h1 h2")
        for name, broken, mended, node, cause, *condition in BROKEN:
            with self.subTest(name):
                self.do(broken)
                try:
                    result = self.fails((condition or ["ping h1 h2"])[0])
                finally:
                    self.do(mended)
                lab("wait", "ping h1 h2", "--timeout", "10s")
                found = result.get("diagnosis", {})
                self.assertTrue(found.get("causes"), result)
                self.assertRegex(found["causes"][0], cause, found)
                self.assertEqual(node, found["node"], found)
                self.assertIn(f"died at {node}: ", found["where"])

    @limit(90)
    def test_impairments(self):
        """By whatever does them here: what a node's own ruleset shows of them is no firewall of it."""
        self.up(STATIC)
        lab("wait", "ping h1 h2")
        for words, condition, node, cause in (
                (["r1--r2", "--loss", "100%", "--dir", "r1→r2"], "ping h1 h2", "r1", "r1's eth1 sends: loss 100%"),
                (["r2--h2", "--loss", "100%", "--dir", "r2→h2"], "ping h1 h2", "r2", "r2's eth1 sends: loss 100%"),
                (["r1--r2", "--loss", "100%", "--dir", "r2→r1"], "ping h1 h2", "r2", "r2's eth0 sends: loss 100%"),
                (["r1--r2", "--loss", "30%"], 'ping = ["h1", "h2"]\ncount = 60\nloss = "< 1%"', None, "sends: loss 30%")):
            with self.subTest(words):
                lab("impair", *words)
                found = self.fails(condition, "100ms")["diagnosis"]
                lab("impair", words[0], "--clear")
                self.assertTrue(found["causes"], found)
                self.assertIn("an impairment of what ", found["causes"][0], found)
                self.assertIn(cause, found["causes"][0])
                if node:
                    self.assertEqual(node, found["node"], found)
                    self.assertIn(f"died at {node}: what it sends by ", found["where"].replace("the reply died", "died"))
                lab("wait", "ping h1 h2", "--timeout", "10s")

    @limit(90)
    def test_who_rests(self):
        """Nodes that run nothing, and links that were switched off: by whom, and how to undo it."""
        self.up(STATIC)
        lab("wait", PING := "ping h1 h2")
        for broken, mended, condition, node, cause in (
                (["stop", "r2"], ["start", "r2"], PING, "r1", "r2 is stopped (lab start r2)"),
                (["stop", "h2"], ["start", "h2"], 'tcp = ["h1", "h2:80"]', "r2", "h2 is stopped (lab start h2)"),
                (["pause", "h2"], ["resume", "h2"], 'http = ["h1", "http://h2/"]', "h2", "h2 is paused (lab resume h2)"),
                (["link", "r1--r2", "down"], ["link", "r1--r2", "up"], PING, "r1",
                 "interface down: r1's eth1 (link r1--r2), which is switched off (lab link r1--r2 up)")):
            with self.subTest(broken):
                lab(*broken)
                found = self.fails(condition)["diagnosis"]
                self.assertEqual((cause, node), (found["causes"][0], found["node"]), found)
                self.assertIn(f"died at {node}: ", found["where"])
                lab(*mended)
                lab("wait", PING, "--timeout", "20s")

    def test_in_words(self):
        self.write("t.lab.toml", STATIC + '[[check]]\nping = ["h1", "h2"]\nwithin = "200ms"\n')
        self.up(file="t.lab.toml")
        self.do([("r1", "ip route del 10.0.2.0/24")])
        said = lab("check", status=1).out
        self.assertIn("died at r1: no route to 10.0.2.0/24 (r1 has 2 routes)\n", said)
        self.assertIn("likely cause: the route 10.0.2.0/24 via 10.0.12.2 of the file is gone from r1\n", said)
        self.assertIn("r1 route 10.0.12.0/24 dev eth1 proto kernel\n", said)
        self.assertIn("t.lab.toml:9\n", said)

    @limit(200)
    def test_ospf(self):
        self.up(OSPF)
        lab("wait", "ospf-neighbors r1 full=1", "--timeout", "60s")
        for name, broken, mended, cause in OSPF_BROKEN:
            with self.subTest(name):
                self.do(broken)
                lab("wait", 'ospf-neighbors = { node = "r1", full = 1 }\nnot = true', "--timeout", "20s", timeout=40)
                found = self.fails("ospf-neighbors r1 full=1", "200ms")["diagnosis"]
                self.assertRegex(found["causes"][0], cause, found)
                lab("wait", 'route = { node = "r1", prefix = "${h2.eth0.net4}", absent = true }', "--timeout", "20s", timeout=40)
                lost = self.fails('ping = ["h1", "h2"]\nfamily = "ipv4"')["diagnosis"]
                self.assertEqual("r1", lost["node"])
                self.assertRegex(lost["causes"][0], cause, lost)
                if mended:
                    self.do(mended)
                    lab("wait", "ospf-neighbors r1 full=1", "--timeout", "60s", timeout=80)

    @limit(200)
    def test_bgp(self):
        self.up(BGP)
        lab("wait", "bgp-neighbors r1 established=1", "--timeout", "60s")
        peer = lab("exec", "r1", "--", "sh", "-c", "vtysh -c 'show bgp summary json' | grep -o '\"172[0-9.]*\":' | tr -d '\":'").out.strip()
        cases = [
            ("AS", vty("r1", "router bgp 65001", f"neighbor {peer} remote-as 65009"),
             vty("r1", "router bgp 65001", f"neighbor {peer} remote-as 65002"),
             r"BGP r1–r2: \w+ \(AS mismatch: r1 expects AS 65009, r2 is AS 65002\)"),
            ("shutdown", vty("r1", "router bgp 65001", f"neighbor {peer} shutdown"),
             vty("r1", "router bgp 65001", f"no neighbor {peer} shutdown"), r"BGP r1–r2: Idle \(r1 has shut its neighbor down\)"),
            ("no neighbour", vty("r2", "no router bgp", "router bgp 65002", "neighbor 10.99.0.1 remote-as 65001"), None,
             r"BGP r1–r2: \w+ \(r2 has no neighbor statement for r1\)"),
        ]
        for name, broken, mended, cause in cases:
            with self.subTest(name):
                self.do(broken)
                lab("wait", 'bgp-neighbors = { node = "r1", established = 1 }\nnot = true', "--timeout", "20s", timeout=40)
                found = self.fails("bgp-neighbors r1 established=1", "200ms")["diagnosis"]
                self.assertRegex("\n".join(found["causes"]), cause, found)
                if mended:
                    self.do(mended)
                    lab("wait", "bgp-neighbors r1 established=1", "--timeout", "60s", timeout=80)
