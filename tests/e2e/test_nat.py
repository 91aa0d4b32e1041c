"""Labs that reach what the host reaches, and a host that is afterwards what it was."""

import pathlib
import signal
import subprocess

import machine
import world
from labtest import LabTest, limit
from machine import lab, run

TEXT = """
links = [["h1", "r1"], ["r1", "net"]]
[nodes]
h1  = "host"
r1  = "router"
net = "nat"
"""
PLAIN = """
links = [["h1", "r1"]]
[nodes]
h1  = "host"
r1  = "router"
"""
OTHER = """
links = [["a", "gw"]]
[nodes]
a  = "host"
gw = "nat"
"""


class Nat(LabTest):
    def setUp(self):
        world.build()
        self.addCleanup(lambda: run("ip", "netns", "del", "world"))
        self.host = world.host()
        super().setUp()

    def assert_host_as_before(self):
        self.assertEqual(self.host, world.host())

    def assert_out(self, node="h1", lab_name=None):
        for server in (world.SERVER, world.SERVER6):
            self.assert_reaches(node, server, lab=lab_name)

    def test_a_lab_reaches_what_the_host_reaches(self):
        self.up(TEXT)
        self.assert_out()
        self.assert_out("net")
        # The world sees one address of the host's, in both families.
        for family, seen in (("-4", "10.9.0.2"), ("-6", "2001:db8:1::2")):
            server = run("ip", "netns", "exec", "world", "timeout", "20", "python3", "-c", f"""
import socket
s = socket.create_server(("::", 7), family=socket.AF_INET6, dualstack_ipv6=True)
import subprocess
client = subprocess.Popen(["lab", "exec", "h1", "--", "python3", "-c",
    "import socket; socket.create_connection(('{world.SERVER if family == "-4" else world.SERVER6}', 7), 5)"])
print(s.accept()[1][0])
client.wait()
""")
            self.assertIn(seen, server.out)
        self.assertEqual([], self.up(TEXT)["actions"])
        lab("down")
        self.assert_host_as_before()

    def test_the_host_forwards_for_nobody_else(self):
        # A stranger behind another interface: closed before, and closed while a lab has its way.
        run("ip", "netns", "add", "stranger")
        self.addCleanup(lambda: run("ip", "netns", "del", "stranger"))
        run("ip", "link", "add", "lan0", "type", "veth", "peer", "s0", "netns", "stranger")
        self.addCleanup(lambda: run("ip", "link", "del", "lan0"))
        for words in ("address add 10.8.0.1/24 dev lan0", "link set lan0 up"):
            run("ip", *words.split())
        for words in ("address add 10.8.0.2/24 dev s0", "link set s0 up", "route add default via 10.8.0.1"):
            run("ip", "-n", "stranger", *words.split())
        run("ip", "-n", "world", "route", "add", "10.8.0.0/24", "via", "10.9.0.2")
        ping = ["ip", "netns", "exec", "stranger", "ping", "-c1", "-W1", "-q"]
        run(*ping, "10.8.0.1")
        world.settle()
        self.before = machine.state()
        before = world.host()
        for text in (None, TEXT):
            if text:
                self.up(text)
                self.assert_out()
            run(*ping, world.SERVER, status=1)
            run("ip", "netns", "exec", "world", "ping", "-c1", "-W1", "-q", "10.8.0.2", status=1)
        lab("down")
        self.assertEqual(before, world.host())

    def test_a_node_has_no_other_address_outside(self):
        # Root of the node need not translate what its lab sends, and can write any source.
        self.up(TEXT)
        for words in ("add table inet seen", "add chain inet seen in { type filter hook prerouting priority 0; }",
                      "add rule inet seen in iifname w0 ip saddr != 10.9.0.2 counter",
                      "add rule inet seen in iifname w0 meta nfproto ipv6 ip6 saddr 2001:db8:77::/48 counter"):
            run("ip", "netns", "exec", "world", "nft", words)
        lab("exec", "net", "--", "nft", "flush", "ruleset")
        lab("exec", "h1", "--", "ping", "-c1", "-W1", "-q", world.SERVER, status=1)
        for address, server in (("198.51.100.7", world.SERVER), ("2001:db8:77::7", world.SERVER6)):
            lab("exec", "net", "--", "ip", "address", "add", address, "dev", "lo", *(("nodad",) if ":" in address else ()))
            lab("exec", "net", "--", "ping", "-c1", "-W1", "-q", "-I", address, server, status=1)
            # What comes later has come: so has what was let through before.
            self.assert_out("net")
        said = run("ip", "netns", "exec", "world", "nft", "list", "table", "inet", "seen").out
        self.assertEqual(2, said.count("counter packets 0 bytes 0"), said)
        lab("down")
        self.assert_host_as_before()

    def test_what_was_open_stays_open(self):
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self.host = world.host()
        self.up(TEXT)
        self.assert_out()
        lab("down")
        self.assert_host_as_before()

    def test_two_labs_share_the_way_out(self):
        self.up(TEXT)
        self.up(OTHER, "u")
        self.assert_out("h1", "t")
        self.assert_out("a", "u")
        lab("-L", "t", "down")
        self.assert_out("a", "u")
        lab("-L", "u", "down")
        self.assert_host_as_before()

    def test_an_edit_brings_it_and_takes_it_away(self):
        self.up(PLAIN)
        pid = self.node("h1")["pid"]
        self.assert_host_as_before()
        self.up(TEXT)
        self.assert_out()
        self.up(PLAIN)
        self.assert_host_as_before()
        self.assertEqual(pid, self.node("h1")["pid"])

    def test_a_node_that_starts_again_has_its_way_again(self):
        self.up(TEXT)
        lab("restart", "net")
        self.assert_out()
        lab("stop", "net")
        lab("start", "net")
        self.assert_out()
        self.assertEqual([], self.up(TEXT)["actions"])
        lab("down")
        self.assert_host_as_before()

    def test_what_somebody_takes_away_comes_back(self):
        self.up(TEXT)
        table = next(line.split()[2] for line in run("nft", "list", "tables").out.splitlines() if "labd-" in line)
        end = next(name for name in world.host()["interfaces"] if name.startswith("labd-"))
        for break_it in (["nft", "delete", "table", "inet", table], ["ip", "link", "set", end, "down"],
                         ["ip", "link", "del", end],
                         ["sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/wan0/forwarding"]):
            with self.subTest(by=break_it):
                run(*break_it)
                self.assert_no_way("h1", world.SERVER)
                self.assertNotEqual([], self.up(TEXT)["actions"])
                self.assert_out()
        lab("down")
        self.assert_host_as_before()

    def test_a_new_uplink_is_let_through_at_once(self):
        self.up(TEXT)
        self.addCleanup(lambda: run("ip", "link", "del", "wan1", status=None))
        run("ip", "link", "add", "wan1", "type", "veth", "peer", "w1", "netns", "world")
        for words in ("address add 10.7.0.2/24 dev wan1", "link set wan1 up"):
            run("ip", *words.split())
        for words in ("address add 10.7.0.1/24 dev w1", "link set w1 up"):
            run("ip", "-n", "world", *words.split())
        self.assert_reaches("h1", "10.7.0.1", timeout=10)
        self.assertEqual([], lab("status", "--json").json["drift"])
        # And for nobody else: it was closed.
        self.assertIn('iifname "wan1" oifname != "labd-*" drop', run("nft", "list", "ruleset").out)
        lab("down")
        self.assertEqual("0", pathlib.Path("/proc/sys/net/ipv4/conf/wan1/forwarding").read_text().strip())
        run("ip", "link", "del", "wan1")
        self.assert_host_as_before()

    def test_what_somebody_takes_away_is_told_at_once(self):
        self.up(TEXT)
        events = subprocess.Popen(["lab", "events", "--json", "-f", "--type", "drift"], stdout=subprocess.PIPE,
                                  text=True)
        self.addCleanup(events.communicate)
        self.addCleanup(events.kill)
        whole = next(c for c in lab("doctor", "--json", status=None).json["checks"] if c["name"] == "host: labs")
        self.assertTrue(whole["ok"])
        for break_it, why in ((["nft", "flush", "ruleset"], r"the rules of nft table inet labd-\w+ are gone or others"),
                              (["sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/wan0/forwarding"],
                               "wan0 does not forward IPv4")):
            with self.subTest(by=break_it):
                run(*break_it)
                self.assertIn("has lost what the host holds for net", next(l for l in events.stdout if '"found"' in l))
                # One sentence, whatever hangs on it, and the doctor knows what it is.
                [told] = lab("status", "--json").json["drift"]
                self.assertRegex(told, r"^has lost what the host holds for net \(\d+ differences; lab doctor says what\)$")
                [found] = [c for c in lab("doctor", "--json", status=None).json["checks"] if c["name"] == "host: t: net"]
                self.assertFalse(found["ok"])
                self.assertRegex(found["detail"], "^lab t does not get out as it should: on the host " + why + "$")
                # What somebody has closed nobody opens but who is asked to.
                self.assertNotEqual([], self.up(TEXT)["actions"])
                self.assert_out()
                self.assertEqual([], lab("status", "--json").json["drift"])

    def test_it_outlives_labd(self):
        self.up(TEXT)
        machine.kill_daemon(signal.SIGKILL)
        # What no labd looks after goes on; the next one knows it again.
        run("ip", "netns", "exec", "t.h1", "ping", "-c1", "-W1", "-q", world.SERVER)
        self.assert_out()
        self.assertEqual([], self.up(TEXT)["actions"])
        machine.kill_daemon(signal.SIGKILL)
        lab("down")
        self.assert_host_as_before()

    def test_what_a_lost_lab_had_goes_back(self):
        self.up(TEXT)
        machine.kill_daemon(signal.SIGKILL)
        run("rm", "-r", "/run/labd/labs/t")
        lab("gc")
        self.assert_host_as_before()

    def test_without_a_way_out(self):
        # A host that reaches nothing says so, and so does its lab.
        run("ip", "route", "del", "default")
        run("ip", "-6", "route", "del", "default")
        self.before, self.host = machine.state(), world.host()
        self.up(TEXT)
        for server in (world.SERVER, world.SERVER6):
            done = lab("exec", "h1", "--", "ping", "-c1", "-W2", server, status=None)
            self.assertNotEqual(0, done.status)
            self.assertIn("nreachable", done.out + done.err)
        self.assert_reaches("h1", "10.9.0.1")
        lab("down")
        self.assert_host_as_before()

    @limit(120)
    def test_next_to_ospf(self):
        self.up("""
links = [["h1", "r2"], ["r2", "r1"], ["r1", "net"]]
[nodes]
h1  = "host"
"r[1-2]" = { kind = "router", routing = "ospf" }
net = "nat"
""", "t", None, "--wait=60s")
        self.assert_reaches("h1", world.SERVER, timeout=30)
        self.assert_reaches("h1", world.SERVER6, timeout=30)

    def test_the_resolved_form_reaches_it_too(self):
        resolved = lab("show", "--resolved", self.write("t.lab.toml", TEXT)).out
        self.up(resolved)
        self.assert_out()
        self.assertEqual([], self.up(TEXT)["actions"])

    def test_a_firewall_that_is_in_the_way_is_named(self):
        """As Docker leaves a host: what is forwarded is dropped unless a rule accepts it."""
        self.up(TEXT)

        def told():
            checks = lab("doctor", "--json", status=None).json["checks"]
            return next(c for c in checks if c["name"] == "host: firewall")

        self.assertTrue(told()["ok"])
        self.addCleanup(lambda: run("nft", "delete", "table", "ip", "docker", status=None))
        run("nft", "table ip docker { chain FORWARD { type filter hook forward priority 0; policy drop; }; }")
        lab("exec", "h1", "--", "ping", "-c1", "-W1", world.SERVER, status=1)
        found = told()
        self.assertIn("ip docker FORWARD is drop", found["detail"])
        run("sh", "-ec", found["fix"])
        self.assert_reaches("h1", world.SERVER)

    def test_mistakes(self):
        for text, words in (
                (TEXT.replace('net = "nat"', 'net = { kind = "nat", routing = "ospf" }'), "routing protocol"),
                (TEXT.replace('net = "nat"', 'net = { kind = "nat", run = ["x"] }'), "runs nothing"),
                (TEXT.replace('"net"]', '"net:uplink"]'), "uplink"),
                (TEXT.replace('net = "nat"', 'net = { kind = "nat", addresses = { uplink = "10.1.1.1/24" } }'),
                 "gives the uplink")):
            with self.subTest(words=words):
                done = lab("validate", self.write("wrong.lab.toml", text), status=2)
                self.assertIn(words, done.err)
