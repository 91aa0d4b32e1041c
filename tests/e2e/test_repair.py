"""What is changed by hand in running nodes: `lab up --repair` puts it right without a file, `lab up
--adopt` prints the file that would wish it."""

import machine
from labtest import PAIR, LabTest
from machine import lab, run

TEXT = '''
links = [["h1", "r1"], ["r1", "h2"], ["h3", "r1"]]
[nodes]
h1 = { kind = "host", sysctl = { net.ipv4.ip_default_ttl = 33 } }
h2 = "host"
h3 = "host"
r1 = { kind = "router", routes = ["blackhole 10.66.0.0/16"] }
'''
NODES = ("h1", "h2", "h3", "r1")


def ip(node, *words):
    return run("ip", "-n", f"t.{node}", *words)


def network(node):
    """What a node holds, without what counts and without who has written it."""
    shown = ip(node, "-j", "address").json
    links = [(s["ifname"], s["mtu"], s["address"], "UP" in s["flags"]) for s in shown]
    addresses = sorted((s["ifname"], a["local"], a["prefixlen"]) for s in shown
                       for a in s["addr_info"] if a["scope"] == "global")
    routes = sorted((r["dst"], r.get("gateway", ""), r.get("dev", ""), r.get("type", ""))
                    for family in ("-4", "-6") for r in ip(node, family, "-j", "route").json
                    if r.get("protocol") != "kernel")
    return links, addresses, routes


class ByHand(LabTest):
    def pids(self):
        return {n["name"]: n["pid"] for n in lab("status", "--json").json["nodes"]}

    def ttl(self, value=None):
        key = "/proc/sys/net/ipv4/ip_default_ttl"
        if value:
            lab("exec", "h1", "--", "sh", "-c", f"echo {value} > {key}")
        return lab("exec", "h1", "--", "cat", key).out.strip()


class Repair(ByHand):
    def test_without_a_file(self):
        self.up(TEXT)
        before, pids = {node: network(node) for node in NODES}, self.pids()
        self.assertEqual("t: nothing to do\n", lab("up", "--repair", cwd="/").out)
        ip("h1", "link", "set", "eth0", "mtu", "1300")
        ip("h2", "link", "set", "eth0", "down")
        ip("h3", "link", "delete", "eth0")
        ip("r1", "route", "delete", "blackhole", "10.66.0.0/16")
        self.ttl(44)
        machine.os.unlink("/run/work/t.lab.toml")
        planned = lab("up", "--repair", "--dry-run", "--json", cwd="/").json["actions"]
        self.assertEqual("44", self.ttl())
        said = lab("up", "--repair", "-v", cwd="/").out
        for words in ("h1--r1", "mtu 1300 → 1500", "+ link h3--r1", "10.66.0.0/16", "ip_default_ttl 44 → 33"):
            self.assertIn(words, said)
        self.assertIn(f"{len(planned)} steps", said)
        self.assertEqual("33", self.ttl())
        self.assertEqual((before, pids), ({node: network(node) for node in NODES}, self.pids()))
        for host in ("h1", "h2", "h3"):
            self.assert_reaches(host, "r1")
        self.assertEqual("t: nothing to do\n", lab("up", "--repair", cwd="/").out)
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_a_dead_node_lives_again_and_what_was_asked_for_stays(self):
        self.up(TEXT)
        lab("link", "h1--r1", "down")
        lab("stop", "h3")
        machine.os.kill(self.pids()["h2"], machine.signal.SIGKILL)
        machine.eventually("it is seen", lambda: self.node("h2")["state"] == "failed")
        lab("up", "--repair", cwd="/")
        self.assertEqual("running", self.node("h2")["state"])
        self.assert_reaches("h2", "r1")
        self.assertEqual("stopped", self.node("h3")["state"])
        self.assertIn("state DOWN", ip("h1", "link", "show", "eth0").out)

    def test_what_stands_there_by_hand_is_no_hindrance(self):
        self.up(TEXT)
        before, pids = {node: network(node) for node in NODES}, self.pids()
        for again in (["up", "--repair"], ["up", "/run/work/t.lab.toml"]):
            ip("r1", "route", "delete", "blackhole", "10.66.0.0/16")
            ip("r1", "route", "add", "blackhole", "10.66.0.0/16")
            for device, address, length in before["h3"][1]:
                ip("h3", "address", "delete", f"{address}/{length}", "dev", device)
                ip("h3", "address", "add", f"{address}/{length}", "dev", device)
            self.assertTrue(lab("status", "--json").json["drift"])
            lab(*again, cwd="/")
            self.assertEqual((before, pids), ({node: network(node) for node in NODES}, self.pids()))
            self.assertEqual([], lab("status", "--json").json["drift"])

    def test_ipv6_switched_off_comes_back(self):
        self.up(PAIR)
        addresses = lab("-L", "t", "exec", "h1", "--", "ip", "-6", "-br", "address", "show", "eth0").out
        for scope in ("all", "eth0", "default"):
            for mend in (["up", "t.lab.toml"], ["restart", "h1"], ["restart", "h2"]):
                lab("-L", "t", "exec", "h1", "--", "sysctl", "-qw", f"net.ipv6.conf.{scope}.disable_ipv6=1")
                lab("-L", "t", *mend)
                self.assertEqual(addresses, lab("-L", "t", "exec", "h1", "--", "ip", "-6", "-br", "address",
                                                "show", "eth0").out)
                lab("-L", "t", "exec", "h2", "--", "ping", "-6", "-c1", "-q", "h1")

    def test_words_that_do_not_go_together(self):
        self.assertEqual(3, lab("-L", "nowhere", "up", "--repair", status=None).status)
        self.up(TEXT)
        self.assertIn("not a file", lab("up", "--repair", "/run/work/t.lab.toml", status=2).err)
        self.assertIn("not a file", lab("up", "--repair", "--adopt", status=2).err)


FILES = """
[nodes.h1]
kind = "host"
sysctl = { net.ipv4.ip_default_ttl = 33 }
files = { "/etc/some.conf" = "of the lab\\n", "/etc/other.conf" = "other\\n", "/root/task.txt" = "begin here\\n" }
"""


class Files(ByHand):
    def cat(self, path):
        return lab("exec", "h1", "--", "cat", path).out

    def drift(self):
        return lab("status", "--json").json["drift"]

    def test_files_that_are_gone_or_changed(self):
        path = self.write("t.lab.toml", FILES)
        for mend in (["up", path], ["up", "--repair"]):
            lab("up", path)
            self.assertEqual([], self.drift())
            lab("exec", "h1", "--", "sh", "-c", "rm /etc/other.conf; echo mine > /etc/some.conf; echo done >> /root/task.txt")
            self.ttl(44)
            told = "\n".join(self.drift())
            for words in ("lacks file h1 (/etc/other.conf)", "/etc/some.conf is changed by hand", "ip_default_ttl is 44"):
                self.assertIn(words, told)
            self.assertEqual("degraded", lab("status", "--json").json["state"])
            planned = lab("plan", path, "--json").json["actions"]
            self.assertEqual(3, len(planned), planned)
            done = lab(*mend, "--json").json["actions"]
            self.assertEqual(sorted(map(str, planned)), sorted(map(str, done)))
            self.assertEqual("of the lab\n", self.cat("/etc/some.conf"))
            self.assertEqual("mine\n", self.cat("/etc/some.conf~"))
            self.assertEqual("other\n", self.cat("/etc/other.conf"))
            self.assertEqual("33", self.ttl())
            self.assertEqual([], self.drift())
            # What a student has written is not the lab's to take back.
            self.assertEqual("begin here\ndone\n", self.cat("/root/task.txt"))
            lab("plan", path, "--exit-code")
            lab("exec", "h1", "--", "sh", "-c", "rm -r /root/task.txt; mkdir /root/task.txt")
            self.assertEqual([], self.drift())
            lab("exec", "h1", "--", "rmdir", "/root/task.txt")
            self.assertIn("lacks file h1 (/root/task.txt)", "\n".join(self.drift()))
            lab(*mend)
            self.assertEqual("begin here\n", self.cat("/root/task.txt"))

    def test_a_file_of_another_mode_or_owner(self):
        path = self.write("t.lab.toml", FILES)
        lab("up", path)
        stat = lambda name: lab("exec", "h1", "--", "stat", "-c", "%a %U %G", name).out.strip()
        for command in ("chmod 600 /etc/some.conf", "chown nobody /etc/some.conf", "chgrp nogroup /etc/some.conf"):
            for mend in (["up", path], ["up", "--repair"]):
                with self.subTest(command=command, mend=mend):
                    lab("exec", "h1", "--", *command.split())
                    self.assertIn("/etc/some.conf is of another mode or owner", "\n".join(self.drift()))
                    self.assertIn("some.conf of another mode or owner", lab("up", "--adopt").err)
                    lab(*mend)
                    self.assertEqual("644 root root", stat("/etc/some.conf"))
                    self.assertEqual([], self.drift())
        # It was nobody's work, and is not kept.
        self.assertNotIn("some.conf~", lab("exec", "h1", "--", "ls", "/etc").out)
        # What a student does with what he was given is not the lab's to take back.
        lab("exec", "h1", "--", "chmod", "755", "/root/task.txt")
        self.assertEqual([], self.drift())

    def test_what_stands_there_instead_is_not_waited_for(self):
        path = self.write("t.lab.toml", FILES)
        lab("up", path)
        for instead in ("mkfifo /etc/some.conf", "ln -s /dev/zero /etc/some.conf", "mknod /etc/some.conf c 1 5 || mkfifo /etc/some.conf",
                        "truncate -s 1T /etc/some.conf || mkfifo /etc/some.conf"):
            with self.subTest(instead):
                lab("exec", "h1", "--", "sh", "-c", "rm /etc/some.conf; " + instead)
                self.assertIn("/etc/some.conf", "\n".join(self.drift()))
                lab("up", path)
                self.assertEqual("of the lab\n", self.cat("/etc/some.conf"))
                self.assertEqual([], self.drift())

    def test_a_directory_that_stands_there_instead(self):
        path = self.write("t.lab.toml", FILES)
        lab("up", path)
        for kept in ("some.conf~", "some.conf~2"):
            lab("exec", "h1", "--", "sh", "-ec", "rm /etc/some.conf; mkdir /etc/some.conf; echo mine > /etc/some.conf/notes")
            self.assertIn("/etc/some.conf", "\n".join(self.drift()))
            lab("up", "--repair")
            self.assertEqual("of the lab\n", self.cat("/etc/some.conf"))
            self.assertEqual("mine\n", self.cat(f"/etc/{kept}/notes"))
            self.assertEqual([], self.drift())
        # Nor does it keep the lab from being changed when the file is no longer wished.
        lab("exec", "h1", "--", "sh", "-ec", "rm /etc/some.conf; mkdir /etc/some.conf; echo mine > /etc/some.conf/notes")
        self.up("\n".join(line for line in FILES.splitlines() if "some.conf" not in line))
        self.assertEqual("mine\n", self.cat("/etc/some.conf/notes"))

    def test_a_file_that_nobody_can_write_spoils_no_later_change(self):
        self.up(FILES)
        lab("exec", "h1", "--", "ln", "-s", "/usr/share", "/root/share")
        wrong = FILES.replace('"/etc/other.conf"', '"/root/share/x" = { text = "x" }, "/etc/other.conf"')
        self.assertIn("/root/share/x: Read-only file system", lab("up", self.write("t.lab.toml", wrong), status=1).err)
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.up(FILES)
        self.assertEqual([], self.drift())

    def test_adopting_says_what_it_cannot_take_over(self):
        self.up(FILES)
        lab("exec", "h1", "--", "sh", "-c", "echo mine > /etc/some.conf; rm /etc/other.conf")
        run("nsenter", "--net=/run/netns/t.h1", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        said = lab("up", "--adopt")
        for words in ("h1 has another /etc/some.conf", "h1 has no /etc/other.conf any more", "ipv4-forwarding off → on"):
            self.assertIn(words, said.out + said.err)

    def test_a_service_that_has_failed_is_tried_again(self):
        lab("up", self.write("t.lab.toml", """
[nodes.h1]
kind = "host"
run = [{ name = "web", cmd = "test -e /run/may || exit 1; exec sleep infinity", restart = "no" }]
"""), "--keep-on-failure", status=None)
        machine.eventually("it has failed", lambda: self.node("h1")["state"] == "degraded")
        lab("exec", "h1", "--", "touch", "/run/may")
        lab("up", "--repair")
        self.assertEqual("running", self.node("h1")["state"])


class Adopt(ByHand):
    def test_the_file_wishes_what_was_found(self):
        self.up(TEXT)
        ip("h1", "link", "set", "eth0", "mtu", "1300")
        ip("h1", "address", "add", "192.0.2.1/32", "dev", "lo")
        ip("h2", "address", "add", "10.0.2.99/24", "dev", "eth0")
        ip("r1", "route", "add", "198.51.100.0/24", "dev", "eth0")
        ip("r1", "-6", "route", "add", "2001:db8::/64", "dev", "eth1")
        ip("r1", "route", "delete", "blackhole", "10.66.0.0/16")
        ip("h3", "link", "set", "eth0", "down")
        self.ttl(44)
        done = lab("up", "--adopt", cwd="/")
        for words in ("h1:eth0 mtu 1500 → 1300", "h1:lo + 192.0.2.1/32", "h2:eth0 + 10.0.2.99/24",
                      "r1 + 198.51.100.0/24 dev eth0", "r1 + 2001:db8::/64 dev eth1", "h3:eth0 up → down",
                      "ip_default_ttl 33 → 44"):
            self.assertIn(words, done.err)
        self.assertNotIn("left out", done.err)
        found, pids = {node: network(node) for node in NODES}, self.pids()
        new = self.write("new.lab.toml", done.out)
        lab("validate", new)
        lab("up", new)
        self.assertEqual((found, pids), ({node: network(node) for node in NODES}, self.pids()))
        self.assertEqual([], lab("status", "--json").json["drift"])
        # It is the wish from now on: nothing is by hand any more, and a fresh lab is the same.
        self.assertIn("nothing of the file's", lab("up", "--adopt", cwd="/").err)
        lab("down", "t")
        lab("up", new)
        self.assertEqual(found, {node: network(node) for node in NODES})

    def test_impairments_changed_by_hand(self):
        """By tc, in place of what labd has put there and beside it, and by nft."""
        text = """
links = [{ endpoints = ["h1", "h2"], rate = "10mbit", loss = "1%" }, { lan = ["h2", "h3", "h4"] }]
[nodes]
"h[1-4]" = "host"
"""
        self.up(text)
        back_end = lab("links", "--json").json["links"][0]["backend"]
        tc = lambda node, *words: run("ip", "netns", "exec", f"t.{node}", "tc", "qdisc", *words)
        tc("h1", "replace", "dev", "eth0", "root", "tbf", "rate", "5mbit", "burst", "16384", "limit", "30000")
        tc("h3", "add", "dev", "eth0", "root", "handle", "7:", "tbf", "rate", "2mbit", "burst", "16384",
           "limit", "30000")
        if back_end == "nft":
            run("ip", "netns", "exec", "t.h1", "nft", "flush", "ruleset")
        done = lab("up", "--adopt", cwd="/")
        # A bucket of the same kind takes the place of labd's, with what is below it; a netem goes.
        self.assertIn("h1:eth0 sends loss 1%, rate 10mbit → " + (
            "loss 1%, rate 5mbit, burst 16384B, limit 30000\n" if back_end == "nft" else
            "rate 5mbit, burst 16384B, queue bfifo limit 30000B\n"), done.err)
        self.assertIn("h3:eth0 sends nothing → rate 2mbit, burst 16384B, queue bfifo limit 30000B", done.err)
        if back_end == "nft":
            self.assertIn("h2:eth0 sends loss 1%, rate 10mbit → rate 10mbit", done.err)
        new = self.write("new.lab.toml", done.out)
        self.up(done.out)
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertIn("5Mbit", tc("h1", "show", "dev", "eth0").out)
        self.assertIn("nothing of the file's", lab("up", "--adopt", cwd="/").err)
        lab("validate", new)

    def test_what_is_left_out_is_said(self):
        self.up(TEXT.replace('h2 = "host"', 'h2 = { exec = ["true"] }'))
        ip("h2", "address", "add", "10.0.2.99/24", "dev", "eth0")
        told = lab("up", "--adopt", "--json", cwd="/").json
        self.assertEqual([], told["taken"])
        self.assertIn("perhaps by its own exec or run", "\n".join(told["left"]))
        self.assertNotIn("10.0.2.99", told["toml"])
        # What labd does by itself for a while is nobody's hand.
        lab("link", "h1--r1", "down")
        lab("stop", "h3")
        self.assertEqual([], lab("up", "--adopt", "--json", cwd="/").json["taken"])
        ip("h1", "link", "delete", "eth0")
        done = lab("up", "--adopt", cwd="/")
        self.assertIn("link h1--r1 goes", done.err)
        self.assertNotIn("h1:eth0", done.out)
        lab("validate", self.write("new.lab.toml", done.out))
