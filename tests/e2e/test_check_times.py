"""Checks and time: `within` is kept inside a try, `converged` holds, and faults end in time."""

import os
import pathlib
import signal
import subprocess

import machine
from labtest import PAIR, LabTest, limit
from machine import lab
from test_check import STATIC, results, table

# Routes of r1 that change every 100 ms for as long as the file is there.
RESTLESS = '''
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = { kind = "router", run = [{ name = "flip", cmd = "while :; do [ -e /run/restless ] && ip route add 10.99.0.0/24 dev eth0 && ip route del 10.99.0.0/24; sleep 0.1; done" }] }
'''

SQUARE = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-2]" = { kind = "router", routing = "ospf" }
'''


class Times(LabTest):
    def results(self, text, status=0, timeout=150):
        self.up(text)
        return results(lab("check", "--json", timeout=timeout, status=status))[0]

    def test_a_command_ends_within(self):
        found = self.results(PAIR + table('run = { node = "h1", cmd = "sleep 20" }', "1s")
                             + table('run = { node = "h1", cmd = "sleep 0.2" }', "1s"), status=1)
        self.assertEqual(["failed", "passed"], [r["result"] for r in found])
        self.assertLess(found[0]["elapsed"], 5)

    @limit(200)
    def test_throughput_waits_for_its_server(self):
        text = PAIR + "".join(table(f'name = "t{n}"\nthroughput = ["h1", "h2"]\ntime = "1s"', "30s") for n in range(6)) \
            + table('throughput = ["h1", "h2"]\nrate = "< 1kbit"\ntime = "1s"', "2s")
        found = self.results(text, status=1)
        self.assertEqual(["passed"] * 6 + ["failed"], [r["result"] for r in found], found)
        self.assertRegex(found[6]["value"], r"bit/s, not < 1kbit$")

    def test_converged(self):
        self.up(RESTLESS
                + table('name = "moves"\nconverged = { quiet = "1s" }\nnot = true\nfor = "1s"', "10s")
                + table('name = "still"\nconverged = { quiet = "1s" }', "2s")
                + table('name = "calm"\nconverged = { quiet = "500ms" }\nfor = "1s"', "10s")
                + table('name = "no noise"\nconverged = { quiet = "500ms" }\nnot = true', "1s")
                + table('name = "broken"\nconverged = { quiet = "1s" }\nduring = { down = ["r1", "h2"] }\nbefore = false', "10s"))
        lab("exec", "r1", "--", "touch", "/run/restless")
        found, _ = results(lab("check", "--json", "-k", "moves or still", status=1))
        self.assertEqual(["passed", "failed"], [r["result"] for r in found], found)
        self.assertGreaterEqual(found[0]["elapsed"], 1)
        self.assertIn("r1", found[1]["diagnosis"]["where"])
        lab("exec", "r1", "--", "rm", "/run/restless")
        found, _ = results(lab("check", "--json", "-k", "calm or noise or broken", status=1))
        self.assertEqual(["passed", "failed", "passed"], [r["result"] for r in found], found)
        self.assertGreaterEqual(found[0]["elapsed"], 1.5)
        self.assertGreaterEqual(found[2]["elapsed"], 1)
        self.assertIn("after the fault", found[2]["value"])

    def test_packets_lost_until_the_way_is_back(self):
        self.up(STATIC + table('ping = ["h1", "h2"]\nduring = { flap = ["r1", "r2"], every = "1600ms" }', "20s"))
        found, _ = results(lab("check", "--json"))
        self.assertEqual("passed", found[0]["result"], found)
        self.assertLess(found[0]["metrics"]["converged"], 1.6)
        self.assertGreater(found[0]["metrics"]["lost"], 2)
        self.assertRegex(found[0]["value"], r"after the fault, \d+ packets lost on the way$")

    def test_the_time_that_a_try_takes_is_not_the_way_s(self):
        """What holds all the time has converged at once, however long it takes to ask; what fails has not."""
        self.up(STATIC + table('name = "slow"\nrun = { node = "h1", cmd = "sleep 2" }\nduring = { down = ["r1", "r2"] }', "10s")
                + table('name = "held once"\nrun = { node = "h1", cmd = "[ ! -e /run/asked ] && sleep 1 && touch /run/asked" }\n'
                        'during = { down = ["r1", "r2"] }\nbefore = false\nfor = "20s"', "2s"))
        found, _ = results(lab("check", "--json", status=1))
        self.assertEqual(["passed", "failed"], [one["result"] for one in found], found)
        self.assertLess(found[0]["metrics"]["converged"], 2)
        self.assertRegex(found[0]["value"], " ms after the fault$")
        self.assertIsNotNone(found[1]["first_ok"])
        self.assertNotIn("converged", found[1]["metrics"])
        self.assertNotIn("after the fault", found[1]["value"])

    @limit(200)
    def test_routes_come_back_after_zebra(self):
        self.up(SQUARE + table('name = "way"\nping = ["h1", "h2"]\nfamily = "ipv4"', "90s")
                + table('name = "killed"\nprocess = { node = "r1", name = "zebra" }\nduring = { kill = "r1/zebra" }\nafter = "way"', "30s")
                + table('name = "again"\nping = ["h1", "h2"]\nfamily = "ipv4"\nafter = "killed"', "90s")
                + table('name = "route"\nroute = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2", proto = "ospf" }\nafter = "again"', "60s"))
        before = {s["name"]: s["pid"] for s in self.node("r1")["services"]}
        found, _ = results(lab("check", "--json", timeout=190))
        self.assertEqual(["passed"] * 4, [r["result"] for r in found], found)
        services = {s["name"]: s for s in self.node("r1")["services"]}
        self.assertEqual(set(), {name for name, s in services.items() if s["state"] not in ("ready", "exited")}, services)
        self.assertNotEqual(before["ospfd"], services["ospfd"]["pid"])

    def interrupt(self, text):
        """Ctrl-C when the fault is in; what the links are asked to be right after the client's end."""
        self.up(text)
        client = subprocess.Popen(["lab", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        asked = lambda: [link["asked"] for link in lab("links", "--json").json["links"] if link["asked"]]
        machine.eventually("the fault is in", asked)
        client.send_signal(signal.SIGINT)
        out, err = client.communicate(timeout=20)
        self.assertEqual(130, client.returncode, out + err)
        self.assertEqual([], asked())
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_ctrl_c_takes_the_fault_out_first(self):
        self.interrupt(STATIC + table('run = { node = "h1", cmd = "sleep 25" }\nduring = { down = ["r1", "r2"] }\nbefore = false', "60s"))

    def test_labd_ends_while_a_check_is_asked(self):
        """In order, and the next one has the lab."""
        self.up(STATIC)
        client = subprocess.Popen(["lab", "wait", "--json", "tcp h1 h2:99", "--timeout", "60s"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while '"seen"' not in client.stdout.readline():
            pass
        [daemon] = machine.processes("labd")
        os.kill(daemon, signal.SIGTERM)
        machine.eventually("labd has ended", lambda: daemon not in machine.processes("labd"))
        client.communicate(timeout=20)
        self.assertEqual(4, client.returncode)
        self.assertNotIn("corrupted", pathlib.Path("/run/labd/labd.log").read_text())
        lab("wait", "ping h1 h2")

    def test_who_waits_for_another_leaves_at_once(self):
        self.up(STATIC + table('name = "first"\ntcp = ["h1", "h2:99"]\nduring = { down = ["r1", "r2"] }\nbefore = false', "60s")
                + table('name = "second"\ntcp = ["h1", "h2:99"]\nduring = { down = ["h1", "r1"] }\nbefore = false', "60s"))
        first = subprocess.Popen(["lab", "check", "-k", "first"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        machine.eventually("the fault is in", lambda: any(link["asked"] for link in lab("links", "--json").json["links"]))
        second = subprocess.Popen(["lab", "check", "--json", "-k", "second"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while '"begin"' not in second.stdout.readline():
            pass
        second.send_signal(signal.SIGINT)
        second.communicate(timeout=20)
        self.assertEqual(130, second.returncode)
        self.assertIsNone(first.poll())
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)
        self.assertEqual(130, first.returncode)
