"""`lab plan` says what `lab up` does, and `lab up` does that and no more."""

import json
import pathlib
import re
import subprocess
import time

import machine
from labtest import PAIR, LabTest, limit
from machine import lab, run

# What is edited (h1, h2, a, b, r1) and what goes on beside it (h3, c, h4).
BASE = '''
links = [["h1", "a"], ["h2", "a"], ["a", "r1"], ["b", "r1"], ["h3", "c"], ["h4", "c"]]
[nodes]
h1 = "host"
h2 = "host"
h3 = "host"
h4 = "host"
a = "switch"
b = "switch"
c = "switch"
r1 = "router"
'''
SERVED = 'h1 = { run = [{ name = "web", cmd = ["sleep", "1000"] }] }'


def edited(*pairs):
    text = BASE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def host(table):
    return ('h1 = "host"', f"h1 = {table}")


# Name → (file, what the plan must say: op, kind, name).
EDITS = {
    "address": (edited(('["h1", "a"]', '["h1 10.0.1.77/24", "a"]')), ("create", "address", "h1:eth0")),
    "route": (edited(('r1 = "router"', 'r1 = { kind = "router", routes = ["blackhole 10.66.0.0/16"] }')),
              ("create", "route", "r1")),
    "mtu": (edited(('["h2", "a"]', '{ endpoints = ["h2", "a"], mtu = 1400 }')), ("update", "link", "h2--a")),
    "mac": (edited(('["h2", "a"]', '{ endpoints = ["h2", "a"], a.mac = "02:00:00:00:00:01" }')),
            ("update", "link", "h2--a")),
    "sysctl": (edited(host("{ sysctl = { net.ipv4.ip_default_ttl = 33 } }")), ("create", "sysctl", "h1")),
    "file": (edited(host('{ files = { "/etc/motd" = { text = "hello" } } }')), ("create", "file", "h1")),
    "env": (edited(host('{ env = { A = "1" }, run = [{ name = "web", cmd = ["sleep", "1000"] }] }')),
            ("create", "service", "h1")),
    "environment": (edited(host('{ env = { A = "1" } }')), ("update", "node", "h1")),
    "shared": (edited(("links = [", 'allow = ["nobody"]\nlinks = [')), ("update", "lab", "t")),
    "hostname": (edited(host('{ hostname = "other" }')), ("update", "hostname", "h1")),
    "link added": (edited(('["h3", "c"]', '["h1", "b"], ["h3", "c"]')), ("create", "link", "h1--b")),
    "link removed": (edited(('["b", "r1"], ', "")), ("delete", "link", "b--r1")),
    "link moved": (edited(('["h2", "a"]', '["h2", "b"]')), ("update", "link", "h2--b")),
    "node added": (edited(('["h3", "c"]', '["h5", "a"], ["h3", "c"]'), ('h2 = "host"', 'h2 = "host"\nh5 = "host"')),
                   ("create", "node", "h5")),
    "node removed": (edited(('["h2", "a"], ', ""), ('h2 = "host"\n', "")), ("delete", "node", "h2")),
    "hosts": (edited(('["h2", "a"]', '["h2 10.0.1.99/24", "a"]')), ("update", "hosts", "/etc/hosts")),
}


def key(action):
    return action["op"], action["kind"], action["name"], action["detail"]


class Plan(LabTest):
    def pids(self):
        return {n["name"]: n["pid"] for n in lab("status", "--json").json["nodes"]}

    def plan(self, text, *options, status=0):
        return lab("plan", self.write("t.lab.toml", text), "--json", *options, status=status).json

    def change(self, text):
        """Plans, does it, and holds both against each other; gives the actions."""
        planned = self.plan(text)
        done = self.up(text)
        self.assertEqual([key(a) for a in planned["actions"]], [key(a) for a in done["actions"]])
        self.assertEqual([], self.plan(text)["actions"])
        return {key(a)[:3] for a in done["actions"]}

    @limit(300)
    def test_every_edit_in_place(self):
        """Each edit from BASE and back; what is beside it runs on, and loses nothing."""
        self.up(BASE)
        pids = self.pids()
        beside = subprocess.Popen(["lab", "exec", "h3", "--", "ping", "-q", "-i", "0.01", "h4"],
                                  stdout=subprocess.PIPE, text=True)
        for name, (text, expected) in EDITS.items():
            with self.subTest(name):
                ops = self.change(text)
                self.assertIn(expected, ops)
                self.assertFalse([o for o in ops if o[0] == "recreate"], ops)
                now = self.pids()
                self.assertEqual({n: p for n, p in pids.items() if n in now},
                                 {n: p for n, p in now.items() if n in pids})
                self.assert_reaches("h1", "r1")
                ops = self.change(BASE)
                self.assertFalse([o for o in ops if o[0] == "recreate"], ops)
                pids = {**self.pids(), **{n: p for n, p in pids.items() if n != "h2"}}
                self.assert_reaches("h1", "h2")
        beside.send_signal(subprocess.signal.SIGINT)
        out, _ = beside.communicate(timeout=20)
        sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", out).groups())
        self.assertGreater(sent, 100)
        self.assertEqual(sent, received, out)

    def test_a_sysctl_goes_back_to_what_it_was(self):
        def ttl():
            return lab("exec", "h1", "--", "sysctl", "-n", "net.ipv4.ip_default_ttl").out.strip()
        self.up(BASE)
        before, pids = ttl(), self.pids()
        self.up(EDITS["sysctl"][0])
        self.up(EDITS["sysctl"][0].replace("33", "44"))
        self.assertEqual("44", ttl())
        machine.kill_daemon()
        planned = self.plan(BASE)["actions"]
        self.assertEqual([("delete", "sysctl", "h1")], [key(a)[:3] for a in planned])
        self.assertEqual([{"path": "sysctl.net.ipv4.ip_default_ttl", "from": "44", "to": None}],
                         planned[0]["changes"])
        self.up(BASE)
        self.assertEqual((before, pids), (ttl(), self.pids()))

    def test_a_setting_of_an_interface_outlives_it(self):
        text = edited(host("{ sysctl = { net.ipv4.conf.eth0.rp_filter = 2 } }"))
        self.up(text)
        self.up(text.replace('["h1", "a"]', '["h1", "b"]'))
        said = lab("exec", "h1", "--", "sysctl", "-n", "net.ipv4.conf.eth0.rp_filter").out
        self.assertEqual("2", said.strip())

    def test_a_link_moves_to_another_switch_and_its_end_stays(self):
        text = '''
links = [["a", "b"], ["h1", "a"], ["h2", "a"], ["h3", "b"]]
[nodes]
"h[1-3]" = "host"
a = "switch"
b = "switch"
'''
        moved = text.replace('["h2", "a"]', '["h2", "b"]')
        self.up(text)
        # By hand, and no drift: an interface made anew would not have it.
        lab("exec", "h2", "--", "ip", "address", "add", "192.0.2.9/32", "dev", "eth0")
        [action] = self.plan(moved)["actions"]
        self.assertEqual(("update", "link", "h2--b"), key(action)[:3])
        self.assertEqual("h2:eth0: plugged from a:eth2 into b:eth2", action["detail"])
        for edit in (moved, text, moved):
            self.assertEqual(1, len(self.change(edit)))
            self.assert_reaches("h2", "h1")
            self.assert_reaches("h3", "h2")
            self.assertIn("192.0.2.9", lab("exec", "h2", "--", "ip", "address").out)
        machine.kill_daemon()
        self.assertEqual([], self.plan(moved)["actions"])

    def test_service_and_environment(self):
        def web():
            return next(s for s in self.node("h1")["services"] if s["name"] == "web")
        text = edited(('h1 = "host"', SERVED))
        self.up(text)
        first = web()["pid"]
        pid = self.pids()["h1"]
        for edit in (text.replace("1000", "2000"),
                     text.replace('"web",', '"web", env = { A = "1" },'),
                     text.replace("{ run", '{ env = { A = "2" }, run')):
            ops = self.change(edit)
            self.assertEqual({("update", "service", "h1")}, ops)
            self.assertNotEqual(first, web()["pid"])
            first = web()["pid"]
        environment = lab("exec", "h1", "--", "cat", f"/proc/{first}/environ").out
        self.assertIn("A=2", environment.split("\0"))
        self.assertEqual(pid, self.pids()["h1"])

    def test_what_nothing_in_the_kernel_follows_from(self):
        check = '[[check]]\nping = ["h1", "h2"]\n[[check]]\nname = "again"\nping = ["h1", "h2"]\n'
        self.up(PAIR + check)
        self.assertEqual([], lab("plan", self.write("t.lab.toml", PAIR + check), "--json").json["actions"])
        text = 'description = "two hosts"\n' + PAIR.replace(
            'h1 = "host"', 'h1 = { label = "PC 1", labels = ["core"], icon = "pc", pos = [1, 2] }')
        text += '[[check]]\nname = "again"\nping = ["h2", "h1"]\n[[check]]\nping = ["h1", "h2"]\npoints = 2\n' \
                '[[check]]\nname = "more"\nping = ["h1", "h2"]\n'
        told = [(a["op"], a["kind"], a["name"], a["detail"])
                for a in lab("plan", self.write("t.lab.toml", text), "--json").json["actions"]]
        self.assertEqual([("update", "lab", "t", "description"),
                          ("update", "node", "h1", "label none → PC 1"),
                          ("update", "node", "h1", "labels"),
                          ("update", "node", "h1", "its place in pictures"),
                          ("update", "check", "again", ""),
                          ("update", "check", "ping h1 → h2", ""),
                          ("create", "check", "more", "")], told)
        self.assertIn("~ check again", lab("plan", self.write("t.lab.toml", text)).out)
        pid = self.node("h1")["pid"]
        self.up(text)
        self.assertEqual(pid, self.node("h1")["pid"])
        self.assertEqual([], self.up(text)["actions"])
        told = {(a["op"], a["kind"], a["name"]) for a in self.up(PAIR)["actions"]}
        self.assertLessEqual({("delete", "check", "again"), ("delete", "check", "more"),
                              ("delete", "check", "ping h1 → h2")}, told)
        self.assertEqual([], self.up(PAIR)["actions"])

    def test_a_hostname_in_place(self):
        self.up(BASE)
        self.change(EDITS["hostname"][0])
        self.assertEqual("other\n", lab("exec", "h1", "--", "hostname").out)
        self.assertEqual("other\n", lab("exec", "h1", "--", "cat", "/etc/hostname").out)

    def test_neighbours_hear_of_a_new_mac_and_of_a_moved_address(self):
        self.up(BASE)
        six = next(a for a in self.node("h2")["interfaces"][0]["addresses"] if ":" in a).split("/")[0]
        four = next(a for a in self.node("h2")["interfaces"][0]["addresses"] if "." in a).split("/")[0]

        def known():
            return {n["dst"]: n.get("lladdr")
                    for n in run("ip", "-n", "t.h1", "-j", "neighbour", "show", "dev", "eth0").json}
        old = json.loads(run("ip", "-n", "t.h2", "-j", "link", "show", "eth0").out)[0]["address"]
        linklocal = self.linklocal("h2")
        for address in (four, six, linklocal + "%eth0"):
            lab("exec", "h1", "--", "ping", "-c1", "-W1", "-q", address)
        self.assertEqual({old}, {known()[a] for a in (four, six, linklocal)})
        self.up(EDITS["mac"][0])
        machine.eventually("h1 knows the new MAC",
                           lambda: {known().get(a) for a in (four, six)} == {"02:00:00:00:00:01"}, 2)
        self.assertEqual("fe80::ff:fe00:1", self.linklocal("h2"))
        # The addresses of two hosts change places.
        other = next(a for a in self.node("h1")["interfaces"][0]["addresses"] if "." in a)
        lab("exec", "r1", "--", "ping", "-c1", "-W1", "-q", four)
        lab("exec", "r1", "--", "ping", "-c1", "-W1", "-q", other.split("/")[0])
        self.up(edited(('["h1", "a"]', f'["h1 {four}/24", "a"]'), ('["h2", "a"]', f'["h2 {other}", "a"]')))
        lab("exec", "r1", "--", "ping", "-c1", "-W1", "-q", four)
        lab("exec", "r1", "--", "ping", "-c1", "-W1", "-q", other.split("/")[0])

    def linklocal(self, node):
        shown = run("ip", "-n", f"t.{node}", "-j", "-6", "address", "show", "eth0", "scope", "link").json
        return next(a["local"] for s in shown for a in s["addr_info"] if "local" in a)

    def test_the_same_file_again_changes_nothing_in_the_kernel(self):
        self.up(BASE)
        spaces = [f"t.{n}" for n in ("h1", "h2", "h3", "h4", "a", "b", "c", "r1")]

        # The kernel announces a switch's ports once more when their forward delay is over.
        def waiting():
            links = [link for space in spaces for link in run("ip", "-n", space, "-d", "-j", "link").json]
            ports = [link.get("linkinfo", {}).get("info_slave_data", {}) for link in links]
            return [port for port in ports if port.get("forward_delay_timer")]
        machine.eventually("every port has been announced", lambda: not waiting())
        monitors = []
        for space in spaces:
            said = open(f"/run/work/{space}.monitor", "w+")
            monitors.append((space, said, subprocess.Popen(
                ["ip", "-n", space, "monitor", "link", "address", "route", "netconf", "rule", "nsid"],
                stdout=said)))
        self.mark(monitors, "192.0.2.1")
        self.assertEqual([], self.up(BASE)["actions"])
        self.plan(BASE)
        self.plan(EDITS["mtu"][0])
        lab("status")
        self.mark(monitors, "192.0.2.2")
        for space, said, monitor in monitors:
            monitor.kill()
            monitor.wait()
            said.seek(0)
            told = said.read()
            first, second = (max(m.end() for m in re.finditer(rf"192\.0\.2\.{n}[^\n]*\n", told[:end]))
                             for n, end in ((1, told.index("192.0.2.2")), (2, len(told))))
            between = told[first:second]
            self.assertNotRegex(re.sub(r"[^\n]*192\.0\.2\.2[^\n]*\n(\s+valid_lft[^\n]*\n)?", "", between),
                                r"\S", space + "\n" + told)
        for space in spaces:
            run("ip", "-n", space, "address", "flush", "dev", "lo", "to", "192.0.2.0/24")

    def mark(self, monitors, address):
        """An event of our own in each namespace; until it has come, and what it brings with it."""
        for space, said, _ in monitors:
            # By a place of its own: the monitor writes where the file it was given stands.
            def heard(said=said):
                return pathlib.Path(said.name).read_text()
            # A monitor that listens already hears of it; until then it is done again.
            def marked(space=space, heard=heard):
                if f"local {address} " in heard():
                    return True
                run("ip", "-n", space, "address", "delete", f"{address}/32", "dev", "lo", status=None)
                run("ip", "-n", space, "address", "add", f"{address}/32", "dev", "lo")
                return f"local {address} " in heard()
            machine.eventually(f"{space} is watched", marked)

    def test_words_and_exit_code(self):
        file = self.write("t.lab.toml", BASE)
        said = lab("plan", file).out
        self.assertIn("+ node h1\n", said)
        self.assertRegex(said.splitlines()[-1], r"^\d+ to add, 0 to change, 0 to destroy$")
        self.assertEqual([], lab("ls", "--json").json["labs"])
        lab("plan", "--exit-code", file, status=2)
        lab("up", file)
        self.assertEqual("t: nothing to do\n", lab("plan", "--exit-code", file).out)
        said = lab("plan", self.write("t.lab.toml", EDITS["mtu"][0])).out
        self.assertRegex(said, r"~ link h2--a  a:eth1: mtu 1500 → 1400, h2:eth0: mtu 1500 → 1400\n")
        self.assertIn("0 to add, 2 to change, 0 to destroy", said)  # the bridge is as wide as its ports

    def test_why_a_node_starts_anew(self):
        self.up(BASE)
        pids = self.pids()
        text = edited(('h2 = "host"', 'h2 = "router"'))
        self.assertIn("-/+ node h2 (kind host → router: restarts)\n",
                      lab("plan", self.write("t.lab.toml", text)).out)
        ops = self.change(text)
        self.assertEqual({"h2"}, {o[2] for o in ops if o[0] == "recreate"})
        now = self.pids()
        self.assertEqual({**pids, "h2": now["h2"]}, now)
        self.assertNotEqual(pids["h2"], now["h2"])
        asked = self.plan(text, "--recreate", "h1")["actions"]
        self.assertEqual(["as asked"], [a["reason"] for a in asked if a["op"] == "recreate"])

    def test_a_dead_node_is_planned_and_only_planned(self):
        self.up(BASE)
        machine.os.kill(self.pids()["h1"], machine.signal.SIGKILL)
        machine.eventually("it is seen", lambda: self.node("h1")["state"] == "failed")
        asked = self.plan(BASE)["actions"]
        self.assertIn(("update", "node", "h1", "start"), [key(a) for a in asked])
        self.assertEqual("failed", self.node("h1")["state"])
        self.change(BASE)
        self.assert_reaches("h1", "h2")

    def test_whatever_fails_the_lab_is_as_before(self):
        served = edited(('h1 = "host"', SERVED))
        self.up(served)
        before = self.everything()
        many = edited(("links = [", 'links = [["h9", "a"], ["h1", "b"], '),
                      ('["h2", "a"]', '{ endpoints = ["h2 10.0.1.99/24", "b"], mtu = 1400 }'),
                      ('["b", "r1"], ', ""), ('r1 = "router"', 'r1 = { kind = "router", sysctl = { '
                                              'net.ipv4.ip_default_ttl = 7 } }'))
        failing = {
            "exec": 'h1 = { env = { A = "1" }, files = { "/etc/motd" = { text = "x" } }, run = [{ name = "web", '
                    'cmd = ["sleep", "5"] }], exec = ["exit 3"] }',
            "service": 'h1 = { hostname = "x", run = [{ name = "web", cmd = ["false"], ready = "exit" }] }',
            "sysctl": 'h1 = { sysctl = { net.ipv4.ip_default_ttl = "many" } }',
            "nft": "h1 = { nft = '''\nnonsense\n''' }",
        }
        for name, line in failing.items():
            with self.subTest(name):
                text = many.replace('h1 = "host"', line + '\nh9 = "host"')
                lab("up", self.write("t.lab.toml", text), status=1)
                self.assertEqual(before, self.everything())
                self.assertEqual([], self.plan(served)["actions"])
                self.assert_reaches("h1", "h2")

    def test_who_was_to_go_is_still_there_when_a_step_fails(self):
        """What lives in a node no undoing brings back, so nodes go last."""
        self.up(PAIR + 'h3 = { run = [{ name = "web", cmd = "sleep 1000" }] }\n')
        lab("exec", "h3", "--", "touch", "/root/work")
        pid = self.node("h3")["pid"]
        lab("up", self.write("t.lab.toml", PAIR.replace('h1 = "host"', 'h1 = { exec = ["exit 3"] }')), status=1)
        self.assertEqual(pid, self.node("h3")["pid"])
        lab("exec", "h3", "--", "test", "-e", "/root/work")
        self.assertEqual(["h3"], [a["name"] for a in self.up(PAIR)["actions"] if a["kind"] == "node"])
        self.assertNotIn("h3", [n["name"] for n in lab("status", "--json").json["nodes"]])

    def everything(self):
        """The lab as far as anybody can see it, without what counts or grows."""
        shown = {}
        for space in sorted(machine.os.listdir("/run/netns")):
            shown[space] = (run("ip", "-n", space, "-o", "address").out, run("ip", "-n", space, "route").out,
                            run("ip", "-n", space, "-6", "route").out,
                            re.sub(r"qdisc \w+ ", "", run("ip", "-n", space, "-o", "link").out))
        nodes = [(n["name"], n["pid"], n["state"], [(s["name"], s["state"]) for s in n["services"]])
                 for n in lab("status", "--json").json["nodes"]]
        ttl = lab("exec", "r1", "--", "sysctl", "-n", "net.ipv4.ip_default_ttl").out
        return shown, nodes, ttl, lab("exec", "h1", "--", "hostname").out
