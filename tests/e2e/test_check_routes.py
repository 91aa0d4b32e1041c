"""What routing daemons say of a route: attributes of BGP, routes of IS-IS."""

from broken import Broken, vty
from labtest import limit
from machine import lab

ASES = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "r3"], ["r3", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-3]" = { kind = "router", routing = "bgp", asn = "${65000 + i}" }
[addressing]
ipv6 = false
'''

LINE = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-2]" = { kind = "router", routing = "isis" }
'''


class Routes(Broken):
    @limit(120)
    def test_attributes(self):
        self.up(ASES)
        prefix = lambda more: f'bgp-route = {{ node = "r1", prefix = "${{h2.eth0.net4}}"{more} }}'
        lab("wait", prefix(", aspath = [65002, 65003]"), "--timeout", "60s", timeout=80)
        lab("wait", prefix(', origin = "IGP", next-hop = "r2"'))
        self.do(vty("r2", "route-map out permit 10", "set community 65002:7 no-export additive",
                    "set large-community 65002:1:2 additive", "set metric 33", "set origin incomplete") +
                [("r2", "vtysh -c 'conf t' -c 'router bgp 65002' -c 'address-family ipv4 unicast' " +
                  f"-c 'neighbor {self.neighbor()} route-map out out'; vtysh -c 'clear bgp * soft out'")])
        lab("wait", prefix(', communities = ["65002:7", "no-export", "65002:1:2"], med = 33, origin = "incomplete"'),
            "--timeout", "20s", timeout=40)
        found = self.fails(prefix(', communities = "65002:9"'), "100ms")
        self.assertIn("communities 65002:7 no-export 65002:1:2", found["value"])
        self.assertRegex(self.fails(prefix(', next-hop = "r3"'), "100ms")["value"], r", next hop [\d.]+$")
        self.assertIn("is no community", lab("wait", prefix(', communities = "many"'), status=2).err)

    def neighbor(self):
        return lab("exec", "r2", "--", "sh", "-c", "vtysh -c 'show running-config' | "
                   "sed -n 's/^ neighbor \\([0-9.]*\\) remote-as 65001/\\1/p'").out.strip()

    @limit(90)
    def test_isis_routes(self):
        self.up(LINE)
        lab("wait", 'isis-route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2" }', "--timeout", "60s", timeout=80)
        lab("wait", "isis-route r1 ${h2.eth0.net6} via=r2", "--timeout", "30s")
        found = self.fails('isis-route = { node = "r1", prefix = "10.99.0.0/16" }', "100ms")
        self.assertRegex(found["value"], r"^no such route \(\d+ others of this protocol\)$")
