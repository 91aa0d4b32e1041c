"""Who did what is written down, and whether that was touched can be seen."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess

import machine
import users
from labtest import PAIR, LabTest
from machine import lab, run

LOG = pathlib.Path("/var/log/labd/audit.jsonl")
SWITCHED = """
links = [["h1", "sw"], ["h2", "sw"]]
[nodes]
h1 = "host"
h2 = "host"
sw = "switch"
"""


class Audit(LabTest):
    def setUp(self):
        users.make()
        super().setUp()
        lab("ls")

    def records(self, *filters, who=None):
        run_it = (lambda *words: users.lab(who, *words)) if who else lab
        return run_it("audit", "--json", *filters).json["records"]

    def verbs(self, *filters, who=None):
        return [r["verb"] for r in self.records(*filters, who=who)]

    def namespaces_of(self, pid):
        """What /proc says, as the log should have it."""
        found = {}
        for kind in ("time", "mnt", "uts", "ipc", "pid", "cgroup", "net", "user"):
            info = os.stat(f"/proc/{pid}/ns/{kind}")
            found[kind] = (info.st_dev, info.st_ino)
        return found

    def test_a_labs_life(self):
        users.write("alice", "t.lab.toml", SWITCHED)
        users.lab("alice", "up", "t.lab.toml")
        pid = self.node("h1")["pid"]
        users.lab("alice", "-L", "t", "exec", "h1", "--", "echo", "it's \"me\"\n\x1b[31m")
        lab("-L", "t", "exec", "h2", "--", "true")
        lab("down", "t")
        records = self.records("-L", "t")
        self.assertEqual(["up", "node.start", "node.start", "node.start", "up", "exec", "exec", "down",
                          "node.end", "node.end", "node.end", "down"], [r["verb"] for r in records])
        self.assertEqual(["begun", "done"], [r["outcome"] for r in records if r["verb"] == "up"])
        for record in records:
            self.assertEqual(2001, record["owner"])
            self.assertEqual("t", record["lab"])
        begun, born, entered = records[0], records[1:4], records[5]
        self.assertEqual(("alice", 2001, 2001, "lab"), tuple(
            begun["who"][key] for key in ("user", "uid", "gid", "command")))
        self.assertEqual({"h1", "h2", "sw"}, {r["node"] for r in born})
        self.assertEqual(["echo", "it's \"me\"\n\x1b[31m"], entered["argv"])
        self.assertEqual("root", records[6]["who"]["user"])
        # The incarnation and its namespaces, from birth to end.
        first = next(r for r in born if r["node"] == "h1")
        self.assertRegex(first["container"], "^[0-9a-f]{32}$")
        self.assertEqual(first["container"], entered["container"])
        self.assertEqual(3, len({r["container"] for r in born}))
        ended = {r["node"]: r["container"] for r in records if r["verb"] == "node.end"}
        self.assertEqual({r["node"]: r["container"] for r in born}, ended)
        self.assertEqual(8, len(first["namespaces"]))
        self.assertEqual(first["namespaces"], entered["namespaces"])
        switch = next(r for r in born if r["node"] == "sw")
        self.assertEqual(["net"], [n["type"] for n in switch["namespaces"]])
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        # The words of others do not reach the terminal as they are.
        shown = lab("audit", "-L", "t", "--verb", "exec").out
        self.assertNotIn("\x1b", shown)
        self.assertIn("\\x1b[31m", shown)
        self.assertIn("alice", shown)

    def test_namespaces_are_those_of_the_node(self):
        self.up(PAIR)
        node = self.node("h1")
        [born] = self.records("--node", "h1", "--verb", "node.start")
        self.assertEqual(self.namespaces_of(node["pid"]),
                         {n["type"]: (n["dev"], n["inode"]) for n in born["namespaces"]})
        self.assertEqual(node["container"], born["container"])
        # Another incarnation is another container; a restart of labd is none.
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual(born["container"], self.node("h1")["container"])
        lab("exec", "h1", "--", "true")
        self.assertEqual(born["namespaces"], self.records("--verb", "exec")[-1]["namespaces"])
        self.up(PAIR, "t", None, "--recreate", "h1")
        self.assertNotEqual(born["container"], self.node("h1")["container"])
        # The death of an init is nobody's act.
        pid = self.node("h2")["pid"]
        os.kill(pid, signal.SIGKILL)
        machine.gone(pid)
        [lost] = machine.eventually("it is told", lambda: self.records("--verb", "node.lost"))
        self.assertEqual(("h2", "labd"), (lost["node"], lost["who"]["command"]))

    def test_stopping_and_starting(self):
        users.write("alice", "t.lab.toml", 'allow = ["bob:see"]\n' + PAIR)
        users.lab("alice", "up", "t.lab.toml")
        born = self.node("h1")["container"]
        users.lab("alice", "-L", "t", "stop", "h1")
        users.lab("alice", "-L", "t", "start", "h1")
        users.lab("alice", "-L", "t", "restart", "h1", "h2")
        users.lab("alice", "-L", "t", "pause", "h1")
        users.lab("alice", "-L", "t", "resume", "h1")
        users.lab("bob", "-L", "t", "stop", "h2", status=4)
        told = [(r["verb"], r["outcome"], r.get("node", r.get("detail", "")))
                for r in self.records("-L", "t") if r["verb"] != "up"][2:]
        self.assertEqual([
            ("stop", "begun", "stop: h1"), ("node.end", "done", "h1"), ("stop", "done", ""),
            ("start", "begun", "start: h1"), ("node.start", "done", "h1"), ("start", "done", ""),
            ("restart", "begun", "stop: h1 and h2"), ("node.end", "done", "h1"), ("node.end", "done", "h2"),
            ("restart", "done", ""), ("restart", "begun", "start: h1 and h2"), ("node.start", "done", "h1"),
            ("node.start", "done", "h2"), ("restart", "done", ""), ("node.pause", "done", "h1"),
            ("node.resume", "done", "h1"), ("stop", "refused", "alice's: bob may not stop nodes of it")],
            [(v, o, w.removeprefix('lab "t" is ')) for v, o, w in told[:7] + sorted(told[7:9]) + told[9:11]
             + sorted(told[11:13]) + told[13:]])
        ended = self.records("--verb", "node.end")[0]
        self.assertEqual((born, "alice"), (ended["container"], ended["who"]["user"]))

    def test_what_gc_removes(self):
        self.up(PAIR)
        machine.kill_daemon(signal.SIGKILL)
        run("rm", "-r", "/run/labd/labs/t")
        lab("gc", "--dry-run")
        self.assertEqual([], self.records("--verb", "gc"))
        self.assertEqual(403, users.curl("alice", "POST", "/v1/gc", "-d", "{}")[0])
        lab("gc")
        refused, *removed = self.records("--verb", "gc")
        self.assertEqual(("refused", "alice"), (refused["outcome"], refused["who"]["user"]))
        self.assertEqual({("done", "root")}, {(r["outcome"], r["who"]["user"]) for r in removed})
        self.assertEqual({"process lab-init", "process lab-spawner", "namespace t.h1", "namespace t.h2"},
                         {r["detail"].split(" (")[0] for r in removed})

    def test_refusals(self):
        users.write("alice", "t.lab.toml", PAIR)
        users.lab("alice", "up", "t.lab.toml")
        users.lab("bob", "-L", "t", "exec", "h1", "--", "id", status=125)
        users.lab("bob", "down", "t", status=4)
        users.write("bob", "t.lab.toml", PAIR)
        users.lab("bob", "up", "t.lab.toml", status=4)
        refused = [r for r in self.records("--who", "bob") if r["outcome"] == "refused"]
        self.assertEqual(["exec", "down", "up"], [r["verb"] for r in refused])
        for record in refused:
            self.assertEqual(("bob", "t", 2001), (record["who"]["user"], record["lab"], record["owner"]))
        os.chmod("/run/labd", 0o777)
        os.chmod(machine.SOCKET, 0o777)
        run(*users.become("alice"), "unshare", "-Ur", "lab", "--no-start", "ls", status=4)
        self.assertEqual("connect", self.verbs("--who", "alice")[-1])

    def test_who_may_read_it(self):
        users.write("alice", "a.lab.toml", PAIR)
        users.write("bob", "b.lab.toml", 'allow = ["alice"]\n' + PAIR)
        users.lab("alice", "up", "a.lab.toml")
        users.lab("bob", "up", "b.lab.toml")
        users.lab("alice", "-L", "b", "exec", "h1", "--", "true")
        everything = self.verbs()
        self.assertIn("labd.start", everything)
        of_alice = self.records(who="alice")
        self.assertEqual({"a", "b"}, {r["lab"] for r in of_alice})
        self.assertEqual([("exec", "alice")], [(r["verb"], r["who"]["user"]) for r in of_alice if r["lab"] == "b"])
        of_bob = self.records(who="bob")
        self.assertEqual({"b"}, {r["lab"] for r in of_bob})
        self.assertIn(("exec", "alice"), [(r["verb"], r["who"]["user"]) for r in of_bob])
        self.assertEqual([], self.records("-L", "a", who="bob"))
        done = users.lab("bob", "audit", "--verify", status=4)
        self.assertIn("only root", done.err)
        self.assertEqual("root:root 600", run("stat", "-c", "%U:%G %a", LOG).out.strip())
        self.assertEqual("root:root 700", run("stat", "-c", "%U:%G %a", LOG.parent).out.strip())

    def test_filters(self):
        self.up(PAIR, "a")
        self.up(PAIR, "b")
        for _ in range(3):
            lab("-L", "a", "exec", "h1", "--", "true")
        self.assertEqual(["exec"] * 3, self.verbs("--verb", "exec"))
        self.assertEqual(["exec"] * 2, self.verbs("-n", "2"))
        self.assertEqual({"node.start"}, set(self.verbs("--verb", "node")))
        self.assertEqual(4, len(self.verbs("--verb", "node")))
        self.assertEqual({"node.start", "exec"}, set(self.verbs("-L", "a", "--node", "h1")))
        self.assertEqual([], self.verbs("--who", "alice"))
        self.assertEqual([], self.verbs("--since", "2999-01-01"))
        self.assertEqual(self.verbs(), self.verbs("--since", "1h"))
        self.assertEqual(2, lab("audit", "--since", "soon", status=2).status)
        lines = lab("audit", "-o", "jsonl", "--verb", "exec").out.splitlines()
        self.assertEqual([3], [len([json.loads(line) for line in lines])])
        self.assertIn("nothing", lab("audit", "--who", "nobody-here").err)

    def test_it_verifies(self):
        self.up(PAIR)
        for _ in range(3):
            lab("exec", "h1", "--", "true")
        self.assertIn("the chain is whole", lab("audit", "--verify").out)
        lines = LOG.read_bytes().splitlines()
        # By hand, as anybody could: SHA-256 of all before ,"hash", and the last one's in "prev".
        previous = "0" * 64
        for line in lines:
            record = json.loads(line)
            self.assertEqual(previous, record["prev"])
            body = line[:line.rindex(b',"hash"')]
            self.assertEqual(hashlib.sha256(body).hexdigest(), record["hash"])
            previous = record["hash"]
        good = LOG.read_bytes()
        for number, change in ((2, lambda line: line.replace(b'"uid":0', b'"uid":1')),
                               (4, lambda line: b""), (len(lines), lambda line: b"")):
            changed = [change(line) if n == number else line for n, line in enumerate(lines, 1)]
            LOG.write_bytes(b"".join(line + b"\n" for line in changed if line))
            done = lab("audit", "--verify", status=1)
            self.assertIn("audit.jsonl:", done.out)
            verdict = lab("audit", "--verify", "--json", status=1).json
            self.assertFalse(verdict["whole"])
            self.assertIn(verdict["line"], (number, number - 1))
            LOG.write_bytes(good)
        lab("audit", "--verify")

    def test_a_crash_cuts_no_more_than_a_line(self):
        self.up(PAIR)
        machine.kill_daemon(signal.SIGKILL)
        whole = LOG.read_bytes()
        LOG.write_bytes(whole[:-40])
        lab("down", "t")
        done = lab("audit", "--verify")
        self.assertIn("1 cut short by a crash", done.out)
        self.assertEqual("down", self.verbs()[-1])

    def test_two_daemons_write_one_log(self):
        other = "/run/other/labd.sock"
        os.mkdir("/run/other")
        for _ in range(5):
            self.up(PAIR)
            lab("-S", other, "up", "/run/work/t.lab.toml", "--name", "u")
            lab("-S", other, "down", "u")
        lab("-S", other, "down", "--all")
        lab("audit", "--verify")
        lab("-S", other, "audit", "--verify")
        self.assertEqual({"t", "u"}, {r["lab"] for r in self.records() if "lab" in r})

    def test_labd_goes_on_when_it_cannot_write(self):
        self.up(PAIR)
        aside = LOG.with_name("aside")
        LOG.rename(aside)
        LOG.mkdir()
        lab("exec", "h1", "--", "true")
        LOG.rmdir()
        aside.rename(LOG)
        lab("exec", "h1", "--", "true")
        self.assertEqual([1], [r["lost"] for r in self.records("--verb", "exec")])
        self.assertIn("1 more could not be written, and are lost", lab("audit", "--verify").out)

    def test_what_is_taken_away_is_missed(self):
        self.up(PAIR)
        # From the end, while there is no labd.
        machine.kill_daemon(signal.SIGTERM)
        lines = LOG.read_bytes().splitlines(keepends=True)
        LOG.write_bytes(b"".join(lines[:-2]))
        self.assertRegex(lab("audit", "--verify", status=1).out, r"after record \d+ comes record \d+")
        # All of it, and there are new ones.
        LOG.unlink()
        lab("exec", "h1", "--", "true")
        said = lab("audit", "--verify", status=1).out
        self.assertRegex(said, r"the records before \d+ are missing, and not because they are old")
