"""`lab events`: in order, without loss, and whatever somebody changes by hand, with both values."""

import json
import os
import signal
import subprocess

import machine
from labtest import PAIR, LabTest
from machine import lab, run


class Stream:
    """`lab events -f` that runs beside the test."""

    def __init__(self, *options):
        self.process = subprocess.Popen(["lab", "events", "--json", "-f", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.bytes, self.seen = b"", []

    def read(self):
        self.bytes += self.process.stdout.read() or b""
        *lines, self.bytes = self.bytes.split(b"\n")
        self.seen += [json.loads(line) for line in lines]
        return self.seen

    def await_event(self, **wanted):
        def found():
            return next((e for e in self.read()
                         if all(e.get(k) == v for k, v in wanted.items())), None)
        return machine.eventually(f"an event {wanted}", found)

    def end(self):
        self.process.kill()
        self.process.communicate()


class Events(LabTest):
    def stream(self, *options):
        stream = Stream(*options)
        self.addCleanup(stream.end)
        return stream

    def test_a_life_in_order(self):
        lab("ls")
        stream = self.stream("--since-seq", "0")
        self.up(PAIR)
        lab("stop", "h1")
        lab("start", "h1")
        lab("down", "t")
        stream.await_event(type="lab", action="down")
        seen = stream.read()
        self.assertEqual(list(range(1, len(seen) + 1)), [e["seq"] for e in seen])
        told = [(e["type"], e["action"], e.get("node")) for e in seen]
        order = [("lab", "create", None), ("node", "start", "h1"), ("lab", "up", None),
                 ("node", "stop", "h1"), ("node", "start", "h1"), ("lab", "down", None)]
        at = -1
        for wanted in order:
            at = told.index(wanted, at + 1)
        # The same again from what is kept, and from any number on.
        again = [json.loads(line) for line in lab("events", "--json").out.splitlines()]
        self.assertEqual(seen, again)
        tail = lab("events", "--json", "--since-seq", str(seen[3]["seq"])).out.splitlines()
        self.assertEqual(seen[4:], [json.loads(line) for line in tail])

    def test_resumed_after_a_kill_of_labd_without_loss(self):
        self.up(PAIR)
        before = [json.loads(line) for line in lab("events", "--json").out.splitlines()]
        machine.kill_daemon(signal.SIGKILL)
        lab("stop", "h1")
        after = [json.loads(line) for line in
                 lab("events", "--json", "--since-seq", str(before[-1]["seq"])).out.splitlines()]
        self.assertEqual(list(range(before[-1]["seq"] + 1, after[-1]["seq"] + 1)), [e["seq"] for e in after])
        self.assertIn(("node", "stop", "h1"), [(e["type"], e["action"], e.get("node")) for e in after])
        self.assertEqual(before, [json.loads(line) for line in
                                  lab("events", "--json").out.splitlines()][:len(before)])

    def test_initial_state_and_then_what_comes(self):
        self.up(PAIR.replace('h2 = "host"', 'h2 = { run = [{ name = "web", cmd = ["sleep", "1000"] }] }'))
        stream = self.stream("--initial-state")
        stream.await_event(type="link", action="state", link="h1--h2", state="up")
        stream.await_event(type="service", action="state", node="h2", service="web", state="ready")
        stream.await_event(type="address", action="state", node="h1", interface="eth0", address="10.0.1.11/24")
        stream.await_event(type="node", action="state", node="h1", state="running")
        states = [e for e in stream.read() if e["action"] == "state"]
        self.assertEqual(1, len({e["seq"] for e in states}))
        run("ip", "-n", "t.h1", "link", "set", "eth0", "down")
        event = stream.await_event(type="link", action="down", node="h1")
        self.assertGreater(event["seq"], states[0]["seq"])

    def test_what_is_changed_by_hand_is_told_with_both_values(self):
        self.up(PAIR)
        stream = self.stream()
        machine.eventually("it listens", lambda: self.knock(stream))
        run("ip", "-n", "t.h1", "link", "set", "eth0", "mtu", "1300")
        event = stream.await_event(type="link", action="change", node="h1", interface="eth0")
        self.assertEqual(("1500", "1300", "h1--h2"), (event["mtu.from"], event["mtu"], event["link"]))
        event = stream.await_event(type="drift", action="found", kind="link", path="h1:eth0.mtu")
        self.assertEqual(("1500", "1300"), (event["wished"], event["is"]))
        run("ip", "-n", "t.h2", "address", "delete", "10.0.1.12/24", "dev", "eth0")
        stream.await_event(type="address", action="remove", node="h2", address="10.0.1.12/24")
        event = stream.await_event(type="drift", action="found", kind="address")
        self.assertEqual(("10.0.1.12/24", ""), (event["wished"], event["is"]))
        told = "\n".join(lab("status", "--json").json["drift"])
        self.assertIn("mtu is 1300, wished 1500", told)
        self.assertIn("10.0.1.12/24", told)
        self.up(PAIR)
        stream.await_event(type="drift", action="gone", kind="link")
        stream.await_event(type="drift", action="gone", kind="address")
        self.assertEqual([], lab("status", "--json").json["drift"])

    def knock(self, stream):
        """A change that comes and goes, until the stream hears of it."""
        run("ip", "-n", "t.h1", "link", "set", "eth0", "alias", "x")
        run("ip", "-n", "t.h2", "link", "set", "eth0", "down")
        run("ip", "-n", "t.h2", "link", "set", "eth0", "up")
        return stream.read()

    def test_damage_of_every_kind_is_seen_named_and_repaired(self):
        text = '''
links = [["h1", "r1"], ["h2", "r1"], ["h3", "r1"], ["h4", "r1"]]
[nodes]
"h[1-4]" = "host"
r1 = { kind = "router", routes = ["blackhole 10.66.0.0/16"] }
'''
        self.up(text)
        stream = self.stream("--type", "drift", "--since-seq", "0")
        run("ip", "-n", "t.r1", "link", "delete", "eth0")
        run("ip", "-n", "t.h2", "link", "set", "eth0", "down")
        run("ip", "-n", "t.h2", "link", "set", "eth0", "name", "other")
        run("ip", "-n", "t.h3", "link", "set", "eth0", "netns", "t.h4", "name", "moved")
        run("ip", "-n", "t.r1", "route", "delete", "blackhole", "10.66.0.0/16")
        for words in ("h1--r1", "h2--r1", "h3--r1", "10.66.0.0/16"):
            machine.eventually(words, lambda words=words: any(words in e.get("text", "") for e in stream.read()))
        self.assertEqual("degraded", lab("status", "--json").json["state"])
        self.assertTrue(self.up(text)["actions"])
        for host in ("h1", "h2", "h3", "h4"):
            self.assert_reaches(host, "r1")
            self.assert_reaches("r1", host)
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertEqual([], self.up(text)["actions"])

    def test_words(self):
        self.up(PAIR)
        out = lab("events").out
        self.assertRegex(out, r"(?m)^\d\d:\d\d:\d\d\.\d{3} node +t  h1  start")
        self.assertEqual({"node"}, {json.loads(line)["type"] for line in
                                    lab("events", "--type", "node", "--json").out.splitlines()})
        lab("events", "--since-seq", "x", status=None)

    def test_what_was_changed_by_hand_is_part_of_how_everything_is(self):
        self.up(PAIR)
        run("ip", "-n", "t.h1", "link", "set", "eth0", "mtu", "1300")
        run("umount", "/run/netns/t.h2")
        os.unlink("/run/netns/t.h2")
        told = [json.loads(line) for line in lab("events", "--initial-state", "--json").out.splitlines()]
        [whole] = [e for e in told if e["type"] == "lab" and e["action"] == "state"]
        self.assertEqual("degraded", whole["state"])
        drift = "\n".join(e["text"] for e in told if e["type"] == "drift" and e["action"] == "state")
        self.assertIn("mtu is 1300, wished 1500", drift)
        self.assertIn("lacks name t.h2", drift)
        text = lab("status").out
        self.assertIn("mtu is 1300, wished 1500", text)
        self.assertIn("! the lab lacks name t.h2", text)
        self.up(PAIR)
        self.assertNotIn("!", lab("status").out)
        self.assertEqual([], [e for e in lab("events", "--initial-state", "--type", "drift", "--json").out.splitlines()
                              if '"state"' in e])

    def test_status_as_things_happen(self):
        self.up(PAIR)
        client = subprocess.Popen(["lab", "status", "--watch", "-o", "jsonl", "h1"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.addCleanup(client.kill)
        self.assertEqual("running", json.loads(client.stdout.readline())["state"])
        lab("stop", "h1")
        while json.loads(client.stdout.readline())["state"] != "stopped":
            pass
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=60)
        self.assertEqual((0, b""), (client.returncode, err))

    def test_a_filter_that_nothing_can_pass_is_refused(self):
        self.up(PAIR)
        done = lab("events", "--type", "nodes", status=2)
        self.assertIn('no event is of type "nodes"', done.err)
        self.assertIn('did you mean "node"? types: lab, node, link, address, route, service, exec and drift',
                      done.err)
        lab("events", "-f", "--type", "nosuch", status=2)
        done = lab("-L", "nosuch", "events", status=3)
        self.assertIn('there is no lab "nosuch", and no event of one is kept', done.err)
        lab("down", "t")
        self.assertIn('"down"', lab("-L", "t", "events", "--json").out)  # kept
        done = lab("audit", "--verb", "nosuch", status=2)
        self.assertIn('the audit log has no verb "nosuch"', done.err)
        self.assertIn("exec", done.err)
        for flag, value in (("--node", "nosuch"), ("--who", "nosuch")):
            self.assertIn(f"nothing is logged with {flag} {value}", lab("audit", flag, value).err)

    def test_a_follower_ends_without_a_word(self):
        self.up(PAIR)
        for number in (signal.SIGTERM, signal.SIGINT):
            for options in (["--json"], []):
                client = subprocess.Popen(["lab", "events", "-f", "--initial-state", *options],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                client.stdout.readline()
                client.send_signal(number)
                out, err = client.communicate()
                self.assertEqual((0, b""), (client.returncode, err))
                self.assertNotIn(b"error", out)

    def test_a_lab_that_is_awaited_is_said_to_be_missing(self):
        lab("ls")
        client = subprocess.Popen(["lab", "-L", "t", "events", "-f", "--since-seq", "0"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.addCleanup(client.communicate)
        self.addCleanup(client.kill)
        self.assertEqual(b'notice: lab "t" is not up: waiting for it\n', client.stderr.readline())
        self.up(PAIR)
        self.assertIn(b"lab", client.stdout.readline())
