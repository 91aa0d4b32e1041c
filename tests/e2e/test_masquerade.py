"""Address translation inside a lab: what leaves, what is let in, and that edits change it in place."""

import machine
from labtest import LabTest
from machine import lab

HOME = """
links = [
  ["isp", "cpe:wan 198.51.100.2/30"],
  { lan = ["cpe:lan", "pc", "tv"], prefix = "192.168.1.0/24" },
  { lan = ["cpe:dmz", "www"], prefix = "203.0.113.0/24", private = false },
]
[nodes]
isp = { kind = "router", run = [{ name = "web", cmd = "python3 -u -m http.server --bind :: 80", ready = "tcp 80" }] }
pc  = "host"
tv  = { kind = "host", run = [{ name = "web", cmd = "python3 -u -m http.server --bind :: 80", ready = "tcp 80" }] }
www = "host"
cpe = { kind = "router", masquerade = ["wan"], %s nft = "table ip mine {\\n}\\n" }
"""
FORWARD = 'forward = ["tcp 8080 to tv:80"],'


class Masquerade(LabTest):
    def rules(self):
        return lab("exec", "cpe", "--", "nft", "list", "ruleset").out

    def fetch(self, node, url):
        return lab("exec", node, "--", "curl", "-s", "-o", "/dev/null", "--max-time", "3", url,
                   status=None).status

    def test_private_networks_leave_by_one_address(self):
        self.up(HOME % FORWARD)
        # Both families; and the open network keeps its own address.
        for node, family, seen in (("pc", "-4", "198.51.100.2"), ("www", "-4", "203.0.113.11")):
            self.assertEqual(0, self.fetch(node, "http://" + self.address("isp", "eth0", 4) + "/"))
            self.assertIn(seen + " - - ", lab("logs", "isp/web").out)
        self.assertEqual(0, self.fetch("pc", f"http://[{self.address('isp', 'eth0', 6)}]/"))
        self.assertIn(self.address("cpe", "wan", 6) + " - - ", lab("logs", "isp/web").out)
        # Nobody outside knows the way in but by the forwarded port, in both families.
        done = lab("exec", "isp", "--", "ping", "-c1", "-W1", self.address("tv", "eth0", 4), status=2)
        self.assertIn("Network is unreachable", done.err)
        self.assertEqual(0, self.fetch("isp", "http://198.51.100.2:8080/"))
        self.assertEqual(0, self.fetch("isp", f"http://[{self.address('cpe', 'wan', 6)}]:8080/"))
        self.assertNotEqual(0, self.fetch("isp", "http://198.51.100.2:8081/"))
        rules = self.rules()
        self.assertIn("table inet labd", rules)
        self.assertIn("table ip mine", rules)
        self.assertEqual([], self.up(HOME % FORWARD)["actions"])

    def address(self, node, device, family):
        out = lab("exec", node, "--", "ip", "-j", f"-{family}", "address", "show", "dev", device,
                  "scope", "global").json
        return out[0]["addr_info"][0]["local"]

    def test_rules_that_somebody_has_flushed_are_missed(self):
        self.up(HOME % FORWARD)
        before = self.rules()
        # More than was loaded is the node's own affair.
        lab("exec", "cpe", "--", "nft", "add table inet own")
        self.assertEqual("up", lab("status", "--json").json["state"])
        for damage in ("flush ruleset", "delete table inet labd", "flush table inet labd"):
            lab("exec", "cpe", "--", "nft", damage)
            machine.kill_daemon()
            status = lab("status", "--json").json
            self.assertEqual("degraded", status["state"], damage)
            self.assertEqual(["differs in nft cpe (rules that were loaded are gone)"], status["drift"])
            self.assertEqual([("update", "nft", "cpe")], [
                (a["op"], a["kind"], a["name"]) for a in lab("plan", "/run/work/t.lab.toml", "--json").json["actions"]])
            self.assertTrue(self.up(HOME % FORWARD)["actions"], damage)
            self.assertEqual(before, self.rules())
            self.assertEqual([], self.up(HOME % FORWARD)["actions"], damage)

    def test_an_edit_changes_the_rules_in_place(self):
        self.up(HOME % "")
        pid = self.node("cpe")["pid"]
        self.assertNotIn("dport 8080", self.rules())
        actions = self.up(HOME % FORWARD)["actions"]
        self.assertEqual(["nft"], [action["kind"] for action in actions])
        self.assertIn("dport 8080", self.rules())
        self.assertEqual(0, self.fetch("isp", "http://198.51.100.2:8080/"))
        self.up(HOME % "")
        self.assertNotIn("dport 8080", self.rules())
        # Without translation there is no table, and what was private is so no more.
        self.up((HOME % "").replace('masquerade = ["wan"], ', ""))
        self.assertNotIn("labd", self.rules())
        self.assertIn("table ip mine", self.rules())
        self.assert_reaches("isp", "tv")
        self.assertEqual(pid, self.node("cpe")["pid"])

    def test_a_failed_edit_brings_the_rules_back(self):
        self.up(HOME % FORWARD)
        before = self.rules()
        broken = (HOME % "").replace('pc  = "host"', 'pc = { exec = ["false"] }')
        lab("up", self.write("t.lab.toml", broken), status=1)
        self.assertEqual(before, self.rules())
        self.assertEqual(0, self.fetch("isp", "http://198.51.100.2:8080/"))

    def test_a_host_cannot_translate(self):
        text = 'links = [["h1", "h2"]]\n[nodes]\nh1 = { masquerade = ["eth0"] }\nh2 = "host"\n'
        done = lab("validate", self.write("t.lab.toml", text), status=2)
        self.assertIn("D51", done.err)
        self.assertEqual([], machine.processes("lab-init"))
