"""Nodes that stop and start while the lab around them runs on."""

import os
import signal

import machine
from labtest import LabTest
from machine import lab, run

TEXT = '''
links = [["h1", "a"], ["h2", "a"], ["a", "r1"], { endpoints = ["r1", "h3"], mtu = 1400 }]
[nodes]
h1 = "host"
h3 = "host"
a = "switch"
r1 = { kind = "router", loopback = true, sysctl = { net.ipv4.conf.eth1.rp_filter = 2 }, routes = ["blackhole 10.66.0.0/16"] }
h2 = { exec = ["ip link add mine type bridge"], run = [{ name = "web", cmd = ["sleep", "1000"] }], files = { "/etc/x" = { text = "x" } } }
'''
COUNT = "i=0; while :; do i=$((i+1)); echo $i > /tmp/count; done"


class Life(LabTest):
    def link(self, node, device):
        return run("ip", "-n", f"t.{node}", "-j", "link", "show", device).json[0]

    def shown(self, node):
        """What the kernel says of a node's network."""
        # Routes of equal destinations, as the link-local ones, stand in the order in which their
        # interfaces came up.
        def without(text):
            return sorted(line for line in text.splitlines() if "mine" not in line)
        return [without(run("ip", "-n", f"t.{node}", "-o", *what).out)
                for what in (["link"], ["address"], ["route"], ["-6", "route"])]

    def test_stop_and_start(self):
        self.up(TEXT)
        before, other = self.shown("r1"), self.node("h1")["pid"]
        far = self.link("h3", "eth0")
        first = self.node("r1")["pid"]
        lab("stop", "r1")
        machine.gone(first)
        self.assertEqual(("stopped", None), (self.node("r1")["state"], self.node("r1")["pid"]))
        # The cables stay in their places; whoever is at the other end has lost his carrier.
        self.assertIn("t.r1", os.listdir("/run/netns"))
        stopped = self.link("h3", "eth0")
        self.assertEqual((far["ifindex"], far["address"]), (stopped["ifindex"], stopped["address"]))
        self.assertIn("NO-CARRIER", stopped["flags"])
        self.assertIn("NO-CARRIER", self.link("a", "eth2")["flags"])
        self.assertNotIn("UP", self.link("r1", "eth0")["flags"])
        status = lab("status", "--json").json
        self.assertEqual(("up", []), (status["state"], status["drift"]))
        self.assertEqual(0, self.node("r1")["uptime"])
        self.assertRegex(lab("status").out, r"(?m)^r1 +router +stopped +- +- +- +-$")
        self.assertRegex(lab("links", "r1").out, r"(?m)^\S*r1\S* +down ")
        self.assert_reaches("h1", "h2")
        self.assert_no_way("h1", "h3")
        self.assertEqual("r1: nothing to do\n", lab("stop", "r1").out)
        lab("exec", "r1", "--", "true", status=125)
        lab("start", "r1")
        self.assertEqual(before, self.shown("r1"))
        again = self.link("h3", "eth0")
        self.assertEqual(far["ifindex"], again["ifindex"])
        self.assertNotIn("NO-CARRIER", again["flags"])
        self.assert_reaches("h1", "h3")
        self.assert_reaches("h3", "h2")
        said = lab("exec", "r1", "--", "sysctl", "-n", "net.ipv4.conf.eth1.rp_filter",
                   "net.ipv4.ip_forward").out.split()
        self.assertEqual(["2", "1"], said)
        self.assertEqual(other, self.node("h1")["pid"])
        self.assertEqual([], self.up(TEXT)["actions"])

    def test_restart_brings_everything_back(self):
        self.up(TEXT)
        before = self.shown("h2")
        pid = self.node("h2")["pid"]
        lab("exec", "h2", "--", "touch", "/tmp/mine")
        lab("restart", "h2", "h1")
        self.assertNotEqual(pid, self.node("h2")["pid"])
        self.assertEqual(before, self.shown("h2"))
        self.assertEqual("ready", self.node("h2")["services"][0]["state"])
        self.assertEqual("x", lab("exec", "h2", "--", "cat", "/etc/x").out.strip())
        lab("exec", "h2", "--", "test", "-e", "/tmp/mine", status=1)  # a machine that was off
        self.assertIn("mine", run("ip", "-n", "t.h2", "link").out)    # its exec line ran again
        self.assert_reaches("h1", "h2")

    def test_a_stopped_node_outlives_labd(self):
        self.up(TEXT)
        lab("stop", "r1", "h2")
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual(("stopped", "stopped"), (self.node("r1")["state"], self.node("h2")["state"]))
        status = lab("status", "--json").json
        self.assertEqual(("up", []), (status["state"], status["drift"]))
        lab("start", "r1")
        self.assertEqual("stopped", self.node("h2")["state"])
        self.assert_reaches("h1", "h3")
        # The file wants all of them.
        done = self.up(TEXT)["actions"]
        self.assertIn(("update", "node", "h2", "start"),
                      [(a["op"], a["kind"], a["name"], a["detail"]) for a in done])
        self.assert_reaches("h1", "h2")

    def test_one_with_a_bridge_of_its_own(self):
        text = TEXT.replace('a = "switch"', 'a = { kind = "switch", run = [{ name = "x", cmd = ["sleep", "1000"] }] }')
        self.up(text)
        before = self.shown("a")
        lab("stop", "a")
        self.assert_no_way("h1", "h2")
        lab("start", "a")
        self.assertEqual(before, self.shown("a"))
        self.assert_reaches("h1", "h2")

    def test_a_dead_init_is_born_again_where_its_cables_are(self):
        self.up(TEXT)
        before, far = self.shown("r1"), self.link("h3", "eth0")["ifindex"]
        os.kill(self.node("r1")["pid"], signal.SIGKILL)
        machine.eventually("it is seen", lambda: self.node("r1")["state"] == "failed")
        done = self.up(TEXT)["actions"]
        self.assertIn(("node", "r1", "start"), [(a["kind"], a["name"], a["detail"]) for a in done])
        self.assertEqual(before, self.shown("r1"))
        self.assertEqual(far, self.link("h3", "eth0")["ifindex"])
        self.assert_reaches("h1", "h3")

    def test_a_start_that_fails_leaves_it_stopped(self):
        text = TEXT.replace('"ip link add mine type bridge"', '"ping -q -c1 -W1 h1"')
        self.up(text)
        lab("stop", "h1", "h2")
        machine.eventually("no carrier", lambda: "NO-CARRIER" in self.link("a", "eth1")["flags"]
                           and "NO-CARRIER" in self.link("a", "eth0")["flags"])
        before = self.shown("a"), self.shown("h2")
        self.assertIn("ping", lab("start", "h2", status=1).err)
        self.assertEqual("stopped", self.node("h2")["state"])
        machine.eventually("as before", lambda: before == (self.shown("a"), self.shown("h2")))
        self.assertEqual("up", lab("status", "--json").json["state"])
        lab("start", "h1")
        lab("start", "h2")
        self.assert_reaches("h1", "h2")

    def test_pause_and_resume(self):
        self.up(TEXT)
        lab("exec", "h1", "--", "sh", "-c", f"({COUNT}) > /dev/null 2>&1 &")

        def count():
            return lab("exec", "h1", "--", "cat", "/tmp/count").out.strip()
        machine.eventually("it counts", lambda: lab("exec", "h1", "--", "test", "-s", "/tmp/count",
                                                    status=None).status == 0)
        lab("pause", "h1")
        self.assertEqual("paused", self.node("h1")["state"])
        states = lab("exec", "h1", "--", "ps", "-eo", "stat=,comm=").out
        self.assertRegex(states, r"(?m)^T\S*\s+sh$")
        before = count()
        self.assert_reaches("h2", "h1")  # the kernel answers, as for a machine that is busy
        self.assertEqual(before, count())
        self.assertEqual("h1: nothing to do\n", lab("pause", "h1").out)
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual("paused", self.node("h1")["state"])
        lab("resume", "h1")
        self.assertEqual("running", self.node("h1")["state"])
        machine.eventually("it counts again", lambda: count() not in ("", before))
        lab("pause", "h1")
        lab("restart", "h1")
        self.assertEqual("running", self.node("h1")["state"])

    def test_what_cannot_be(self):
        self.up(TEXT)
        self.assertIn("h9", lab("stop", "h9", status=3).err)
        self.assertIn("switch", lab("stop", "a", status=None).err)
        lab("stop", status=2)
        lab("stop", "h1")
        self.assertIn("lab start", lab("pause", "h1", status=None).err)
        lab("stop", "all")
        self.assertEqual({"h1", "h2", "h3", "r1"},
                         {n["name"] for n in lab("status", "--json").json["nodes"] if n["state"] == "stopped"})
        lab("start", "all")
        self.assert_reaches("h1", "h3")
