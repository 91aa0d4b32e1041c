"""[[step]]: experiments whose steps come at their times, are measured, and leave the lab as it was."""

import csv
import io
import json
import os
import signal
import subprocess
import xml.etree.ElementTree as xml

import machine
from labtest import LabTest, limit
from machine import lab, run

NET = '''
name = "x"
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = "router"
'''


def step(at, text):
    return f'\n[[step]]\nat = "{at}"\n{text}\n'


def lines(done):
    return [json.loads(line) for line in done.out.splitlines()]


def is_down():
    """By somebody's will, whatever the other end does."""
    return "UP" not in run("ip", "-n", "x.h1", "-j", "link", "show", "eth0").json[0]["flags"]


class Experiments(LabTest):
    def test_steps_come_in_order_and_change_the_network(self):
        look = 'run = { node = "h1", cmd = "cat /sys/class/net/eth0/operstate" }'
        file = self.write("x.lab.toml", NET + step("0s", look) + step("100ms", 'down = ["h1", "r1"]')
                          + step("1s", look) + step("1100ms", 'up = "h1--r1"') + step("2s", look)
                          + step("2100ms", 'down = "h1--r1"\nfor = "1500ms"') + step("3s", look)
                          + step("4500ms", look))
        told = lines(lab("test", file, "--json"))
        said = [l["text"] for l in told if l["type"] == "step" and l["state"] == "done" and l["node"] == "h1"]
        self.assertEqual(["up", "down", "up", "down", "up"], said)
        begun = [l for l in told if l["type"] == "step" and l["state"] == "begins"]
        planned = next(l for l in told if l["type"] == "scenario")["steps"]
        self.assertEqual(list(range(8)), [l["step"] for l in begun])
        for line, wanted in zip(begun, planned):
            self.assertGreaterEqual(line["at"], wanted["at"])
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_a_check_is_asked_when_its_step_comes(self):
        check = '''
[[check]]
name = "cut off"
ping = ["h1", "h2"]
not = true
within = "10s"
[[check]]
name = "whole"
ping = ["h1", "h2"]
[[check]]
name = "and again"
ping = ["h1", "h2"]
'''
        file = self.write("x.lab.toml", NET + check + step("0s", 'stop = "r1"') + step("0s", 'check = "cut off"')
                          + step("3s", 'start = "r1"') + step("3s", 'check = "and again"'))
        done = lab("test", file)
        order = [done.out.index(words) for words in ("✓ whole", "r1 stopped", "✓ cut off", "r1 started", "✓ and again")]
        self.assertEqual(sorted(order), order, done.out)
        self.assertEqual("3 passed, 0 failed, 0 skipped", done.out.splitlines()[-1])
        self.assertIn("4 steps\n", done.out)
        # Who chooses those of the steps alone is told why nothing is asked.
        only = lab("test", file, "-k", "cut or again", status=5)
        self.assertIn('"cut off", "and again" are asked by a [[step]] only, at its time', only.err)
        self.up(file=file, name="x")
        self.assertIn('"cut off" is asked by a [[step]] only, at its time', lab("check", "-k", "cut", status=5).err)
        self.assertIn("x has no checks of that kind", lab("check", "-k", "nothing", status=5).err)
        # Who chooses among the checks wants no experiment.
        self.assertEqual("1 passed, 0 failed, 0 skipped", lab("test", file, "-k", "whole or cut").out.splitlines()[-1])

    @limit(120)
    def test_measured_to_a_file_and_over_many_runs(self):
        file = self.write("x.lab.toml", NET
                          + step("0s", 'sample = { rtt = ["h1", "h2"] }\nevery = "100ms"')
                          + step("0s", 'sample = ["throughput", "routes"]\nevery = "200ms"')
                          + step("300ms", 'run = { node = "h1", cmd = "ping -q -s 1400 -i 0.01 -c 50 h2" }')
                          + step("2s", 'stop = "h2"') + step("5s", 'run = { node = "h1", cmd = "true" }'))
        table = list(csv.DictReader(io.StringIO(
            lab("test", file, "--repeat", "2", "--csv", "--samples", "/run/work/s.csv", timeout=100).out)))
        rows = {(r["what"], r["metric"]): r for r in table}
        rtt, loss = rows["h1 → h2", "rtt"], rows["h1 → h2", "loss"]
        self.assertEqual(("2", "s"), (rtt["runs"], rtt["unit"]))
        self.assertLess(0, float(rtt["mean"]))
        self.assertLessEqual(float(rtt["least"]), float(rtt["mean"]))
        self.assertLess(0, float(loss["mean"]))  # who has stopped answers nobody
        self.assertLess(float(loss["mean"]), 100)
        self.assertLess(1000, float(rows["h1:eth0", "throughput"]["mean"]))
        self.assertEqual("0", rows["r1", "routes"]["deviation"])
        with open("/run/work/s.csv", newline="") as kept:
            samples = list(csv.DictReader(kept))
        self.assertEqual({"1", "2"}, {s["run"] for s in samples})
        pings = [s for s in samples if s["metric"] == "rtt" and s["run"] == "1"]
        self.assertGreater(len(pings), 5)
        self.assertEqual(sorted(float(s["at"]) for s in pings), [float(s["at"]) for s in pings])
        self.assertIn("", {s["value"] for s in pings})
        lab("test", file, "--samples", "/run/work/s.jsonl")
        with open("/run/work/s.jsonl") as kept:
            self.assertLessEqual({"rtt", "throughput", "routes"}, {json.loads(line)["metric"] for line in kept})

    def test_the_report_draws_what_was_measured(self):
        file = self.write("x.lab.toml", NET + step("0s", 'sample = { rtt = ["h1", "h2"] }\nevery = "100ms"')
                          + step("1s", 'down = ["h1", "r1"]\nfor = "2s"')
                          + step("4s", 'run = { node = "h1", cmd = "echo \'<done>\'" }'))
        lab("test", file, "--bundle", "out")
        page = xml.parse("out/x/report.html").getroot()
        text = "\n".join(page.itertext())
        self.assertIn("h1--r1 down", text)
        self.assertIn("h1: <done>", text)
        [drawing] = page.iter("svg")
        self.assertGreaterEqual(len(list(drawing.iter("polyline"))), 2)  # it was interrupted
        self.assertGreaterEqual(len(list(drawing.iter("circle"))), 1)
        self.assertIn("h1--r1 down", "".join(drawing.itertext()))

    def test_a_step_that_fails_fails_the_test(self):
        file = self.write("x.lab.toml", NET + step("0s", 'run = { node = "h1", cmd = "echo why >&2; exit 3" }')
                          + step("0s", 'kill = "r1/ospfd"'))
        done = lab("test", file, status=1)
        self.assertRegex(done.out, r"✗ run echo why.* on h1  h1: exit 3: why")
        self.assertRegex(done.out, r"✗ r1/ospfd killed  r1 runs no ospfd")
        self.assertRegex(done.out, r"x\.lab\.toml:\d+")
        self.assertIn("2 failed steps", done.out)

    def played(self, text):
        """`text` is up as "x" and played for a client, which is given."""
        self.up(text, "x")
        return subprocess.Popen(["curl", "-sN", "--unix-socket", machine.SOCKET, "-X", "POST",
                                 "http://labd/v1/labs/x/steps"], stdout=subprocess.PIPE)

    def assert_mended(self):
        # labd is there again for whoever asks it something.
        machine.eventually("all is mended", lambda: self.node("r1")["state"] == "running" and not is_down() and
                           not lab("status", "--json").json["drift"])
        self.assert_reaches("h1", "h2")

    @limit(120)
    def test_nothing_stays_when_the_client_or_labd_is_killed(self):
        text = (NET + step("0s", 'flap = ["h1", "r1"]\nevery = "600ms"') + step("0s", 'stop = "r1"')
                + step("0s", 'down = "r1--h2"') + step("1h", 'run = { node = "h1", cmd = "true" }'))
        client = self.played(text)
        machine.eventually("r1 is off", lambda: self.node("r1")["state"] == "stopped")
        for wanted in (True, False, True):
            machine.eventually(f"down: {wanted}", lambda wanted=wanted: is_down() == wanted)
        client.kill()
        client.communicate()
        self.assert_mended()
        client = self.played(text)
        machine.eventually("r1 is off", lambda: self.node("r1")["state"] == "stopped")
        machine.eventually("it is down", is_down)
        os.kill(machine.processes("labd")[0], signal.SIGKILL)
        client.communicate()
        self.assert_mended()


class Flapping(LabTest):
    @limit(120)
    def test_a_check_with_a_link_that_flaps(self):
        self.up(NET + '''
[[check]]
name = "it comes back every time"
ping = ["h1", "h2"]
within = "20s"
during = { flap = ["r1", "h2"], every = "4s" }
[[check]]
name = "never"
tcp = ["h1", "h2:99"]
before = false
within = "60s"
during = { flap = ["h1", "r1"], every = "600ms" }
''', "x")
        result = next(l for l in lines(lab("check", "-k", "every", "--json")) if l["type"] == "check")
        self.assertEqual("passed", result["result"], result)
        self.assertLessEqual(1, result["metrics"]["falls"])
        self.assertLess(1, result["metrics"]["converged"])  # two seconds of each four it is down
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assert_reaches("h1", "h2")
        for how in (signal.SIGKILL, signal.SIGINT):
            client = subprocess.Popen(["lab", "check", "-k", "never"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
            for wanted in (True, False, True):
                machine.eventually(f"down: {wanted}", lambda wanted=wanted: is_down() == wanted)
            if how == signal.SIGKILL:
                machine.kill_daemon(how)
            else:
                client.send_signal(how)
            client.wait(30)
            # labd is there again for whoever asks it something, and the link is up to stay.
            machine.eventually("it is mended", lambda: not lab("status", "--json").json["drift"] and not is_down())
            self.assertIn("nothing to do", lab("up", "--repair", cwd="/").out)
            self.assertFalse(is_down())
            self.assert_reaches("h1", "h2")
