"""Nodes are namespaces like any other: ip netns and nsenter work on them, and beside them."""

import os
import re

import machine
from labtest import PAIR, LabTest
from machine import lab, run


class Netns(LabTest):
    def setUp(self):
        super().setUp()
        self.up(PAIR)

    def test_listed_and_entered_by_name(self):
        listed = {line.split()[0] for line in run("ip", "netns", "list").out.splitlines()}
        self.assertLessEqual({"t.h1", "t.h2"}, listed)
        shown = run("ip", "netns", "exec", "t.h1", "ip", "-br", "address").out
        self.assertRegex(shown, r"eth0@?\S*\s+UP\s+10\.0\.1\.11/24")
        self.assertIn("10.0.1.12", run("ip", "-n", "t.h2", "-br", "address").out)
        run("ip", "netns", "exec", "t.h1", "ping", "-c1", "-W1", "10.0.1.12")

    def test_identify_and_pids(self):
        pid = self.node("h1")["pid"]
        self.assertEqual("t.h1", run("ip", "netns", "identify", pid).out.strip())
        self.assertIn(str(pid), run("ip", "netns", "pids", "t.h1").out.split())
        self.assertEqual("lab-init", open(f"/proc/{pid}/comm").read().strip())

    def test_nsenter(self):
        pid = self.node("h1")["pid"]
        done = run("nsenter", "-t", pid, "-n", "-u", "hostname")
        self.assertEqual("h1\n", done.out)
        run("nsenter", "-t", pid, "-n", "ping", "-c1", "-W1", "10.0.1.12")
        done = run("nsenter", "-t", pid, "-a", "sh", "-c", "cat /etc/hostname; ps -e | wc -l")
        self.assertEqual("h1", done.out.split()[0])

    def test_own_namespaces(self):
        pid, other = self.node("h1")["pid"], self.node("h2")["pid"]
        for kind in ("net", "mnt", "pid", "uts", "ipc"):
            numbers = {os.readlink(f"/proc/{p}/ns/{kind}") for p in ("self", pid, other)}
            self.assertEqual(3, len(numbers), kind)

    def test_foreign_names_beside_a_lab(self):
        run("ip", "netns", "add", "foreign")
        run("ip", "netns", "exec", "foreign", "ip", "link", "set", "lo", "up")
        self.up(PAIR, "second")
        run("ip", "netns", "exec", "foreign", "ping", "-c1", "-W1", "127.0.0.1")
        lab("down", "second")
        self.assertIn("foreign", run("ip", "netns", "list").out)
        run("ip", "netns", "exec", "foreign", "true")
        run("ip", "netns", "delete", "foreign")
        self.assertNotIn("foreign", os.listdir("/run/netns"))
        self.assert_reaches("h1", "h2")

    def test_foreign_names_from_before(self):
        lab("down", "t")
        machine.kill_daemon()
        run("ip", "netns", "add", "early")
        self.up(PAIR)
        run("ip", "netns", "exec", "early", "true")
        machine.kill_daemon()
        run("ip", "netns", "delete", "early")
        self.assertEqual(["t.h1", "t.h2"], sorted(os.listdir("/run/netns")))
        self.assert_reaches("h1", "h2")

    def test_a_name_that_is_taken(self):
        run("ip", "netns", "add", "x.h1")
        inode = os.stat("/run/netns/x.h1").st_ino
        file = self.write("x.lab.toml", PAIR)
        done = lab("up", file, status=1)
        self.assertIn("x.h1", done.err)
        self.assertEqual(inode, os.stat("/run/netns/x.h1").st_ino)
        self.assertNotIn("x.h2", os.listdir("/run/netns"))
        run("ip", "netns", "delete", "x.h1")

    def test_a_name_deleted_by_hand_is_repaired(self):
        run("ip", "netns", "delete", "t.h1")
        self.assert_reaches("h2", "h1")  # the namespace lives on in its processes
        self.up(PAIR)
        self.assertIn("t.h1", os.listdir("/run/netns"))
        run("ip", "netns", "exec", "t.h1", "ping", "-c1", "-W1", "10.0.1.12")

    def test_a_name_deleted_while_labd_was_away_is_repaired(self):
        machine.kill_daemon()
        run("ip", "netns", "delete", "t.h1")
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.assert_reaches("h1", "h2")
        self.up(PAIR)
        self.assertIn("t.h1", os.listdir("/run/netns"))

    def test_links_are_born_in_place(self):
        monitor = machine.subprocess.Popen(["ip", "monitor", "link"], stdout=machine.subprocess.PIPE,
                                           text=True)
        self.up(PAIR, "quiet")
        lab("down", "quiet")
        run("ip", "link", "add", "marker", "type", "bridge")  # the monitor has seen all before it
        lines = []
        for line in monitor.stdout:
            lines.append(line)
            if "marker" in line:
                break
        monitor.kill()
        monitor.communicate()
        run("ip", "link", "delete", "marker")
        self.assertEqual([], [x for x in lines if "marker" not in x and re.match(r"\S", x)])

    def test_same_file_same_network(self):
        first = run("ip", "-n", "t.h1", "-o", "link").out, run("ip", "-n", "t.h1", "-o", "address").out
        lab("down", "t")
        self.up(PAIR)
        again = run("ip", "-n", "t.h1", "-o", "link").out, run("ip", "-n", "t.h1", "-o", "address").out
        strip = lambda text: re.sub(r"(link-netns \S+|valid_lft \S+|preferred_lft \S+)", "", text)
        self.assertEqual([strip(x) for x in first], [strip(x) for x in again])
        self.assertRegex(first[0], r"(?m)^100: eth0")
