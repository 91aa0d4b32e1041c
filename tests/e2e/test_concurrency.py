"""Many at once: whoever comes to the same lab at the same time, it is one lab in the end."""

import subprocess

import machine
from labtest import PAIR, LabTest
from machine import lab

THREE = PAIR.replace('[["h1", "h2"]]', '[["h1", "h2"], ["h2", "h3"]]') + 'h3 = "host"\n'
MANY = '[nodes]\n"h[1-60]" = "host"\nsw = "switch"\n[[link]]\nstar = { hub = "sw", to = "h[*]" }\n'


class Concurrency(LabTest):
    def start(self, *words):
        return subprocess.Popen(["lab", *map(str, words)], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def test_two_files_of_one_lab_race(self):
        two, three = self.write("two/t.lab.toml", PAIR), self.write("three/t.lab.toml", THREE)
        lab("ls")
        clients = [self.start("up", file) for _ in range(8) for file in (two, three)]
        for client in clients:
            out, _ = client.communicate(timeout=100)
            self.assertEqual(0, client.returncode, out)
        # Whichever came last: it is that one, whole, and the other is one edit away.
        self.assertEqual("up", lab("status", "--json").json["state"])
        lab("up", three)
        self.assert_reaches("h2", "h3")
        lab("up", two)
        self.assertEqual([], lab("up", two, "--json").json["actions"])
        self.assert_reaches("h1", "h2")

    def test_down_while_it_comes_up(self):
        file = self.write("t.lab.toml", MANY)
        lab("ls")
        up = self.start("up", file)
        machine.eventually("it is under way", lambda: lab("ls", "--json").json["labs"])
        lab("down", "t")
        out, _ = up.communicate(timeout=100)
        self.assertIn(up.returncode, (0, 1), out)
        self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assert_unchanged()

    def test_edits_and_a_life_at_once(self):
        file = self.write("t.lab.toml", THREE)
        self.up(THREE)
        for _ in range(3):
            clients = [self.start("up", file), self.start("restart", "h1"), self.start("stop", "h3"),
                       self.start("plan", file), self.start("status")]
            for client in clients:
                out, _ = client.communicate(timeout=100)
                self.assertEqual(0, client.returncode, out)
        lab("up", file)
        self.assertEqual([], lab("plan", file, "--json").json["actions"])
        self.assert_reaches("h2", "h3")
        self.assert_reaches("h1", "h2")

    def test_status_is_told_while_nodes_come_and_go(self):
        two, three = self.write("two/t.lab.toml", PAIR), self.write("three/t.lab.toml", THREE)
        lab("up", two)
        ask = "for i in $(seq 25); do lab status --json >/dev/null || exit 1; done"
        askers = [subprocess.Popen(["sh", "-c", ask], stderr=subprocess.PIPE, text=True) for _ in range(4)]
        while any(asker.poll() is None for asker in askers):
            lab("up", three)
            lab("up", two)
        for asker in askers:
            _, said = asker.communicate(timeout=60)
            self.assertEqual(0, asker.returncode, said)
