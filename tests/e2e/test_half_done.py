"""Edits that come to nothing, by a mistake or by the death of labd: what had begun is not left behind."""

import signal
import subprocess

import machine
from labtest import LabTest, limit
from machine import lab

OLD = '''
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
r1 = "router"
h2 = { kind = "host", run = [{ name = "web", cmd = ["sleep", "1001"] }] }
[nodes.h1]
run = [{ name = "web", cmd = ["sleep", "1001"] }]
files = { "/etc/motd" = { text = "old" } }
sysctl = { net.ipv4.tcp_ecn = 1 }
hostname = "old"
nft = """table inet old { }
"""
'''
NEW = '''
links = [["h1", "r1"], ["r1", "h2"], ["r1", "h3"]]
[nodes]
r1 = "router"
h2 = "host"
h3 = { kind = "host", %s }
[nodes.h1]
run = [{ name = "new", cmd = ["sleep", "1002"] }]
files = { "/etc/new" = { text = "new" } }
sysctl = { net.ipv4.tcp_sack = 0 }
hostname = "new"
nft = """table inet new { }
"""
'''
NEVER = NEW % 'exec = ["sleep 1000"]'
DONE = NEW % 'exec = ["true"]'


class HalfDone(LabTest):
    def held(self):
        """What h1 and h2 hold of all this, asked of themselves."""
        script = ("cat /etc/motd /etc/new; sysctl -n net.ipv4.tcp_ecn net.ipv4.tcp_sack; hostname;"
                  " nft list tables; ps ax -o args= | grep '[s]leep 100[12]'")
        return {node: lab("exec", node, "--", "sh", "-c", f"({script}) 2>/dev/null", status=None).out
                for node in ("h1", "h2")}

    def held_by(self, text):
        held = self.up(text) and self.held()
        lab("down", "t")
        return held

    def break_off(self):
        """Halfway from OLD to NEVER, labd dies."""
        self.up(OLD)
        client = subprocess.Popen(["lab", "up", self.write("t.lab.toml", NEVER)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        machine.eventually("h1 and h2 have been changed", lambda: "1001" not in "".join(self.held().values())
                           and "1002" in self.held()["h1"])
        machine.kill_daemon(signal.SIGKILL)
        client.wait(timeout=30)

    @limit(200)
    def test_a_labd_that_dies_over_an_edit_is_told_which_it_shall_be(self):
        old, new = self.held_by(OLD), self.held_by(DONE)
        self.assertNotEqual(old, new)
        self.assertIn("old", old["h1"])
        for wish, held in ((OLD, old), (DONE, new)):
            self.break_off()
            self.assertEqual("degraded", lab("status", "--json").json["state"])
            self.up(wish)
            self.assertEqual(held, self.held())
            self.assertEqual([], self.up(wish)["actions"])
            self.assertEqual("up", lab("status", "--json").json["state"])
            lab("down", "t")

    @limit(120)
    def test_a_service_that_does_not_come_up_goes_with_its_edit(self):
        self.up(OLD)
        old = self.held()
        broken = DONE.replace('[{ name = "new", cmd = ["sleep", "1002"] }]',
                              '[{ name = "new", cmd = ["sleep", "1002"], ready = "tcp 9" },'
                              ' { name = "worse", cmd = ["false"], ready = "tcp 9" }]')
        lab("up", self.write("t.lab.toml", broken), status=1, timeout=90)
        self.assertEqual(old, self.held())
        status = lab("status", "--json").json
        self.assertEqual(("up", []), (status["state"], status["drift"]))
        self.assertEqual({"web"}, {s["name"] for n in status["nodes"] for s in n["services"]})
        self.assertEqual([], self.up(OLD)["actions"])

    @limit(120)
    def test_rules_that_are_not_taken_go_with_their_edit(self):
        self.up(OLD)
        old = self.held()
        lab("up", self.write("t.lab.toml", DONE.replace("table inet new { }", "table inet new { nonsense }")), status=1)
        self.assertEqual(old, self.held())
        self.assertEqual([], self.up(OLD)["actions"])
        self.assertEqual("up", lab("status", "--json").json["state"])
