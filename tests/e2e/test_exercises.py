"""[exercise]: the student's view, points, and a folder of students' files as a table."""

import csv
import io
import os
import pty
import select
import signal
import subprocess

import machine
from labtest import LabTest, limit
from machine import lab

EXERCISES = machine.EXAMPLES / "exercises"

TASK = '''
name = "task"
links = [["h1", "r1"], ["r1", "h2"]]
[exercise]
title = "A way back"
solution = "no-such-file.lab.toml"
[addressing]
ipv6 = false
[nodes]
h1 = "host"
r1 = "router"
h2 = { kind = "host", gateway = false }
[[check]]
name = "h1 has a way out"
route = { node = "h1", prefix = "default" }
points = 1
[[check]]
name = "h1, and h2 too"
ping = ["h1", "h2"]
points = 4
hint = "has h2 a default route?"
within = "1s"
[[check]]
name = "=later"
after = "h1, and h2 too"
ping = ["h2", "h1"]
points = 2
'''
SOLVED = TASK.replace(', gateway = false', "")


def scores(text):
    return {row["student"]: row for row in csv.DictReader(io.StringIO(text))}


class Grading(LabTest):
    @limit(120)
    def test_a_folder_of_students(self):
        task = self.write("task.lab.toml", TASK)
        self.write("in/ada.lab.toml", SOLVED)
        self.write("in/bob.toml", TASK)
        self.write("in/eve.toml", TASK.replace('ping = ["h1", "h2"]\npoints = 4', 'ping = ["h1", "r1"]\npoints = 400')
                   .replace('ping = ["h2", "h1"]', 'run = { node = "h1", cmd = "true" }'))
        self.write("in/fay.toml", SOLVED.split("[[check]]")[0].replace('["r1", "h2"]', '["r1", "h2"], ["r1", "h2"]'))
        self.write("in/gil/lab.toml", SOLVED.replace("h2", "h3"))
        self.write("in/mallory.toml", "this is no TOML")
        self.write("in/notes.txt", "not a topology")
        done = lab("grade", "in", task, "--jobs", "3", timeout=100)
        table = scores(done.out)
        self.assertEqual({"ada": "7", "bob": "1", "eve": "1", "fay": "7", "gil": "1", "mallory": "0"},
                         {name: row["points"] for name, row in table.items()}, done)
        self.assertEqual({"7"}, {row["of"] for row in table.values()})
        self.assertEqual("4", table["ada"]["h1, and h2 too"])
        self.assertEqual("0", table["bob"]["'=later"], "a name is no formula of a spreadsheet")
        self.assertIn("h1, and h2 too: no reply", table["bob"]["reason"])
        self.assertIn("=later: skipped", table["eve"]["reason"])
        self.assertRegex(table["gil"]["reason"], "h2.*; not the exercise's topology: without h2, h2--r1; with h3, h3--r1$")
        self.assertEqual("not the exercise's topology: with h2--r1", table["fay"]["reason"], "none of its own checks")
        self.assertEqual("", table["ada"]["reason"])
        self.assertRegex(table["mallory"]["reason"], "^line 1: ")
        self.assertEqual("", table["mallory"]["h1, and h2 too"])
        self.assertEqual("", lab("ls", "-q").out)
        lab("grade", "in", task, "--csv", "scores.csv", "-q", timeout=100)
        self.assertEqual(done.out, open("scores.csv", newline="").read())
        lab("grade", "nowhere", task, status=2)

    def test_no_file_gets_more_of_the_machine_than_the_exercise(self):
        task = self.write("task.lab.toml", TASK)
        host = 'exec = ["sh -c \'touch /run/work/was-here\'"]\n'
        for name, words in {"open": 'level = "open"\n', "node": "", "nat": "", "share": 'allow = ["nobody"]\n'}.items():
            self.write(f"in/{name}.toml", words + SOLVED)
        self.write("in/node.toml", SOLVED + '[nodes.h3]\nlevel = "open"\n' + host)
        self.write("in/nat.toml", SOLVED + '[nodes.out]\nkind = "nat"\n')
        table = scores(lab("grade", "in", task).out)
        for name, words in (("open", 'h1 has level "open"'), ("node", 'h3 has level "open"'), ("nat", "out is a nat"),
                            ("share", "it is shared with nobody")):
            self.assertEqual("0", table[name]["points"])
            self.assertRegex(table[name]["reason"], f"^line [0-9]+: {words}, which the exercise does not have")
        self.assertFalse(os.path.exists("/run/work/was-here"))
        # What the exercise has, its students may have.
        wide = self.write("wide.lab.toml", 'level = "open"\n' + TASK)
        self.write("two/ada.toml", 'level = "open"\n' + SOLVED)
        self.assertEqual("7", scores(lab("grade", "two", wide, timeout=100).out)["ada"]["points"])

    def test_addresses_are_those_of_the_students_lab(self):
        file = """
name = "own"
links = [["h1", "r1"], { endpoints = ["r1", "h2"], prefix = "POOL" }]
[nodes]
"h[1-2]" = "host"
r1 = "router"
[[check]]
name = "h2 by its address"
run = { node = "h1", cmd = "ping -c1 -W1 ${h2.ipv4}" }
points = 2
within = "2s"
[exercise]
title = "Addresses"
"""
        task = self.write("task.lab.toml", file.replace("POOL", "10.5.0.0/24"))
        self.write("in/ada.lab.toml", file.replace("POOL", "192.168.7.0/24"))
        self.assertEqual("2", scores(lab("grade", "in", task).out)["ada"]["points"])

    @limit(300)
    def test_finished_exercises(self):
        """Solutions score full, and what students start from does not."""
        for task in sorted(EXERCISES.glob("*.lab.toml")):
            name = task.name.removesuffix(".lab.toml")
            with self.subTest(name):
                self.write(f"{name}/start.lab.toml", task.read_text())
                self.write(f"{name}/solved.lab.toml", (EXERCISES / "solutions" / task.name).read_text())
                table = scores(lab("grade", name, task, "--jobs", "2", timeout=200).out)
                self.assertEqual(table["solved"]["of"], table["solved"]["points"], table["solved"])
                self.assertEqual("10", table["solved"]["of"])
                self.assertLess(float(table["start"]["points"]), 5, table["start"])

    def test_mistakes(self):
        bad = self.write("bad.lab.toml", TASK.replace('title = "A way back"', ''))
        self.assertIn("an exercise needs a title", lab("validate", bad, status=2).err)
        out = self.write("out.lab.toml", TASK.replace("no-such-file", "../x"))
        self.assertIn("leaves the topology's directory", lab("validate", out, status=2).err)
        none = self.write("none.lab.toml", TASK.replace("points", "x-points"))
        self.assertIn("no check of this exercise has points", lab("validate", none).err)
        lab("grade", ".", none, status=5)


class Watching(LabTest):
    def test_lines_as_they_change(self):
        self.up(TASK, name="task")
        client = subprocess.Popen(["lab", "check", "--watch"], stdout=subprocess.PIPE, text=True)
        seen = []
        while not any("=later" in line for line in seen):
            seen.append(client.stdout.readline())
        self.assertTrue(any(line.startswith("✗ h1, and h2 too") for line in seen), seen)
        lab("exec", "h2", "--", "ip", "route", "add", "default", "via", "10.0.2.1")
        while not any(line.startswith("✓ =later") for line in seen):
            seen.append(client.stdout.readline())
            self.assertTrue(seen[-1], seen)
        client.send_signal(signal.SIGINT)
        out, _ = client.communicate(timeout=20)
        self.assertEqual(0, client.returncode)
        self.assertIn("score: 7 of 7\n3 passed, 0 failed, 0 skipped\n", out)

    def test_a_page_on_a_terminal(self):
        self.up(TASK, name="task")
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp("lab", ["lab", "check", "--watch"])
        page = b""
        while b"score: 1 of 7" not in page or b"hint: " not in page:
            self.assertTrue(select.select([terminal], [], [], 20)[0], page)
            page += os.read(terminal, 65536)
        text = page.decode(errors="replace")
        self.assertIn("task", text)
        self.assertIn("hint: has h2 a default route?", text)
        os.write(terminal, b"\x03")
        self.assertEqual(1, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os.close(terminal)
