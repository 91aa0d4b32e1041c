"""[[check]]: every subject passing and failing for the right reason, on real kernels and daemons."""

import json
import os
import signal
import subprocess
import xml.etree.ElementTree as xml

import machine
from labtest import LabTest, limit
from machine import lab

STATIC = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"], ["h3", "r1"]]
[nodes]
h1 = "host"
h3 = { kind = "host", ipv6 = false }
h2 = { kind = "host", files = { "/etc/motd" = { text = "hello" } }, run = [
  { name = "web", cmd = "cd /etc && exec python3 -m http.server 80", ready = "tcp 80" },
  { name = "echo", cmd = ["python3", "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 7)); [s.sendto(*s.recvfrom(99)) for _ in iter(int, 1)]"], ready = "udp 7" },
] }
"r[1-2]" = "router"
'''

# What is true, and a sibling that is not, with what is seen then.
TRUE_AND_FALSE = [
    ('ping = ["h1", "h2"]', 'ping = ["h1", "10.9.9.9"]', "no reply"),
    ('ping = ["h[1,3]", "h2"]\nfamily = "ipv4"', 'ping = ["h[1,3]", "h2"]\nfamily = "both"', "h3 has no IPv6 address"),
    ('ping = ["h1", "h2"]\nloss = "< 50%"\nrtt = "< 1s"\ncount = 5', 'ping = ["h1", "h2"]\nrtt = "> 1s"', " ms"),
    ('ping = ["h1", "10.9.9.9"]\nnot = true', 'ping = ["h1", "h2"]\nnot = true', " ms"),
    ('tcp = ["h1", "h2:80"]', 'tcp = ["h1", "h2:81"]', "refused"),
    ('udp = ["h1", "h2:7"]\nfamily = "ipv4"', 'udp = ["h1", "h2:8"]\nfamily = "ipv4"', "refused"),
    ('http = ["h1", "http://h2/motd"]\nbody = "~ ^hell"', 'http = ["h1", "http://h2/motd"]\nbody = "bye"', "the body is: hello"),
    ('http = ["h1", "http://h2/none"]\nstatus = 404', 'http = ["h1", "http://h2/none"]', "status 404"),
    ('path = ["h1", "r1", "r2", "h2"]', 'path = ["h1", "r2", "h2"]\nwithin = "5s"', "h1 → r1 → r2 → h2"),
    ('path = ["h1", "h2"]\nvia = "r2"', 'path = ["h1", "h2"]\nnot-via = "r2"\nwithin = "5s"', "h1 → r1 → r2 → h2"),
    ('route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2", dev = "eth1" }',
     'route = { node = "r1", prefix = "${h2.eth0.net4}", via = "h1" }', "via r2 dev eth1"),
    ('route = { node = "h1", prefix = "default", via = "r1" }',
     'route = { node = "r1", prefix = "10.77.0.0/16" }', "no route to 10.77.0.0/16"),
    ('route = { node = "r1", prefix = "10.77.0.0/16", absent = true }',
     'route = { node = "h1", prefix = "default", absent = true }', "via r1"),
    ('address = { node = "h1", dev = "eth0", is = "${h1.ipv4}" }', 'address = { node = "h1", is = "10.1.2.3/24" }', "10.0."),
    ('link = { node = "r1", dev = "eth0", is = "up", mtu = 1500 }', 'link = { node = "r1", dev = "eth0", is = "down" }', "up"),
    ('neighbor = { node = "h1", is = "r1" }', 'neighbor = { node = "h1", is = "h2" }', "neighbours are r1"),
    ('sysctl = { node = "r1", key = "net.ipv4.ip_forward", is = 1 }',
     'sysctl = { node = "h1", key = "net.ipv4.ip_forward", is = 1 }', "0"),
    ('file = { node = "h2", path = "/etc/motd", contains = "ell" }',
     'file = { node = "h2", path = "/etc/motd", contains = "elf" }', "it says: hello"),
    ('file = { node = "h2", path = "/etc/none", absent = true }', 'file = { node = "h2", path = "/etc/none" }', "there is no such file"),
    ('process = { node = "h2", name = "python3" }', 'process = { node = "h2", name = "ospfd" }', "not running"),
    ('run = { node = "h1", cmd = "echo a; echo b" }\nstdout = "a\\nb"', 'run = { node = "h1", cmd = "echo a" }\nstdout = "~ ^b"', "a"),
    ('run = { node = "h1", cmd = "exit 3", exit = 3 }', 'run = { node = "h1", cmd = "echo why >&2; exit 4" }', "exit status 4: why"),
    ('run = { node = "h1", cmd = "cat", stdin = \'{"a": [1, "x"]}\', json = "/a/1", is = "x" }',
     'run = { node = "h1", cmd = "ip -j link", json = "/0/ifname", is = "eth9" }', "lo"),
    ('all-reachable = true', 'all-reachable = true\nrtt = "> 1s"', " ms"),
    ('no-loops = true', 'no-loops = true\nnot = true', "none towards"),
    ('no-drops = ["h1"]', 'no-drops = ["h1"]\nnot = true', "none"),
    ('converged = { quiet = "100ms" }', 'converged = { quiet = "5s" }\nwithin = "300ms"', "no route has changed"),
]


def table(text, within="3s"):
    return f"\n[[check]]\n{text}\n" + ("" if "within" in text else f'within = "{within}"\n')


def results(done):
    lines = [json.loads(line) for line in done.out.splitlines()]
    plan = next(line for line in lines if line["type"] == "plan")["checks"]
    found = [line for line in lines if line["type"] == "check"]
    assert [c["check"] for c in plan] == [c["check"] for c in found], done
    return found, lines[-1]


class Checks(LabTest):
    @limit(240)
    def test_every_subject_passes(self):
        self.write("t.lab.toml", STATIC + "".join(table(true, "15s") for true, _, _ in TRUE_AND_FALSE))
        self.up(file="t.lab.toml")
        found, summary = results(lab("check", "--json", timeout=120))
        for (text, _, _), result in zip(TRUE_AND_FALSE, found):
            self.assertEqual("passed", result["result"], (text, result))
        self.assertEqual((len(found), 0, 0, 0), tuple(summary[k] for k in ("passed", "failed", "skipped", "errors")))

    @limit(240)
    def test_every_subject_fails_and_says_what_it_saw(self):
        self.write("t.lab.toml", STATIC + "".join(table(false, "200ms") for _, false, _ in TRUE_AND_FALSE))
        self.up(file="t.lab.toml")
        found, summary = results(lab("check", "--json", timeout=150, status=1))
        for (_, text, seen), result in zip(TRUE_AND_FALSE, found):
            self.assertEqual("failed", result["result"], (text, result))
            self.assertIn(seen, result["value"], text)
            self.assertTrue(result["history"], result)
        self.assertEqual((0, len(found)), (summary["passed"], summary["failed"]))

    def test_text_names_the_line_the_hint_and_the_score(self):
        self.write("t.lab.toml", STATIC + table('ping = ["h1", "h2"]\npoints = 3')
                   + table('name = "web"\ntcp = ["h1", "h2:81"]\nhint = "look at the port"\npoints = 2', "100ms")
                   + table('after = "web"\nhttp = ["h1", "http://h2/"]')
                   + table('tcp = ["h1", "h2:82"]\nlevel = "warn"', "100ms"))
        self.up(file="t.lab.toml")
        done = lab("check", status=1)
        self.assertRegex(done.out, r"✓ ping h1 → h2 .*ms")
        self.assertRegex(done.out, r"✗ web\n.*refused")
        self.assertRegex(done.out, r"t\.lab\.toml:\d+\n    hint: look at the port")
        self.assertIn('skipped: "web" has not passed', done.out)
        self.assertIn("score: 3 of 5\n1 warning\n", done.out)
        self.assertEqual("1 passed, 1 failed, 1 skipped", done.out.splitlines()[-1])
        self.assertEqual("1 passed, 0 failed, 0 skipped", lab("check", "-k", "ping").out.splitlines()[-1])
        self.assertEqual("web\n", lab("check", "--list", "-k", "web and not http").out)
        lab("check", "-k", "nothing like that", status=5)

    @limit(200)
    def test_ospf(self):
        self.up('links = [["h1", "r1"], ["r1", "r2"], ["r2", "r3"], ["r3", "r1"], ["r3", "h2"]]\n[nodes]\nh1 = "host"\n'
                'h2 = "host"\n"r[1-3]" = { kind = "router", routing = "ospf" }\n'
                + table('ospf-neighbors = { node = "r[1-3]", full = 2 }', "60s")
                + table('ospf-neighbors = { node = "r1", with = ["r2", "r3"], family = "ipv6" }', "60s")
                + table('ospf-route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r3", metric = 20 }', "60s")
                + table('path = ["h1", "r1", "r3", "h2"]\nduring = { down = ["r1", "r2"] }', "30s")
                + table('ping = ["h1", "h2"]\nduring = { kill = "r1/ospfd" }', "30s")
                + table('route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2" }\nduring = { down = ["r1", "r3"] }\n'
                        'before = false', "30s")
                + table('no-loops = true') + table("converged = true", "20s"))
        found, _ = results(lab("check", "--json", timeout=180))
        self.assertEqual(["passed"] * len(found), [r["result"] for r in found], found)
        self.assertLess(0, found[5]["metrics"]["converged"])
        # The faults are out again, and what is there is what was wished.
        self.assertIn("nothing to do", lab("up", "t.lab.toml").out)
        wrong = lab("wait", "ospf-neighbors r1 full=3", "--timeout", "300ms", status=124)
        self.assertRegex(wrong.out, "2 Full: r[23], r[23]")

    @limit(200)
    def test_bgp(self):
        self.up('links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n'
                '"r[1-2]" = { kind = "router", routing = "bgp", asn = "${65000 + i}" }\n'
                + table('bgp-neighbors = { node = "r[1-2]", established = 1, family = "both" }', "60s")
                + table('bgp-neighbors = { node = "r1", with = "r2" }', "60s")
                + table('bgp-route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2", aspath = [65002] }', "60s")
                + table('bgp-route = { node = "r1", prefix = "10.77.0.0/16", absent = true }')
                + table('bgp-route = { node = "r1", prefix = "${h2.eth0.net4}", aspath = [65009] }', "300ms"))
        found, _ = results(lab("check", "--json", timeout=150, status=1))
        self.assertEqual(["passed"] * 4 + ["failed"], [r["result"] for r in found], found)
        self.assertIn("via r2, AS path 65002", found[4]["value"])


class Waiting(LabTest):
    def test_a_condition_on_the_command_line(self):
        self.up(STATIC)
        lab("wait", "ping h1 h2")
        lab("wait", 'tcp = ["h1", "h2:80"]')
        late = lab("wait", "route r1 10.77.0.0/16", "--timeout", "300ms", status=124)
        self.assertIn("no route to 10.77.0.0/16", late.out)
        wrong = lab("wait", "ping h1 h9", status=2)
        self.assertIn('unknown node "h9"', wrong.err)

    def test_the_kernel_wakes_it(self):
        self.up(STATIC)
        wait = subprocess.Popen(["lab", "wait", "--json", "--timeout", "30s",
                                 'route = { node = "r1", prefix = "10.77.0.0/16" }\nevery = "20s"'],
                                stdout=subprocess.PIPE, text=True)
        lines = []
        while not any('"seen"' in line for line in lines):
            lines.append(wait.stdout.readline())
        # Tries by timer come at 0.05, 0.15, … 3.15, 6.35, 12.75 s; the other one is a clock.
        lab("wait", "route r1 10.78.0.0/16", "--timeout", "7s", status=124)
        lab("exec", "r1", "--", "ip", "route", "add", "10.77.0.0/16", "dev", "eth1")
        out, _ = wait.communicate(timeout=4)
        self.assertEqual(0, wait.returncode, out)

    def test_a_client_that_dies_leaves_no_fault(self):
        self.write("t.lab.toml", STATIC + table('tcp = ["h1", "h2:99"]\nduring = { down = ["r1", "r2"] }\nbefore = false', "60s"))
        self.up(file="t.lab.toml")
        client = subprocess.Popen(["lab", "check"], stdout=subprocess.PIPE)
        down = lambda: lab("exec", "r1", "--", "ip", "-br", "link", "show", "eth1").out.split()[1] == "DOWN"
        machine.eventually("the fault is in", down)
        client.kill()
        client.communicate()
        machine.eventually("the fault is out", lambda: not down())
        machine.eventually("all is as wished", lambda: "nothing to do" in lab("up", "t.lab.toml").out)
        self.assert_reaches("h1", "h2")

    def test_who_breaks_something_waits_for_the_other(self):
        """Else the end of the second one would mend what the first one has broken."""
        self.write("t.lab.toml", STATIC
                   + table('name = "first"\nlink = { node = "r1", dev = "eth1", is = "up" }\nbefore = false\n'
                           'during = { down = ["r1", "r2"] }', "6s")
                   + table('name = "second"\nlink = { node = "h1", dev = "eth0", is = "down" }\nbefore = false\n'
                           'during = { down = ["h1", "r1"] }', "20s"))
        self.up(file="t.lab.toml")
        first = subprocess.Popen(["lab", "check", "-k", "first"], stdout=subprocess.PIPE, text=True)
        machine.eventually("the fault is in", lambda: any((link["asked"] or {}).get("by") == "check" for link in lab("links", "--json").json["links"]))
        self.assertIn("1 passed", lab("check", "-k", "second").out)
        self.assertIn("1 failed", first.communicate()[0])
        self.assertEqual([], lab("status", "--json").json["drift"])

    def test_a_labd_that_is_killed_leaves_no_fault(self):
        self.write("t.lab.toml", STATIC + table('tcp = ["h1", "h2:99"]\nduring = { down = ["r1", "r2"] }\nbefore = false', "60s"))
        self.up(file="t.lab.toml")
        client = subprocess.Popen(["lab", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        down = lambda: lab("exec", "r1", "--", "ip", "-br", "link", "show", "eth1").out.split()[1] == "DOWN"
        machine.eventually("the fault is in", down)
        os.kill(machine.processes("labd")[0], signal.SIGKILL)
        client.communicate()
        self.assertEqual(4, client.returncode)
        machine.eventually("the fault is out", lambda: not down())
        self.assert_reaches("h1", "h2")


class Test(LabTest):
    def test_a_copy_comes_and_goes(self):
        good = self.write("good.lab.toml", STATIC + table('ping = ["h1", "h2"]'))
        bad = self.write("bad.lab.toml", STATIC + table('ping = ["h1", "h2"]') + table('tcp = ["h1", "h2:81"]', "100ms"))
        self.up(file=good)
        done = lab("test", good)
        self.assertEqual("1 passed, 0 failed, 0 skipped", done.out.splitlines()[-1])
        self.assertEqual("good\n", lab("ls", "-q").out)
        done = lab("test", good, bad, "--jobs", "2", "--repeat", "2", "--junit", "r.xml", timeout=100, status=1)
        self.assertEqual("4 passed, 2 failed, 0 skipped", done.out.splitlines()[-1])
        self.assertIn("2 of 4 runs without failure", done.out)
        suites = xml.parse("r.xml").getroot()
        self.assertEqual(("6", "2", "0"), (suites.get("tests"), suites.get("failures"), suites.get("errors")))
        machine.run("xmllint", "--noout", "--schema", machine.SOURCE / "tests/e2e/labs/junit.xsd", "r.xml")
        failure = suites.find("testsuite[@name='bad, run 1']/testcase/failure")
        self.assertIn("refused", failure.get("message"))
        self.assertEqual("good\n", lab("ls", "-q").out)

    def test_exit_codes_and_formats(self):
        none = self.write("none.lab.toml", STATIC)
        lab("test", none, status=5)
        wrong = self.write("wrong.lab.toml", STATIC + table('pign = ["h1", "h2"]'))
        self.assertIn('did you mean "ping"?', lab("test", wrong, status=2).err)
        bad = self.write("bad.lab.toml", STATIC + table('ping = ["h1", "h2"]') + table('tcp = ["h1", "h2:81"]', "100ms"))
        tap = lab("test", bad, "--tap", status=1).out.splitlines()
        self.assertEqual(["TAP version 14", "1..2"], tap[:2])
        self.assertIn("ok 1 - ping h1 → h2", tap)
        self.assertIn("not ok 2 - tcp h1 → h2:81", tap)
        lines = [json.loads(line) for line in lab("test", bad, "--json", status=1).out.splitlines()]
        self.assertEqual(["plan", "begin", "seen", "check"], [line["type"] for line in lines[:4]])
        summary = self.write("summary.md", "")
        github = lab("test", bad, status=1, env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}).out
        self.assertRegex(github, r"::error file=.*bad\.lab\.toml,line=\d+,title=tcp h1 → h2%3A81::.*refused")
        self.assertIn("| ❌ | bad | tcp h1 → h2:81 |", summary.read_text())
        self.assertEqual("ping h1 → h2\ntcp h1 → h2:81\n", lab("test", bad, "--list").out)
        kept = lab("test", bad, "--keep", status=1).out
        name = lab("ls", "-q").out.strip()
        self.assertIn(f"lab down {name}", kept)

    def test_killed_with_its_group_it_leaves_no_copy(self):
        slow = self.write("slow.lab.toml", STATIC + table('tcp = ["h1", "h2:81"]', "60s"))
        client = subprocess.Popen(["lab", "test", "--json", str(slow)], start_new_session=True, stdout=subprocess.PIPE, text=True)
        while '"seen"' not in client.stdout.readline():
            pass
        os.killpg(client.pid, signal.SIGKILL)
        client.communicate(timeout=30)
        machine.eventually("the copy is down", lambda: lab("ls", "-q").out == "")

    def test_ctrl_c_takes_the_copy_down(self):
        slow = self.write("slow.lab.toml", STATIC + table('tcp = ["h1", "h2:81"]', "60s"))
        client = subprocess.Popen(["lab", "test", "--json", str(slow)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while '"seen"' not in client.stdout.readline():
            pass
        client.send_signal(signal.SIGINT)
        client.communicate(timeout=30)
        self.assertEqual(130, client.returncode)
        self.assertEqual("", lab("ls", "-q").out)


class Pytest(LabTest):
    @limit(150)
    def test_a_fixture_and_collected_files(self):
        done = machine.run("/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                           machine.EXAMPLES / "pytest", timeout=140, env={"PYTHONDONTWRITEBYTECODE": "1"})
        self.assertIn("4 passed", done.out)
        self.assertEqual("", lab("ls", "-q").out)


def example(path):
    @limit(300)
    def run(self):
        refused = lab("plan", path, status=None)
        if refused.status == 2:  # test_examples tells which kinds of device this kernel lacks
            self.assertIn("[D67]", refused.err)
            return
        # What a relay of many links carries a second is for tests/bench to say, on a quiet machine.
        words = ["-k", "not throughput"] if machine.lacks("netem") else []
        done = lab("test", path, "-v", *words, timeout=280)
        self.assertRegex(done.out.splitlines()[-1], r"^[1-9]\d* passed, 0 failed, 0 skipped$")
    return run


class Examples(LabTest):
    """Examples with [[check]] tables are tests, and hold."""


for path in sorted(machine.EXAMPLES.glob("*.lab.toml")):
    if "[[check]]" in path.read_text():
        setattr(Examples, "test_" + path.name.removesuffix(".lab.toml").replace("-", "_"), example(path))
