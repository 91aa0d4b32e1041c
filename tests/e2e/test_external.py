"""Interfaces of the host that stand in a lab for a while, and are afterwards what they were."""

import os
import pathlib
import re
import signal
import subprocess

import machine
import world
from labtest import LabTest, limit
from machine import lab, run
from sweeping import PLAN, Daemon, delete, put

# The world is on the other side of nic0.
TEXT = """
links = [["x", "r1:wan 10.7.0.1/24 2001:db8:7::1/64"], ["r1", "h1"]]
[nodes]
x  = { kind = "external", device = "nic0" }
r1 = { kind = "router", routes = ["default via 10.7.0.9"] }
h1 = "host"
"""
SWITCHED = """
links = [["x", "sw"], ["sw", "h1"], ["sw", "h2"]]
[nodes]
x  = { kind = "external", device = "%s" }
sw = { kind = "switch", prefix = ["10.7.0.0/24", "2001:db8:7::/64"] }
h1 = "host"
h2 = "host"
"""
PLAIN = """
links = [["r1", "h1"]]
[nodes]
r1 = "router"
h1 = "host"
"""


class External(LabTest):
    def setUp(self):
        world.build()
        self.addCleanup(lambda: run("ip", "netns", "del", "world"))
        # All that an interface can have, and the host has given it.
        run("ip", "link", "add", "nic0", "mtu", "1400", "address", "00:16:3e:11:22:33", "index", "77", "type", "veth",
            "peer", "n0", "netns", "world")
        pathlib.Path("/proc/sys/net/ipv4/conf/nic0/rp_filter").write_text("2")
        pathlib.Path("/proc/sys/net/ipv6/conf/nic0/accept_ra").write_text("0")
        for words in ("link set nic0 txqueuelen 123 group 42 up", "address add 10.7.0.2/24 dev nic0 label nic0:a",
                      "address add 10.7.0.3/24 dev nic0", "address add 172.31.0.2 peer 172.31.0.1 dev nic0 metric 50",
                      "address add 2001:db8:7::2/64 dev nic0 nodad",
                      "address add 2001:db8:7::3/64 dev nic0 nodad valid_lft 5000 preferred_lft 4000",
                      "route add 192.168.50.0/24 via 10.7.0.9 metric 5 src 10.7.0.3 mtu 1300",
                      "route add 192.168.51.0/24 dev nic0 scope link table 200 proto static",
                      "-6 route add 2001:db8:50::/48 via 2001:db8:7::9 metric 9"):
            run("ip", *words.split())
        for words in ("address add 10.7.0.9/24 dev n0", "address add 2001:db8:7::9/64 dev n0 nodad", "link set n0 up",
                      "route add 10.0.0.0/16 via 10.7.0.1"):
            run("ip", "-n", "world", *words.split())
        machine.eventually("nic0 has its link-local address", lambda: "fe80" in world.interface("nic0")["addresses"]
                           and "tentative" not in world.interface("nic0")["addresses"])
        self.host = self.still(world.host())
        super().setUp()
        self.before["addresses"] = self.untimed(self.before["addresses"])

    @staticmethod
    def untimed(text):
        """Lifetimes run; that there is one is what must come back."""
        return re.sub(r"\d+sec", "some", text)

    def still(self, host):
        for one in host["interfaces"].values():
            one["addresses"] = self.untimed(one["addresses"])
        return host

    def assert_unchanged(self):
        world.settle()
        now = machine.state()
        now["addresses"] = self.untimed(now["addresses"])
        self.assertEqual(self.before, now)

    def assert_host_as_before(self):
        world.settle()
        self.assertEqual(self.host, self.still(world.host()))

    def test_an_interface_is_lent_and_given_back(self):
        self.up(TEXT)
        self.assertNotIn("nic0", os.listdir("/sys/class/net"))
        inside = lab("exec", "r1", "--", "ip", "-j", "address", "show", "dev", "wan").json[0]
        self.assertEqual(("00:16:3e:11:22:33", 1400, "UP"), (inside["address"], inside["mtu"], inside["operstate"]))
        self.assertEqual({"10.7.0.1", "2001:db8:7::1"},
                         {a["local"] for a in inside["addr_info"] if a["scope"] == "global"})
        self.assert_reaches("h1", "10.7.0.9")
        self.assertEqual([], self.up(TEXT)["actions"])
        self.assertIn("leads out of the lab", lab("impair", "x--r1", "--delay", "5ms", status=None).err)
        self.assertEqual("running", self.node("x")["state"])
        lab("down")
        self.assert_host_as_before()

    def test_at_a_switch(self):
        self.up(SWITCHED % "nic0")
        for node in ("h1", "h2"):
            self.assert_reaches(node, "10.7.0.9")
            self.assert_reaches(node, "2001:db8:7::9")
        self.assertEqual([], self.up(SWITCHED % "nic0")["actions"])
        lab("down")
        self.assert_host_as_before()

    def test_under_traffic(self):
        flood = subprocess.Popen(["ip", "netns", "exec", "world", "ping", "-q", "-i", "0.002", "10.7.0.2"],
                                 stdout=subprocess.DEVNULL)
        self.addCleanup(flood.wait)
        self.addCleanup(flood.terminate)
        for _ in range(3):
            self.up(TEXT)
            self.assert_reaches("h1", "10.7.0.9")
            lab("down")
            self.assert_host_as_before()
        run("ip", "netns", "exec", "world", "ping", "-c1", "-W5", "-q", "10.7.0.2")

    def test_it_outlives_labd(self):
        self.up(TEXT)
        machine.kill_daemon(signal.SIGKILL)
        run("ip", "netns", "exec", "t.h1", "ping", "-c1", "-W1", "-q", "10.7.0.9")
        self.assertEqual([], self.up(TEXT)["actions"])
        machine.kill_daemon(signal.SIGKILL)
        lab("down")
        self.assert_host_as_before()

    def test_a_node_that_starts_again_keeps_it(self):
        self.up(TEXT)
        lab("restart", "r1")
        self.assert_reaches("h1", "10.7.0.9")
        self.assertEqual([], self.up(TEXT)["actions"])
        lab("up", self.write("t.lab.toml", TEXT), "--recreate", "r1")
        self.assert_reaches("h1", "10.7.0.9")
        lab("down")
        self.assert_host_as_before()

    def test_an_edit_takes_it_and_gives_it_back(self):
        self.up(PLAIN)
        pid = self.node("r1")["pid"]
        self.assert_host_as_before()
        self.up(TEXT)
        self.assert_reaches("h1", "10.7.0.9")
        self.up(PLAIN)
        self.assert_host_as_before()
        self.assertEqual(pid, self.node("r1")["pid"])

    def test_a_failed_up_gives_it_back(self):
        lab("up", self.write("t.lab.toml", TEXT.replace('h1 = "host"', 'h1 = { exec = ["false"] }')), status=1)
        self.assert_host_as_before()

    def test_a_bridge_of_the_host_gets_a_port(self):
        run("ip", "link", "add", "br-lab", "type", "bridge")
        self.addCleanup(lambda: run("ip", "link", "del", "br-lab"))
        for words in ("address flush dev nic0", "link set nic0 master br-lab", "link set br-lab up",
                      "address add 10.7.0.2/24 dev br-lab"):
            run("ip", *words.split())
        machine.eventually("br-lab has its link-local address",
                           lambda: "fe80" in world.interface("br-lab")["addresses"])
        world.settle()
        self.host, self.before = self.still(world.host()), machine.state()
        mac = world.interface("br-lab")["link"]["address"]
        self.up(SWITCHED % "br-lab")
        for node in ("h1", "h2"):
            self.assert_reaches(node, "10.7.0.9")  # by the other port, the world
            self.assert_reaches(node, "10.7.0.2")  # the bridge itself
        now = world.interface("br-lab")["link"]
        self.assertEqual((mac, 1400), (now["address"], now["mtu"]))
        self.assertEqual([], self.up(SWITCHED % "br-lab")["actions"])
        lab("down")
        self.assert_host_as_before()

    def test_what_cannot_be_lent(self):
        run("ip", "link", "add", "br0", "type", "bridge")
        self.addCleanup(lambda: run("ip", "link", "del", "br0"))
        run("ip", "link", "add", "p0", "master", "br0", "type", "veth", "peer", "p1")
        self.addCleanup(lambda: run("ip", "link", "del", "p0"))
        self.before = machine.state()
        self.before["addresses"] = self.untimed(self.before["addresses"])
        for device, words in (("nic9", 'no interface "nic9"'), ("wan0", "default route"), ("p0", "belongs to br0"),
                              ("lo", "cannot be called")):
            with self.subTest(device=device):
                done = lab("up", self.write("t.lab.toml", TEXT.replace("nic0", device)), status=2)
                self.assertIn(words, done.err)
                self.assertIn("t.lab.toml:4", done.err)
        self.up(TEXT)
        done = lab("up", self.write("u.lab.toml", TEXT), status=2)
        self.assertIn('in lab "t"', done.err)

    def test_mistakes(self):
        for text, words in (
                (TEXT.replace(', device = "nic0"', ""), "does not say which interface"),
                (TEXT.replace('device = "nic0"', 'device = "nic0", run = ["x"]'), 'has no "run"'),
                (TEXT.replace('["r1", "h1"]', '["r1", "h1"], ["x", "h1"]'), "one link"),
                (TEXT.replace('["x", "r1:wan 10.7.0.1/24 2001:db8:7::1/64"]',
                              '{ endpoints = ["x", "r1"], delay = "5ms" }'), "impairs nothing")):
            with self.subTest(words=words):
                done = lab("validate", self.write("wrong.lab.toml", text), status=2)
                self.assertIn(words, done.err)

    @limit(240)
    def test_labd_dies_over_it(self):
        both = TEXT.replace('["r1", "h1"]]', '["r1", "h1"], ["r1", "net"]]') + 'net = "nat"\n'
        PLAN.write_text("*:1:list")
        daemon = Daemon()
        daemon.start()
        self.addCleanup(lambda: daemon.end())
        self.assertEqual("result", put(both)["type"], daemon.words())
        told = daemon.words()
        up_points = self.met(told)
        self.assertIsNotNone(delete())
        down_points = self.met(daemon.words()[len(told):])
        self.assert_host_as_before()
        self.assertTrue({"host.move.after", "host.open.after", "host.translate.before"} <= {p for p, _ in up_points})
        self.assertTrue({"host.return.after", "host.close.before", "host.forget.before"}
                        <= {p for p, _ in down_points})
        PLAN.write_text("")
        for verb, points in (("up", up_points), ("down", down_points)):
            for point, nth in points:
                with self.subTest(verb=verb, point=point, nth=nth):
                    if verb == "down":
                        self.assertEqual("result", put(both)["type"], daemon.words())
                    PLAN.write_text(f"{point}:{nth}:kill")
                    self.assertIsNone(put(both) if verb == "up" else delete(), "not met")
                    PLAN.write_text("")
                    daemon.has_died()
                    daemon.start()
                    delete()
                    self.assert_host_as_before()
        daemon.end()

    @staticmethod
    def met(told):
        """Points of the host that were passed, each with how often it had been."""
        counts, out = {}, []
        for line in told.splitlines():
            if "fail point: host." in line:
                point = line.split("fail point: ")[1]
                counts[point] = counts.get(point, 0) + 1
                out.append((point, counts[point]))
        return out
