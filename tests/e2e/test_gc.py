"""`lab gc` removes what bears labd's mark and belongs to no lab, and nothing else."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import machine
from labtest import PAIR, LabTest
from machine import lab, run

# Puts its loopback into that group, which ip(8) does up to 2^31, and becomes "lab-init".
BORROW = """
import os, socket, struct, sys
link = struct.pack("=BxHiII", 0, 0, 1, 0, 0) + struct.pack("=HHI", 8, 27, int(sys.argv[1]))  # IFLA_GROUP
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as rtnetlink:
    rtnetlink.send(struct.pack("=IHHII", 16 + len(link), 19, 5, 1, 0) + link)  # RTM_SETLINK, acknowledged
    assert struct.unpack("=i", rtnetlink.recv(4096)[16:20]) == (0,)
print("ready", flush=True)
os.execv("/run/work/lab-init", ["lab-init", "1000"])
"""


class Gc(LabTest):
    def names(self, *options):
        return {(a["kind"], a["name"].split(" (")[0]) for a in lab("gc", "--json", *options).json["actions"]}

    def test_nothing_is_left_over(self):
        self.up(PAIR)
        self.assertEqual("nothing is left over\n", lab("gc").out)
        self.assert_reaches("h1", "h2")

    def test_orphans_go_and_lookalikes_stay(self):
        # Foreign ones that only look like ours, one of them with a process.
        run("ip", "netns", "add", "u.h1")
        run("ip", "netns", "add", "v.r1")
        run("ip", "-n", "u.h1", "link", "add", "eth0", "type", "veth", "peer", "eth1")
        sleeper = machine.subprocess.Popen(["ip", "netns", "exec", "v.r1", "sleep", "1000"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        self.before = machine.state()
        self.up(PAIR + 'sw = "switch"\n')
        machine.kill_daemon(signal.SIGKILL)
        shutil.rmtree("/run/labd/labs")  # all memory of it
        expected = {("process", "lab-init"), ("process", "lab-spawner"), ("namespace", "t.h1"),
                    ("namespace", "t.h2"), ("namespace", "t.sw")}
        self.assertEqual(expected, self.names("--dry-run"))
        checks = {c["name"]: c for c in lab("doctor", "--json", status=None).json["checks"]}
        self.assertIn("t.h1", checks["leftovers: namespaces"]["detail"])
        self.assertNotIn("u.h1", checks["leftovers: namespaces"]["detail"])
        self.assertEqual("lab gc removes them", checks["leftovers: processes"]["fix"])
        self.assertEqual(expected, self.names("--dry-run"))  # looking has removed nothing
        self.assertIn("removed", lab("gc").out)
        self.assert_unchanged()
        self.assertEqual("nothing is left over\n", lab("gc").out)
        self.assertIsNone(sleeper.poll())
        sleeper.kill()
        sleeper.wait()
        run("ip", "netns", "delete", "u.h1")
        run("ip", "netns", "delete", "v.r1")
        self.before = machine.state()
        # The name is free again.
        self.up(PAIR)
        self.assert_reaches("h1", "h2")

    def test_a_spawner_without_nodes(self):
        self.before = machine.state()
        self.up(PAIR)
        inits = [self.node(name)["pid"] for name in ("h1", "h2")]
        machine.kill_daemon(signal.SIGKILL)
        for pid in inits:
            os.kill(pid, signal.SIGKILL)
        for pid in inits:
            machine.gone(pid)
        shutil.rmtree("/run/labd/labs")
        self.assertIn(("process", "lab-spawner"), self.names("--dry-run"))
        lab("gc")
        self.assert_unchanged()

    def test_a_spawner_ends_with_the_labd_that_has_not_heard_of_it(self):
        """Killed while its spawner, which has taken the lab's ids already, builds the lab's root."""
        def has_its_ids(pid):
            return re.search(r"Uid:\s+([1-9]\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
        path = self.write("t.lab.toml", PAIR)
        for _ in range(12):
            lab("ls")
            up = subprocess.Popen(["lab", "up", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not (spawners := machine.processes("lab-spawner")):
                self.assertIsNone(up.poll())
            while not has_its_ids(spawners[0]):
                self.assertIsNone(up.poll())
            machine.kill_daemon(signal.SIGKILL)
            up.wait()
            lab("down", "t", status=None)  # where labd came to write it down
            machine.gone(spawners[0])

    def test_nobody_makes_others_look_like_leftovers(self):
        self.up(PAIR)
        shutil.copy("/bin/sleep", "/run/work/lab-init")
        lab("exec", "h1", "--", "sh", "-c", "cat > /tmp/lab-init && chmod +x /tmp/lab-init && "
            "{ setsid /tmp/lab-init 1000 > /dev/null 2>&1 < /dev/null & }", stdin=pathlib.Path("/bin/sleep").read_bytes())
        lab("exec", "h1", "--", "sh", "-c", "cp /tmp/lab-init /tmp/lab-spawner && "
            "{ setsid /tmp/lab-spawner 1000 > /dev/null 2>&1 < /dev/null & }")
        self.assertIn("lab-init 1000", lab("exec", "h1", "--", "ps", "ax").out)
        # Another user's, who has read the mark in a namespace of ours.
        shown = lab("exec", "h1", "--", "ip", "link", "show", "lo").out
        mark = int(re.search(r"group (-?\d+)", shown).group(1)) % 2**32  # ip(8) shows it signed
        other = subprocess.Popen(["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", "unshare", "-Urn",
                                  "python3", "-c", BORROW, str(mark)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.communicate)
        self.addCleanup(other.kill)
        self.assertEqual("ready\n", other.stdout.readline())
        while pathlib.Path(f"/proc/{other.pid}/comm").read_text() != "lab-init\n":
            self.assertIsNone(other.poll())
        self.assertEqual("nothing is left over\n", lab("gc").out)
        self.assertIsNone(other.poll())
        for name in ("lab-init 1000", "lab-spawner 1000"):
            self.assertIn(name, lab("exec", "h1", "--", "ps", "ax").out)
        other.kill()
        other.wait()

    def test_a_running_lab_is_no_orphan(self):
        self.up(PAIR)
        lab("stop", "h1")
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual(set(), self.names())
        lab("start", "h1")
        self.assert_reaches("h1", "h2")
