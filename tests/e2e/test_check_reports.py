"""What machines are told of checks, steps and mistakes; and what a check may not say."""

import json
import pathlib
import xml.etree.ElementTree as xml

import machine
from labtest import PAIR, LabTest, limit
from machine import lab
from test_check import STATIC, results, table

STEP = '\n[[step]]\nat = "0s"\nrun = { node = "h1", cmd = "echo why >&2; exit 3" }\n'


class Reports(LabTest):
    def test_failed_steps(self):
        file = self.write("s.lab.toml", PAIR + STEP)
        done = lab("test", file, "--junit", "s.xml", status=1, env={"GITHUB_ACTIONS": "true"})
        self.assertEqual("0 passed, 1 failed, 0 skipped", [line for line in done.out.splitlines() if " passed" in line][-1])
        self.assertRegex(done.out, r"::error file=.*s\.lab\.toml,line=\d+,title=run echo why.*::h1%?3?A?: exit 3: why")
        machine.run("xmllint", "--noout", "--schema", machine.SOURCE / "tests/e2e/labs/junit.xsd", "s.xml")
        suites = xml.parse("s.xml").getroot()
        self.assertEqual(("1", "1"), (suites.get("tests"), suites.get("failures")))
        self.assertIn("exit 3: why", suites.find(".//failure").get("message"))
        tap = lab("test", file, "--tap", status=1).out
        self.assertIn("\n1..1\n", tap)
        self.assertIn("\nnot ok 1 - run echo why", tap)
        lines = [json.loads(line) for line in lab("test", file, "--json", status=1).out.splitlines()]
        self.assertEqual(1, [line for line in lines if line["type"] == "summary"][-1]["failed_steps"])

    def test_mistakes_in_a_file(self):
        file = self.write("bad.lab.toml", PAIR + table('pign = ["h1", "h2"]'))
        done = lab("test", file, "--junit", "b.xml", status=2, env={"GITHUB_ACTIONS": "true"})
        self.assertRegex(done.out, r'::error file=.*bad\.lab\.toml,line=\d+,title=.*::unknown key "pign".*did you mean "ping"')
        self.assertRegex(xml.parse("b.xml").find(".//error").text, r'bad\.lab\.toml:\d+: unknown key "pign"')
        done = lab("test", file, "--json", status=2)
        error = json.loads(done.out)
        self.assertEqual("invalid_topology", error["error"]["code"])
        self.assertRegex(error["error"]["file"], r"bad\.lab\.toml$")
        self.assertEqual("", done.err)

    def test_one_format_and_a_bundle_that_is_written(self):
        file = self.write("f.lab.toml", PAIR + table('name = "a\\nb"\nping = ["h1", "h2"]'))
        for words in (["--csv", "--json"], ["--tap", "--json"], ["--tap", "--csv"]):
            self.assertIn("on one standard output", lab("test", file, *words, status=2).out + lab("test", file, *words, status=2).err)
        self.assertEqual("a b\n", lab("test", file, "--list").out)
        pathlib.Path("full").write_text("no folder")
        self.assertIn("cannot write", lab("test", file, "--bundle", "full", status=4).err)

    def test_each_run_has_its_name(self):
        file = self.write("r.lab.toml", PAIR + table('ping = ["h1", "h2"]'))
        lab("test", file, "--repeat", "2", "--junit", "r.xml")
        self.assertEqual(["r, run 1", "r, run 2"], [s.get("name") for s in xml.parse("r.xml").iter("testsuite")])

    def test_wait_keeps_within(self):
        self.up(PAIR)
        lab("wait", "ping h1 10.9.9.9 within=1s", status=124, timeout=15)
        lab("wait", "ping = ['h1', '10.9.9.9']\nwithin = '1s'", status=124, timeout=15)


class Refused(LabTest):
    REFUSED = [
        ('no-loops = false', "no-loops = false asks nothing"),
        ('no-drops = false', "no-drops = false asks nothing"),
        ('converged = false', "converged = false asks nothing"),
        ('all-reachable = ["h1"]', "h1 alone has nobody to reach"),
        ('ping = ["h1", "h2"]\nbefore = false', '"before" means nothing without "during"'),
        ('run = { node = "h1", cmd = "" }', '"cmd" is no command'),
        ('run = { node = "h1", cmd = [] }', '"cmd" is no command'),
        ('throughput = ["h1", "h2"]\ntime = "0s"', '"time" is 1s to an hour'),
        ('throughput = ["h1", "h2"]\ntime = "5s"', '"within" is shorter than the measurement'),
        ('route = { node = "h1", prefix = "default", proto = "osfp" }', 'did you mean "ospf"'),
        ('route = { node = "h1", prefix = "default", dev = "eth7" }', 'h1 has no interface "eth7"'),
        ('link = { node = "h1", dev = "eth7" }', 'it has eth0'),
        ('address = { node = "h1", dev = "eth7", is = "10.0.0.1" }', 'h1 has no interface "eth7"'),
        ('address = { node = "h1", is = "foo" }', '"foo" is no address'),
        ('ping = ["h1", "10.0.0.999"]', '"10.0.0.999" is no address'),
        ('ping = ["h1", "h2"]\nloss = "< 200%"', "no more than 100% of the packets are lost"),
        ('path = ["h1", "h2"]\nvia = "h2"\nnot-via = "h2"', 'h2 is in "via" and in "not-via"'),
        ('bgp-neighbors = { node = "r1" }', "r1 does not speak BGP"),
        ('ping = ["h1", "h2"]\nduring = { stop = "h1" }', "the check is asked at h1, which it stops"),
        ('ping = ["h1", "h2"]\ntimeout = "3s"', 'it is called "within" here'),
        ('ping = ["h1", "h2"]\nexpect = false', 'it is called "not" here'),
        ('route = { node = "h1", prefix = "default", nexthop = "h2" }', 'it is called "via" here'),
        ('ospf-neighbors = { node = "r1", count = 1 }', 'it is called "full" here'),
        ('exec = { node = "h1", cmd = "true" }', 'it is called "run" here'),
        ('zzzzzz = true', "a check asks one of ping, all-reachable, tcp"),
        ('run = { node = "h1", cmd = "true" }\nexit = "!= 0"', '"exit" is one number, and no bound'),
        ('route = { node = "h1", prefix = "default", metric = "< 100" }', '"metric" is one number, and no bound'),
    ]
    NET = PAIR + 'r1 = { kind = "router", routing = "ospf" }\n'

    def test_what_asks_nothing_or_can_never_hold(self):
        for n, (check, words) in enumerate(self.REFUSED):
            with self.subTest(check=check):
                self.assertIn(words, lab("validate", self.write(f"r{n}.lab.toml", self.NET + table(check)), status=2).err)

    def test_defaults(self):
        for n, (text, words) in enumerate((
                ('[defaults.check]\nping = ["h1", "h2"]\n', "[defaults.check] asks nothing"),
                ('[defaults.check]\nwithin = "3 parsecs"\n', "3 parsecs"))):
            self.assertIn(words, lab("validate", self.write(f"d{n}.lab.toml", self.NET + text), status=2).err)
        good = self.NET + '[defaults.check]\nbefore = false\nwithin = "9s"\n' + '\n[[check]]\nping = ["h1", "h2"]\n'
        lab("validate", self.write("good.lab.toml", good))

    def test_a_step_names_its_own_word(self):
        bad = self.write("step.lab.toml", self.NET + '\n[[step]]\nat = "0s"\nstop = "r9"\n')
        self.assertIn('unknown node "r9" in "stop"', lab("validate", bad, status=2).err)


class Causes(LabTest):
    def failing(self, *checks):
        found, _ = results(lab("check", "--json", status=1, timeout=110))
        return [" ".join(r.get("diagnosis", {}).get("causes", [])) for r in found]

    @limit(150)
    def test_where_a_service_listens_and_what_forwards(self):
        local = STATIC.replace("http.server 80\"", "http.server 80 --bind 127.0.0.1\"")
        self.up(local + table('tcp = ["h1", "h2:80"]\nfamily = "ipv4"', "300ms"))
        self.assertIn("listens on 127.0.0.1 only", self.failing()[0])
        self.up(STATIC + table('ping = ["h1", "h2"]\nfamily = "ipv4"', "300ms"))
        lab("exec", "r1", "--", "sysctl", "-qw", "net.ipv4.conf.eth0.forwarding=0")
        self.assertIn("net.ipv4.conf.eth0.forwarding = 0", self.failing()[0])
        lab("exec", "r1", "--", "sysctl", "-qw", "net.ipv4.conf.eth0.forwarding=1")
        lab("exec", "r1", "--", "ip", "rule", "add", "from", "all", "to", "10.0.0.0/8", "prohibit", "pref", "50")
        self.assertRegex(self.failing()[0], r"a rule at r1: ip rule .*prohibit")

    @limit(150)
    def test_protocols_and_names(self):
        self.up('''
links = [["h1", "r1"], ["r1", "r2"]]
[nodes]
h1 = "host"
"r[1-2]" = { kind = "router", routing = ["isis", "ospf"] }
''' + table('isis-neighbors = { node = "r1", up = 3 }', "300ms")
                + table('ospf-route = { node = "r1", prefix = "10.77.0.0/16" }', "300ms")
                + table('dns = { node = "h1", name = "www.lab", server = "r1" }', "300ms"))
        causes = self.failing()
        self.assertIn("r2", causes[0])
        self.assertIn("10.77.0.0/16", causes[1])
        self.assertIn("nothing at r1 listens on udp port 53", causes[2])
