"""What is done by hand in a running lab is known at once, and put right by the next `lab up`."""

import ctypes
import fcntl
import json
import re
import socket
import struct
import subprocess
import threading

import machine
from labtest import LabTest, limit
from machine import lab, run

TEXT = """
links = [["h1", "r1"], ["h2", "r1"], ["r1", "sw"], ["h3", "sw"], { lan = ["h4", "h5", "r1"] }]
[nodes]
"h[1-5]" = "host"
r1 = "router"
sw = "switch"
"""

# What → what is typed, word by word; "in NODE" before it means inside.
DAMAGE = {
    "a link deleted at one end": ["in h1 ip link delete eth0"],
    "a link deleted at the other end": ["in r1 ip link delete eth0"],
    "an interface renamed while it is up": ["in r1 ip link set eth0 name foo"],
    "a port renamed": ["in sw ip link set eth1 name foo"],
    "an interface moved away": ["ip -n t.h3 link set eth0 netns t.h2 name moved"],
    "an interface down": ["in h2 ip link set eth0 down"],
    "another MTU": ["in h2 ip link set eth0 mtu 1300"],
    "an address gone": ["in h2 ip address flush dev eth0"],
    "a route replaced": ["in h1 ip route replace default via 10.0.1.77"],
    "an IPv6 route replaced": ["in h1 ip -6 route replace default via fd00:0:0:1::77"],
    "a hop appended to an IPv6 route": ["in h1 ip -6 route append default via fd00:0:0:1::77"],
    "a route gone": ["in h1 ip route delete default"],
    "forwarding off": ["in r1 sysctl -qw net.ipv4.ip_forward=0"],
    "IPv6 forwarding off": ["in r1 sysctl -qw net.ipv6.conf.all.forwarding=0"],
    "forwarding off at one interface": ["in r1 sysctl -qw net.ipv4.conf.eth0.forwarding=0"],
    "IPv6 forwarding off at one interface": ["in r1 sysctl -qw net.ipv6.conf.eth1.forwarding=0"],
    "a host that forwards": ["in h1 sysctl -qw net.ipv4.ip_forward=1"],
    "addresses of lo gone": ["in h1 ip address flush dev lo"],
    "IPv6 off everywhere": ["in h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1"],
    "a link-local address gone": ["in h1 ip -6 address flush dev eth0 scope link"],
    "all of IPv6 gone": ["in h2 ip -6 address flush dev eth0"],
    "ARP off": ["in h1 ip link set eth0 arp off"],
    "multicast off": ["in r1 ip link set eth0 multicast off"],
    "lo down": ["in h1 ip link set lo down"],
    "a rule gone": ["in h1 ip rule delete priority 32766"],
    "an IPv6 rule gone": ["in r1 ip -6 rule delete priority 0"],
    "a connected route gone": ["in h1 ip route delete 10.0.1.0/24"],
    "an IPv6 connected route gone": ["in h2 ip -6 route delete fd00:0:0:2::/64"],
    "a port off its bridge": ["in sw ip link set eth0 nomaster"],
    "a port closed": ["in sw bridge link set dev eth0 state 0"],
    "a port that listens only": ["in sw bridge link set dev eth1 state 1"],
    "a port that floods nothing": ["in sw bridge link set dev eth0 flood off mcast_flood off bcast_flood off"],
    "a name gone": ["umount /run/netns/t.h1", "rm /run/netns/t.h1"],
    "several at once": ["in r1 ip link set eth1 name foo", "in h1 ip link delete eth0", "in h3 ip link set eth0 down"],
}


def socket_in(name):
    """A socket of a named namespace, made by a thread that goes there and does not come back."""
    made = []

    def go():
        with open(f"/run/netns/{name}") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000) != 0:  # CLONE_NEWNET
                raise OSError(ctypes.get_errno(), "setns")
        made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    return made[0]


def type_in(words):
    inside = re.match(r"in (\w+) (.*)", words)
    command = ["nsenter", f"--net=/run/netns/t.{inside[1]}", *inside[2].split()] if inside else words.split()
    run(*command)


class Drift(LabTest):
    def drift(self):
        return lab("status", "--json").json["drift"]

    @limit(240)
    def test_everything_is_seen_by_the_next_status_and_mended_by_one_up(self):
        self.up(TEXT)
        path = self.write("t.lab.toml", TEXT)
        for name, commands in DAMAGE.items():
            with self.subTest(name):
                for words in commands:
                    type_in(words)
                self.assertTrue(self.drift(), name)
                planned = lab("plan", path, "--json").json["actions"]
                self.assertTrue(planned)
                done = lab("up", path, "--json").json["actions"]
                self.assertEqual([a["name"] for a in planned], [a["name"] for a in done])
                self.assertEqual([], self.drift())
                lab("plan", path, "--exit-code")
                for one, other in (("h1", "r1"), ("h2", "r1"), ("h3", "r1"), ("h4", "h5")):
                    self.assert_reaches(one, other)
        machine.kill_daemon()
        self.assertEqual([], self.drift())

    def test_what_a_node_stands_on_is_said_in_words(self):
        self.up(TEXT)
        type_in("in r1 sysctl -qw net.ipv4.ip_forward=0")
        type_in("in h1 ip rule delete priority 32766")
        type_in("in h1 ip route delete 10.0.1.0/24")
        type_in("in h2 ip link set lo down")
        told = "\n".join(self.drift())
        for words in ("node r1 (ipv4-forwarding is off, wished on)", "rule 32766 of IPv4",
                      "route 10.0.1.0/24 dev eth0 is gone", "node h2 (lo is down, wished up)"):
            self.assertIn(words, told)
        self.up(TEXT)
        self.assertEqual([], self.drift())
        self.assertIn("10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.", run("ip", "-n", "t.h1", "route").out)

    def test_a_name_that_was_changed_by_hand(self):
        self.up(TEXT)
        for mend in (["up", self.write("t.lab.toml", TEXT)], ["up", "--repair"]):
            lab("exec", "h1", "--", "hostname", "evil")
            # A node that is too busy to answer at once says nothing of its name.
            machine.eventually("it is seen", lambda: self.drift() == ["differs in hostname h1 (hostname is evil, wished h1)"])
            lab(*mend)
            self.assertEqual("h1\n", lab("exec", "h1", "--", "hostname").out)
            self.assertEqual([], self.drift())
        # Who calls itself so by its own command is called so.
        self.up(TEXT.replace("[nodes]", "[nodes]\nh6 = { kind = \"host\", exec = [\"hostname me\"] }"))
        self.assertEqual([], self.drift())
        self.assertEqual("me\n", lab("exec", "h6", "--", "hostname").out)

    def test_settings_of_a_kind_that_were_changed_by_hand(self):
        self.up(TEXT)
        path = self.write("t.lab.toml", TEXT)
        for key, value in (("net.ipv4.conf.all.rp_filter", "1"), ("net.ipv4.conf.eth0.rp_filter", "2"),
                           ("net.ipv6.conf.all.accept_ra", "2"), ("net.ipv6.conf.eth1.accept_ra", "1"),
                           ("net.ipv4.conf.all.arp_ignore", "8"), ("net.ipv4.conf.eth0.accept_source_route", "1")):
            for mend in (["up", path], ["up", "--repair"]):
                with self.subTest(key=key, mend=mend):
                    born = lab("exec", "r1", "--", "sysctl", "-n", key).out
                    type_in(f"in r1 sysctl -qw {key}={value}")
                    self.assertIn(f"sysctl r1 ({key} {value}", "\n".join(self.drift()))
                    self.assertEqual(1, len(lab("plan", path, "--json").json["actions"]))
                    lab(*mend)
                    self.assertEqual(born, lab("exec", "r1", "--", "sysctl", "-n", key).out)
                    self.assertEqual([], self.drift())
        type_in("in h1 sysctl -qw net.ipv4.conf.all.rp_filter=1")
        adopted = lab("up", "--adopt")
        self.assertIn("h1 + net.ipv4.conf.all.rp_filter = 1", adopted.err)
        self.up(adopted.out)
        self.assertEqual([], self.drift())

    def test_what_was_added_by_hand_is_said_and_is_no_drift(self):
        """By a teacher in front of a class, or by a student before the teacher has come."""
        self.up(TEXT.replace("[nodes]", "[nodes]\nh6 = { kind = \"host\", exec = [\"ip address add 192.0.2.6/24 dev lo\"] }"))
        added = lambda: lab("status", "--json").json["added"]
        self.assertEqual([], added())
        gateway = json.loads(run("ip", "-n", "t.h1", "-j", "route", "show", "default").out)[0]["gateway"]
        for words, said in (
                ("in h1 ip address add 192.0.2.7/24 dev eth0", "address h1:eth0 (192.0.2.7/24)"),
                ("in h1 ip route add 198.51.100.0/24 via " + gateway, f"route h1 (198.51.100.0/24 via {gateway} dev eth0)"),
                ("in h2 ip -6 route add blackhole 2001:db8::/32", "route h2 (blackhole 2001:db8::/32 metric 1024)"),
                (f"in h1 ip neigh replace {gateway} lladdr 02:00:00:00:00:99 nud permanent dev eth0",
                 f"neighbour h1:eth0 ({gateway} at 02:00:00:00:00:99)"),
                ("in sw bridge fdb replace 02:00:00:00:00:99 dev eth0 master static",
                 "forwarding entry sw:eth0 (02:00:00:00:00:99)"),
                ("in h2 ip rule add priority 100 from 10.0.0.0/8 table 7", "rule h2 (rule 100 of IPv4, to table 7)"),
                ("in h3 tc qdisc add dev eth0 root handle 7: tbf rate 2mbit burst 16384 limit 30000",
                 "queue discipline h3:eth0 (rate 2mbit, burst 16384B, queue bfifo limit 30000B)")):
            with self.subTest(words):
                before = added()
                type_in(words)
                self.assertEqual(sorted(before + [said]), sorted(added()))
        told = lab("status", "--json").json
        self.assertEqual(("up", []), (told["state"], told["drift"]))
        self.assertIn("by hand: address h1:eth0 (192.0.2.7/24)", lab("status").out)
        self.assertEqual(7, len(told["added"]))
        type_in("in h1 ip address delete 192.0.2.7/24 dev eth0")
        self.assertEqual(6, len(added()))

    def test_an_address_with_another_prefix_is_no_other_address(self):
        self.up(TEXT)
        addresses = lambda: [a for a in run("ip", "-n", "t.h1", "-br", "-4", "address", "show", "eth0").out.split()[2:]]
        [right] = addresses()
        wide = right.split("/")[0] + "/8"
        type_in(f"in h1 ip address delete {right} dev eth0")
        type_in(f"in h1 ip address add {wide} dev eth0")
        self.assertEqual([wide], addresses())
        self.assertNotEqual([], self.drift())
        self.up(TEXT)
        self.assertEqual([right], addresses())
        self.assertEqual([], self.drift())
        self.assert_reaches("h1", "h2")

    def test_no_name_that_a_node_gives_makes_answers_unreadable(self):
        self.up(TEXT)
        name = lambda what: lab("exec", "h1", "--", "python3", "-c", f"import socket; socket.sethostname({what!r})")
        for bytes_ in (b"a\xff", b"a\nlab t: all is well\x1b[2J"):
            name(bytes_)
            lab("exec", "h1", "--", "ip", "link", "set", "eth0", "down")
            lab("exec", "h1", "--", "bash", "-c", "ip link set eth0 name $'e\\xff\\x01'")
            status = lab("status", "--json").json
            self.assertEqual("degraded", status["state"])
            for words in (["status"], ["ls"], ["plan", "--json", self.write("t.lab.toml", TEXT)], ["events"], ["inspect", "h1", "--json"]):
                shown = lab(*words, status=None)
                self.assertIn(shown.status, (0, 2), shown)
                self.assertNotIn("\nlab t: all is well", shown.out)
                self.assertNotIn("\x1b", shown.out)
            self.up(TEXT)
            self.assertEqual([], self.drift())

    def test_forwarding_is_the_nodes_own_where_its_file_speaks_of_it(self):
        """By a sysctl of its own, or by a command: then nobody else knows what it should be."""
        text = """
links = [["h1", "r1"], ["h2", "r2"]]
[nodes]
h1 = { kind = "host", exec = ["sysctl -qw net.ipv4.ip_forward=1"] }
h2 = { kind = "host", exec = ["ip rule add priority 100 table local", "ip rule delete priority 0"] }
r1 = { kind = "router", sysctl = { "net.ipv4.ip_forward" = 0 } }
r2 = "router"
"""
        self.up(text)
        self.assertEqual([], self.drift())
        type_in("in r2 ip link set eth0 mtu 1400")
        self.up(text)
        self.assertEqual([], self.drift())
        self.assertEqual("1", lab("exec", "h1", "--", "sysctl", "-n", "net.ipv4.ip_forward").out.strip())
        self.assertEqual("0", lab("exec", "r1", "--", "sysctl", "-n", "net.ipv4.ip_forward").out.strip())
        # What it has written itself it can lose.
        type_in("in r1 sysctl -qw net.ipv4.ip_forward=1")
        self.assertIn("net.ipv4.ip_forward", "\n".join(self.drift()))
        self.up(text)
        self.assertEqual("0", lab("exec", "r1", "--", "sysctl", "-n", "net.ipv4.ip_forward").out.strip())
        self.assertEqual([], self.drift())

    def test_a_port_that_a_spanning_tree_had_blocked_is_open_without_one(self):
        text = """
links = [["h1", "s1"], ["s1", "s2"], ["s1", "s2"], ["s2", "h2"]]
[nodes]
"h[1-2]" = "host"
"s[1-2]" = { kind = "switch", stp = true }
"""
        self.up(text)
        ports = lambda: [port["state"] for node in ("s1", "s2")
                         for port in json.loads(run("bridge", "-n", f"t.{node}", "-j", "link").out)]
        machine.eventually("the tree is there", lambda: "blocking" in ports() and "learning" not in ports()
                           and "listening" not in ports())
        self.assertEqual([], self.drift())
        self.up(text.replace('["s1", "s2"], ["s1"', '["s1"').replace("stp = true", "stp = false"))
        self.assertEqual(["forwarding"] * 4, ports())
        self.assertEqual([], self.drift())

    def test_the_list_of_labs_says_it_too(self):
        self.up(TEXT)
        run("ip", "-n", "t.h1", "link", "set", "eth0", "mtu", "1300")
        machine.eventually("labd has looked", lambda: lab("ls", "--json").json["labs"][0]["state"] == "degraded")
        told = lab("ls", "--json").json["labs"][0]["reason"]
        self.assertIn("mtu", told)
        self.assertEqual(told, lab("inspect", "--json").json["reason"])
        self.up(TEXT)
        self.assertEqual("up", lab("ls", "--json").json["labs"][0]["state"])

    def test_a_plan_sees_what_was_changed_a_moment_ago(self):
        """Also while labd, having been told, is on its way to look."""
        self.up(TEXT)
        inside = socket_in("t.h1")
        for i in range(300):
            # SIOCSIFMTU of netdevice(7): at once, without a program to start.
            fcntl.ioctl(inside, 0x8922, struct.pack("16si12x", b"eth0", 1400 + i % 2))
            status, text = machine.api("POST", "/v1/labs/t/repair", {"dry_run": True})
            self.assertEqual(200, status)
            self.assertTrue(json.loads(text)["actions"], f"round {i}")

    def test_what_goes_together_is_told_together(self):
        """With a link go its ends, addresses and routes: nothing of that is there unasked for a moment."""
        self.up(TEXT)
        events = subprocess.Popen(["lab", "events", "--json", "-f", "--type", "drift"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(events.communicate)
        self.addCleanup(events.kill)
        for end in ("h1", "r1", "h1"):
            run("ip", "-n", f"t.{end}", "link", "delete", "eth0")
            self.assertTrue(self.drift())
            self.up(TEXT)
        lab("exec", "h2", "--", "ip", "link", "set", "eth0", "mtu", "1300")  # the last word
        told = []
        for line in events.stdout:
            told.append(json.loads(line)["text"])
            if "mtu is 1300" in told[-1]:
                break
        self.assertEqual([], [text for text in told if "unasked" in text])

    def test_a_packet_filter_that_is_taken_away_is_missed(self):
        """nftables say nothing on rtnetlink."""
        text = """
[nodes]
h1 = "host"
h2 = "host"
[[link]]
endpoints = ["h1", "h2"]
loss = "5%"
"""
        self.up(text)
        if lab("links", "--json").json["links"][0]["backend"] == "netem":
            self.skipTest("this kernel has netem")
        for _ in range(2):
            self.assertEqual([], self.drift())
            run("nsenter", "--net=/run/netns/t.h2", "nft", "flush", "ruleset")
            self.assertTrue(self.drift())
            self.up(text)
