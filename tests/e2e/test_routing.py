"""Routing daemons as Debian packages them, configured by labd or by the user."""

import machine
from labtest import LabTest, limit
from machine import lab

SQUARE = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "r3"], ["r3", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
'''


class Routing(LabTest):
    def square(self, keys, wait="--wait=60s"):
        self.up(SQUARE + f'"r[1-3]" = {{ kind = "router", {keys} }}\n', "t", None, wait)
        self.assert_reaches("h1", "h2", timeout=30)
        self.assert_reaches("h1", "h2", family="-6", timeout=30)

    @limit(150)
    def test_ospf(self):
        self.square('routing = "ospf", loopback = true')
        self.assertIn("Full", lab("vtysh", "r1", "-c", "show ip ospf neighbor").out)
        self.assertIn("Full", lab("vtysh", "r1", "-c", "show ipv6 ospf6 neighbor").out)

    @limit(150)
    def test_isis(self):
        self.square('routing = "isis", loopback = true')
        self.assertIn("Up", lab("vtysh", "r2", "-c", "show isis neighbor").out)

    @limit(150)
    def test_bgp(self):
        self.square('routing = "bgp", asn = "${65000 + i}", loopback = true')

    @limit(150)
    def test_rip(self):
        self.square('routing = "rip"')

    @limit(150)
    def test_babel(self):
        self.square('routing = "babel"')

    @limit(150)
    def test_internal_bgp_over_ospf(self):
        self.square('routing = ["ospf", "bgp"], asn = 65000, loopback = true')
        self.assertIn("65000", lab("vtysh", "r1", "-c", "show bgp summary").out)

    @limit(150)
    def test_ospf_on_a_lan_with_priorities(self):
        self.up('[nodes]\n"r[1-4]" = { kind = "router", routing = "ospf", loopback = true }\n[[link]]\n'
                'lan = ["r[1-4]"]\nends = { r1 = { priority = 0 }, r2 = { priority = 99 } }\n', "t", None, "--wait=60s")
        self.assert_reaches("r1", "r4", timeout=30)
        self.assertIn("DR", lab("vtysh", "r2", "-c", "show ip ospf interface eth0").out)

    @limit(150)
    def test_own_configuration_wins(self):
        frr = "hostname mine\\nrouter ospf\\n network 0.0.0.0/0 area 0\\n ospf router-id 9.9.9.9\\n"
        text = SQUARE + f'"r[1-3]" = {{ kind = "router", routing = "ospf" }}\nr2 = {{ files = {{ "/etc/frr/frr.conf" = ' \
                        f'{{ text = "{frr}" }} }} }}\n'
        self.up(text)
        self.assertIn("9.9.9.9", lab("vtysh", "r2", "-c", "show running-config").out)

    @limit(150)
    def test_wait_knows_own_configurations_too(self):
        lab("up", "--wait", machine.EXAMPLES / "bird-frr.lab.toml", timeout=100)
        self.assertNotIn("✗", lab("ping").out)

    def test_wait_for_a_configuration_that_brings_nothing(self):
        text = SQUARE + '"r[1-3]" = "router"\nr2 = { files = { "/etc/bird/bird.conf" = { text = "protocol device {}\\n" } } }\n'
        done = lab("up", self.write("t.lab.toml", text), "--wait=3s")
        self.assertIn("r2: the own configuration has brought no route until now", done.err)

    def test_wait_for_what_is_up_already(self):
        text = SQUARE + '"r[1-3]" = { kind = "router", routing = "ospf" }\nr2 = { frr = "no router ospf" }\n'
        path = self.write("t.lab.toml", text)
        done = lab("up", path, "--wait=4s", status=124)
        self.assertIn("routing has not converged", done.err)
        self.assertIn("lab up --keep-on-failure", done.err)
        lab("up", path)
        done = lab("up", path, "--wait=2s", status=124)
        self.assertIn("routing has not converged", done.err)
        self.assertNotIn("keep-on-failure", done.err)
        self.assertEqual("t\n", lab("ls", "-q").out)

    @limit(150)
    def test_a_changed_cost_is_reloaded(self):
        text = SQUARE + '"r[1-3]" = { kind = "router", routing = "ospf" }\n'
        self.up(text, "t", None, "--wait=60s")
        def daemons():
            return lab("exec", "r1", "--", "pgrep", "-l", "zebra|ospfd").out
        node, before = self.node("r1")["pid"], daemons()
        self.assertRegex(before, r"\d+ zebra")
        self.assertRegex(before, r"\d+ ospfd")
        self.up(text.replace('["r1", "r2"]', '{ endpoints = ["r1", "r2"], cost = 77 }'))
        self.assertEqual(node, self.node("r1")["pid"])
        self.assertEqual(before, daemons())
        self.assertIn("Cost: 77", lab("vtysh", "r1", "-c", "show ip ospf interface").out)
        # Without the key the protocol's own cost is back.
        self.up(text)
        self.assertNotIn("Cost: 77", lab("vtysh", "r1", "-c", "show ip ospf interface").out)
        self.assertEqual(before, daemons())
        self.assert_reaches("h1", "h2", timeout=30)

    @limit(150)
    def test_a_killed_daemon_comes_back_with_its_configuration(self):
        self.square('routing = "ospf"')
        lab("exec", "r1", "--", "pkill", "-KILL", "-x", "ospfd")
        def networks():
            return lab("vtysh", "r1", "-c", "show running-config ospfd", status=None).out
        machine.eventually("ospfd has its configuration", lambda: "router ospf" in networks(), 30)
        machine.eventually("its neighbours are back",
                           lambda: "Full" in lab("vtysh", "r1", "-c", "show ip ospf neighbor", status=None).out, 60)
        self.assert_reaches("h1", "h2", timeout=60)

    @limit(150)
    def test_vtysh_by_name_and_by_exec(self):
        self.up('links = [["r1","r2"]]\n[nodes]\n"r[1-2]" = { kind = "router", routing = "ospf" }\n')
        self.assertIn("ospfd", lab("exec", "r1", "--", "vtysh", "-c", "show daemons").out)
        self.assertIn("ospfd", lab("vtysh", "r1", "-c", "show daemons").out)
        users = lab("exec", "r1", "--", "ps", "-eo", "user,comm").out
        self.assertRegex(users, r"frr\s+ospfd")

    def test_tools_of_the_distribution(self):
        self.up('links = [["h1","h2"]]\n[nodes]\nh1 = "host"\nh2 = { run = [{ cmd = "iperf3 -s", ready = "tcp 5201" }] }\n')
        lab("exec", "h1", "--", "iperf3", "-c", "h2", "-t", "1")
        lab("exec", "h1", "--", "iperf3", "-u", "-c", "h2", "-t", "1")
        lab("exec", "h1", "--", "nft", "add", "table", "inet", "mine")
        self.assertIn("mine", lab("exec", "h1", "--", "nft", "list", "ruleset").out)
        done = lab("exec", "h1", "--", "sh", "-c",
                   "tcpdump -ni eth0 -c1 icmp >/tmp/seen 2>/tmp/log & "
                   "while ! grep -q listening /tmp/log; do sleep 0.05; done; ping -c1 h2 >/dev/null; wait; cat /tmp/seen")
        self.assertIn("ICMP echo request", done.out)
        self.assertIn("h2", lab("exec", "h1", "--", "traceroute", "-m", "3", "h2").out)
        lab("exec", "-u", "nobody", "h1", "--", "ping", "-c1", "-W1", "h2")
