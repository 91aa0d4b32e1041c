"""Every example: up, what its checks say, up again with nothing to do, down without a trace."""

import fnmatch
import json
import re
import tomllib

import machine
import world
from labtest import LabTest, limit
from machine import EXAMPLES, lab, run

def expand(word, nodes):
    """A set of the topology language, as far as the examples' checks use it."""
    found = []
    for item in [word] if isinstance(word, str) else word:
        item = re.sub(r"\$\{\w+\}", "*", item)
        span = re.fullmatch(r"(.*)\[(\d+)-(\d+)\]", item)
        if span:
            found += [f"{span[1]}{i}" for i in range(int(span[2]), int(span[3]) + 1)]
        else:
            found += fnmatch.filter(nodes, item.replace("[*]", "[0-9]*"))
    return found


class Examples(LabTest):
    def bring_up(self, name):
        answer = lab("up", EXAMPLES / f"{name}.lab.toml", "--wait=90s", "--json", timeout=110).json
        self.assertEqual(name, answer["lab"])
        self.assertTrue(answer["actions"])
        self.lab = name
        self.nodes = {n["name"]: n for n in lab("-L", name, "status", "--json").json["nodes"]}
        bad = {n: v["reason"] for n, v in self.nodes.items() if v["state"] != "running"}
        self.assertEqual({}, bad)

    def run_checks(self):
        """The file's own [[check]] tables, those whose subject needs no fault put in first."""
        checks = tomllib.loads((EXAMPLES / f"{self.lab}.lab.toml").read_text()).get("check", [])
        for check in checks:
            if "during" in check:
                continue
            within = float(check.get("within", "20s").rstrip("s"))
            if "ping" in check:
                source, target = (expand(side, self.nodes) for side in check["ping"])
                for a in source:
                    for b in target:
                        if a != b and check.get("not"):
                            self.assert_no_way(a, b, self.lab)
                        elif a != b:
                            self.assert_reaches(a, b, self.lab, timeout=within)
            elif "http" in check:
                node, url = check["http"]
                page = lab("-L", self.lab, "exec", node, "--", "curl", "-sS", "-f", url).out
                self.assertIn("<h1>", page)
            elif "path" in check:
                self.assert_path(check["path"], within)
            elif "ospf-neighbors" in check:
                wanted = check["ospf-neighbors"]
                for node in expand(wanted["node"], self.nodes):
                    self.assert_ospf(node, wanted["full"], within)
            elif "bgp-neighbors" in check:
                wanted = check["bgp-neighbors"]
                count = 2 if str(wanted["established"]).startswith("$") else wanted["established"]
                for node in expand(wanted["node"], self.nodes):
                    self.assert_bgp(node, count, within)

    def assert_ospf(self, node, full, within):
        def neighbours():
            text = lab("-L", self.lab, "vtysh", node, "-c", "show ip ospf neighbor json").out
            found = json.loads(text)["neighbors"]
            states = [n["nbrState"] for entries in found.values() for n in entries]
            return sum(s.startswith("Full") for s in states) == full or None
        machine.eventually(f"{node} has {full} full neighbours", neighbours, within)

    def assert_bgp(self, node, established, within):
        def sessions():
            text = lab("-L", self.lab, "vtysh", node, "-c", "show bgp summary json").out
            peers = {name for family in json.loads(text).values() if isinstance(family, dict)
                     for name, peer in family.get("peers", {}).items()
                     if peer["state"] == "Established"}
            return len(peers) >= established or None
        machine.eventually(f"{node} has {established} sessions", sessions, within)

    def assert_path(self, path, within):
        """The way may be found at once, the best way a moment later."""
        try:
            machine.eventually(f"the way is {path}",
                               lambda: self.trace(path[0], path[-1]) == path, within)
        except AssertionError:
            self.assertEqual(path, self.trace(path[0], path[-1]))
            raise

    def trace(self, source, target):
        """The nodes on the way, by name, as traceroute sees them."""
        owner = {a.split("/")[0]: name for name, node in self.nodes.items()
                 for i in node["interfaces"] for a in i["addresses"]}
        owner |= {a.split("/")[0]: name for name, node in self.nodes.items()
                  for a in node["addresses"]}
        # One probe at a time: a burst uses up what icmp_ratelimit lets the target answer.
        found = lab("-L", self.lab, "exec", source, "--", "traceroute", "-4", "-n", "-N1", "-q1",
                    "-w2", target).out
        hops = [line.split()[1] for line in found.splitlines()[1:]]
        return [source] + [owner.get(hop, hop) for hop in hops]

    def finish(self):
        """Up again has nothing to do; down leaves nothing."""
        again = lab("up", EXAMPLES / f"{self.lab}.lab.toml", "--json").json
        self.assertEqual([], again["actions"])
        lab("down", self.lab)
        self.assert_unchanged()

    def everybody_reaches_everybody(self, pairs):
        matrix = lab("-L", self.lab, "ping", "--json", status=None).json
        self.assertEqual(pairs, len(matrix))
        self.assertEqual([], [(p["from"], p["to"]) for p in matrix if not p["ok"]])

    def test_two_hosts(self):
        self.bring_up("two-hosts")
        self.run_checks()
        self.everybody_reaches_everybody(6)
        self.finish()

    def test_lan_switch(self):
        self.bring_up("lan-switch")
        self.run_checks()
        self.everybody_reaches_everybody(30)
        self.finish()

    @limit(180)
    def test_campus_vlans(self):
        needs = ("bridge with VLANs", "bond", "vlan")
        lacks = machine.lacks(*needs)
        if lacks:
            done = lab("up", EXAMPLES / "campus-vlans.lab.toml", status=None)
            self.assertNotEqual(0, done.status)
            for kind in lacks:
                self.assertIn(f"this kernel has no {kind}", done.err)
            self.assert_unchanged()
            return
        self.bring_up("campus-vlans")
        self.run_checks()
        self.everybody_reaches_everybody(30)
        self.finish()

    @limit(180)
    def test_ospf_triangle(self):
        self.bring_up("ospf-triangle")
        self.run_checks()
        self.everybody_reaches_everybody(30)
        self.finish()

    @limit(180)
    def test_bgp_three_as(self):
        self.bring_up("bgp-three-as")
        self.run_checks()
        self.everybody_reaches_everybody(30)
        self.finish()

    @limit(180)
    def test_bird_frr(self):
        self.bring_up("bird-frr")
        self.run_checks()
        self.assert_reaches("h1", "h2", self.lab, family="-6", timeout=30)
        shown = lab("-L", self.lab, "exec", "bird1", "--", "birdc", "show", "ospf", "neighbors", "ospf4")
        self.assertIn("Full", shown.out)
        self.finish()

    def test_dual_stack_static(self):
        self.bring_up("dual-stack-static")
        self.run_checks()
        for family in ("-4", "-6"):
            self.assert_reaches("h1", "h3", self.lab, family=family)
            self.assert_reaches("h3", "h1", self.lab, family=family)
        self.finish()

    def test_static_ring(self):
        self.bring_up("static-ring")
        self.run_checks()
        self.everybody_reaches_everybody(90)
        self.finish()

    @limit(180)
    def test_clos_2x4(self):
        self.bring_up("clos-2x4")
        self.run_checks()
        # Two spines are two equal ways between any two leaves.
        routes = json.loads(lab("-L", self.lab, "exec", "leaf1", "--", "ip", "-j", "route").out)
        self.assertTrue(any(len(r.get("nexthops", [])) == 2 for r in routes), routes)
        self.finish()

    def test_dmz(self):
        self.bring_up("dmz")
        self.run_checks()
        for pc in ("pc1", "pc2", "pc3"):
            self.assert_no_way("web", pc, self.lab)
            done = lab("-L", self.lab, "exec", "internet", "--", "curl", "-sS", "-m1",
                       f"http://{pc}/", status=None)
            self.assertNotEqual(0, done.status)
        self.assert_reaches("pc1", "web", self.lab)
        self.assert_no_way("internet", "web", self.lab)  # port 80 and nothing else
        for family in ("-4", "-6"):
            done = lab("-L", self.lab, "exec", "internet", "--", "ping", family, "-c1", "-W1", "pc1",
                       status=1)
            self.assertIn("0 received", done.out)
        self.finish()

    def test_home_router(self):
        self.bring_up("home-router")
        self.run_checks()
        self.assert_reaches("laptop", "cpe", self.lab)
        self.finish()

    @limit(180)
    def test_wireguard(self):
        if machine.lacks("wireguard"):
            done = lab("up", EXAMPLES / "wireguard.lab.toml", status=None)
            self.assertNotEqual(0, done.status)
            self.assertIn("this kernel has no wireguard", done.err)
            self.assert_unchanged()
            return
        self.bring_up("wireguard")
        self.run_checks()
        self.finish()

    def test_internet(self):
        world.build()
        self.addCleanup(lambda: run("ip", "netns", "del", "world"))
        self.before = machine.state()
        self.bring_up("internet")
        self.run_checks()
        self.assert_reaches("h2", world.SERVER)

    def test_services(self):
        self.bring_up("services")
        measured = lab("-L", self.lab, "exec", "client", "--", "cat", "/root/measured.json").out
        self.assertGreater(json.loads(measured)["end"]["sum_received"]["bits_per_second"], 0)
        control = lab("-L", self.lab, "exec", "server", "--", "sysctl", "-n",
                      "net.ipv4.tcp_congestion_control").out
        self.assertEqual("reno", control.strip())
        self.finish()

    def test_impairments(self):
        self.bring_up("impairments")
        self.run_checks()
        links = {link["name"]: link for link in lab("links", "--json").json["links"]}
        self.assertEqual("50mbit / 10mbit", links["r1--home"]["impairment"]["rate"])
        self.assertIn(links["r1--home"]["backend"], ("netem", "nft"))
        self.finish()

    @limit(240)
    def test_abilene(self):
        self.bring_up("abilene")
        self.assertEqual(11, len(self.nodes))
        machine.eventually("all 110 pairs answer", lambda: lab(
            "-L", self.lab, "ping", "--json", status=None).status == 0, 60)
        self.everybody_reaches_everybody(110)
        self.finish()


class Coverage(LabTest):
    def test_every_example_has_a_test(self):
        files = {f.name.removesuffix(".lab.toml") for f in EXAMPLES.glob("*.lab.toml")}
        tested = {n.removeprefix("test_").replace("_", "-") for n in dir(Examples)
                  if n.startswith("test_")}
        self.assertEqual(files, tested)

    def test_every_example_says_what_it_teaches(self):
        for file in EXAMPLES.glob("*.lab.toml"):
            self.assertIn("# Teaches:", file.read_text(), file)
