"""Labs of other projects, rewritten in our language (tests/e2e/labs): each comes up, or is refused
by the name of what this kernel lacks or the collection has not."""

import pathlib

import machine
import world
from labtest import LabTest, limit
from machine import lab, run

LABS = pathlib.Path(__file__).resolve().parent / "labs"
# NAME: files that the source's collection has and this one has not.
INCOMPLETE = {"03-kathara-dns": "nsd", "04-clab-frr01": "frr01/router1.conf",
              "14-imunes-dmz": "dmz/fw.nft", "26-kathara-vxlan-evpn": "vxlan/leaf"}


class Corpus(LabTest):
    def come_up(self, name, pairs, wait=90):
        answer = lab("up", LABS / f"{name}.lab.toml", f"--wait={wait}s", "--json", timeout=wait + 20).json
        self.assertTrue(answer["actions"])
        machine.eventually("every pair answers", lambda: lab("ping", "--json", status=None).status == 0, 60)
        self.assertEqual(pairs, len(lab("ping", "--json").json))
        self.assertEqual([], lab("up", LABS / f"{name}.lab.toml", "--json").json["actions"])

    @limit(240)
    def test_kathara_ospf(self):
        # `timers = "standard"` in it: a designated router is elected after 40 s.
        self.come_up("01-kathara-ospf-single-area", 20)

    @limit(200)
    def test_clos02(self):
        lab("up", LABS / "06-clab-clos02.lab.toml", "--wait=90s", timeout=120)
        # The spines of a pod share an AS and no link, so BGP itself keeps them apart; the file's
        # own check is about the hosts.
        hosts = [f"c{i}-{j}" for i in (1, 2) for j in (1, 2)]
        for source in hosts:
            for target in hosts:
                if source != target:
                    self.assert_reaches(source, target, timeout=30)

    @limit(200)
    def test_bgp_route_reflectors(self):
        lab("up", LABS / "08-netlab-bgp-rr.lab.toml", "--wait=90s", timeout=120)
        for node in ("r1", "r2", "rr2"):
            machine.eventually(f"{node} has the route", lambda: "65101" in lab(
                "vtysh", node, "-c", "show bgp ipv4 unicast 172.30.42.1/32").out, 60)

    def test_munet_mixed(self):
        self.come_up("12-munet-mixed", 6)
        self.assertIn("mtu 4500", lab("exec", "r1", "--", "ip", "link", "show", "xyz0").out)

    @limit(200)
    def test_ospf_lan(self):
        lab("up", LABS / "16-topotest-ospf-lan.lab.toml", "--wait=90s", timeout=120)
        machine.eventually("r3 has five full neighbours", lambda: lab(
            "vtysh", "r3", "-c", "show ip ospf neighbor").out.count("Full") == 5, 60)

    @limit(200)
    def test_core_sample(self):
        self.come_up("18-core-sample", 8 * 7)

    def test_nest_congestion(self):
        # Which algorithms a namespace may choose is the machine's setting; reno always is one.
        lab("up", LABS / "19-nest-congestion.lab.toml", "--wait=60s", "--set", "cc=reno")
        lab("exec", "h1", "--", "iperf3", "-c", "h3", "-t", "1")

    @limit(200)
    def test_zoo_abilene(self):
        self.come_up("21-zoo-abilene", 110)

    @limit(200)
    def test_natnet(self):
        # Both private networks are 192.168.1.0/24.
        lab("up", LABS / "17-mininet-linuxrouter-natnet.lab.toml", "--wait=60s", timeout=90)
        lab("check", timeout=60)
        # h0 has no router: what is private is unreachable for it.
        done = lab("exec", "h0", "--", "ping", "-c1", "-W1", "h1", status=2)
        self.assertIn("Network is unreachable", done.err)

    def test_bridge_of_the_host(self):
        file = LABS / "05-clab-bridge.lab.toml"
        done = lab("up", file, status=2)
        self.assertIn('no interface "br-lab" on this host', done.err)
        run("ip", "link", "add", "br-lab", "type", "bridge")
        self.addCleanup(lambda: run("ip", "link", "del", "br-lab"))
        # Without a port it would have no carrier before and after.
        run("ip", "link", "add", "p0", "master", "br-lab", "type", "veth", "peer", "p1")
        self.addCleanup(lambda: run("ip", "link", "del", "p0"))
        for words in ("address add 10.20.0.1/24 dev br-lab", "link set br-lab up", "link set p0 up", "link set p1 up"):
            run("ip", *words.split())
        world.settle()
        self.before = machine.state()
        self.come_up("05-clab-bridge", 6)
        self.assert_reaches("h1", "10.20.0.1")

    @limit(200)
    def test_home(self):
        world.build()
        self.addCleanup(lambda: run("ip", "netns", "del", "world"))
        self.before = machine.state()
        lab("up", LABS / "22-home.lab.toml", "--wait=60s", timeout=90)
        for node in ("isp", "cpe", "tv", "laptop"):
            self.assert_reaches(node, world.SERVER, timeout=20)

    def test_vlan_trunk(self):
        # In the guest of tests/guest/campus_test.cpp where this kernel has no VLANs.
        lacks = machine.lacks("bridge with VLANs", "bond", "vlan")
        if not lacks:
            return self.come_up("10-netlab-vlan-trunk", 6 * 5)
        file = LABS / "10-netlab-vlan-trunk.lab.toml"
        lab("validate", file)
        done = lab("up", file, status=None)
        self.assertNotEqual(0, done.status)
        for kind in lacks:
            self.assertIn(f"this kernel has no {kind}", done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    @limit(200)
    def test_wireguard_sites(self):
        # In the guest of tests/guest/wireguard_test.cpp where this kernel has none.
        lacks = machine.lacks("wireguard", "gre")
        file = LABS / "25-wireguard-sites.lab.toml"
        if not lacks:
            lab("up", file, "--wait=60s", timeout=90)
            return lab("check", timeout=60)
        lab("validate", file)
        done = lab("up", file, status=None)
        self.assertNotEqual(0, done.status)
        for kind in lacks:
            self.assertIn(f"this kernel has no {kind}", done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_missing_files_are_named(self):
        for name, word in INCOMPLETE.items():
            with self.subTest(lab=name):
                done = lab("up", LABS / f"{name}.lab.toml", status=None)
                self.assertNotEqual(0, done.status)
                self.assertIn(word, done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_every_lab_is_tried(self):
        files = {f.name.removesuffix(".lab.toml") for f in LABS.glob("*.lab.toml")}
        text = "".join(test.read_text() for test in pathlib.Path(__file__).parent.glob("test_*.py"))
        self.assertEqual([], [f for f in sorted(files) if f not in text])
