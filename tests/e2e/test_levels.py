"""Levels, clocks and roots of nodes as the command line shows them."""

import json

import machine
from labtest import LabTest
from machine import lab

PAIR = '''
links = [["h1", "h2"]]
[nodes]
h1 = {%s}
h2 = "host"
'''

# Tells the errno of bpf(BPF_MAP_CREATE), 0 when it works.
BPF = ("import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
       "a = (ctypes.c_uint32 * 20)(2, 4, 4, 1)\n"
       "print(ctypes.get_errno() if libc.syscall(321, 0, a, 80) < 0 else 0)")


class Levels(LabTest):
    def pids(self):
        return {n["name"]: n["pid"] for n in lab("status", "--json").json["nodes"]}

    def test_the_level_is_shown(self):
        self.up(PAIR % 'level = "strict"')
        self.assertEqual("strict", self.node("h1")["level"])
        self.assertEqual("lab", self.node("h2")["level"])
        self.assertEqual("strict\n", lab("inspect", "h1", "-f", "/level").out)
        wide = lab("status", "--wide").out.splitlines()
        self.assertIn("LEVEL", wide[0])
        self.assertIn("strict", wide[1])

    def test_strict_makes_no_user_namespaces_and_reaches_its_neighbour(self):
        self.up(PAIR % 'level = "strict"')
        lab("exec", "h2", "--", "unshare", "-U", "true")
        self.assertNotEqual(0, lab("exec", "h1", "--", "unshare", "-U", "true", status=None).status)
        self.assert_reaches("h1", "h2")

    def test_routing_daemons_in_strict_nodes(self):
        self.up('level = "strict"\nlinks = [["r1", "r2"]]\n[nodes]\n'
                '"r[1-2]" = { kind = "router", routing = "ospf", loopback = true }\n',
                "t", None, "--wait")
        self.assert_reaches("r1", "r2", timeout=30)
        self.assertIn("ospf", lab("exec", "r1", "--", "ip", "route").out)

    def test_another_level_makes_that_node_anew_and_no_other(self):
        self.up(PAIR % "")
        for level in ("strict", "open", "lab"):
            before = self.pids()
            actions = self.up(PAIR % f'level = "{level}"')["actions"]
            self.assertIn(("recreate", "node", "h1"),
                          [(a["op"], a["kind"], a["name"]) for a in actions])
            after = self.pids()
            self.assertNotEqual(before["h1"], after["h1"])
            self.assertEqual(before["h2"], after["h2"])
            self.assertEqual(level, self.node("h1")["level"])
            self.assert_reaches("h1", "h2")
            self.assert_reaches("h2", "h1")
            self.assertEqual([], self.up(PAIR % f'level = "{level}"')["actions"])

    def test_an_open_node_is_root_of_the_host_and_up_says_so(self):
        path = self.write("t.lab.toml", PAIR % 'level = "open"')
        said = lab("up", path)
        self.assertIn("no boundary: root in h1 is root of this host", said.err)
        self.assert_reaches("h1", "h2")
        self.assertEqual("0\n", lab("exec", "h1", "--", "python3", "-c", BPF).out)
        self.assertEqual("1\n", lab("exec", "h2", "--", "python3", "-c", BPF).out)  # EPERM
        self.assertIn("h2", lab("exec", "h1", "--", "cat", "/etc/hosts").out)
        self.assertNotIn("no boundary", lab("up", self.write("t.lab.toml", PAIR % "")).err)

    def test_open_nodes_outlive_labd_like_any_other(self):
        self.up(PAIR % 'level = "open"')
        before = self.pids()
        machine.kill_daemon()
        self.assertEqual(before, self.pids())
        more = PAIR.replace('"h2"]]', '"h2"], ["h2", "h3"]]') + 'h3 = { level = "open" }\n'
        self.up(more % 'level = "open", label = "x"')
        self.assertEqual(before["h1"], self.pids()["h1"])
        self.assertEqual("h3\n", lab("exec", "h3", "--", "hostname").out)
        self.assertIn("h3", lab("exec", "h1", "--", "cat", "/etc/hosts").out)

    def test_a_clock_of_its_own(self):
        self.up(PAIR % 'clock = { boottime = "500000h" }')
        uptime = lambda node: float(lab("exec", node, "--", "cat", "/proc/uptime").out.split()[0])
        self.assertGreater(uptime("h1"), 1.8e9)
        self.assertLess(uptime("h2"), 1.8e9)

    def test_a_clock_that_cannot_be(self):
        path = self.write("t.lab.toml", PAIR % 'clock = { boottime = "-800000h" }')
        said = lab("up", path, status=None)
        self.assertNotEqual(0, said.status)
        self.assertIn("h1", said.err)
        self.assertIn("clock", said.err)

    def test_limits_that_do_not_hold_are_named(self):
        """Where version 2 has all controllers there is nothing to say (tests/guest shows those)."""
        held = all(word in machine.cgroup2_controllers() for word in ("pids", "memory", "cpu"))
        said = lab("up", self.write("t.lab.toml", PAIR % 'memory = "1GB", cpu = 0.5')).err
        self.assertEqual(0 if held else 1, said.count("limits of h1 do not hold here"), said)
        again = lab("up", self.write("t.lab.toml", PAIR % 'memory = "2GB", cpu = 0.5'))
        self.assertIn("limits", again.out + again.err)
        self.assertEqual({"memory": 2_000_000_000, "cpu": 0.5}, self.node("h1")["limits"])
        silent = lab("up", self.write("t.lab.toml", PAIR % ""))
        self.assertNotIn("do not hold", silent.err)
        checks = {c["name"]: c for c in lab("doctor", "--json", status=None).json["checks"]}
        self.assertEqual(held, checks["host: cgroup v2"]["ok"])
