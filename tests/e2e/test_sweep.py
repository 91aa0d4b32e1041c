"""labd killed at every single side effect of up, of an edit and of down, and started again.

The machine's other inhabitants stand beside it: namespaces and links whose names look like a lab's."""

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
from labtest import LabTest, limit
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
        """Those that labs cost; parsers stand ready and clients come and go."""
        places = [os.readlink(f"/proc/{self.process.pid}/fd/{fd}")
                  for fd in os.listdir(f"/proc/{self.process.pid}/fd")
                  if os.path.islink(f"/proc/{self.process.pid}/fd/{fd}")]
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


class Sweep(LabTest):
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

    @limit(240)
    def test_up(self):
        places = self.points(lambda: put(TEXT))
        self.gone("the first one")
        self.assert_met(places, "folder.make", "journal.append", "ids.take", "spawner.start", "node.birth", "name.pin",
                        "namespace.mark", "kernel.batch", "hosts.write", "file.write", "sysctl.set", "exec.run",
                        "service.start", "node.commit", "bundle.rename", "journal.rename")
        for number, place in enumerate(places):
            self.kill(place, lambda: put(TEXT))
            self.assert_sane(place)
            if number % 2:
                self.done(TEXT, place)
            self.gone(place)

    @limit(240)
    def test_edit(self):
        self.done(TEXT, "the start")
        places = self.points(lambda: put(EDITED))
        self.assert_met(places, "node.kill", "devices.delete", "name.unpin", "node.birth", "name.pin", "kernel.batch",
                        "file.write", "file.remove", "service.put", "node.commit", "bundle.rename", "journal.rename")
        self.done(TEXT, "the first one")
        for number, place in enumerate(places):
            self.kill(place, lambda: put(EDITED))
            self.assert_sane(place)
            if number % 3 == 0:
                self.done(EDITED, place)
            if number % 3 == 1:
                self.gone(place)
            self.done(TEXT, place)
        self.gone("the last one")

    def refused(self, place, verb):
        """What VERB answers when the side effect at PLACE is refused: as by a full disk."""
        PLAN.write_text(f"{place}:error(28)")
        answer = verb()
        PLAN.write_text("")
        self.assertIsNotNone(answer, f"{place}\n{self.daemon.words()}")
        self.assertIn(f"fail point: {place.split(':')[0]}", self.daemon.words())
        if answer["type"] == "error":
            self.assertIn("No space left on device", answer["error"]["message"], place)
        return answer["type"] == "error"

    @limit(240)
    def test_up_with_each_step_refused(self):
        places = [place for place in self.points(lambda: put(TEXT)) if ".before:" in place]
        self.gone("the first one")
        refusals = 0
        for place in places:
            if self.refused(place, lambda: put(TEXT)):
                refusals += 1
                self.assertEqual([], json.loads(api("GET", "/v1/labs")[1])["labs"], place)
                self.assertEqual(self.before, machine.state(), f"after {place}")
            else:
                # A node that could not be kept for good: the lab says so.
                self.assertEqual("degraded", self.assert_sane(place)["state"], place)
            self.gone(place)
        self.assertGreater(refusals, len(places) - 4)

    @limit(240)
    def test_edit_with_each_step_refused(self):
        self.done(TEXT, "the start")
        places = [place for place in self.points(lambda: put(EDITED)) if ".before:" in place]
        self.done(TEXT, "the first one")
        for place in places:
            if self.refused(place, lambda: put(EDITED)):
                plan = put(TEXT, dry_run=True)
                self.assertEqual([], plan.get("actions"), f"after {place}")
                self.assertEqual("up", self.assert_sane(place)["state"], place)
            self.done(TEXT, place)
        self.gone("the last one")

    @limit(240)
    def test_down(self):
        self.done(TEXT, "the start")
        places = self.points(delete)
        self.assert_met(places, "node.kill", "name.unpin", "spawner.quit", "ids.release", "folder.remove")
        for place in places:
            self.done(TEXT, "the last one")
            self.kill(place, delete)
            lab = self.assert_sane(place)
            # What was begun is finished without being asked again.
            self.assertEqual(place == "journal.append.before:1", lab is not None, place)
            self.gone(place)
