"""What links do to packets: from the file and live, by whatever the running kernel has for it."""

import json
import math
import os
import re
import signal
import subprocess

import machine
from labtest import LabTest
from machine import lab, run

LINK = """
links = [{ endpoints = ["h1", "h2"], %s }]
[nodes]
h1 = "host"
h2 = %s
"""
RECEIVER = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
s.bind(("0.0.0.0", 9000))
times = []
while len(times) < 300:
    s.recv(2000)
    times.append(time.monotonic())
print(299 * 1442 * 8 / (times[-1] - times[0]) / 1e6, flush=True)
"""
SENDER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
to = (socket.gethostbyname("h2"), 9000)
for i in range(300):
    s.sendto(bytes(1400), to)
"""


class Impair(LabTest):
    def link(self):
        return lab("links", "--json").json["links"][0]

    def of_end(self, end):
        return {f"{e['node']}:{e['interface']}": e["impairment"] for e in self.link()["ends"]}[end]

    def answered(self, count):
        done = lab("exec", "h1", "--", "ping", "-q", "-n", "-i", "0.002", "-W", "1", "-c", str(count), "h2",
                   status=None)
        return int(re.search(r"(\d+) received", done.out)[1])

    def assert_lossy(self, share):
        """One direction loses so much, within six standard deviations."""
        count = 1000
        self.assertAlmostEqual(count * (1 - share), self.answered(count),
                               delta=6 * math.sqrt(count * share * (1 - share)))

    def up_acquainted(self, settings, other='"host"'):
        """Up without loss first, so that what is lost later is not the question who has an address."""
        self.up(LINK % ('mtu = 1500', other))
        lab("exec", "h1", "--", "ping", "-c1", "-W3", "h2")
        return self.up(LINK % (settings, other))

    def test_settings_that_would_change_nothing(self):
        """What means something beside another setting alone is refused without it, and says so."""
        self.up(LINK % ("mtu = 1500", '"host"'))
        for words, message, hint in ((["--distribution", "normal"], "distribution without jitter", 'jitter = "5ms" beside it'),
                                     (["--order", "keep"], "order without jitter", 'jitter = "5ms" beside it'),
                                     (["--burst", "20KB"], "burst without rate", 'rate = "10mbit" beside it'),
                                     (["--rate", "0"], "rate cannot be 0", "--rate off takes it away; lab link LINK down cuts a link"),
                                     (["--limit", "0"], "limit cannot be 0", "--limit off takes it away; lab link LINK down cuts a link")):
            with self.subTest(words):
                done = lab("impair", "h1--h2", *words, status=2)
                self.assertEqual(f"lab: error: {message}\n  hint: {hint}\n", done.err)
                self.assertEqual({}, self.of_end("h1:eth0"))
        done = lab("impair", "h1--h2", "--delay", "2ms", "--jitter", "3ms", "--distribution", "normal")
        self.assertIn("! h1:eth0: jitter 3ms is more than the delay 2ms: nothing arrives before it is sent, so the mean "
                      "grows (jitter ≤ 2ms)\n", done.err)
        self.assertEqual("normal", self.of_end("h1:eth0")["distribution"])
        lab("impair", "h1--h2", "--distribution", "uniform")
        self.assertNotIn("distribution", self.of_end("h1:eth0"))
        # It goes with what it was said for.
        lab("impair", "h1--h2", "--distribution", "pareto")
        lab("impair", "h1--h2", "--jitter", "0")
        self.assertEqual("2ms", self.of_end("h1:eth0")["delay"])
        self.assertNotIn("jitter", self.of_end("h1:eth0"))

    def test_the_back_end_of_ends_that_differ(self):
        for ends in ('a = { loss = "1%" }, b = { delay = "20ms" }', 'a = { delay = "20ms" }, b = { loss = "1%" }'):
            self.up(LINK % (ends, '"host"'))
            self.assertIn(self.link()["backend"], ("netem", "relay"))

    def test_loss_of_the_file(self):
        self.up_acquainted('a = { loss = "30%" }')
        self.assertEqual({"loss": "30%"}, self.of_end("h1:eth0"))
        self.assertEqual({}, self.of_end("h2:eth0"))
        self.assertIn(self.link()["backend"], ("netem", "nft"))
        self.assertIn(self.link()["backend"], lab("links").out)
        self.assertIn("impaired by " + self.link()["backend"] + ": h1--h2", lab("status").out)
        self.assert_lossy(0.3)
        self.assertEqual([], self.up(LINK % ('a = { loss = "30%" }', '"host"'))["actions"])

    def test_rate_of_the_file(self):
        self.up(LINK % ('rate = "10mbit", limit = 400', '"host"'))
        receiver = subprocess.Popen(["lab", "exec", "h2", "--", "python3", "-c", RECEIVER],
                                    stdout=subprocess.PIPE, text=True)
        machine.eventually("somebody listens", lambda: "9000" in lab("exec", "h2", "--", "ss", "-uln").out)
        lab("exec", "h1", "--", "python3", "-c", SENDER)
        out, _ = receiver.communicate(timeout=60)
        self.assertAlmostEqual(10, float(out), delta=1, msg=out)

    def test_a_plan_says_what_changes_in_place(self):
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        pid = self.node("h1")["pid"]
        changed = self.write("t.lab.toml", LINK % ('rate = "20mbit"', '"host"'))
        said = lab("plan", changed).out
        self.assertIn("~ link h1--h2  h1:eth0: rate 10mbit → 20mbit", said)
        lab("up", changed)
        self.assertEqual(pid, self.node("h1")["pid"])
        self.assertEqual("20mbit", self.link()["impairment"]["rate"])

    def test_what_the_kernel_cannot_do_is_said(self):
        text = LINK % ('rate = "10mbit", queue = "cake"', '"host"')
        done = lab("up", self.write("t.lab.toml", text))
        if self.link()["backend"] == "netem":
            self.assertNotIn("cannot do", done.err)
            return
        if self.link()["undone"]:
            self.assertEqual(["queue"], self.link()["undone"])
            self.assertIn("this kernel cannot do queue on h1--h2; the rest is done", done.err)
            self.assertIn("! link h1--h2: this kernel cannot do queue", lab("status").out)
            self.up(LINK % ('rate = "10mbit"', '"host"'))
            refused = lab("impair", "h1--h2", "--queue", "cake", status=2)
            self.assertIn("this kernel cannot do queue", refused.err)
        strict = LINK % ('delay = "20ms", backend = "netem"', '"host"')
        refused = lab("up", self.write("t.lab.toml", strict), status=2)
        self.assertIn("this kernel has no netem, and h1:eth0 takes no substitute [D67]", refused.err)

    def test_live_changes_keep_the_rest(self):
        self.up_acquainted('loss = "1%", rate = "10mbit"')
        said = lab("impair", "h1--h2", "--loss", "30%", "--dir", "h1→h2").out
        self.assertEqual("h1:eth0 sends: loss 1%, rate 10mbit → loss 30%, rate 10mbit\n", said)
        self.assertEqual({"loss": "30%", "rate": "10mbit"}, self.of_end("h1:eth0"))
        self.assertEqual({"loss": "1%", "rate": "10mbit"}, self.of_end("h2:eth0"))
        self.assertEqual("user", self.link()["impaired"]["by"])
        self.assertEqual([], lab("status", "--json").json["drift"])
        lab("impair", "h1", "h2", "--rate", "off")
        self.assertEqual({"loss": "30%"}, self.of_end("h1:eth0"))
        self.assertEqual({"loss": "1%"}, self.of_end("h2:eth0"))
        shown = lab("impair", "--show").out
        self.assertRegex(shown, r"h1--h2 +h1:eth0 → h2:eth0 +\w+ +loss 30%")
        lab("impair", "h1--h2", "--clear")
        self.assertEqual({}, self.link()["impairment"])
        self.assertEqual(50, self.answered(50))
        # And it is in the audit log, with what was asked.
        self.assertIn('h1--h2 from h1:eth0 {"loss":"30%"}', lab("audit").out)
        actions = self.up(LINK % ('loss = "1%", rate = "10mbit"', '"host"'))["actions"]
        self.assertTrue(actions)
        self.assertIsNone(self.link()["impaired"])
        self.assertEqual({"loss": "1%", "rate": "10mbit"}, self.link()["impairment"])

    def test_for_a_while_goes_back_by_itself(self):
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        lab("impair", "h1--h2", "--rate", "1mbit", "--for", "10m")
        self.assertEqual("1mbit", self.link()["impairment"]["rate"])
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        lab("impair", "h1--h2", "--rate", "1mbit", "--for", "1s")
        machine.eventually("it is back", lambda: self.link()["impairment"]["rate"] == "10mbit")
        self.assertIsNone(self.link()["impaired"])

    def test_for_a_while_outlives_labd(self):
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        lab("impair", "h1--h2", "--rate", "1mbit", "--for", "5s")
        (daemon,) = machine.processes("labd")
        os.kill(daemon, signal.SIGKILL)
        machine.eventually("it is dead", lambda: not machine.processes("labd"))
        self.assertIn("1Mbit", self.bucket())
        lab("ls")
        machine.eventually("it is back", lambda: "10Mbit" in self.bucket(), 20)
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_for_a_while_goes_back_though_labd_is_dead(self):
        """Nobody asks for anything meanwhile: what was to be undone brings labd back."""
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        lab("impair", "h1--h2", "--rate", "1mbit", "--for", "3s")
        (daemon,) = machine.processes("labd")
        os.kill(daemon, signal.SIGKILL)
        machine.eventually("it is dead", lambda: not machine.processes("labd"))
        self.assertIn("1Mbit", self.bucket())
        machine.eventually("it is back", lambda: "10Mbit" in self.bucket(), 20)
        self.assertEqual([], lab("status", "--json").json["drift"])
        # A labd that is told to end has nobody who brings it back.
        lab("impair", "h1--h2", "--rate", "1mbit", "--for", "1h")
        self.assertTrue(machine.processes("labd-keeper"))
        machine.kill_daemon()
        machine.eventually("nobody waits", lambda: not machine.processes("labd-keeper"))

    def bucket(self):
        return run("ip", "netns", "exec", "t.h1", "tc", "qdisc", "show", "dev", "eth0").out

    def test_a_hand_on_it_is_drift(self):
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        run("ip", "netns", "exec", "t.h1", "tc", "qdisc", "delete", "dev", "eth0", "root")
        machine.eventually("labd sees it", lambda: "rate is nothing, wished 10mbit" in
                           json.dumps(lab("status", "--json").json["drift"]))
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        self.assertIn("10Mbit", self.bucket())

    def test_rulesets_of_the_node_live_beside_it(self):
        """The node's own nftables are loaded anew, and what arrives is lost all the same."""
        node = '{ kind = "host", nft = "table ip mine {\\n}\\n" }'
        self.up_acquainted('a = { loss = "30%" }', node)
        self.assert_lossy(0.3)
        again = node.replace("mine", "other")
        self.assertEqual(["nft"], [a["kind"] for a in
                                   self.up(LINK % ('a = { loss = "30%" }', again))["actions"]])
        self.assertIn("table ip other", lab("exec", "h2", "--", "nft", "list", "ruleset").out)
        self.assert_lossy(0.3)

    def test_a_node_that_was_stopped_comes_back_impaired(self):
        self.up(LINK % ('loss = "100%"', '"host"'))
        lab("stop", "h2")
        lab("start", "h2")
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertEqual(0, self.answered(3))

    def test_mistakes(self):
        self.up(LINK % ('rate = "10mbit"', '"host"'))
        for words, said in ((["h1--h2"], "what shall happen to its packets?"),
                            (["h1--h2", "--loss", "120%"], "loss is 0 % to 100 %, not 120 %"),
                            (["h1--h2", "--rate", "10"], "a rate needs a unit"),
                            (["h1--h2", "--loss", "1%", "--dir", "h1→h9"], "has no end at h9"),
                            (["h1--h9", "--loss", "1%"], "there is no link"),
                            (["h1--h2", "--queue", "codel tarket=5ms"], "tarket")):
            with self.subTest(words):
                done = lab("impair", *words, status=None)
                self.assertNotEqual(0, done.status)
                self.assertIn(said, done.err)
        self.assertEqual({"rate": "10mbit"}, self.link()["impairment"])
