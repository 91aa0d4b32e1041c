"""Switches, neighbours and firewalls that let nothing through, though every route is right."""

from broken import Broken
from labtest import limit
from machine import lab

LAN = '''
links = [["h[1-3]", "sw"]]
[nodes]
"h[1-3]" = "host"
sw = "switch"
'''

STATIC = '''
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = { kind = "host", addresses = ["10.0.1.2/24", "fd00:1::2/64"] }
h2 = { kind = "host", addresses = ["10.0.2.2/24", "fd00:2::2/64"], run = [{ name = "web", cmd = "exec python3 -m http.server 80", ready = "tcp 80" }] }
r1 = { kind = "router", addresses = { eth0 = ["10.0.1.1/24", "fd00:1::1/64"], eth1 = ["10.0.2.1/24", "fd00:2::1/64"] } }
'''

# A ruleset of many words, in which one rule drops.
RULES = """
table inet filter {
  comment "drop nothing here"
  set bad { type ipv4_addr; elements = { 10.9.9.9, 10.0.1.2 } }
  map ports { type inet_service : verdict; elements = { 81 : drop, 82 : drop } }
  chain unused { type filter hook output priority 5; policy accept; ip daddr 10.77.0.0/16 counter drop; }
  chain deep { CHAIN }
  chain forward { type filter hook forward priority 0; policy accept;
    ip saddr 10.88.0.1 counter drop comment "somebody else"
    tcp dport vmap @ports
    counter jump deep comment "drop or not"
  }
}
"""
PING = "ping h1 h2"
WEB = 'tcp = ["h1", "h2:80"]'


class Wires(Broken):
    def broken(self, cases, good=PING):
        for name, broken, mended, node, cause, *condition in cases:
            with self.subTest(name):
                for where, command in broken:
                    self.at(where, command)
                try:
                    found = self.fails((condition or [good])[0])["diagnosis"]
                finally:
                    for where, command in mended:
                        self.at(where, command)
                self.assertTrue(found["causes"], found)
                self.assertRegex(found["causes"][0], cause, found)
                self.assertEqual(node, found["node"], found)
                lab("wait", good, "--timeout", "20s")

    def at(self, node, command):
        # A switch has no processes: its namespace is entered.
        inside = ["ns", "enter", "--", "ip", "netns", "exec", "t.sw"] if node == "sw" else ["exec", node, "--"]
        lab(*inside, "sh", "-c", command)

    @limit(120)
    def test_switches(self):
        self.up(LAN)
        lab("wait", PING)
        own, other = (lab("exec", h, "--", "cat", "/sys/class/net/eth0/address").out.strip() for h in ("h1", "h2"))
        flush = [("h1", "ip neigh flush all"), ("h2", "ip neigh flush all")]
        self.broken([
            ("isolated", [("sw", "bridge link set dev eth0 isolated on; bridge link set dev eth1 isolated on")],
             [("sw", "bridge link set dev eth0 isolated off; bridge link set dev eth1 isolated off")],
             "h1", r"^isolated ports: sw's eth0 \(to h1\) and sw's eth1 \(to h2\) do not talk"),
            ("blocked", [("sw", "ip link set br0 type bridge forward_delay 3000 stp_state 1; ip link set eth1 down; ip link set eth1 up")],
             [("sw", "ip link set br0 type bridge stp_state 0 forward_delay 400; ip link set eth1 down; ip link set eth1 up")],
             "h1", r"^blocked port: sw's eth1 \(to h2\) is (blocking|listening|learning) \(spanning tree\)"),
            ("port down", [("sw", "ip link set eth1 down")], [("sw", "ip link set eth1 up")],
             "h2", r"^interface down: sw's eth1 \(link h2--sw\)"),
            ("ARP off", [("h2", "ip link set eth0 arp off"), *flush], [("h2", "ip link set eth0 arp on")],
             "h1", r"^ARP is off at h2's eth0"),
            ("a rule of the switch's", [("sw", "nft 'add table bridge f; add chain bridge f y { type filter hook forward priority 0; }; "
                                        "add rule bridge f y ip protocol icmp drop'")], [("sw", "nft delete table bridge f")],
             "h1", r"^nft drop at sw: chain y of table bridge f: the rule with handle \d+ drops$"),
            ("a policy of the switch's", [("sw", "nft 'add table bridge f; add chain bridge f y { type filter hook forward priority 0; policy drop; }'")],
             [("sw", "nft delete table bridge f")], "h1", r"^nft drop at sw: chain y of table bridge f, policy drop$"),
            ("duplicate MAC", [("h1", f"ip link set eth0 address {other}"), *flush],
             [("h1", f"ip link set eth0 address {own}"), ("h2", "ip neigh flush all")],
             "h1", rf"^duplicate MAC address: h1's eth0 and h2's eth0 both have {other}"),
        ])

    def test_masks_of_the_file(self):
        """One end does not see the other: the masks of both."""
        self.up("""
links = [["h1 10.0.1.1/24", "h2 10.0.1.130/25"]]
[nodes]
"h[1-2]" = "host"
""")
        for condition in ("ping h2 h1", PING):
            found = self.fails(condition)["diagnosis"]
            self.assertEqual(["wrong prefix length: h2's eth0 has 10.0.1.130/25, and h1's eth0 10.0.1.1/24: 10.0.1.1 is on no "
                              "network of h2's"], found["causes"])
            self.assertEqual("h2", found["node"])

    @limit(120)
    def test_nodes(self):
        self.up(STATIC)
        lab("wait", PING)
        six = 'ping = ["h1", "h2"]\nfamily = "ipv6"'
        self.broken([
            ("a short life", [("h1", "sysctl -qw net.ipv4.ip_default_ttl=1")], [("h1", "sysctl -qw net.ipv4.ip_default_ttl=64")],
             "h1", r"^what h1 sends lives 1 hop only \(net\.ipv4\.ip_default_ttl\)"),
            ("one interface does not forward", [("r1", "sysctl -qw net.ipv4.conf.eth0.forwarding=0")],
             [("r1", "sysctl -qw net.ipv4.conf.eth0.forwarding=1")], "r1",
             r"^forwarding is off at r1's eth0 \(net\.ipv4\.conf\.eth0\.forwarding = 0\)"),
            ("unreachable", [("r1", "ip route add unreachable 10.0.2.2/32")], [("r1", "ip route del unreachable 10.0.2.2/32")],
             "r1", r"^an unreachable route at r1"),
            ("ARP of the router's off", [("r1", "ip link set eth1 arp off; ip neigh flush all")],
             [("r1", "ip link set eth1 arp on")], "r1", r"^ARP is off at r1's eth1"),
            ("wrong gateway", [("h1", "ip route replace default via 10.0.1.7")], [("h1", "ip route replace default via 10.0.1.1")],
             "h1", r"^wrong next hop: h1 sends everything else via 10\.0\.1\.7 dev eth0"),
            ("another table", [("r1", "ip route add default via 10.0.1.9 table 77; ip rule add to 10.0.2.0/24 lookup 77 prio 10")],
             [("r1", "ip rule del prio 10; ip route flush table 77")], "r1",
             r"^wrong next hop: r1 sends everything via 10\.0\.1\.9 dev eth0 \(by a rule, table 77\)"),
            ("another source", [("h1", "ip addr add 10.9.9.9/32 dev lo; ip route change default via 10.0.1.1 src 10.9.9.9")],
             [("h1", "ip route change default via 10.0.1.1; ip addr del 10.9.9.9/32 dev lo")], "r1",
             r"^h1 sends from 10\.9\.9\.9, an address of no network of the file$"),
            ("a wire of others", [("r1", "ip route del 10.0.2.0/24; ip route add 10.0.2.0/24 dev eth0")],
             [("r1", "ip route del 10.0.2.0/24; ip route add 10.0.2.0/24 dev eth1 src 10.0.2.1")], "r1",
             r"^wrong next hop: r1 sends 10\.0\.2\.0/24 dev eth0"),
            ("another name", [("h2", "ip link set eth0 down; ip link set eth0 name wan0; ip link set wan0 up")],
             [("h2", "ip link set wan0 down; ip link set wan0 name eth0; ip link set eth0 up; ip -6 addr add fd00:2::2/64 dev eth0 nodad; "
                     "ip route replace default via 10.0.2.1; ip -6 route replace default via fd00:2::1")],
             "r1", r"^h2 has no interface eth0 any more$"),
            ("IPsec", [("r1", "ip xfrm policy add dir fwd action block")], [("r1", "ip xfrm policy flush")], "r1",
             r"^an IPsec policy at r1 drops packets: src [0-9./]+ dst [0-9./]+ dir fwd action block"),
            ("mask of the other end", [("h2", "ip addr add 10.0.2.2/8 dev eth0; ip addr del 10.0.2.2/24 dev eth0")],
             [("h2", "ip addr add 10.0.2.2/24 dev eth0; ip addr del 10.0.2.2/8 dev eth0; ip route replace default via 10.0.2.1")],
             "h2", r"^wrong prefix length: h2's eth0 has 10\.0\.2\.2/8"),
            ("black hole for long packets", [("r1", "ip link set eth1 mtu 1300; nft 'add table ip b; add chain ip b o "
                                              "{ type filter hook output priority 0; }; add rule ip b o icmp type destination-unreachable drop'"),
                                             ("h2", "ip link set eth0 mtu 1300")],
             [("r1", "ip link set eth1 mtu 1500; nft delete table ip b"), ("h2", "ip link set eth0 mtu 1500; ip route replace default via 10.0.2.1")],
             "r1", r"^MTU black hole: packets of 1428 bytes do not fit r1's eth1 \(MTU 1300\), and h1 is not told",
             'ping = ["h1", "h2"]\nsize = 1400'),
        ])
        self.broken([
            ("IPv6 off", [("h2", "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1")],
             [("h2", "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0; ip -6 addr add fd00:2::2/64 dev eth0 nodad; "
                     "ip -6 route replace default via fd00:2::1")],
             "r1", r"^IPv6 is off at h2's eth0 \(net\.ipv6\.conf\.eth0\.disable_ipv6 = 1\)", six),
            ("IPv6 is not forwarded", [("r1", "sysctl -qw net.ipv6.conf.all.forwarding=0")],
             [("r1", "sysctl -qw net.ipv6.conf.all.forwarding=1")], "r1", r"^forwarding is off at r1 \(net\.ipv6", six),
            ("IPv6 echo is ignored", [("h2", "sysctl -qw net.ipv6.icmp.echo_ignore_all=1")],
             [("h2", "sysctl -qw net.ipv6.icmp.echo_ignore_all=0")], "h2",
             r"^it ignores echo requests \(net\.ipv6\.icmp\.echo_ignore_all = 1\)", six),
        ], six)

    @staticmethod
    def frames(family, hook, *rules):
        return (f"nft 'add table {family} f; add chain {family} f y {{ type filter hook {hook} device eth0 priority 0; }}" +
                "".join(f"; add rule {family} f y {rule}" for rule in rules) + "'")

    @limit(120)
    def test_rules(self):
        """The rule that drops is found by the kernel's own trace, whatever stands around it."""
        self.up(STATIC)
        lab("wait", PING)

        def rules(node, chain, hook="forward"):
            text = RULES.replace("CHAIN", chain).replace("hook forward", f"hook {hook}")
            return [(node, f"nft -f - <<'END'\n{text}\nEND")], [(node, "nft delete table inet filter")]

        place = r"chain deep of table inet filter: "
        icmp = 'ip saddr @bad icmp type echo-request counter packets 3 bytes 7 drop comment "the one"'
        self.broken([
            ("a set, with counters and comments", *rules("r1", icmp + ";"), "r1",
             r'^nft drop at r1: ' + place + r'ip saddr @bad icmp type echo-request counter drop comment "the one"$'),
            ("on the way back", *rules("r1", "icmp type echo-reply counter drop;"), "r1",
             r"^nft drop at r1: " + place + r"icmp type echo-reply counter drop$"),
            ("refused", *rules("h2", "tcp dport 80 counter reject with tcp reset;", "input"), "h2",
             r"^nft reject at h2: " + place + r"tcp dport 80 counter reject with tcp reset$", WEB),
            ("a verdict map", [("r1", "nft -f - <<'END'\n" + RULES.replace("CHAIN", "").replace("81 : drop", "80 : drop") + "\nEND")],
             [("r1", "nft delete table inet filter")], "r1",
             r"^nft drop at r1: chain forward of table inet filter: tcp dport vmap @ports$", WEB),
            ("a policy", [("r1", "nft 'add table ip p; add chain ip p x { type filter hook forward priority 0; policy drop; }; "
                           "add rule ip p x ip saddr 10.88.0.0/16 drop'")], [("r1", "nft delete table ip p")], "r1",
             r"^nft drop at r1: chain x of table ip p, policy drop$"),
            ("the sender's own", [("h1", "nft 'add table ip p; add chain ip p x { type filter hook output priority 0; }; "
                                   "add rule ip p x icmp type echo-request counter drop'")], [("h1", "nft delete table ip p")], "h1",
             r"^nft drop at h1: chain x of table ip p: icmp type echo-request counter drop$"),
            ("another rule is not it", [("r1", "nft 'add table ip p; add chain ip p x { type filter hook forward priority 0; }; "
                                         "add rule ip p x ip saddr 10.88.0.0/16 drop'"),
                                        ("h2", "nft 'add table ip q; add chain ip q y { type filter hook input priority 0; }; "
                                         "add rule ip q y icmp type echo-request drop'")],
             [("r1", "nft delete table ip p"), ("h2", "nft delete table ip q")], "h2",
             r"^nft drop at h2: chain y of table ip q: icmp type echo-request drop$"),
        ])
        for node in ("h1", "r1", "h2"):
            self.assertEqual("", lab("exec", node, "--", "nft", "list", "tables").out)

    @limit(120)
    def test_frames_and_names(self):
        """What never comes as far as IP, and what goes on under another address."""
        self.up(STATIC)
        lab("wait", PING)
        self.broken([
            ("frames that come in", [("r1", self.frames("netdev", "ingress", "ip saddr 10.88.0.0/16 drop",
                                                        "icmp type echo-request counter drop"))],
             [("r1", "nft delete table netdev f")], "r1",
             r"^nft drop at r1: chain y of table netdev f: icmp type echo-request counter drop$"),
            ("frames that come in, by the common family", [("h2", self.frames("inet", "ingress", "icmp type echo-request drop"))],
             [("h2", "nft delete table inet f")], "h2",
             r"^nft drop at h2: chain y of table inet f: icmp type echo-request drop$"),
            ("frames that go out", [("r1", self.frames("netdev", "egress", "icmp type echo-request drop").replace("eth0", "eth1"))],
             [("r1", "nft delete table netdev f")], "r1",
             r"^nft drop at r1: chain y of table netdev f: icmp type echo-request drop$"),
            ("before all others", [("r1", "nft 'add table ip p; add chain ip p x { type filter hook prerouting priority -500; }; "
                                    "add rule ip p x icmp type echo-request drop'")], [("r1", "nft delete table ip p")], "r1",
             r"^nft drop at r1: chain x of table ip p: icmp type echo-request drop$"),
            ("another sender", [("h1", "nft 'add table ip p; add chain ip p x { type nat hook postrouting priority 100; }; "
                                 "add rule ip p x oif eth0 snat to 10.9.9.9'")], [("h1", "nft delete table ip p")], "r1",
             r'^address translation at h1: chain x of table ip p: oif "eth0" snat to 10\.9\.9\.9$'),
            ("another receiver", [("r1", "nft 'add table ip p; add chain ip p x { type nat hook prerouting priority -100; }; "
                                   "add rule ip p x tcp dport 80 dnat to 10.0.2.9'")], [("r1", "nft delete table ip p")], "h2",
             r"^address translation at r1: chain x of table ip p: tcp dport 80 dnat to 10\.0\.2\.9$", WEB),
            ("a stopped process", [("h2", "kill -STOP $(pgrep python3)")], [("h2", "kill -CONT $(pgrep python3)")], "h2",
             r"^h2's python3 \(process \d+\) is stopped by a signal \(kill -CONT \d+\)$", 'http = ["h1", "http://h2/"]'),
        ])
