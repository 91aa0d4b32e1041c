"""Links through the lab's relay: what gives delay to kernels without netem."""

import os
import re
import signal
import subprocess

import machine
from labtest import LabTest
from machine import lab, run

TEXT = """
links = [{ endpoints = ["h1", "r1"], %s }, ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = "router"
"""
DELAYED = TEXT % 'delay = "20ms"'


class Relay(LabTest):
    def setUp(self):
        super().setUp()
        self.up(DELAYED)
        if self.link()["backend"] == "netem":
            self.skipTest("this kernel has netem")

    def link(self, name="h1--r1"):
        return next(l for l in lab("links", "--json").json["links"] if l["name"] == name)

    def relay(self):
        (pid,) = machine.processes("lab-relay")
        return pid

    def round_trips(self, *words):
        """Milliseconds of each ping; no answer may be missing."""
        said = lab("exec", "h1", "--", "ping", "-n", *words, "h2").out
        self.assertIn(" 0% packet loss", said)
        return [float(ms) for ms in re.findall(r"time=([0-9.]+) ms", said)]

    def shown(self, node, device="eth0"):
        return run("ip", "-n", f"t.{node}", "-j", "link", "show", device).json[0]

    def test_delays_each_way(self):
        self.assertEqual("relay", self.link()["backend"])
        self.assertEqual("none", self.link("r1--h2")["backend"])
        self.assertEqual([], self.link()["undone"])
        self.assertIn("impaired by relay: h1--r1", lab("status").out)
        self.assertGreaterEqual(min(self.round_trips("-c5", "-i0.05")), 40)
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertEqual([], self.up(DELAYED)["actions"])
        # Nobody sees more than the interfaces that there always were.
        shown = self.shown("h1")
        self.assertEqual((100, 1500), (shown["ifindex"], shown["mtu"]))

    def test_an_end_that_was_deleted_carries_again(self):
        """The new one has the number of the old one, which the relay's socket was bound to."""
        for node in ("h1", "r1"):
            run("ip", "-n", f"t.{node}", "link", "delete", "eth0")
            self.assertTrue(self.up(DELAYED)["actions"])
            self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05", "-w5")), 40)
            self.assertEqual([], self.up(DELAYED)["actions"])

    def test_an_end_with_another_name_is_relayed_on(self):
        """The cable at one end of the relay goes, the one at the other stays."""
        both = DELAYED.replace("delay", "loss = { model = \"gemodel\", p = \"0%\" }, delay")
        self.up(both)
        for ends in ('"h1", "r1:wan"', '"h1:lan", "r1:wan"', '"h1", "r1"'):
            text = both.replace('"h1", "r1"', ends, 1)
            self.up(text)
            self.assertEqual([], self.up(text)["actions"])
            self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05")), 40)
            self.assertEqual("20ms", self.link()["impairment"]["delay"])
            self.assertEqual([], lab("status", "--json").json["drift"])

    def test_is_changed_live_and_loses_nothing(self):
        pid, index = self.relay(), self.shown("h1")["link_index"]
        pings = subprocess.Popen(["lab", "exec", "h1", "--", "ping", "-c60", "-i0.05", "-q", "h2"],
                                 stdout=subprocess.PIPE, text=True)
        for delay in ("50ms", "1ms", "30ms"):
            said = lab("impair", "h1--r1", "--delay", delay).out
            self.assertIn(f"→ delay {delay}", said)
        lab("impair", "h1--r1", "--clear")
        out, _ = pings.communicate(timeout=60)
        self.assertIn(" 0% packet loss", out)
        self.assertEqual(({}, []), (self.link()["impairment"], lab("status", "--json").json["drift"]))
        # Cleared, it stays where it is: laying it anew would cut it.
        self.assertEqual((pid, index), (self.relay(), self.shown("h1")["link_index"]))
        plan = lab("plan", self.write("t.lab.toml", DELAYED)).out
        self.assertIn("~ link h1--r1  h1:eth0: delay none → 20ms, r1:eth0: delay none → 20ms", plan)
        self.up(DELAYED)
        self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05")), 40)
        self.assertEqual(pid, self.relay())

    def test_outlives_labd(self):
        pid = self.relay()
        pings = subprocess.Popen(["lab", "exec", "h1", "--", "ping", "-c100", "-i0.05", "-q", "h2"],
                                 stdout=subprocess.PIPE, text=True)
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual(("relay", "20ms"), (self.link()["backend"], self.link()["impairment"]["delay"]))
        out, _ = pings.communicate(timeout=60)
        self.assertIn(" 0% packet loss", out)
        self.assertEqual(pid, self.relay())
        status = lab("status", "--json").json
        self.assertEqual(("up", []), (status["state"], status["drift"]))
        lab("impair", "h1--r1", "--delay", "60ms", "--dir", "h1→r1")
        self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05")), 80)

    def test_a_plain_link_comes_to_be_relayed(self):
        lab("impair", "r1--h2", "--delay", "10ms")
        self.assertEqual("relay", self.link("r1--h2")["backend"])
        self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05")), 60)
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertTrue(self.up(DELAYED)["actions"])
        self.assertEqual({}, self.link("r1--h2")["impairment"])
        self.round_trips("-c3", "-i0.05")

    def test_what_was_set_by_hand_stays_when_a_link_comes_to_be_relayed(self):
        """The interface is another one then."""
        self.up(DELAYED.replace('h2 = "host"', 'h2 = { kind = "host", sysctl = { "net.ipv4.conf.eth0.rp_filter" = 2 } }'))
        run("ip", "-n", "t.h2", "route", "append", "203.0.113.0/24", "proto", "zebra", "dev", "eth0")
        foreign = "203.0.113.0/24 dev eth0 proto zebra"
        for words in ("address add 192.0.2.1/24 dev eth0", "address add 2001:db8::1/64 dev eth0 nodad",
                      "route add 198.51.100.0/24 via 10.0.2.1", "route add 192.0.3.0/24 via 192.0.2.9",
                      "-6 route add 2001:db8:7::/48 via 2001:db8::9",
                      "route add 192.0.4.0/24 nexthop via 10.0.2.1 nexthop via 192.0.2.9",
                      "nexthop add id 5 via 192.0.2.9 dev eth0", "route add 192.0.5.0/24 nhid 5",
                      "neighbor add 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent"):
            run("ip", "-n", "t.h2", *words.split())

        def hand_made():
            shown = lambda *words: run("ip", "-n", "t.h2", *words).out.splitlines()
            return sorted(line.strip() for words in (
                ("route",), ("-6", "route"), ("nexthop",), ("-o", "-4", "address"), ("neighbor", "show", "nud", "permanent"))
                for line in shown(*words) if foreign not in line)

        before, index = hand_made(), self.shown("h2")["link_index"]
        self.assertIn("routing sessions over it begin anew", lab("impair", "r1--h2", "--delay", "10ms").err)
        lab("impair", "r1--h2", "--clear")
        self.assertEqual("", lab("impair", "r1--h2", "--delay", "11ms").err)
        self.assertNotEqual(index, self.shown("h2")["link_index"])
        self.assertEqual(before, hand_made())
        self.assertIn("inet6 2001:db8::1/64", run("ip", "-n", "t.h2", "address").out)
        self.assertNotIn(foreign, run("ip", "-n", "t.h2", "route").out)  # its daemon sees to that
        self.assertEqual("2\n", lab("exec", "h2", "--", "cat", "/proc/sys/net/ipv4/conf/eth0/rp_filter").out)
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_a_killed_relay_is_drift_that_up_repairs(self):
        os.kill(self.relay(), signal.SIGKILL)
        machine.eventually("labd sees it", lambda: lab("status", "--json").json["drift"])
        self.assertIn("h1:eth0", str(lab("status", "--json").json["drift"]))
        self.assertTrue(self.up(DELAYED)["actions"])
        self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05")), 40)
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_carrier_goes_through(self):
        def carrier(node):
            return "NO-CARRIER" not in self.shown(node)["flags"]
        lab("link", "h1--r1", "down")
        self.assertEqual("down", self.link()["state"])
        self.assertEqual([], lab("status", "--json").json["drift"])
        lab("link", "h1--r1", "up")
        machine.eventually("they have carrier", lambda: carrier("h1") and carrier("r1"))
        self.round_trips("-c3", "-i0.05")
        lab("stop", "h1")
        machine.eventually("its neighbour hears of it", lambda: not carrier("r1"))
        self.assertEqual([], lab("status", "--json").json["drift"])
        lab("start", "h1")
        machine.eventually("it is back", lambda: carrier("h1") and carrier("r1"))
        self.assertGreaterEqual(min(self.round_trips("-c3", "-i0.05")), 40)
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_a_lan_through_the_fabric(self):
        text = """
links = [{ endpoints = ["h1", "h2", "h3"], delay = "5ms" }]
[nodes]
"h[1-3]" = "host"
"""
        self.up(text, "lan")
        said = lab("-L", "lan", "exec", "h1", "--", "ping", "-c3", "-i0.05", "h3").out
        self.assertGreaterEqual(min(float(ms) for ms in re.findall(r"time=([0-9.]+) ms", said)), 10)
        self.assertEqual([], self.up(text, "lan")["actions"])

    def test_losses_that_filters_cannot(self):
        self.up(TEXT % 'loss = { model = "gemodel", p = "100%", r = "0%", h = "0%" }')
        self.assertEqual("relay", self.link()["backend"])
        done = lab("exec", "h1", "--", "ping", "-c5", "-i0.05", "-W1", "-q", "h2", status=1)
        self.assertIn("100% packet loss", done.out)

    def test_down_leaves_nothing(self):
        pid = self.relay()
        lab("down", "t")
        machine.gone(pid)
        self.assertEqual([], machine.processes("lab-relay"))
        self.assertNotIn("t.@relay", os.listdir("/run/netns") if os.path.isdir("/run/netns") else [])

    def test_only_its_file_keeps_it(self):
        """A lab that never asks for it has no relay."""
        self.up(TEXT % "mtu = 1500", "plain")
        self.assertEqual(1, len(machine.processes("lab-relay")))
