"""A changed file and `up` again: what changed changes live, what remains keeps running."""

import machine
from labtest import LabTest
from machine import lab, run

BASE = '''
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = "router"
'''


class Edit(LabTest):
    def pids(self):
        return {n["name"]: n["pid"] for n in lab("status", "--json").json["nodes"]}

    def ops(self, answer):
        return {(a["op"], a["kind"], a["name"]) for a in answer["actions"]}

    def test_a_node_more_and_one_less(self):
        self.up(BASE)
        before = self.pids()
        more = BASE.replace('["r1", "h2"]', '["r1", "h2"], ["r1", "h3"]') + 'h3 = "host"\n'
        ops = self.ops(self.up(more))
        self.assertIn(("create", "node", "h3"), ops)
        self.assertIn(("create", "link", "r1--h3"), ops)
        self.assertFalse([o for o in ops if o[0] in ("delete", "recreate")])
        self.assert_reaches("h1", "h3")
        ops = self.ops(self.up(BASE))
        self.assertIn(("delete", "node", "h3"), ops)
        self.assertEqual(before, self.pids())
        self.assertNotIn("t.h3", run("ip", "netns", "list").out)
        self.assertEqual([], self.up(BASE)["actions"])

    def test_mtu_and_mac(self):
        self.up(BASE)
        before = self.pids()
        self.up(BASE.replace('["h1", "r1"]', '{ endpoints = ["h1", "r1"], mtu = 1400, '
                                             'a.mac = "02:00:00:00:00:01" }'))
        shown = run("ip", "-n", "t.h1", "link", "show", "eth0").out
        self.assertIn("mtu 1400", shown)
        self.assertIn("02:00:00:00:00:01", shown)
        self.assertIn("mtu 1400", run("ip", "-n", "t.r1", "link", "show", "eth0").out)
        self.assertEqual(before, self.pids())
        self.assert_reaches("h1", "h2")

    def test_an_interface_is_renamed(self):
        text = 'links = [["h1:x 10.0.0.1/24", "h2:%s 10.0.0.2/24"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n'
        self.up(text % "m")
        for name in ("z", "a", "zz", "m"):  # sorted behind and before what it was called
            self.assertTrue(self.up(text % name)["actions"], name)
            self.assertEqual("up", lab("status", "--json").json["state"], name)
            self.assertEqual([], self.up(text % name)["actions"], name)
            self.assertIn(f" {name}@", run("ip", "-n", "t.h2", "link").out)
            self.assert_reaches("h1", "h2")

    def test_addresses_and_routes(self):
        self.up(BASE)
        self.up(BASE.replace('"h1", "r1"', '"h1 192.0.2.7/24", "r1 192.0.2.1/24"'))
        shown = run("ip", "-n", "t.h1", "-4", "-o", "address", "show", "eth0").out
        self.assertIn("192.0.2.7/24", shown)
        self.assertNotIn("10.0.1.11", shown)
        self.assert_reaches("h1", "h2")
        self.assert_reaches("h2", "h1")
        self.up(BASE.replace('r1 = "router"', 'r1 = { kind = "router", routes = ["blackhole 10.66.0.0/16"] }'))
        self.assertIn("blackhole 10.66.0.0/16", run("ip", "-n", "t.r1", "route").out)
        self.up(BASE)
        self.assertNotIn("10.66", run("ip", "-n", "t.r1", "route").out)

    def test_sysctl_and_env(self):
        self.up(BASE.replace('h1 = "host"', 'h1 = { sysctl = { net.ipv4.ip_default_ttl = 33 }, env = { A = "1" } }'))
        self.assertEqual("33\n", lab("exec", "h1", "--", "sysctl", "-n", "net.ipv4.ip_default_ttl").out)
        self.up(BASE.replace('h1 = "host"', 'h1 = { sysctl = { net.ipv4.ip_default_ttl = 44 }, env = { A = "2" } }'))
        self.assertEqual("44\n", lab("exec", "h1", "--", "sysctl", "-n", "net.ipv4.ip_default_ttl").out)
        self.assertEqual("2\n", lab("exec", "h1", "--", "sh", "-c", "echo $A").out)

    def test_a_changed_kind_makes_a_new_node(self):
        self.up(BASE)
        before = self.pids()
        ops = self.ops(self.up(BASE.replace('h2 = "host"', 'h2 = "router"')))
        self.assertTrue([o for o in ops if o[2] == "h2"])
        after = self.pids()
        self.assertEqual((before["h1"], before["r1"]), (after["h1"], after["r1"]))
        self.assertEqual("1\n", lab("exec", "h2", "--", "sysctl", "-n", "net.ipv4.ip_forward").out)
        self.assert_reaches("h1", "h2")

    def drift(self):
        run("ip", "-n", "t.r1", "link", "delete", "eth1")
        run("ip", "-n", "t.h1", "address", "flush", "dev", "eth0", "scope", "global")
        run("ip", "-n", "t.r1", "link", "set", "eth0", "down")

    def test_drift_is_repaired(self):
        self.up(BASE)
        self.drift()
        self.assertTrue(self.up(BASE)["actions"])
        self.assert_reaches("h1", "h2")
        self.assert_reaches("h2", "h1")
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.assertEqual([], self.up(BASE)["actions"])

    def test_drift_is_shown(self):
        self.up(BASE)
        self.drift()
        status = lab("status", "--json").json
        self.assertEqual("degraded", status["state"])
        self.assertIn("lab up", status["reason"])
        told = "\n".join(status["drift"])
        for what in ("h1:eth0", "10.0.1.11/24", "r1:eth0"):
            self.assertIn(what, told)
        interfaces = {i["name"]: i["up"] for i in self.node("r1")["interfaces"]}
        self.assertEqual({"eth0": False, "eth1": False}, interfaces)
        # Whoever looks is told, and looking changes nothing.
        self.assertIn("degraded", lab("status").out)
        self.up(BASE)
        status = lab("status", "--json").json
        self.assertEqual(("up", []), (status["state"], status["drift"]))

    def test_what_others_put_into_a_node_stays(self):
        self.up(BASE)
        run("ip", "-n", "t.h1", "link", "add", "mine", "type", "bridge")
        run("ip", "-n", "t.h1", "address", "add", "192.0.2.9/32", "dev", "lo")
        self.up(BASE)
        self.assertIn("mine", run("ip", "-n", "t.h1", "link").out)
        self.assertIn("192.0.2.9", run("ip", "-n", "t.h1", "address").out)

    def test_a_switch_gets_and_loses_ports(self):
        text = '[nodes]\n"h[1-3]" = "host"\nsw = "switch"\n[[link]]\nstar = { hub = "sw", to = "h[*]" }\n'
        self.up(text)
        self.up(text.replace("1-3", "1-5"))
        self.assert_reaches("h1", "h5")
        self.up(text.replace("1-3", "1-2"))
        self.assert_reaches("h1", "h2")
        ports = run("ip", "-n", "t.sw", "-o", "link", "show", "type", "veth").out
        self.assertEqual(2, len(ports.splitlines()))
