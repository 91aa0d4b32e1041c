"""What users write is read by a process that may do nothing."""

import json
import os
import pathlib
import signal
import subprocess

import machine
from labtest import PAIR, LabTest
from machine import api, lab


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


class Parser(LabTest):
    def ready(self):
        """Those that wait for the next topologies."""
        def both():
            found = [pid for pid in machine.processes("lab-parse") if status(pid)["Seccomp"] == ["2"]]
            return found if len(found) == 2 else None
        return machine.eventually("two stand ready", both)

    def put(self, text):
        return api("PUT", "/v1/labs/t", {"api": 1, "main": "t.lab.toml", "files": {"t.lab.toml": {"text": text}}})

    def test_it_is_sealed_and_serves_once(self):
        lab("ls")
        first, second = self.ready()
        found = status(first)
        self.assertEqual(["65534"] * 4, found["Uid"])
        self.assertEqual(["65534"] * 4, found["Gid"])
        self.assertEqual([], found["Groups"])
        self.assertEqual(["0" * 16], found["CapEff"])
        self.assertEqual(["1"], found["NoNewPrivs"])
        self.assertEqual([str(machine.processes("labd")[0])], found["PPid"])
        self.assertEqual("1000\n", pathlib.Path(f"/proc/{first}/oom_score_adj").read_text())
        self.assertEqual({"0", "1", "2", "3"}, set(os.listdir(f"/proc/{first}/fd")))
        self.assertEqual(b"", pathlib.Path(f"/proc/{first}/environ").read_bytes())
        self.up(PAIR)
        machine.gone(first)
        self.assertEqual([second], [pid for pid in self.ready() if pid in (first, second)])
        self.assertEqual(1, len(machine.processes("labd")))

    def test_it_ends_with_labd(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            lab("ls")
            ready = self.ready()
            machine.kill_daemon(how)
            for pid in ready:
                machine.gone(pid)

    def test_those_that_were_killed_are_replaced(self):
        lab("ls")
        for pid in self.ready():
            os.kill(pid, signal.SIGKILL)
            machine.eventually("it has ended", lambda: pid not in machine.processes("lab-parse"))
        self.up(PAIR)
        self.ready()

    def test_one_that_does_not_answer_holds_up_nobody_else(self):
        lab("ls")
        ready = self.ready()
        for pid in ready:
            os.kill(pid, signal.SIGSTOP)
        path = self.write("t.lab.toml", PAIR)
        waiting = [subprocess.Popen(["lab", "up", path, "--name", name], stdout=subprocess.DEVNULL)
                   for name in ("a", "b")]
        machine.eventually("both are taken", lambda: len(machine.processes("lab-parse")) == 4)
        self.up(PAIR, "c")
        self.assertEqual(["c"], [l["name"] for l in lab("ls", "--json").json["labs"]])
        for pid in ready:
            os.kill(pid, signal.SIGCONT)
        self.assertEqual([0, 0], [process.wait(60) for process in waiting])

    def test_bombs(self):
        lab("ls")
        deep = "[" * 100_000
        for text in (f"links = {deep}\n[nodes]\nh1 = \"host\"\n",
                     ".".join("a" * 400_000) + " = 1\n",
                     "".join(f"x-{i} = 1\n" for i in range(70_000)) + "[nodes]\nh1 = \"bad\"\n",
                     "[nodes]\n\"h[1-10000]\" = \"host\"\n[[link]]\nfull = \"h[*]\"\n",
                     "[vars]\n" + "".join(f'v{i} = "${{v{i + 1}}}${{v{i + 1}}}"\n' for i in range(60))
                     + 'v60 = "xxxxxxxxxx"\n[nodes]\nh1 = { kind = "host", label = "${v0}" }\n',
                     "\x00\xff" * 1000, "name = \"" + "x" * 2_000_000 + "\""):
            code, answer = self.put(text)
            self.assertIn(code, (400, 500), answer[:300])
            self.assertIn(json.loads(answer)["error"]["code"], ("invalid_topology", "internal", "bad_request"))
            self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assertEqual(1, len(machine.processes("labd")))
        self.up(PAIR)

    def test_a_switch_with_all_the_ports_that_a_bridge_may_have(self):
        text = '[nodes]\n"h[1-1023]" = "host"\nsw = "switch"\n[[link]]\nstar = {{ hub = "sw", to = "h[1-{}]" }}\n'
        done = lab("plan", self.write("t.lab.toml", text.format(1023)), "--json", timeout=100)
        self.assertIn("h1023", [action["name"] for action in done.json["actions"]])

    def test_labs_are_read_again_after_a_restart(self):
        self.up(PAIR)
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.assertEqual([], self.up(PAIR)["actions"])
