"""Networks that somebody knows, and tells only as a part of a larger one or not to everybody: the line that does it."""

from broken import Broken, vty
from labtest import limit
from machine import lab

AREAS = '''
links = [{ endpoints = ["h1", "r1"], area = 1 }, { endpoints = ["r1", "r2"], area = 1 }, ["r2", "r3"], ["r3", "h2"]]
[nodes]
"h[1-2]" = "host"
"r[1-3]" = { kind = "router", routing = "ospf" }
[addressing]
ipv6 = false
'''
LINE = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
"h[1-2]" = "host"
"r[1-2]" = { kind = "router", ROUTING }
[addressing]
ipv6 = false
'''
PING = 'ping = ["h1", "h2"]'
ELSEWHERE = "10.77.0.0/16"


class Hidden(Broken):
    def network(self, node):
        return lab("exec", node, "--", "sh", "-c", "ip -4 route show dev eth0 proto kernel | awk '{print $1}'").out.strip()

    @limit(240)
    def test_areas_of_ospf(self):
        self.up(AREAS)
        net = self.network("h2")
        border = lambda *words: vty("r2", "router ospf", *words)
        stub = vty("r1", "router ospf", "area 1 stub") + border("area 1 stub")
        no_stub = vty("r1", "router ospf", "no area 1 stub") + border("no area 1 stub")
        zero, one = r"area 0(\.0\.0\.0)? ", r"area (0\.0\.0\.)?1 "
        route = f'route = {{ node = "r1", prefix = "{net}" }}'
        hidden = ("not told", border(f"area 0 range {net} not-advertise"), border(f"no area 0 range {net} not-advertise"),
                  rf"^r2 keeps {net} from the other areas: {zero}range {net} not-advertise$")
        self.each([
            hidden, (*hidden, PING),
            ("a filter", vty("r2", f"ip prefix-list P seq 5 deny {net}", "ip prefix-list P seq 9 permit any") +
             border("area 1 filter-list prefix P in"), border("no area 1 filter-list prefix P in"),
             rf"^r2 filters {net}: {one}filter-list prefix P in \(ip prefix-list P seq 5 deny {net}\)$"),
            ("totally stubby", stub + border("area 1 stub no-summary"), no_stub,
             rf"^OSPF: area 0\.0\.0\.1 is totally stubby: r2 tells it a default route, and not {net} \({one}stub no-summary\)$"),
        ], route)
        self.do([("r3", f"ip route add {ELSEWHERE} dev eth1")] + vty("r3", "router ospf", "redistribute kernel"))
        self.each([
            ("from outside", stub, no_stub,
             rf"^OSPF: area 0\.0\.0\.1 is a stub area: no route from outside OSPF comes into it, as {ELSEWHERE} of r3 \({one}stub\)$"),
        ], f'route = {{ node = "r1", prefix = "{ELSEWHERE}" }}')

    @limit(120)
    def test_aggregates_of_bgp(self):
        self.up(LINE.replace("ROUTING", 'routing = "bgp", asn = "${65000 + i}"'))
        net, whole = self.network("h1"), "10.0.0.0/16"
        four = "address-family ipv4 unicast"
        first = lambda *words: vty("r1", "router bgp 65001", *words)
        self.each([
            ("summary-only", first(four, f"aggregate-address {whole} summary-only"),
             first(four, f"no aggregate-address {whole} summary-only"),
             rf"^r1 tells {whole} by BGP instead of {net}: aggregate-address {whole} summary-only$"),
            ("a network of no route", first("bgp network import-check", four, f"no network {net}", f"network {whole}"),
             first("no bgp network import-check", four, f"network {net}", f"no network {whole}"),
             rf"^r1 does not announce {net}: BGP has no network statement for it, only for [\d./, ]+, and it has no route "
             rf"to just {whole} \(bgp network import-check\)$"),
        ], f'route = {{ node = "r2", prefix = "{net}" }}')

    @limit(120)
    def test_offsets_of_rip(self):
        self.up(LINE.replace("ROUTING", 'routing = "rip"'))
        net = self.network("h2")
        words = "offset-list O out 16 eth0"
        self.each([
            ("out", vty("r2", "access-list O seq 5 permit any", "router rip", words), vty("r2", "router rip", "no " + words),
             rf"^r2 tells {net} by RIP with a metric of 16, which is not to be reached: {words}$"),
        ], f'rip-route = {{ node = "r1", prefix = "{net}" }}')

    @limit(120)
    def test_babel(self):
        self.up(LINE.replace("ROUTING", 'routing = "babel"'))
        net = self.network("h2")
        silent = ("one end", vty("r2", "router babel", "no network eth0"), vty("r2", "router babel", "network eth0"),
                  r"^Babel r1–r2: not enabled on r2's eth0 \(no network statement for it\)$")
        self.each([silent, (*silent, PING)], f'route = {{ node = "r1", prefix = "{net}" }}')
