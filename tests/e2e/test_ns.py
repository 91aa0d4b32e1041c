"""`lab ns`: the namespaces of a lab, whose they are and who lives in them."""

import os
import subprocess

import machine
import users
from labtest import LabTest
from machine import lab, run

LAB = """
links = [["h1", "sw"], ["h2", "sw"]]
[nodes]
h1 = { kind = "host", run = [{ name = "s", cmd = ["sleep", "1000"] }] }
h2 = "host"
sw = "switch"
"""


def inode(pid, kind):
    return os.stat(f"/proc/{pid}/ns/{kind}").st_ino


class Namespaces(LabTest):
    def rows(self, *words):
        return lab("ns", *words, "--json").json["namespaces"]

    def test_what_a_node_is_made_of(self):
        self.up(LAB)
        pid = self.node("h1")["pid"]
        rows = self.rows("h1")
        self.assertEqual({"h1"}, {r["node"] for r in rows})
        kinds = {r["type"]: r for r in rows}
        self.assertEqual({"time", "mnt", "uts", "ipc", "pid", "cgroup", "net", "user"}, set(kinds))
        for kind, row in kinds.items():
            self.assertEqual(inode(pid, kind), row["inode"], kind)
            if row["host"]:
                self.assertEqual(inode("self", kind), row["inode"], kind)
                self.assertIn(kind, ("time",), "a node has all others of its own")
                continue
            self.assertEqual(pid, row["pid"], kind)
            self.assertIn("lab-init", row["command"])
            if kind not in ("user", "time"):
                self.assertEqual(inode(pid, "user"), row["owner"], kind)
        # PID 1 and the service.
        self.assertEqual(2, kinds["pid"]["processes"])
        self.assertEqual(1, {r["type"]: r for r in self.rows("h2")}["pid"]["processes"])
        # A switch is a network namespace without anybody.
        [switch] = self.rows("sw")
        self.assertEqual(("net", 0, None), (switch["type"], switch["processes"], switch["pid"]))
        self.assertEqual(os.stat("/run/netns/t.sw").st_ino, switch["inode"])

    def test_user_namespaces_lie_below_one_another(self):
        self.up(LAB)
        users_of = {r["node"]: r for r in self.rows() if r["type"] == "user"}
        self.assertEqual({None, "h1", "h2"}, set(users_of))
        self.assertEqual(inode("self", "user"), users_of[None]["owner"])
        for node in ("h1", "h2"):
            self.assertEqual(users_of[None]["inode"], users_of[node]["owner"])
            self.assertNotEqual(users_of["h1"]["inode"], users_of["h2"]["inode"] if node == "h1" else 0)
        tree = lab("ns", "--tree").out.splitlines()
        self.assertEqual("host", tree[0])
        self.assertRegex(tree[1], "^└─ lab t  user [0-9]+")
        self.assertRegex(tree[2], "^   ├─ .*h1  user [0-9]+  owns mnt uts ipc pid net cgroup  2 processes")
        self.assertTrue(any("sw  net" in line for line in tree), tree)

    def test_what_somebody_made_inside(self):
        self.up(LAB)
        hostile = "evil\x1b[31m\nname\x07"
        session = subprocess.Popen(
            ["lab", "exec", "h1", "--", "unshare", "--user", "--map-root-user", "--net", "bash", "-c",
             f"exec -a $'{hostile.encode('unicode_escape').decode()}' sleep 1000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(session.wait)
        self.addCleanup(session.kill)

        def made():
            # Until it has become sleep, the shell has the word among its own.
            found = [r for r in self.rows("h1") if r["made_inside"] and r["command"].startswith("evil")]
            return found if len(found) == 2 else None
        rows = {r["type"]: r for r in machine.eventually("it is seen", made)}
        self.assertEqual({"user", "net"}, set(rows))
        own = next(r for r in self.rows("h1") if r["type"] == "user" and not r["made_inside"])
        self.assertEqual(own["inode"], rows["user"]["owner"])
        self.assertEqual(rows["user"]["inode"], rows["net"]["owner"])
        self.assertEqual(hostile + " 1000", rows["net"]["command"])
        for words in ([], ["-o", "wide"], ["--tree"]):
            shown = lab("ns", *words).out
            self.assertNotIn("\x1b", shown)
            self.assertNotIn("\x07", shown)
            self.assertIn("evil\\x1b[31m\\nname\\x07", shown)
        self.assertRegex(lab("ns", "--tree").out, "made inside h1  user [0-9]+  owns net")

    def test_a_process_of_the_host_in_a_nodes_network_counts(self):
        self.up(LAB)
        before = {r["type"]: r["processes"] for r in self.rows("h2")}
        visitor = subprocess.Popen(["ip", "netns", "exec", "t.h2", "sleep", "1000"])
        self.addCleanup(visitor.wait)
        self.addCleanup(visitor.kill)
        machine.eventually("it is there", lambda: {r["type"]: r["processes"] for r in self.rows("h2")}["net"]
                           == before["net"] + 1)
        self.assertEqual(before["pid"], {r["type"]: r["processes"] for r in self.rows("h2")}["pid"])

    def test_words(self):
        self.up(LAB)
        self.assertEqual(3, lab("ns", "h9", status=3).status)
        table = lab("ns", "h1", "sw").out.splitlines()
        self.assertEqual(["NODE", "TYPE", "NS", "OWNER", "NPROCS", "PID", "COMMAND"], table[0].split())
        self.assertEqual(10, len(table))
        self.assertEqual(9, len(lab("ns", "h1", "sw", "-o", "jsonl").out.splitlines()))
        self.assertIn("ID", lab("ns", "-o", "wide").out.splitlines()[0].split())


class OthersNamespaces(LabTest):
    def test_are_not_for_everybody(self):
        users.make()
        self.before = machine.state()
        lab("ls")
        users.write("alice", "t.lab.toml", LAB)
        users.lab("alice", "up", "t.lab.toml")
        users.lab("alice", "ns", "h1")
        users.lab("bob", "-L", "t", "ns", status=4)
        self.assertEqual(403, users.curl("bob", "GET", "/v1/labs/t/namespaces")[0])
