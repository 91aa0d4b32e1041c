"""labd made to fail at a side effect of its own choosing (LABD_FAIL), for the tests that sweep over all of them."""

import collections
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import machine
from labtest import LabTest
from machine import api, run

PLAN = pathlib.Path("/run/work/plan")
TEXT = """
links = [["h1", "sw"], ["h2", "sw"]]
[nodes]
sw = "switch"
h2 = "host"
[nodes.h1]
files = { "/etc/x" = { text = "one" }, "/etc/gone" = { text = "soon" } }
sysctl = { net.ipv4.ip_default_ttl = 99 }
exec = ["touch /tmp/ran"]
run = [{ name = "web", cmd = "sleep 1000" }]
"""
EDITED = """
links = [["h1", "sw"], ["h3", "sw"], ["h1", "h3"]]
[nodes]
sw = "switch"
h3 = { hostname = "three" }
[nodes.h1]
files = { "/etc/x" = { text = "two" } }
run = [{ name = "web", cmd = "sleep 2000" }, { name = "more", cmd = "sleep 3000" }]
"""


class Daemon:
    """A labd in the foreground that fails where PLAN says."""

    def __init__(self):
        self.process = None

    def start(self):
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.settimeout(30)
        listening.bind("")  # an abstract name of the kernel's choice
        name = listening.getsockname().decode().replace("\0", "@", 1)
        with open("/run/work/labd.err", "wb") as log:
            self.process = subprocess.Popen(["labd", "--foreground"], stdout=log, stderr=log, env={
                **os.environ, "NOTIFY_SOCKET": name, "LABD_FAIL": f"@{PLAN}"})
        with listening:
            while b"READY=1" not in listening.recv(4096):
                pass

    def has_died(self):
        """As the plan wanted it."""
        assert self.process.wait(30) == -signal.SIGKILL, self.words()

    @staticmethod
    def words():
        return pathlib.Path("/run/work/labd.err").read_text(errors="replace")

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)

    def descriptors(self):
        """Those that labs cost; parsers stand ready and clients come and go, and what /etc and /var
        begin with is kept from one lab to the next: a mount and a file in memory, once."""
        places = [os.readlink(f"/proc/{self.process.pid}/fd/{fd}")
                  for fd in os.listdir(f"/proc/{self.process.pid}/fd")
                  if os.path.islink(f"/proc/{self.process.pid}/fd/{fd}")]
        for kept in ("/", "/memfd:stamp (deleted)"):
            if kept in places:
                places.remove(kept)
        return sorted(p.split(":[")[0] for p in places if not p.startswith(("socket:", "anon_inode:", "pipe:")))


def put(text, **more):
    """What labd answers at the end, or nothing when it dies over it."""
    body = {"api": 1, "main": "t.lab.toml", "source": "t.lab.toml", "files": {"t.lab.toml": {"text": text}}, **more}
    try:
        answer = api("PUT", "/v1/labs/t", body)[1].splitlines()
    except (http.client.HTTPException, ConnectionError):
        return None
    last = json.loads(answer[-1]) if answer else {}
    return last if last.get("type") in ("result", "error") else None


def delete():
    try:
        return json.loads(api("DELETE", "/v1/labs/t")[1])
    except (http.client.HTTPException, ConnectionError):
        return None


class Sweeping(LabTest):
    """A labd that can be made to fail, beside namespaces and links whose names look like a lab's."""

    def setUp(self):
        for name in ("t.h4", "u.h1", "lab"):  # a node that t has not, a lab that is none
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "add", "eth0", "index", "100", "type", "veth", "peer", "eth1")
        run("ip", "link", "add", "t.h1", "type", "veth", "peer", "name", "h1-eth0")
        self.foreign = self.look_at_foreign()
        super().setUp()
        PLAN.write_text("")
        self.daemon = Daemon()
        self.daemon.start()
        self.addCleanup(lambda: self.daemon.end())
        self.idle = self.daemon.descriptors()

    def tearDown(self):
        self.daemon.end()
        super().tearDown()

    @staticmethod
    def look_at_foreign():
        return {name: (os.stat(f"/run/netns/{name}").st_ino, run("ip", "-n", name, "-o", "link").out)
                for name in ("t.h4", "u.h1", "lab")}

    def done(self, text, place):
        """The lab comes to be what TEXT says, whatever it was."""
        answer = put(text)
        self.assertEqual("result", answer and answer["type"], f"after {place}: {answer}\n{self.daemon.words()}")
        plan = put(text, dry_run=True)
        self.assertEqual([], plan.get("actions"), f"after {place}, and up")
        lab = json.loads(api("GET", "/v1/labs/t")[1])["lab"]
        self.assertEqual(("up", "", []), (lab["state"], lab["reason"] or "", lab["drift"]), f"after {place}, and up")

    def gone(self, place):
        """Nothing is left of it, and nothing else has changed."""
        self.assertIsNotNone(delete(), self.daemon.words())
        self.assertEqual([], json.loads(api("GET", "/v1/labs")[1])["labs"])
        self.assertEqual(self.before, machine.state(), f"after {place}")
        self.assertEqual(self.foreign, self.look_at_foreign(), f"after {place}")
        self.assertEqual(self.idle, self.daemon.descriptors(), f"after {place}")

    def points(self, verb):
        """All points that VERB passes, each as often as it does: the plans that kill it there."""
        PLAN.write_text("*:1:list")
        before = self.daemon.words()
        answer = verb()
        PLAN.write_text("")
        self.assertTrue(answer and answer.get("type") != "error", answer)
        met = collections.Counter(re.findall(r"fail point: (\S+)", self.daemon.words()[len(before):]))
        return [f"{point}:{nth}" for point, count in met.items() for nth in range(1, count + 1)]

    def kill(self, place, verb):
        """VERB ends with labd at PLACE, and labd is there again."""
        PLAN.write_text(f"{place}:kill")
        answer = verb()
        PLAN.write_text("")
        self.assertIsNone(answer, f"{place} was not met: {answer}")
        self.daemon.has_died()
        self.daemon.start()

    def assert_sane(self, place):
        """Fully there, fully gone, or named as degraded; the lab's brief, if any."""
        labs = json.loads(api("GET", "/v1/labs")[1])["labs"]
        if not labs:
            return None
        status, text = api("GET", "/v1/labs/t")
        self.assertEqual(200, status, f"{place}: {text}")
        lab = json.loads(text)["lab"]
        self.assertIn(lab["state"], ("up", "degraded"), f"{place}\n{self.daemon.words()}")
        if lab["state"] == "degraded":
            self.assertTrue(lab["reason"], place)
        else:
            self.assertEqual([], lab["drift"], place)
        return lab

    def assert_met(self, places, *effects):
        """The sweep is not worth much if it passes by what matters."""
        met = {place.split(":")[0] for place in places}
        for effect in effects:
            self.assertLessEqual({f"{effect}.before", f"{effect}.after"}, met)
