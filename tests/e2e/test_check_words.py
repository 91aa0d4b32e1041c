"""What reports say of other failures: names, what should not be, faults that fail, two Ctrl-C."""

import os
import signal
import subprocess

import machine
from broken import Broken
from machine import lab

NAMES = '''
links = [["h1", "ns"]]
[nodes]
h1 = "host"
ns = { kind = "host", run = [{ name = "dns", cmd = "exec python3 -c \\"$SERVER\\"", env = { SERVER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 53))
codes = {b'fail': 2, b'none': 3, b'no': 5, b'empty': 0}
while True:
    q, to = s.recvfrom(512)
    name = q[13:13 + q[12]]
    s.sendto(q[:2] + bytes([0x81, 0x80 | codes[name]]) + q[4:6] + bytes(6) + q[12:], to)
""" }, ready = "udp 53" }] }
'''


class Reports(Broken):
    def test_name_servers(self):
        self.up(NAMES)
        ask = lambda name: f'dns = {{ node = "h1", name = "{name}", server = "ns" }}'
        for name, value, cause in (
                ("fail", "ns says SERVFAIL", "ns cannot answer for fail (SERVFAIL): its zone is not loaded"),
                ("none", "ns says NXDOMAIN", "ns knows no none (NXDOMAIN): no such record in its zone"),
                ("no", "ns says REFUSED", "ns does not answer h1 for no (REFUSED): it neither holds the zone"),
                ("empty", "ns has no A record", "ns knows empty, but no A record of it")):
            with self.subTest(name):
                found = self.fails(ask(name), "100ms")
                self.assertEqual(value, found["value"])
                self.assertIn(cause, found["diagnosis"]["causes"][0])

    def test_what_should_not_be(self):
        """A check that is turned round and fails tells what it saw, and how that came about."""
        self.up('links = [["h1", "r1"], ["r1", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\nr1 = "router"\n')
        lab("wait", "ping h1 h2")
        found = self.fails('ping = ["h1", "h2"]\nnot = true\nfamily = "ipv4"', "200ms")
        self.assertRegex(found["value"], r"^[\d.]+ ms$")
        self.assertEqual("nothing stops it: h1 → r1 → h2", found["diagnosis"]["where"])
        self.assertRegex(found["diagnosis"]["causes"][0], r"^r1 sends [\d./]+ dev eth1 \(proto kernel\)$")

    def test_a_fault_that_cannot_be_put_in(self):
        """The network is not to blame: exit 4, and nothing stays broken."""
        file = self.write("t.lab.toml", 'links = [["h1", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n'
                          '[[check]]\nping = ["h1", "h2"]\nduring = { kill = "h1/nobody" }\n')
        self.up(file=file)
        done = lab("check", status=4)
        self.assertIn("the fault could not be put in: h1 runs no nobody", done.out)
        self.assertEqual([], lab("status", "--json").json["drift"])
        lab("wait", "ping h1 h2")

    def test_ctrl_c_twice(self):
        """The second one does not wait; what is broken is mended all the same."""
        self.up('links = [["h1", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n[[check]]\ntcp = ["h1", "h2:99"]\n'
                'within = "60s"\nduring = { down = ["h1", "h2"] }\nbefore = false\n')
        client = subprocess.Popen(["lab", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        asked = lambda: [link["asked"] for link in lab("links", "--json").json["links"] if link["asked"]]
        machine.eventually("the fault is in", asked)
        # A labd that stands still mends nothing, so that the first one waits.
        daemon = next(iter(machine.processes("labd")))
        os.kill(daemon, signal.SIGSTOP)
        try:
            client.send_signal(signal.SIGINT)
            client.send_signal(signal.SIGINT)
            client.communicate(timeout=20)
        finally:
            os.kill(daemon, signal.SIGCONT)
        self.assertEqual(130, client.returncode)
        machine.eventually("the fault is out", lambda: not asked())

    def test_times_want_their_unit(self):
        for key in ("within", "for", "every"):
            said = self.write("t.lab.toml", f'links = [["h1", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n[[check]]\n'
                              f'ping = ["h1", "h2"]\n{key} = 5\n')
            self.assertIn('"5s"', lab("validate", said, status=2).err)
