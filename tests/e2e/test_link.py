"""Links of a running lab that go down and up, and come back by themselves."""

import json
import select
import signal
import subprocess
import time

import machine
from labtest import PAIR, LabTest
from machine import lab, run

# Static routes over three routers, in both families; one more way by hand would be drift.
TEXT = '''
links = [["h1", "r1"], ["r1", "r2"], ["r1", "r2"], ["r2", "h2"], ["h3", "a"], ["h4", "a"], ["a", "r1"], ["h5", "h6", "r2"]]
[nodes]
"h[1-6]" = "host"
"r[1-2]" = { kind = "router", routes = ["blackhole 10.66.0.0/16"] }
a = "switch"
'''
NODES = ("h1", "h2", "h3", "h4", "h5", "h6", "r1", "r2", "a")


def tables(node):
    """Addresses and routes of both families, as `ip -j` tells them; lifetimes and order left out."""
    def sort(value):
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
    addresses = run("ip", "-n", f"t.{node}", "-j", "address").json
    for device in addresses:
        device["addr_info"] = sort(device["addr_info"])
        device.pop("link_netnsid", None)  # a node that was off comes back in a new namespace
    routes = [sort(run("ip", "-n", f"t.{node}", "-j", *family, "route", "show", "table", "all").json)
              for family in ([], ["-6"])]
    return addresses, routes


class Links(LabTest):
    def link_of(self, name):
        return next(l for l in lab("links", "--json").json["links"] if l["name"] == name)

    def assert_cut(self, source, target):
        """No answer, or no route to ask by."""
        self.assertIn(lab("exec", source, "--", "ping", "-c1", "-W1", "-q", target, status=None).status, (1, 2))

    def state(self, name):
        link = self.link_of(name)
        asked = link["asked"]
        return (link["state"], asked and asked["state"])

    def assert_clean(self):
        status = lab("status", "--json").json
        self.assertEqual(("up", []), (status["state"], status["drift"]))

    def test_down_and_up_bring_back_what_was_set_by_hand(self):
        """What commands of a node have set the kernel forgets with the interface; labd does not."""
        self.up(TEXT)
        for words in ("route add 198.51.100.0/24 via 172.16.0.1", "route add 192.0.2.0/24 dev eth0 metric 7",
                      "-6 route add 2001:db8:9::/64 dev eth0 metric 5", "address add 10.77.0.1/24 dev eth0",
                      "-6 route add 2001:db8:8::/64 via fd00:0:1::1 dev eth1",
                      "nexthop add id 5 via 10.77.0.2 dev eth0", "nexthop add id 6 via 172.16.0.1 dev eth1",
                      "nexthop add id 7 group 5/6", "route add 203.0.113.0/24 nhid 7",
                      "neighbor add 10.77.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent",
                      "neighbor add proxy 10.77.0.10 dev eth0"):
            run("ip", "-n", "t.r1", *words.split())

        def hand_made():
            return tables("r1"), run("ip", "-n", "t.r1", "nexthop").out, \
                run("ip", "-n", "t.r1", "neighbor", "show", "nud", "permanent").out, \
                run("ip", "-n", "t.r1", "neighbor", "show", "proxy").out

        before = hand_made()
        for name in ("h1--r1", "r1--r2"):
            lab("link", name, "down")
            lab("link", name, "up")
            self.assertEqual(before, hand_made(), name)
        lab("link", "h1--r1", "flap")
        self.assertEqual(before, hand_made())
        # What was taken away meanwhile stays away: nobody but the kernel has taken the rest.
        lab("link", "h1--r1", "down")
        run("ip", "-n", "t.r1", "route", "add", "192.0.2.0/24", "via", "172.16.0.1", "metric", "7")
        lab("link", "h1--r1", "up")
        self.assertIn("via 172.16.0.1", run("ip", "-n", "t.r1", "route", "show", "192.0.2.0/24").out)

    def test_down_and_up_leave_everything_as_it_was(self):
        self.up(TEXT)
        before = {node: tables(node) for node in NODES}
        for name in ("h1--r1", "r1--r2", "h3--a", "lan-1"):
            self.assertEqual(f"{name}: up → down\n", lab("link", name, "down").out)
            self.assertEqual(("down", "down"), self.state(name))
            self.assert_clean()
            for end in self.link_of(name)["ends"]:
                shown = run("ip", "-n", f"t.{end['node']}", "-j", "link", "show", end["interface"]).json[0]
                self.assertNotIn("UP", shown["flags"])
            self.assertEqual(f"{name}: down already\n", lab("link", name, "down").out)
            self.assertEqual(f"{name}: down → up\n", lab("link", name, "up").out)
            self.assertEqual(("up", None), self.state(name))
            self.assert_clean()
            for node in NODES:
                self.assertEqual(before[node], tables(node), f"{node} after {name}")
        self.assert_reaches("h1", "h2")
        self.assert_reaches("h3", "h5", family="-6")
        self.assertEqual([], self.up(TEXT)["actions"])

    def test_what_is_asked_is_told_and_outlives_labd(self):
        self.up(TEXT)
        lab("link", "r1:eth0", "down")
        self.assert_cut("h1", "h2")
        self.assertRegex(lab("links", "h1").out, r"h1--r1 +down, asked for ")
        self.assertIn("link h1--r1: down, asked for\n", lab("status").out)
        machine.kill_daemon(signal.SIGKILL)
        self.assertEqual(("down", "down"), self.state("h1--r1"))
        self.assert_clean()
        self.assert_cut("h1", "h2")
        # The file says otherwise, and it is the file's turn.
        plan = lab("plan", "/run/work/t.lab.toml").out
        self.assertIn("~ link h1--r1", plan)
        done = self.up(TEXT)["actions"]
        self.assertEqual(["h1--r1"], sorted({a["name"] for a in done if a["kind"] == "link"}))
        self.assertEqual(("up", None), self.state("h1--r1"))
        self.assert_reaches("h1", "h2")

    def test_the_other_end_first(self):
        """The number goes with the link, wherever it stands."""
        self.up(TEXT)
        self.assertEqual("r1--r2-2: up → down\n", lab("link", "r2--r1-2", "down").out)
        self.assertEqual([("up", None), ("down", "down")], [self.state("r1--r2"), self.state("r1--r2-2")])
        lab("link", "r2--r1-2", "up")
        self.assertIn("r1:eth2 sends: nothing → loss 5%", lab("impair", "r2--r1-2", "--loss", "5%").out)
        self.assertIn("r1--r2-2", lab("inspect", "r2--r1-2").out)
        self.assertIn('there is no link "r2--r1-3"', lab("link", "r2--r1-3", "down", status=3).err)
        self.assertIn('no link "r2--r1"', lab("link", "r2--r1", "down", status=3).err, "which of the two?")

    def test_for_a_while(self):
        self.up(TEXT)
        before = tables("r1")
        self.assertEqual("h1--r1: up → down, for 100s\n",
                         lab("link", "h1", "r1", "down", "--for", "100s").out)
        self.assertEqual(("down", "down"), self.state("h1--r1"))
        self.assertRegex(lab("links").out, r"h1--r1 +down, asked for, \d+ s more")
        lab("link", "h1--r1", "up")
        began = time.monotonic()
        lab("link", "h1--r1", "down", "--for", "3s")
        machine.eventually("it is up again", lambda: self.state("h1--r1") == ("up", None))
        self.assertGreaterEqual(time.monotonic() - began, 3)
        self.assertEqual(before, tables("r1"))
        # A while within a longer one: then it is as before that.
        lab("link", "h1--r1", "down")
        seen = json.loads(lab("events", "--json").out.splitlines()[-1])["seq"]
        lab("link", "h1--r1", "up", "--for", "300ms")

        def of_link():
            happened = map(json.loads, lab("events", "--json", "--since-seq", str(seen)).out.splitlines())
            return [e["action"] for e in happened if e.get("link") == "h1--r1" and e["node"] == "r1"]

        machine.eventually("it is up, then down again", lambda: of_link() == ["up", "down"])
        self.assertEqual(("down", "down"), self.state("h1--r1"))
        lab("link", "h1--r1", "up")
        self.assert_clean()

    def test_a_while_ends_though_labd_is_killed(self):
        self.up(TEXT)
        before = tables("h1"), tables("r1")
        lab("link", "h1--r1", "down", "--for", "1s")
        lab("link", "r2--h2", "down", "--for", "10m")
        machine.kill_daemon(signal.SIGKILL)
        # Nobody is there to end it, until somebody is.
        select.select([], [], [], 1.1)
        lab("ls")
        machine.eventually("it is up again", lambda: self.state("h1--r1") == ("up", None))
        self.assertEqual(before, (tables("h1"), tables("r1")))
        self.assertEqual(("down", "down"), self.state("r2--h2"))
        left = self.link_of("r2--h2")["asked"]["remaining"]
        self.assertTrue(590 < left < 600, left)
        # And one whose time is not over yet when labd is back.
        lab("link", "r2--h2", "up")
        began = time.monotonic()
        lab("link", "h1--r1", "down", "--for", "2s")
        machine.kill_daemon(signal.SIGKILL)
        lab("ls")
        machine.eventually("it is up again", lambda: self.state("h1--r1") == ("up", None))
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertEqual(before, (tables("h1"), tables("r1")))
        self.assert_clean()

    def test_flap(self):
        self.up(TEXT)
        done = lab("link", "h1--r1", "flap", "--for", "200ms")
        self.assertEqual("h1--r1: up → down → up\n", done.out)
        self.assertGreaterEqual(done.seconds, 0.2)
        events = [json.loads(line) for line in lab("events", "--json").out.splitlines()]
        told = [(e["action"], e["node"]) for e in events
                if e["type"] == "link" and e.get("link") == "h1--r1"]
        self.assertEqual([(way, node) for way in ("down", "up") for node in ("h1", "r1")], told)
        self.assertEqual(("up", None), self.state("h1--r1"))

    def test_partition(self):
        self.up(TEXT)
        answer = lab("link", "--between", "r1,h1", "r2", "down", "--json").json
        self.assertEqual([("r1--r2", "up", "down")] , [(l["name"], l["before"], l["after"])
                                                      for l in answer["links"]][:1])
        self.assertEqual(2, len(answer["links"]))  # both of the parallel ones
        self.assert_cut("h1", "h2")
        self.assert_reaches("h1", "h3")
        self.assert_reaches("h2", "h5")
        lab("link", "--between", "r1", "r2", "up")
        self.assert_reaches("h1", "h2")
        refused = lab("link", "--between", "h5", "h6", "down", status=None)
        self.assertIn("goes down only whole", refused.err)
        self.assertIn("no link joins", lab("link", "--between", "h1", "h2", "down", status=None).err)

    def test_up_over_a_file_that_says_down(self):
        text = PAIR.replace('[["h1", "h2"]]', '[{ endpoints = ["h1", "h2"], a = { up = false } }]')
        self.up(text)
        self.assertEqual("down", self.state("h1--h2")[0])
        # Its other end has been up all along and gets its carrier back, the sooner the rarer: the
        # kernel's worker takes a second's pause between two.
        for _ in range(4):
            self.assertEqual("h1--h2: down → up\n", lab("link", "h1--h2", "up").out)
            self.assert_reaches("h1", "h2")
            self.assert_clean()
            self.up(text)
            self.assertEqual(("down", None), self.state("h1--h2"))

    def test_only_what_was_asked_for_changes(self):
        """Changes by hand elsewhere stay drift; what is asked of a stopped node's link waits."""
        self.up(TEXT)
        run("ip", "-n", "t.h2", "address", "add", "192.0.2.9/32", "dev", "lo")
        run("ip", "-n", "t.h2", "link", "set", "eth0", "mtu", "1300")
        lab("link", "h1--r1", "flap", "--for", "50ms")
        self.assertIn("mtu is 1300", " ".join(lab("status", "--json").json["drift"]))
        run("ip", "-n", "t.h2", "link", "set", "eth0", "mtu", "1500")
        # Down by hand, and up when asked.
        run("ip", "-n", "t.h1", "link", "set", "eth0", "down")
        lab("link", "h1--r1", "up")
        self.assert_reaches("h1", "h2")
        lab("link", "h1--r1", "down")
        lab("stop", "h1")
        lab("start", "h1")
        self.assertEqual(("down", "down"), self.state("h1--r1"))
        self.assert_clean()
        lab("stop", "h1")
        lab("link", "h1--r1", "up")
        lab("start", "h1")
        self.assert_reaches("h1", "h2")

    def test_checks_break_links_and_nodes_and_mend_them(self):
        def table(name, during):
            return (f'[[check]]\nname = "{name}"\nping = ["h1", "h2"]\nnot = true\nbefore = false\n'
                    f'within = "20s"\nduring = {{ {during} }}\n')
        whole = '[[check]]\nname = "whole"\nping = ["h1", "h2"]\nwithin = "20s"\n'
        self.up(TEXT + table("cut", 'partition = ["r1", "r2"]') + table("stopped", 'stop = "r1"')
                + table("down", 'down = "r1--r2"') + whole)
        before = {node: tables(node) for node in NODES}
        pid = self.node("r1")["pid"]
        done = lab("check")
        self.assertIn("4 passed, 0 failed, 0 skipped", done.out)
        self.assertNotEqual(pid, self.node("r1")["pid"])  # it was off
        self.assert_clean()
        for node in NODES:
            self.assertEqual(before[node], tables(node), node)

    def test_a_node_that_a_check_stopped_is_started_though_labd_is_killed(self):
        self.up(TEXT + '[[check]]\ntcp = ["h3", "h4:99"]\nbefore = false\nwithin = "60s"\n'
                'during = { stop = "r1" }\n')
        client = subprocess.Popen(["lab", "check"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        machine.eventually("r1 is off", lambda: self.node("r1")["state"] == "stopped")
        machine.kill_daemon(signal.SIGKILL)
        client.wait(30)
        machine.eventually("r1 is on again", lambda: self.node("r1")["state"] == "running")
        self.assert_clean()
        self.assert_reaches("h1", "h2")

    def test_links_come_and_go_beside_the_file(self):
        self.up(TEXT)
        before = {node: tables(node) for node in NODES}
        said = lab("link", "add", "h2", "h3", "mtu=1400").out
        self.assertIn("+ link h2--h3\n", said)
        self.assertIn('[[link]]\nendpoints = ["h2", "h3"]\nmtu = 1400\n', said)
        self.assertEqual(1400, run("ip", "-n", "t.h2", "-j", "link", "show", "eth1").json[0]["mtu"])
        self.assert_clean()
        self.assertEqual(before["h1"], tables("h1"))
        self.assertIn("- link h2--h3", lab("plan", "/run/work/t.lab.toml").out)
        # One of two that join the same nodes: the other one stays what it is.
        def eth2():
            return [d for d in tables("r1")[0] if d["ifname"] == "eth2"]
        other = eth2()
        lab("link", "r2--h2", "down")
        self.assertIn("- link r1--r2\n", lab("link", "rm", "r1--r2").out)

        def check():
            names = [l["name"] for l in lab("links", "--json").json["links"]]
            self.assertNotIn("r1--r2", names)
            self.assertLessEqual({"r1--r2-2", "h2--h3"}, set(names))
            self.assertEqual(other, eth2())
            self.assertEqual(("down", "down"), self.state("r2--h2"))  # asked for before
            self.assert_clean()
        check()
        lab("link", "r2--h2", "up")
        self.assert_reaches("h1", "h2")
        lab("link", "r2--h2", "down")
        machine.kill_daemon(signal.SIGKILL)
        check()
        lab("restart", "r1")
        check()
        lab("link", "rm", "r1:eth0")
        self.assertEqual([], lab("links", "h1", "--json").json["links"])
        done = {(a["op"], a["name"]) for a in self.up(TEXT)["actions"] if a["kind"] == "link"}
        self.assertLessEqual({("create", "r1--r2"), ("create", "h1--r1"), ("delete", "h2--h3")}, done)
        self.assert_reaches("h1", "h2")
        # Of the two between r1 and r2 the one that ran goes on as the first; unless told otherwise.
        self.up(TEXT, "t", None, "--renumber")
        for node in NODES:
            self.assertEqual(before[node], tables(node), node)

    def test_links_that_cannot_come_or_go(self):
        self.up(PAIR)
        for words, says, status in ((["add", "h1"], "between what?", 2), (["add", "h1", "h9"], 'unknown node "h9"', 2),
                                    (["add", "h1", "h2", "mtu=3"], "least MTU is 68", 2), (["rm"], "which link?", 2),
                                    (["add", "h1", "h2", "speed=3"], "speed", 2), (["rm", "h1--h3"], 'no link "h1--h3"', 3)):
            done = lab("link", *words, status=None)
            self.assertIn(says, done.err)
            self.assertEqual(status, done.status, done)
        lab("link", "add", "h1", "h2")
        self.assertIn("h1--h2, h1--h2-2: which one?", lab("link", "rm", "h1", "h2", status=2).err)
        for body in ({}, {"endpoints": []}, {"endpoints": [1, 2]}, {"endpoints": ["h1", "h2"], "keys": {"a b": 1}},
                     {"endpoints": ["h1", "h2"], "keys": {"mtu": {"x": 1}}}):
            self.assertEqual(400, machine.api("POST", "/v1/labs/t/links/add", body)[0], body)
        self.assertEqual(400, machine.api("POST", "/v1/labs/t/links/remove", {"link": 3})[0])
        self.assertEqual(404, machine.api("POST", "/v1/labs/t/links/remove", {"link": "x"})[0])
        self.assert_clean()

    def test_bad_words(self):
        self.up(PAIR)
        for words, says in ((["h1--h3", "down"], 'no link "h1--h3"'), (["h1", "h9", "down"], 'no node "h9"'),
                            (["h1--h2", "sideways"], '"sideways" is nothing that a link does'),
                            (["down"], "which link?"), (["h1--h2", "down", "--for", "x"], "no time"),
                            (["a", "b", "c", "down"], "more than a link")):
            done = lab("link", *words, status=None)
            self.assertIn(done.status, (2, 3, 4, 5))
            self.assertIn(says, done.err)
        for body in ({"op": "fly", "links": ["h1--h2"]}, {"op": "up"}, {"op": "down", "links": [3]},
                     {"op": "down", "links": ["h1--h2"], "for": -1}):
            self.assertEqual(400, machine.api("POST", "/v1/labs/t/links", body)[0])
        self.assertEqual(404, machine.api("POST", "/v1/labs/t/links", {"op": "up", "links": ["x"]})[0])
        said = [e for e in lab("audit", "--json").out.splitlines() if '"link"' in e]
        self.assertEqual([], said)
        lab("link", "h1--h2", "down")
        lab("link", "h1--h2", "up")
        records = lab("audit", "--verb", "link", "--json").out
        self.assertIn("h1--h2 down", records)
        self.assertIn("h1--h2 up", records)
