"""An edit never renumbers what runs: it keeps its addresses, MACs, indexes and names."""

import machine
from labtest import LabTest
from machine import lab, run

BASE = '''
links = [["h1", "r1"], ["r1", "r3"], ["r3", "h2"]]
[nodes]
h1 = "host"
r1 = { kind = "router", loopback = true }
r3 = { kind = "router", loopback = true }
h2 = "host"
'''
# Two links and two nodes in the middle, so that a fresh lab would be numbered otherwise.
MIDDLE = '''
links = [["h1", "h3"], ["h3", "r1"], ["h1", "r1"], ["r1", "r2"], ["r2", "r3"], ["r1", "r3"], ["r3", "h2"]]
[nodes]
h1 = "host"
h3 = "host"
r1 = { kind = "router", loopback = true }
r2 = { kind = "router", loopback = true }
r3 = { kind = "router", loopback = true }
h2 = "host"
'''
PLACES = [("h1", "eth0"), ("r1", "eth0"), ("r1", "eth1"), ("r3", "eth0"), ("r3", "eth1"), ("h2", "eth0"),
          ("r1", "lo"), ("r3", "lo")]


class Numbering(LabTest):
    def numbers(self):
        """What the kernel says of every interface of BASE: index, MAC, addresses and whose they are."""
        said = {}
        for node, device in PLACES:
            shown = run("ip", "-n", f"t.{node}", "-j", "address", "show", "dev", device)
            told = shown.json[0]
            said[node, device] = (told["ifindex"], told["address"],
                                  sorted(a["local"] for a in told["addr_info"]))
        links = {x["name"]: {(e["node"], e["interface"]) for e in x["ends"]}
                 for x in lab("inspect").json["links"]}
        return said, {n: links.get(n) for n in ("h1--r1", "r1--r3", "r3--h2")}

    def test_an_edit_never_renumbers_what_runs(self):
        self.up(BASE)
        before = self.numbers()
        file = self.write("t.lab.toml", MIDDLE)
        # The plan says what would be otherwise in a fresh lab, and only that.
        kept = lab("plan", file, "--json").json["kept"]
        self.assertIn({"what": "r1:eth0", "is": "eth0", "fresh": "eth1"}, kept)
        self.assertIn({"what": "r3 id", "is": "2", "fresh": "3"}, kept)
        self.assertIn("--renumber", lab("plan", file).out)
        self.up(MIDDLE)
        self.assertEqual(before, self.numbers())
        self.assert_reaches("h3", "h2")
        # A labd that comes back sees the same lab, and nothing to do.
        machine.kill_daemon(machine.signal.SIGKILL)
        self.assertEqual([], self.up(MIDDLE)["actions"])
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.assertEqual(before, self.numbers())
        # And back: what was in the middle goes, what was there stays.
        self.up(BASE)
        self.assertEqual(before, self.numbers())
        self.assertEqual([], lab("plan", self.write("t.lab.toml", BASE), "--json").json["kept"])

    def test_what_is_shown_of_a_running_lab_is_what_runs(self):
        self.up(BASE)
        self.up(MIDDLE)
        shown = lab("-L", "t", "show", "--resolved").out
        address = self.node("h1")["interfaces"][0]["addresses"][0]
        self.assertIn(address, shown)
        self.assert_reaches("h1", "h2")
        self.assertIn(" 0% packet loss", lab("exec", "h2", "--", "ping", "-c1", "-W1", "h1").out)

    def test_renumber_on_request(self):
        self.up(BASE)
        before = self.numbers()
        file = self.write("t.lab.toml", MIDDLE)
        self.up(MIDDLE)
        answer = lab("up", "--renumber", file, "--json").json
        self.assertTrue(answer["actions"])
        after = self.numbers()
        self.assertNotEqual(before, after)
        self.assert_reaches("h1", "h2")
        lab("down", "t")
        self.up(MIDDLE)
        self.assertEqual(after, self.numbers())
