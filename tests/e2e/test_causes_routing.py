"""Routing protocols misconfigured at one end: the report says what differs, and where."""

from broken import Broken, interface, vty
from labtest import limit
from machine import lab

LINE = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-2]" = { kind = "router", ROUTING }
'''
OSPF = LINE.replace("ROUTING", 'routing = "ospf"')
BGP = LINE.replace("ROUTING", 'routing = "bgp", asn = "${65000 + i}"') + "[addressing]\nipv6 = false\n"
INNER_BGP = LINE.replace("ROUTING", 'routing = ["ospf", "bgp"], asn = 65000, loopback = true') + \
    "[addressing]\nipv6 = false\n"
ISIS = LINE.replace("ROUTING", 'routing = "isis"')
RIP = LINE.replace("ROUTING", 'routing = "rip"') + "[addressing]\nipv6 = false\n"

MIXED = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "r3"]]
[nodes]
h1 = "host"
r1 = { kind = "router", routing = "ospf" }
r2 = { kind = "router", routing = ["ospf", "bgp"], asn = 65000 }
r3 = { kind = "router", routing = "bgp", asn = 65003 }
[addressing]
ipv6 = false
'''

FOUR = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "r3"], ["r3", "r4"]]
[nodes]
h1 = "host"
r1 = { kind = "router", routing = "bgp", asn = 65001 }
"r[2-4]" = { kind = "router", routing = "bgp", asn = 65000 }
[addressing]
ipv6 = false
'''

DIGEST = ["ip ospf authentication message-digest", "ip ospf message-digest-key 1 md5 "]


class RoutingCauses(Broken):
    def peer(self, node):
        return lab("exec", node, "--", "sh", "-c", "vtysh -c 'show running-config' | "
                   "sed -n 's/^ neighbor \\([0-9.]*\\) remote-as.*/\\1/p'").out.strip()

    @limit(200)
    def test_ospf(self):
        self.up(OSPF)
        both = interface("r1", "eth1", *DIGEST[:1], DIGEST[1] + "one") + \
            interface("r2", "eth0", *DIGEST[:1], DIGEST[1] + "two")
        one = interface("r1", "eth1", "no ip ospf message-digest-key 1", "no ip ospf authentication")
        two = interface("r2", "eth0", "no ip ospf message-digest-key 1", "no ip ospf authentication")
        at = r" on r1's eth1 and r2's eth0$"
        self.each([
            ("authentication", interface("r2", "eth0", *DIGEST[:1], DIGEST[1] + "one"), two,
             r"^OSPF r1–r2: [\w ]+ \(authentication none vs message-digest\)" + at),
            ("keys", both, one + two,
             r"^OSPF r1–r2: [\w ]+ \(the authentication keys 1 of r1 and r2 differ\)" + at),
            ("key ids", interface("r1", "eth1", *DIGEST[:1], DIGEST[1] + "one") +
             interface("r2", "eth0", *DIGEST[:1], DIGEST[1].replace("1", "7") + "one"),
             one + interface("r2", "eth0", "no ip ospf message-digest-key 7", "no ip ospf authentication"),
             r"^OSPF r1–r2: [\w ]+ \(authentication key 1 vs 7\)" + at),
            ("network type", interface("r2", "eth0", "ip ospf network broadcast"),
             interface("r2", "eth0", "ip ospf network point-to-point"),
             r"^OSPF r1–r2: [\w ]+ \(network type POINTOPOINT vs BROADCAST\)" + at),
        ], 'ospf-neighbors = { node = "r1", full = 1, family = "ipv4" }')
        self.each([
            ("area", interface("r2", "eth0", "no ipv6 ospf6 area 0", "ipv6 ospf6 area 5"),
             interface("r2", "eth0", "no ipv6 ospf6 area 5", "ipv6 ospf6 area 0"),
             r"^OSPFv3 r1–r2: [\w ]+ \(area 0\.0\.0\.0 vs 0\.0\.0\.5\)" + at),
            ("timers", interface("r2", "eth0", "ipv6 ospf6 hello-interval 7", "ipv6 ospf6 dead-interval 30"),
             interface("r2", "eth0", "ipv6 ospf6 hello-interval 1", "ipv6 ospf6 dead-interval 4"),
             r"^OSPFv3 r1–r2: [\w ]+ \(hello timers 1 vs 7, dead timers 4 vs 30\)" + at),
            ("passive", interface("r2", "eth0", "ipv6 ospf6 passive"),
             interface("r2", "eth0", "no ipv6 ospf6 passive"),
             r"^OSPFv3 r1–r2: [\w ]+ \(r2's eth0 is passive\)" + at),
        ], 'ospf-neighbors = { node = "r1", full = 1, family = "ipv6" }')
        self.each([("not announced", interface("r2", "eth1", "no ip ospf area"),
                    interface("r2", "eth1", "ip ospf area 0"),
                    r"^r2 does not announce [\d./]+: OSPF is not enabled on its eth1")],
                  'ospf-route = { node = "r1", prefix = "${h2.eth0.net4}" }')

    @limit(200)
    def test_bgp(self):
        self.up(BGP)
        two, one = self.peer("r1"), self.peer("r2")
        first = lambda *words: vty("r1", "router bgp 65001", *words)
        second = lambda *words: vty("r2", "router bgp 65002", *words)
        net = lab("exec", "r2", "--", "sh", "-c", "vtysh -c 'show running-config' | "
                  "sed -n 's/^  network \\(.*\\)/\\1/p'").out.split()
        h2 = next(n for n in net if n not in lab("exec", "r1", "--", "vtysh", "-c", "show running-config").out)
        self.each([
            ("password", first(f"neighbor {two} password a"), first(f"no neighbor {two} password"),
             r"^BGP r1–r2: \w+ \(password \(TCP MD5\): r1 has one, r2 has none\)$"),
            ("passwords", first(f"neighbor {two} password a") + second(f"neighbor {one} password b"),
             first(f"no neighbor {two} password") + second(f"no neighbor {one} password"),
             r"^BGP r1–r2: \w+ \(the passwords \(TCP MD5\) of r1 and r2 differ\)$"),
            ("ttl-security", first(f"neighbor {two} ttl-security hops 1"),
             first(f"no neighbor {two} ttl-security hops 1"),
             r"^BGP r1–r2: \w+ \(ttl-security: r1 has hops 1, r2 has none\)$"),
        ], 'bgp-neighbors = { node = "r1", established = 1 }')
        four = "address-family ipv4 unicast"
        self.each([
            ("not activated", second(four, f"no neighbor {one} activate"),
             second(four, f"neighbor {one} activate"),
             rf"^BGP r1–r2: \w+(, but | \()IPv4 unicast is not activated at r2 \(neighbor {one} activate\)"),
            ("no network", second(four, f"no network {h2}"), second(four, f"network {h2}"),
             rf"^r2 does not announce {h2}: BGP has no network statement for it, only for "),
        ], f'bgp-route = {{ node = "r1", prefix = "{h2}" }}')
        self.do(second("bgp ebgp-requires-policy") + [("r2", "vtysh -c 'clear bgp *'")])
        lab("wait", 'bgp-neighbors = { node = "r1", established = 1 }', "--timeout", "60s", timeout=90)
        found = self.fails(f'bgp-route = {{ node = "r1", prefix = "{h2}" }}', "100ms")["diagnosis"]
        self.assertRegex(found["causes"][0], r"^BGP r2–r1: Established, but Inbound updates discarded due to "
                         r"missing policy \(no bgp ebgp-requires-policy, or a route-map\)$", found)

    @limit(200)
    def test_filters(self):
        """What is announced, and kept out: the line of the configuration that does it."""
        self.up(BGP)
        two, one = self.peer("r1"), self.peer("r2")
        four = "address-family ipv4 unicast"
        first = lambda *words: vty("r1", "router bgp 65001", four, *words)
        second = lambda *words: vty("r2", "router bgp 65002", four, *words)
        h2 = lab("exec", "r2", "--", "sh", "-c", f"ip -4 route show dev eth1 | awk '{{print $1}}'").out.strip()
        deny = [f"ip prefix-list P seq 5 deny {h2}", "ip prefix-list P seq 9 permit any"]
        by_map = ["route-map M deny 10", "match ip address prefix-list P2", "exit", "route-map M permit 20", "exit",
                  f"ip prefix-list P2 seq 5 permit {h2}"]
        clear = [(node, "vtysh -c 'clear bgp *'") for node in ("r1", "r2")]
        self.each([
            ("a prefix list", vty("r2", *deny) + second(f"neighbor {one} prefix-list P out"),
             second(f"no neighbor {one} prefix-list P out"),
             rf"^r2 filters {h2}: neighbor {one} prefix-list P out \(ip prefix-list P seq 5 deny {h2}\)$"),
            ("a route map", vty("r1", *by_map) + first(f"neighbor {two} route-map M in"),
             first(f"no neighbor {two} route-map M in"),
             rf"^r1 filters {h2}: neighbor {two} route-map M in \(route-map M deny 10\)$"),
            ("a distribute list", vty("r2", f"access-list A seq 5 deny {h2}", "access-list A seq 9 permit any") +
             second(f"neighbor {one} distribute-list A out"), second(f"no neighbor {one} distribute-list A out"),
             rf"^r2 filters {h2}: neighbor {one} distribute-list A out \(access-list A seq 5 deny {h2}\)$"),
            ("a map that is not there", second(f"neighbor {one} route-map NONE out"),
             second(f"no neighbor {one} route-map NONE out"),
             rf"^r2 filters {h2}: neighbor {one} route-map NONE out \(route-map NONE is not there\)$"),
            ("too many", first(f"neighbor {two} maximum-prefix 1"),
             first(f"no neighbor {two} maximum-prefix 1") + clear,
             rf"^BGP r1–r2: \w+ \(it announces more than r1 takes: neighbor {two} maximum-prefix 1\)$"),
        ], f'bgp-route = {{ node = "r1", prefix = "{h2}" }}')

    @limit(120)
    def test_between_protocols(self):
        """r2 speaks two, and tells the one nothing of the other."""
        self.up(MIXED)
        lab("wait", 'bgp-neighbors = { node = "r3", established = 1 }', "--timeout", "60s", timeout=80)
        lab("wait", 'ospf-neighbors = { node = "r1", full = 1 }', "--timeout", "60s", timeout=80)
        net = lab("exec", "r1", "--", "sh", "-c", "ip -4 route show dev eth0 proto kernel | awk '{print $1}'").out.strip()
        found = self.fails(f'bgp-route = {{ node = "r3", prefix = "{net}" }}', "100ms")["diagnosis"]
        self.assertEqual(f"r2 knows {net} by OSPF, and does not tell it by BGP (no redistribute ospf under "
                         "router bgp 65000)", found["causes"][0], found)

    @limit(120)
    def test_what_bgp_passes_on(self):
        """Next hops that nobody knows, networks of iBGP that stay where they are, an AS that hears of itself."""
        self.up(FOUR)
        lab("wait", 'bgp-neighbors = { node = "r3", established = 2 }', "--timeout", "60s", timeout=80)
        net = lab("exec", "r1", "--", "sh", "-c", "ip -4 route show dev eth0 proto kernel | awk '{print $1}'").out.strip()
        lab("wait", f'bgp-route = {{ node = "r3", prefix = "{net}" }}', "--timeout", "20s")
        found = self.fails(f'bgp-route = {{ node = "r4", prefix = "{net}" }}', "100ms")["diagnosis"]
        self.assertRegex(found["causes"][0], rf"^r3 knows {net} by iBGP, and does not pass that on to r4 by iBGP \(a full mesh "
                         r"of sessions, or at r3 neighbor [\d.]+ route-reflector-client\)$", found)
        peer = lab("exec", "r2", "--", "sh", "-c", "vtysh -c 'show running-config' | "
                   "sed -n 's/^ neighbor \\([0-9.]*\\) description r3/\\1/p'").out.strip()
        self.do(vty("r2", "router bgp 65000", "address-family ipv4 unicast", f"no neighbor {peer} next-hop-self",
                    "no network 172.16.0.0/31", "no network 172.16.0.2/31"))
        lost = f'route = {{ node = "r3", prefix = "{net}", absent = true }}'
        lab("wait", lost, "--timeout", "20s")
        found = self.fails(f'route = {{ node = "r3", prefix = "{net}" }}', "100ms")["diagnosis"]
        self.assertRegex(found["causes"][0], rf"^r3 has {net} by BGP from r2, and no route to its next hop [\d.]+ "
                         r"\(at r2 next-hop-self, or a route\)$", found)

    @limit(120)
    def test_a_daemon_on_a_host(self):
        self.up(OSPF)
        lab("wait", 'ospf-neighbors = { node = "r1", full = 1, family = "ipv4" }', "--timeout", "60s", timeout=80)
        self.do([("h1", "mkdir -p /run/frr; chown frr:frr /run/frr; echo 'service integrated-vtysh-config' > /etc/frr/vtysh.conf; "
                        "for d in zebra ospfd; do /usr/lib/frr/$d -d; done; until [ -S /run/frr/ospfd.vty ]; do :; done")] +
                vty("h1", "router ospf") + interface("h1", "eth0", "ip ospf area 0", "ip ospf hello-interval 5", "ip ospf dead-interval 20",
                          "ip ospf network point-to-point") +
                interface("r1", "eth0", "no ip ospf passive", "ip ospf network point-to-point"))
        found = self.fails('ospf-neighbors = { node = "r1", full = 2, family = "ipv4" }', "200ms")["diagnosis"]
        self.assertRegex(found["causes"][0], r"^OSPF h1–r1: [\w ]+ \(hello timers 5 s vs \d+ s, dead timers 20 vs \d+\)"
                         r" on h1's eth0 and r1's eth0$", found)

    @limit(200)
    def test_bgp_of_loopbacks(self):
        self.up(INNER_BGP)
        two, one = self.peer("r1"), self.peer("r2")
        self.each([
            ("update-source", vty("r1", "router bgp 65000", f"no neighbor {two} update-source") +
             vty("r2", "router bgp 65000", f"no neighbor {one} update-source"),
             vty("r1", "router bgp 65000", f"neighbor {two} update-source {one}") +
             vty("r2", "router bgp 65000", f"neighbor {one} update-source {two}"),
             rf"^BGP r1–r2: \w+ \(r2 expects r1 at {one}, and r1 has no update-source for it"),
            ("no way", vty("r1", "interface eth1", "no ip ospf area"), vty("r1", "interface eth1", "ip ospf area 0"),
             r"OSPF r1–r2: not enabled on r1's eth1"),
        ], 'bgp-neighbors = { node = "r1", established = 1 }')
        # From here on strangers.
        outside = lambda node, own, other: vty(
            node, "no router bgp 65000", f"router bgp {own}", "no bgp ebgp-requires-policy",
            f"neighbor {other[1]} remote-as {other[0]}", f"neighbor {other[1]} update-source lo",
            f"neighbor {other[1]} timers connect 1")
        self.do(outside("r1", 65001, (65002, two)) + outside("r2", 65002, (65001, one)))
        found = self.fails('bgp-neighbors = { node = "r1", established = 1 }', "200ms")["diagnosis"]
        self.assertRegex(found["causes"][0], rf"^BGP r1–r2: \w+ \(the neighbor {two} is on no network of r1's, "
                         r"and has no ebgp-multihop there\)$", found)
        self.do(vty("r1", "router bgp 65001", f"neighbor {two} ebgp-multihop 2") +
                vty("r2", "router bgp 65002", f"neighbor {one} ebgp-multihop 2"))
        lab("wait", 'bgp-neighbors = { node = "r1", established = 1 }', "--timeout", "60s", timeout=90)

    @limit(200)
    def test_isis(self):
        self.up(ISIS)
        at = r" on r1's eth1 and r2's eth0$"
        self.each([
            ("level", vty("r2", "router isis lab", "is-type level-1", "exit", "interface eth0", "isis circuit-type level-1"),
             vty("r2", "router isis lab", "is-type level-2-only", "exit", "interface eth0", "isis circuit-type level-2-only"),
             r"^IS-IS r1–r2: [\w ]+ \(level 2 vs 1\)" + at),
            ("passive", interface("r2", "eth0", "isis passive"), interface("r2", "eth0", "no isis passive"),
             r"^IS-IS r1–r2: [\w ]+ \(r2's eth0 is passive\)" + at),
            ("not enabled", interface("r2", "eth0", "no ip router isis lab", "no ipv6 router isis lab"),
             interface("r2", "eth0", "ip router isis lab", "ipv6 router isis lab", "isis circuit-type level-2-only",
                       "isis network point-to-point", "isis hello-interval 1", "isis hello-multiplier 4"),
             r"^IS-IS r1–r2: not enabled on r2's eth0"),
        ], 'isis-neighbors = { node = "r1", up = 1 }')

    @limit(300)
    def test_rip(self):
        self.up(RIP)
        self.each([
            ("version", interface("r2", "eth0", "ip rip send version 1"), interface("r2", "eth0", "no ip rip send version"),
             r"^RIP r1–r2: no routes \(version: r2's eth0 sends 1, r1's eth1 takes 2\)$"),
            ("passive", vty("r2", "router rip", "passive-interface eth0"), vty("r2", "router rip", "no passive-interface eth0"),
             r"^RIP r1–r2: no routes \(r2's eth0 is passive\)$"),
            ("not enabled", vty("r2", "router rip", "no network eth0"), vty("r2", "router rip", "network eth0"),
             r"^RIP r1–r2: not enabled on r2's eth0 \(no network statement for it\)$"),
        ], 'rip-route = { node = "r1", prefix = "${h2.eth0.net4}" }')
