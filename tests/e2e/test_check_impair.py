"""Impairments that checks and steps put on links, and that are gone afterwards whatever happens."""

import json
import os
import signal
import subprocess

import machine
from labtest import LabTest, limit
from machine import lab, run

NET = '''
name = "x"
links = [{ endpoints = ["h1", "r1"], rate = "10mbit" }, ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = "router"
'''
# As the file says.
PLAIN = {"h1:eth0": {"rate": "10mbit"}, "r1:eth0": {"rate": "10mbit"}}


def check(text, during, within="20s"):
    return f'\n[[check]]\n{text}\nwithin = "{within}"\nduring = {{ {during} }}\n'


def step(at, text):
    return f'\n[[step]]\nat = "{at}"\n{text}\n'


def look(what):
    """A step that says how the kernel shapes what h1 sends."""
    return f'run = {{ node = "h1", cmd = "tc qdisc show dev eth0 | grep -o \'{what}\' | head -n1" }}'


class Impaired(LabTest):
    def link(self):
        return next(one for one in lab("links", "--json").json["links"] if one["name"] == "h1--r1")

    def ends(self):
        return {f"{e['node']}:{e['interface']}": e["impairment"] for e in self.link()["ends"]}

    def assert_as_the_file_says(self):
        self.assertEqual(PLAIN, self.ends())
        self.assertIsNone(self.link()["impaired"])
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertIn("rate 10Mbit", run("ip", "netns", "exec", "x.h1", "tc", "qdisc", "show", "dev", "eth0").out)
        # Who was asked for its MAC while packets were lost is asked again after a second.
        done = lab("exec", "h1", "--", "ping", "-q", "-n", "-c15", "-i0.1", "h2").out
        self.assertIn(" 0% packet loss", done)
        # What a delay would add the fastest one has, too.
        self.assertLess(float(done.split("min/avg/max/mdev = ")[1].split("/")[0]), 40, done)


class Checks(Impaired):
    def test_nothing_is_cut_for_it(self):
        """Where it takes the relay, that is there from the start."""
        self.up(NET.replace('["r1", "h2"]', '["r1:up", "h2"]')
                + check('ping = ["h1", "h2"]\ncount = 20\nloss = "0%"',
                        'impair = ["h1", "r1"], delay = "5ms"')
                + step("0s", 'impair = ["r1", "h2"]\ndelay = "1ms"\nfor = "1s"'))
        shown = lambda: [run("ip", "-n", f"x.{node}", "-br", "link", "show", device).out
                         for node, device in (("h1", "eth0"), ("r1", "eth0"), ("r1", "up"), ("h2", "eth0"))]
        self.assertEqual([], lab("status", "--json").json["drift"])
        before = shown()
        said = lab("check", "--json").out.splitlines()
        [asked] = [line for line in map(json.loads, said) if line["type"] == "check"]
        self.assertEqual(("passed", 0), (asked["result"], asked["metrics"]["lost"]), asked)
        self.assertEqual(before, shown())
        self.assert_as_the_file_says()

    @limit(120)
    def test_is_put_on_while_the_check_is_asked_and_taken_off(self):
        self.up(NET + check('ping = ["h1", "h2"]\nname = "late"\nrtt = "> 50ms"\nbefore = false',
                            'impair = ["h1", "r1"], delay = "30ms"')
                + check('ping = ["h1", "h2"]\nname = "lost"\nnot = true\nbefore = false',
                        'impair = ["r1", "h1"], from = "h1", loss = "100%"')
                + check('run = { node = "h1", cmd = "tc qdisc show dev eth0" }\nname = "slow"\nstdout = "~ rate 1Mbit"\n'
                        'before = false', 'impair = "h1--r1", rate = "1mbit"')
                + check('ping = ["h1", "h2"]\nname = "through it all"\ncount = 20\nloss = "< 100%"',
                        'impair = ["h1", "r1"], loss = "20%"'), "x")
        for words in ([], ["-k", "late"]):
            done = lab("check", *words, "--json")
            results = [one for one in map(json.loads, done.out.splitlines()) if one["type"] == "check"]
            self.assertEqual({"passed"}, {one["result"] for one in results}, results)
            self.assert_as_the_file_says()

    def test_the_baseline_is_asked_without_it(self):
        self.up(NET + check('ping = ["h1", "h2"]\nrtt = "> 50ms"', 'impair = ["h1", "r1"], delay = "30ms"', "300ms"), "x")
        done = lab("check", status=1)
        self.assertIn("not even before h1--r1 at delay 30ms: ", done.out)
        self.assert_as_the_file_says()

    def test_what_the_kernel_cannot_do_is_no_failure_of_the_network(self):
        self.up(NET + check('ping = ["h1", "h2"]', 'impair = "h1--r1", queue = "cake"'), "x")
        done = lab("check", status=None)
        if done.status != 0:
            self.assertEqual(4, done.status, done)
            self.assertIn("the fault could not be put in: this kernel cannot do queue", done.out)
        self.assert_as_the_file_says()

    @limit(180)
    def test_nothing_stays_when_somebody_is_killed(self):
        """Ctrl-C, a client that dies, a labd that dies: by shaping, by loss and by the relay."""
        never = 'tcp = ["h1", "h2:99"]\nbefore = false\nname = "{}"'
        self.up(NET + check(never.format("slow"), 'impair = ["h1", "r1"], rate = "1mbit", loss = "10%"', "60s")
                + check(never.format("late"), 'impair = ["h1", "r1"], delay = "60ms"', "60s"), "x")
        for name, key in (("slow", "loss"), ("late", "delay")):
            for how in ("ctrl-c", "client", "labd"):
                with self.subTest(name, how=how):
                    client = subprocess.Popen(["lab", "check", "-k", name], stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL)
                    machine.eventually("it is on", lambda key=key: key in self.ends()["h1:eth0"])
                    self.assertEqual("check", self.link()["impaired"]["by"])
                    if how == "labd":
                        os.kill(machine.processes("labd")[0], signal.SIGKILL)
                    else:
                        client.send_signal(signal.SIGKILL if how == "client" else signal.SIGINT)
                    client.wait(30)
                    machine.eventually("it is off", lambda: self.ends() == PLAIN and
                                       not lab("status", "--json").json["drift"])
                    self.assert_as_the_file_says()
                    self.assertIn("nothing to do", lab("up", "--repair", cwd="/").out)

    def test_what_was_asked_for_by_hand_is_there_again(self):
        self.up(NET + check('ping = ["h1", "h2"]', 'impair = "h1--r1", rate = "1mbit"'), "x")
        lab("impair", "h1--r1", "--loss", "1%")
        lab("check")
        self.assertEqual({"loss": "1%", "rate": "10mbit"}, self.ends()["h1:eth0"])
        self.assertEqual("user", self.link()["impaired"]["by"])


class Steps(Impaired):
    @limit(120)
    def test_come_one_on_top_of_the_other_and_go(self):
        words = "rate [0-9A-Za-z]*"
        file = self.write("x.lab.toml", NET + step("0s", 'sample = { rtt = ["h1", "h2"] }\nevery = "100ms"')
                          + step("0s", look(words))
                          + step("1s", 'impair = ["h1", "r1"]\nrate = "2mbit"')
                          + step("2s", look(words))
                          + step("3s", 'impair = ["h1", "r1"]\nrate = "1mbit"\nloss = "100%"\nfor = "3s"')
                          + step("4s", look(words))
                          + step("7s", look(words))
                          + step("8s", 'clear = "h1--r1"\nfor = "2s"')
                          + step("9s", look(words))
                          + step("11s", look(words)))
        told = [json.loads(one) for one in lab("test", file, "--json", "--samples", "/run/work/s.jsonl", timeout=60).out.splitlines()]
        planned = next(one for one in told if one["type"] == "scenario")["steps"]
        self.assertEqual(["impair", "impair", "clear"], [s["kind"] for s in planned if s["kind"] in ("impair", "clear")])
        said = [one["text"] for one in told if one["type"] == "step" and one["state"] == "done" and one["node"] == "h1"]
        self.assertEqual(["rate 10Mbit", "rate 2Mbit", "rate 1Mbit", "rate 2Mbit", "", "rate 2Mbit"], said)
        with open("/run/work/s.jsonl") as kept:
            samples = [json.loads(one) for one in kept]
        answered = {one["value"] is not None for one in samples if one["metric"] == "rtt"}
        self.assertEqual({True, False}, answered)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_a_request_that_is_lost_holds_no_other_up(self):
        """A third of the time nothing gets through: so of the samples, and in their order."""
        file = self.write("x.lab.toml", NET + step("0s", 'sample = { rtt = ["h1", "h2"] }\nevery = "50ms"\nfor = "6s"')
                          + step("2s", 'impair = ["h1", "r1"]\nloss = "100%"\nfor = "2s"'))
        told = [json.loads(one) for one in lab("test", file, "--json", timeout=60).out.splitlines()]
        samples = [one for one in told if one["type"] == "sample"]
        self.assertEqual(sorted(one["at"] for one in samples), [one["at"] for one in samples])
        share = sum(one["value"] is None for one in samples) / len(samples)
        self.assertTrue(0.2 < share < 0.5, (share, len(samples)))

    def test_a_step_that_cannot_be_done_fails_alone(self):
        file = self.write("x.lab.toml", NET + step("0s", 'impair = "r1--h2"\nrate = "5mbit"\nqueue = "cake"')
                          + step("0s", 'impair = "h1--r1"\nrate = "1mbit"') + step("1s", look("rate 1Mbit")))
        done = lab("test", file, status=None)
        if done.status != 0:
            self.assertIn("this kernel cannot do queue", done.out)
            self.assertIn("1 failed step", done.out)
        self.assertIn("rate 1Mbit", done.out)

    def steps(self):
        """The experiment of the lab that is up, for a client, which is given."""
        return subprocess.Popen(["curl", "-sN", "--unix-socket", machine.SOCKET, "-X", "POST",
                                 "http://labd/v1/labs/x/steps"], stdout=subprocess.PIPE)

    @limit(120)
    def test_nothing_stays_when_the_client_or_labd_is_killed(self):
        self.up(NET + step("0s", 'impair = ["h1", "r1"]\nrate = "1mbit"\ndelay = "60ms"')
                + step("0s", 'impair = "r1--h2"\nloss = "30%"\nfrom = "h2"')
                + step("1h", 'run = { node = "h1", cmd = "true" }'), "x")
        for how in ("client", "labd"):
            client = self.steps()
            machine.eventually("both are on", lambda: self.ends()["h1:eth0"].get("delay") == "60ms" and
                               '"loss": "30%"' in json.dumps(lab("links", "--json").json))
            if how == "labd":
                os.kill(machine.processes("labd")[0], signal.SIGKILL)
            else:
                client.kill()
            client.communicate()
            machine.eventually("they are off", lambda: self.ends() == PLAIN and
                               '"loss"' not in json.dumps(lab("links", "--json").json) and
                               not lab("status", "--json").json["drift"])
            self.assert_as_the_file_says()
