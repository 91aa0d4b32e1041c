"""Tunnels of more than two ends, and what is refused where the kernel lacks it."""

import json

import machine
from labtest import LabTest
from machine import lab

NODES = '"r[1-4]" = "router"\nisp = "router"\n'


def overlay(ends):
    wired = ", ".join(f'"{end}"' for end in ends)
    return (f'links = [["r[1-4]:wan", "isp"], {{ name = "overlay", lan = [{wired}], type = "vxlan", over = "wan", '
            f'prefix = ["10.9.0.0/24", "fd09::/64"] }}]\n[nodes]\n{NODES}')


class Tunnels(LabTest):
    def floods(self, node):
        shown = lab("exec", node, "--", "bridge", "-j", "fdb", "show", "dev", "vx").out
        return {e["dst"] for e in json.loads(shown) if e["mac"] == "00:00:00:00:00:00"}

    def address(self, node, interface):
        shown = json.loads(lab("exec", node, "--", "ip", "-j", "-4", "addr", "show", interface).out)
        return shown[0]["addr_info"][0]["local"]

    def test_a_vxlan_of_many_ends_is_one_network(self):
        three = [f"r{i}:vx" for i in (1, 2, 3)]
        file = self.write("t.lab.toml", overlay(three))
        lab("up", file)
        others = {self.address(f"r{i}", "wan") for i in (2, 3)}
        self.assertEqual(others, self.floods("r1"))
        for i in (1, 2, 3):
            for j in {1, 2, 3} - {i}:
                lab("exec", f"r{i}", "--", "ping", "-c1", "-W3", f"10.9.0.{j}")
                lab("exec", f"r{i}", "--", "ping", "-c1", "-W3", f"fd09::{j}")
        self.assertEqual([], lab("up", file, "--json").json["actions"])

        # One more end, in place: nobody's interface is made anew.
        before = lab("exec", "r1", "--", "cat", "/sys/class/net/vx/ifindex", "/sys/class/net/vx/address").out
        lab("exec", "r1", "--", "ip", "link", "set", "vx", "alias", "kept")
        lab("up", self.write("t.lab.toml", overlay([*three, "r4:vx"])))
        self.assertEqual(3, len(self.floods("r1")))
        lab("exec", "r4", "--", "ping", "-c1", "-W3", "10.9.0.1")
        self.assertEqual(before, lab("exec", "r1", "--", "cat", "/sys/class/net/vx/ifindex",
                                     "/sys/class/net/vx/address").out)
        self.assertIn("kept", lab("exec", "r1", "--", "ip", "link", "show", "vx").out)

        # What somebody takes away is missed, and comes back.
        lab("exec", "r1", "--", "bridge", "fdb", "del", "00:00:00:00:00:00", "dev", "vx", "dst",
            self.address("r2", "wan"))
        self.assertIn("floods", lab("plan", file).out)
        lab("up", file)
        self.assertEqual(3, len(self.floods("r1")))
        lab("restart", "r1")
        lab("exec", "r2", "--", "ping", "-c1", "-W3", "10.9.0.1")
        self.assertEqual([], lab("up", file, "--json").json["actions"])

    def test_the_only_other_end_is_missed_as_well(self):
        file = self.write("t.lab.toml", overlay(["r1:vx", "r2:vx"]))
        lab("up", file)
        lab("exec", "r1", "--", "bridge", "fdb", "del", "00:00:00:00:00:00", "dev", "vx", "dst",
            self.address("r2", "wan"))
        self.assertTrue(lab("status", "--json").json["drift"])
        lab("up", file)
        lab("exec", "r1", "--", "ping", "-c1", "-W3", "10.9.0.2")
        self.assertEqual([], lab("up", file, "--json").json["actions"])
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_other_kinds_say_which_do(self):
        text = overlay(["r1", "r2", "r3"])
        for kind in ("gre", "ipip"):
            done = lab("validate", self.write("t.lab.toml", text.replace("vxlan", kind)), status=2)
            self.assertIn(f'a link of type "{kind}" has two ends, this one has 3', done.err)
            self.assertIn('"vxlan" or "wireguard"', done.err)

    def test_what_the_kernel_lacks_is_named(self):
        mpls = 'links = [["r1", "r2"]]\n[nodes]\nr2 = "router"\nr1 = { kind = "router", mpls = true }\n'
        for kind, text in (("mpls", mpls), ("wireguard", overlay(["r1", "r2"]).replace("vxlan", "wireguard"))):
            if not machine.lacks(kind):
                continue
            with self.subTest(kind=kind):
                done = lab("up", self.write("t.lab.toml", text), status=None)
                self.assertNotEqual(0, done.status)
                self.assertIn(f"this kernel has no {kind}", done.err)
                self.assertRegex(done.err, r"t\.lab\.toml:\d+:\d+: ")
                self.assertEqual([], lab("ls", "--json").json["labs"])
