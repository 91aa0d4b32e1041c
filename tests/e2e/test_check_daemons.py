"""Checks of protocols, on the daemons themselves: IS-IS, RIP, name servers."""

from labtest import LabTest, limit
from machine import lab
from test_check import results, table

ROW = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-2]" = { kind = "router", routing = "%s" }
'''

DNS = '''
links = [["h1", "ns"]]
[nodes]
h1 = "host"
[nodes.ns]
kind = "host"
files = { "/etc/zone" = { text = """
no-resolv
no-hosts
host-record=www.lab,192.0.2.80
host-record=www6.lab,2001:db8::80
cname=web.lab,www.lab
""" } }
run = [{ name = "dns", cmd = "exec dnsmasq --keep-in-foreground --conf-file=/etc/zone --user=root --pid-file", ready = "udp 53" }]
'''


class Daemons(LabTest):
    def results(self, text, status=0):
        self.up(text)
        return [(r["result"], r["value"]) for r in results(lab("check", "--json", timeout=150, status=status))[0]]

    @limit(200)
    def test_isis(self):
        found = self.results(ROW % "isis"
                             + table('isis-neighbors = { node = "r[1-2]", up = 1 }', "60s")
                             + table('isis-neighbors = { node = "r1", with = "r2" }', "10s")
                             + table('ping = ["h1", "h2"]', "30s")
                             + table('isis-neighbors = { node = "r1", up = 2 }', "300ms"), status=1)
        self.assertEqual(["passed"] * 3 + ["failed"], [result for result, _ in found], found)
        self.assertEqual("1 Up: r2", found[3][1])

    @limit(200)
    def test_rip(self):
        found = self.results(ROW % "rip"
                             + table('rip-route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2", metric = 2 }', "60s")
                             + table('rip-route = { node = "r1", prefix = "10.77.0.0/16", absent = true }')
                             + table('ping = ["h1", "h2"]\nfamily = "ipv4"', "30s")
                             + table('rip-route = { node = "r1", prefix = "10.77.0.0/16" }', "300ms"), status=1)
        self.assertEqual(["passed"] * 3 + ["failed"], [result for result, _ in found], found)
        self.assertIn("no such route", found[3][1])

    def test_dns(self):
        found = self.results(DNS
                             + table('dns = { node = "h1", name = "www.lab", is = "192.0.2.80", server = "ns" }')
                             + table('dns = { node = "h1", name = "www6.lab", type = "AAAA", is = "2001:db8::80", server = "ns" }')
                             + table('dns = { node = "h1", name = "web.lab", is = ["192.0.2.80"], server = "ns" }')
                             + table('dns = { node = "h1", name = "none.lab", server = "ns" }\nnot = true')
                             + table('dns = { node = "h1", name = "www.lab", is = "192.0.2.81", server = "ns" }', "300ms"), status=1)
        self.assertEqual(["passed"] * 4 + ["failed"], [result for result, _ in found], found)
        self.assertIn("192.0.2.80", found[4][1])
