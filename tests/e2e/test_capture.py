"""Packets of a lab in one pcapng: complete, in order, with their places, whatever happens meanwhile."""

import os
import pathlib
import signal
import struct
import subprocess

import machine
import users
from labtest import LabTest, limit
from machine import lab, run

TEXT = '''
links = [["h1", "r1"], ["r1", "h2"], ["h3", "a"], ["h4", "a"], ["h5", "h6", "r1"]]
[nodes]
"h[1-6]" = "host"
r1 = "router"
a = "switch"
'''
# PORT COUNT RATE: numbered datagrams, evenly spaced as far as the machine can.
SEND = '''
import socket, sys, time
target, count, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((target, 9))
sendto, began = s.send, time.monotonic()
for i in range(count):
    try:
        sendto(i.to_bytes(8, "big") + bytes(92))
    except ConnectionRefusedError:
        sendto(i.to_bytes(8, "big") + bytes(92))
    if i % 50 == 0:
        while time.monotonic() < began + i / rate:
            pass
'''


def options(body):
    """The options of a block: {code: [value, …]}."""
    found, at = {}, 0
    while at + 4 <= len(body):
        code, length = struct.unpack_from("=HH", body, at)
        if code == 0:
            break
        found.setdefault(code, []).append(body[at + 4:at + 4 + length])
        at += 4 + (length + 3) // 4 * 4
    return found


class Pcapng:
    """Every block of a file, held against the format."""

    def __init__(self, data):
        self.interfaces, self.packets, self.statistics = [], [], {}
        at, first = 0, True
        while at < len(data):
            kind, length = struct.unpack_from("=II", data, at)
            assert length % 4 == 0 and at + length <= len(data), f"block of {length} bytes at {at}"
            assert struct.unpack_from("=I", data, at + length - 4)[0] == length
            body = data[at + 8:at + length - 4]
            if first:
                assert kind == 0x0A0D0D0A and struct.unpack_from("=IHH", body) == (0x1A2B3C4D, 1, 0)
                first = False
            elif kind == 1:
                link, _, snaplen = struct.unpack_from("=HHI", body)
                found = options(body[8:])
                self.interfaces.append({"link": link, "snaplen": snaplen, "name": found[2][0].decode(),
                                        "description": found[3][0].decode(), "resolution": found[9][0][0]})
            elif kind == 6:
                interface, high, low, captured, original = struct.unpack_from("=IIIII", body)
                flags = options(body[20 + (captured + 3) // 4 * 4:]).get(2)
                self.packets.append((self.interfaces[interface]["name"], high << 32 | low,
                                     body[20:20 + captured], original,
                                     struct.unpack("=I", flags[0])[0] if flags else 0))
            elif kind == 5:
                found = options(body[12:])
                self.statistics[self.interfaces[struct.unpack_from("=I", body)[0]]["name"]] = tuple(
                    struct.unpack("=Q", found[code][0])[0] for code in (4, 5))
            else:
                raise AssertionError(f"block of kind {kind:#x}")
            at += length

    def numbers(self, name):
        """Those that SEND wrote into its datagrams, as seen at an interface."""
        return [int.from_bytes(data[42:50], "big") for where, _, data, _, _ in self.packets
                if where == name and data[12:14] == b"\x08\x00" and data[23] == 17]


class Capture(LabTest):
    def start(self, *words, command=("lab",), **how):
        """A capture that listens already."""
        process = subprocess.Popen([*command, "capture", *map(str, words)], stderr=subprocess.PIPE, **how)
        line = process.stderr.readline().decode()
        self.assertIn("listening at", line, line + process.stderr.read().decode() if "listen" not in line else "")
        self.addCleanup(process.stderr.close)
        return process

    def end(self, process, how=signal.SIGINT, status=0):
        process.send_signal(how)
        said = process.stderr.read().decode()
        self.assertEqual(status, process.wait(30), said)
        return said

    def read(self, path):
        # The judge that we did not write: tcpdump reads every packet, and finds nothing wrong.
        data = Pcapng(pathlib.Path(path).read_bytes())
        if data.packets:
            shown = run("tcpdump", "-n", "-r", path)
            self.assertEqual(len(data.packets), len([l for l in shown.out.splitlines() if l[:1] not in " \t"]))
        times = [time for _, time, _, _, _ in data.packets]
        self.assertEqual(sorted(times), times)
        return data

    def send(self, node, target, count, rate):
        lab("exec", node, "--", "python3", "-c", SEND, target, count, rate)

    def test_points_names_order_and_directions(self):
        self.up(TEXT)
        process = self.start("h1:eth0", "r1", "r1--h2", "-w", "/run/work/x.pcapng", "icmp", "or", "icmp6")
        lab("exec", "h1", "--", "ping", "-q", "-c3", "-i0.2", "h2")
        lab("exec", "h1", "--", "ping", "-6", "-q", "-c1", "h2")
        said = self.end(process)
        data = self.read("/run/work/x.pcapng")
        self.assertIn(f"{len(data.packets)} packets, none lost", said)
        self.assertEqual([("h1:eth0", "node h1, link h1--r1"), ("r1:eth0", "node r1, link h1--r1"),
                          ("r1:eth1", "node r1, link r1--h2")],
                         [(i["name"], i["description"]) for i in data.interfaces[:3]])
        self.assertEqual({(1, 9)}, {(i["link"], i["resolution"]) for i in data.interfaces})
        # An echo request passes the three in the order of its way, and its answer in the other.
        echo = [(name, packet[34], flags) for name, _, packet, _, flags in data.packets
                if packet[12:14] == b"\x08\x00" and packet[23] == 1]
        out, into = 2, 1
        once = [("h1:eth0", 8, out), ("r1:eth0", 8, into), ("r1:eth1", 8, out),
                ("r1:eth1", 0, into), ("r1:eth0", 0, out), ("h1:eth0", 0, into)]
        self.assertEqual(once * 3, echo)
        self.assertEqual(set(), {packet[12:14] for _, _, packet, _, _ in data.packets}
                         - {b"\x08\x00", b"\x86\xdd"})
        self.assertEqual({"h1:eth0", "r1:eth0", "r1:eth1", "r1:eth2"}, set(data.statistics))

    @limit(240)
    def test_not_one_of_a_fast_stream_is_lost(self):
        self.up(TEXT)
        count = 100_000
        process = self.start("h1:eth0", "h2:eth0", "-w", "/run/work/x.pcapng", "udp")
        self.send("h1", "h2", count, 50_000)
        said = self.end(process)
        self.assertIn("none lost", said)
        data = self.read("/run/work/x.pcapng")
        self.assertEqual(list(range(count)), data.numbers("h1:eth0"))
        self.assertEqual(list(range(count)), data.numbers("h2:eth0"))
        self.assertEqual({0}, {dropped for _, dropped in data.statistics.values()})

    def test_a_lan_a_switch_and_lo(self):
        self.up(TEXT)
        lan = lab("links", "h5", "-q").out.split()[0]
        process = self.start(lan, "a:eth0", "h1:lo", "-w", "/run/work/x.pcapng")
        for source, target in (("h5", "h6"), ("h3", "h4"), ("h1", "h1")):
            lab("exec", source, "--", "ping", "-q", "-c1", target)
        self.end(process)
        data = self.read("/run/work/x.pcapng")
        self.assertEqual(["h5:eth0", "h6:eth0", "r1:eth2", "a:eth0", "h1:lo"],
                         [i["name"] for i in data.interfaces])
        self.assertLessEqual({"h5:eth0", "h6:eth0", "a:eth0", "h1:lo"}, {p[0] for p in data.packets})

    def test_count_snaplen_and_standard_output(self):
        self.up(TEXT)
        process = self.start("h1", "-w", "-", "-c", "4", "-s", "60", "icmp", stdout=subprocess.PIPE)
        lab("exec", "h1", "--", "ping", "-q", "-c5", "-i0.2", "-s", "1000", "h2")
        written = process.communicate(timeout=20)[0]
        self.assertEqual(0, process.returncode)
        data = Pcapng(written)
        self.assertEqual([(60, 1042)] * 4, [(len(p[2]), p[3]) for p in data.packets])
        self.assertEqual(60, data.interfaces[0]["snaplen"])

    def test_lines_as_they_come(self):
        self.up(TEXT)
        process = self.start("h1:eth0", "h2", "icmp", stdout=subprocess.PIPE)
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        lines = [process.stdout.readline().decode() for _ in range(4)]  # before it ends
        self.assertEqual(["h1:eth0", "h2:eth0", "h2:eth0", "h1:eth0"], [l.split()[0] for l in lines])
        self.assertIn("ICMP echo request", lines[0])
        self.assertIn("ICMP echo reply", lines[3])
        process.stdout.close()
        self.end(process)

    def test_who_has_read_enough_leaves(self):
        self.up(TEXT)
        process = self.start("h1:eth0", "icmp", stdout=subprocess.PIPE)
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        process.stdout.readline()
        process.stdout.close()
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        self.assertNotIn(b"error", process.stderr.read())
        self.assertEqual(0, process.wait(20))

    def test_ctrl_c_of_a_terminal(self):
        self.up(TEXT)
        process = self.start("h1:eth0", "icmp", stdout=subprocess.PIPE, start_new_session=True)
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        self.assertIn(b"ICMP echo request", process.stdout.readline())
        os.killpg(process.pid, signal.SIGINT)
        self.assertNotIn(b"tcpdump", process.stderr.read())
        self.assertEqual(0, process.wait(20))

    def test_a_ring_keeps_the_newest(self):
        self.up(TEXT)
        process = self.start("h1:eth0", "-w", "/run/work/x.pcapng", "--ring", "1MB", "udp")
        self.send("h1", "h2", 20_000, 20_000)
        self.end(process)
        self.assertFalse(os.path.exists("/run/work/x.pcapng.old"))
        size = os.path.getsize("/run/work/x.pcapng")
        self.assertTrue(500_000 < size <= 1_000_000, size)
        numbers = self.read("/run/work/x.pcapng").numbers("h1:eth0")
        self.assertEqual(list(range(20_000 - len(numbers), 20_000)), numbers)

    def test_a_node_that_is_killed_and_links_that_go(self):
        self.up(TEXT)
        process = self.start("h1:eth0", "r1:eth0", "-w", "/run/work/x.pcapng", "icmp")
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        os.kill(self.node("h1")["pid"], signal.SIGKILL)
        lab("exec", "h2", "--", "ping", "-q", "-c1", "r1")
        lab("link", "h1--r1", "flap", "--for", "100ms")
        self.up(TEXT)  # h1 is born again, in another namespace
        self.assertIn("h1:eth0 has gone", process.stderr.readline().decode())
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        self.end(process)
        seen = [p[0] for p in self.read("/run/work/x.pcapng").packets]
        self.assertEqual((2, 4), (seen.count("h1:eth0"), seen.count("r1:eth0")))

    def test_the_end_of_the_lab_is_the_end(self):
        self.up(TEXT)
        process = self.start("h1", "r1", "a", "h1:lo", "-w", "/run/work/x.pcapng")
        lab("exec", "h1", "--", "ping", "-q", "-c1", "h2")
        lab("down")
        said = process.stderr.read().decode()
        self.assertEqual(0, process.wait(20), said)
        self.assertIn("taken down", said)
        self.assertTrue(self.read("/run/work/x.pcapng").packets)

    def test_a_killed_labd_and_a_killed_client(self):
        self.up(TEXT)
        process = self.start("h1", "-w", "/run/work/x.pcapng", "icmp")
        machine.kill_daemon(signal.SIGKILL)
        lab("exec", "h1", "--", "ping", "-q", "-c2", "-i0.2", "h2")
        self.end(process, signal.SIGTERM)
        self.assertEqual(4, len(self.read("/run/work/x.pcapng").packets))
        process = self.start("h1", "-w", "/run/work/y.pcapng", "icmp")
        lab("exec", "h1", "--", "ping", "-q", "-c2", "-i0.2", "h2")
        machine.eventually("it is written", lambda: os.path.getsize("/run/work/y.pcapng") > 500)
        process.kill()
        process.wait()
        self.assertTrue(self.read("/run/work/y.pcapng").packets)
        # Nobody holds a socket in the node any more, labd least of all.
        held = lambda: run("ip", "netns", "exec", "t.h1", "cat", "/proc/net/packet").out.splitlines()[1:]
        machine.eventually("no packet socket is left", lambda: not held())
        process = self.start("h1", "-w", "/run/work/z.pcapng", "icmp")
        self.assertEqual(1, len(held()))
        self.end(process)
        self.assertEqual([], held())

    def test_a_full_disk_leaves_a_file_that_can_be_read(self):
        self.up(TEXT)
        run("mkdir", "-p", "/run/work/small")
        run("mount", "-t", "tmpfs", "-o", "size=256k", "none", "/run/work/small")
        try:
            self.fill("/run/work/small/x.pcapng")
        finally:
            run("umount", "/run/work/small")

    def fill(self, path):
        process = self.start("h1:eth0", "-w", path, "udp")
        self.send("h1", "h2", 5_000, 5_000)
        said = process.stderr.read().decode()
        self.assertEqual(1, process.wait(20), said)
        self.assertIn("No space left on device", said)
        numbers = self.read(path).numbers("h1:eth0")
        self.assertEqual(list(range(len(numbers))), numbers)
        self.assertGreater(len(numbers), 1000)

    def test_rights_and_the_audit_log(self):
        users.make()
        self.before = machine.state()
        users.write("alice", "t.lab.toml", TEXT)
        lab("ls")
        users.lab("alice", "up", "t.lab.toml")
        status, answer = users.curl("bob", "POST", "/v1/labs/t/capture", "-d",
                                    '{"points": [{"node": "h1", "interface": "eth0"}]}')
        self.assertEqual(403, status, answer)
        # Its owner needs to be nobody on the host.
        process = self.start("h1", "-w", "/run/home/alice/x.pcapng", "-c2", "icmp",
                             command=[*users.become("alice"), "lab"])
        users.lab("alice", "-L", "t", "exec", "h1", "--", "ping", "-q", "-c1", "h2")
        self.assertEqual(0, process.wait(20))
        self.assertEqual(2, len(self.read("/run/home/alice/x.pcapng").packets))
        told = lab("audit", "--verb", "capture", "--json").out
        self.assertIn("h1:eth0", told)
        self.assertIn("refused", told)

    def test_bad_words(self):
        self.up(TEXT)
        for words, says, status in ((["h9"], '"h9" is no node or link', 3), (["h1:eth9"], 'no interface "eth9"', 3),
                                    (["h1", "tcp", "prt", "80"], '"tcp prt 80" is no filter', 2),
                                    (["h1", "not", "(vlan", "5)"], '"vlan" cannot be asked', 2),
                                    (["h1", "-w", "/nowhere/x"], "cannot write /nowhere/x", 1),
                                    (["h1", "--ring", "x", "-w", "f"], "no size", 2),
                                    (["h1", "--ring", "1MB"], "needs -w", 2), ([], "where?", 2)):
            done = lab("capture", *words, status=None)
            self.assertIn(says, done.err)
            self.assertEqual(status, done.status, done)
        for body in ({}, {"points": []}, {"points": [3]}, {"points": [{"node": "h1"}]}):
            self.assertEqual(400, machine.api("POST", "/v1/labs/t/capture", body)[0])
        self.assertEqual(404, machine.api("POST", "/v1/labs/t/capture",
                                          {"points": [{"node": "h9", "interface": "eth0"}]})[0])
        # Who does not ask for the socket gets none.
        self.assertEqual(426, machine.api("POST", "/v1/labs/t/capture",
                                          {"points": [{"node": "h1", "interface": "eth0"}]})[0])
