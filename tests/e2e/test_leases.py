"""Addresses that nodes ask for: by DHCP and by router advertisements; no drift, known by name."""

import json
import signal

import machine
from labtest import LabTest, limit
from machine import EXAMPLES, lab

HOME = """
links = [{ lan = ["cpe:lan", "laptop", "tv"], prefix = ["192.168.1.0/24", "fd01::/64"], %s }]
[nodes]
cpe = "router"
tv = "host"
laptop = { %s }
"""
SERVED = "dhcp = true, ra = true"
ASKING = 'ipv4 = "dhcp", ipv6 = "slaac"'


class Leases(LabTest):
    def addresses(self, node, family):
        out = lab("exec", node, "--", "ip", "-j", f"-{family}", "address", "show", "dev", "eth0",
                  "scope", "global").json
        return [a["local"] for i in out for a in i.get("addr_info", []) if "local" in a]

    def test_dhcp_gives_address_route_and_name_before_up_returns(self):
        self.up(HOME % (SERVED, ASKING))
        [address] = self.addresses("laptop", 4)
        self.assertIn(int(address.split(".")[3]), range(100, 200))
        routes = lab("exec", "laptop", "--", "ip", "-j", "route", "show", "default").json
        self.assertEqual([("192.168.1.1", "eth0")], [(r["gateway"], r["dev"]) for r in routes])
        self.assertIn(f"{address}\tlaptop laptop.eth0", lab("exec", "tv", "--", "cat", "/etc/hosts").out)
        self.assert_reaches("tv", "laptop")
        self.assertEqual([], self.up(HOME % (SERVED, ASKING))["actions"])
        status = lab("status", "--json").json
        self.assertIn(f"{address}/24", json.dumps(status))
        self.assertEqual([], status.get("drift", []))
        self.assertEqual({"tv", "laptop", "cpe"}, {p["from"] for p in lab("ping", "--json").json})

    def test_advertised_addresses_get_names_when_they_come(self):
        self.up(HOME % (SERVED, ASKING))
        found = machine.eventually("an address by SLAAC", lambda: self.addresses("laptop", 6), 30)
        self.assertTrue(found[0].startswith("fd01::"), found)
        machine.eventually("it has its name", lambda: f"{found[0]}\tlaptop" in lab(
            "exec", "tv", "--", "cat", "/etc/hosts").out)
        self.assert_reaches("tv", "laptop", family="-6", timeout=5)
        route = lab("exec", "laptop", "--", "ip", "-6", "route", "show", "default").out
        self.assertIn("proto ra", route)
        self.assertEqual([], self.up(HOME % (SERVED, ASKING))["actions"])

    def test_a_link_made_anew_asks_again(self):
        self.up(HOME % (SERVED, ASKING))
        machine.run("ip", "-n", "t.laptop", "link", "delete", "eth0")
        self.up(HOME % (SERVED, ASKING))
        [address] = machine.eventually("an address", lambda: self.addresses("laptop", 4), 30)
        self.assertIn(int(address.split(".")[3]), range(100, 200))
        self.assert_reaches("tv", "laptop", timeout=5)

    def test_they_survive_the_daemon(self):
        self.up(HOME % (SERVED, ASKING))
        before = self.addresses("laptop", 4)
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual([], self.up(HOME % (SERVED, ASKING))["actions"])
        self.assertEqual(before, self.addresses("laptop", 4))
        self.assert_reaches("tv", "laptop")

    def test_edits_in_place_take_back_what_was_learned(self):
        self.up(HOME % (SERVED, ASKING))
        machine.eventually("an address by SLAAC", lambda: self.addresses("laptop", 6), 30)
        machine.eventually("it has its name", lambda: "fd01::" in lab(
            "exec", "tv", "--", "grep", "laptop", "/etc/hosts").out)
        pid = self.node("laptop")["pid"]
        self.up(HOME % (SERVED, 'addresses = "192.168.1.77/24"'))
        self.assertEqual(["192.168.1.77"], self.addresses("laptop", 4))
        six = self.addresses("laptop", 6)
        self.assertEqual(1, len(six), six)
        self.assertNotIn("ra", lab("exec", "laptop", "--", "ip", "-6", "route", "show", "default").out.split())
        hosts = lab("exec", "tv", "--", "cat", "/etc/hosts").out
        self.assertIn("192.168.1.77\tlaptop", hosts)
        self.assertEqual(1, hosts.count("\tlaptop laptop.eth0\n192") + hosts.count("192.168.1.77\t"))
        self.up(HOME % (SERVED, ASKING))
        [address] = self.addresses("laptop", 4)
        self.assertIn(int(address.split(".")[3]), range(100, 200))
        self.assertEqual(pid, self.node("laptop")["pid"])
        # Another range: the server starts anew, the lease goes on until it ends.
        self.up(HOME % ('dhcp = { range = "192.168.1.20-192.168.1.29" }, ra = true', ASKING))
        self.assertEqual(pid, self.node("laptop")["pid"])

    def test_a_failed_edit_brings_the_client_back(self):
        self.up(HOME % (SERVED, ASKING))
        broken = (HOME % (SERVED, 'addresses = "192.168.1.77/24"')).replace(
            'tv = "host"', 'tv = { exec = ["false"] }')
        lab("up", self.write("t.lab.toml", broken), status=1)
        [address] = self.addresses("laptop", 4)
        self.assertIn(int(address.split(".")[3]), range(100, 200))
        self.assert_reaches("tv", "laptop")

    def test_without_a_server_up_does_not_wait(self):
        text = HOME % ("ipv6 = false", 'ipv4 = "dhcp"')
        done = lab("up", self.write("t.lab.toml", text))
        self.assertLess(done.seconds, 15)
        self.assertIn("D35", done.err)
        self.assertEqual([], self.addresses("laptop", 4))

    @limit(150)
    def test_a_server_of_ones_own(self):
        # IMUNES' DHCP lab: a host runs dnsmasq with a file of its own.
        path = machine.SOURCE / "tests/e2e/labs/13-imunes-dhcp.lab.toml"
        lab("up", path)
        machine.eventually("everybody has an address", lambda: all(
            self.addresses(n, 4) for n in ("fix", "pc1", "pc2")), 40)
        self.assertEqual(["10.0.9.30"], self.addresses("fix", 4))
        machine.eventually("pc1 knows pc2", lambda: lab(
            "exec", "pc1", "--", "ping", "-c1", "-W1", "pc2", status=None).status == 0)

    def test_the_example(self):
        lab("up", EXAMPLES / "home-router.lab.toml")
        lab("check", timeout=90)
        self.assertEqual([], lab("up", EXAMPLES / "home-router.lab.toml", "--json").json["actions"])
