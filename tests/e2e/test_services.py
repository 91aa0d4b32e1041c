"""exec lines and services: order, readiness, restarts, and what a second `up` runs again."""

import json
import os
import signal
import subprocess

import machine
from labtest import LabTest
from machine import lab


def host(body, extra=""):
    return f'links = [["h1", "h2"]]\n{extra}[nodes]\nh2 = "host"\n[nodes.h1]\nkind = "host"\n{body}\n'


class Services(LabTest):
    def lines(self, path, node="h1"):
        return lab("exec", node, "--", "cat", path).out.split()

    def test_exec_lines_run_once_in_order(self):
        text = host('exec = ["echo one >> /root/log", ["sh", "-c", "echo two >> /root/log"]]')
        self.up(text)
        self.assertEqual(["one", "two"], self.lines("/root/log"))
        self.up(text)
        self.assertEqual(["one", "two"], self.lines("/root/log"))

    def test_a_changed_exec_line_runs_once(self):
        self.up(host('exec = ["echo one >> /root/log"]'))
        changed = host('exec = ["echo one >> /root/log", "echo two >> /root/log"]')
        self.assertTrue(self.up(changed)["actions"])
        self.assertEqual(["one", "two"], self.lines("/root/log"))
        self.assertEqual([], self.up(changed)["actions"])
        self.assertEqual(["one", "two"], self.lines("/root/log"))

    def test_a_recreated_node_runs_all(self):
        text = host('exec = ["echo one >> /root/log"]')
        self.up(text)
        pid = self.node("h1")["pid"]
        self.up(text, "t", None, "--recreate", "h1")
        self.assertNotEqual(pid, self.node("h1")["pid"])
        self.assertEqual(["one"], self.lines("/root/log"))
        self.assert_reaches("h2", "h1")

    def test_a_failing_exec_line_fails_the_whole_up(self):
        text = host('exec = ["true", "echo this went wrong >&2; exit 3"]')
        done = lab("up", self.write("t.lab.toml", text), status=1)
        for word in ("h1", "this went wrong", "3", "t.lab.toml:6"):
            self.assertIn(word, done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assert_unchanged()

    def test_services_are_ready_when_up_returns(self):
        text = host('run = [{ name = "web", cmd = "sleep 0.5; exec python3 -m http.server 80", '
                    'ready = "tcp 80" }]')
        self.up(text)
        self.assertEqual(0, lab("exec", "h2", "--", "curl", "-sf", "-o", "/dev/null", "http://h1/").status)
        [service] = self.node("h1")["services"]
        self.assertEqual(("web", "ready"), (service["name"], service["state"]))

    def test_every_kind_of_readiness(self):
        for ready, cmd in (("started", "sleep 1000"),
                           ("file /run/there", "sleep 0.3; touch /run/there; exec sleep 1000"),
                           ("log listening on [0-9]+", "sleep 0.3; echo listening on 80; exec sleep 1000"),
                           ("exec test -e /run/x", "sleep 0.3; touch /run/x; exec sleep 1000"),
                           ("udp 53", "exec dnsmasq -k --conf-file=/dev/null -R -h -u root"),
                           ("exit", "sleep 0.3; touch /run/job"),
                           ("notify", "sleep 0.3; python3 -c \\\"import os,socket; s=socket.socket(socket."
                                      "AF_UNIX, socket.SOCK_DGRAM); s.sendto(b'READY=1', "
                                      "os.environ['NOTIFY_SOCKET'])\\\"; exec sleep 1000")):
            with self.subTest(ready=ready):
                self.up(host(f'run = [{{ name = "s", cmd = "{cmd}", ready = "{ready}" }}]'))
                [service] = self.node("h1")["services"]
                self.assertIn(service["state"], ("ready", "exited") if ready == "exit" else ("ready",))
                lab("down", "t")

    def test_killed_services_come_back(self):
        self.up(host('run = [{ name = "s", cmd = "exec sleep 77777", restart = "always" }]'))
        [pid] = machine.eventually("it runs", lambda: machine.processes("sleep"))
        os.kill(pid, signal.SIGKILL)
        machine.gone(pid)
        [again] = machine.eventually("it is back", lambda: machine.processes("sleep"))
        self.assertNotEqual(pid, again)
        machine.eventually("status counts it", lambda: self.node("h1")["services"][0]["restarts"] == 1)

    def test_on_failure_leaves_success_alone(self):
        self.up(host('run = [{ name = "s", cmd = "read x < /run/go; exit $x" }]\n'
                     'exec = ["mkfifo /run/go"]'))
        lab("exec", "h1", "--", "sh", "-c", "echo 1 > /run/go")
        machine.eventually("restarted", lambda: self.node("h1")["services"][0]["restarts"] == 1)
        lab("exec", "h1", "--", "sh", "-c", "echo 0 > /run/go")
        machine.eventually("exited", lambda: self.node("h1")["services"][0]["state"] == "exited")

    def test_five_quick_deaths_are_a_failure(self):
        text = host('run = [{ name = "s", cmd = "echo no such luck >&2; exit 1" }]')
        done = lab("up", self.write("t.lab.toml", text), status=None, timeout=90)
        self.assertIn(done.status, (0, 1))
        if done.status == 0:
            machine.eventually("failed", lambda: self.node("h1")["services"][0]["state"] == "failed", 30)
            self.assertIn("no such luck", lab("logs", "h1/s").out)
        else:
            self.assertIn("no such luck", done.err)

    def test_up_tries_again_what_has_failed(self):
        text = host('run = [{ name = "s", cmd = "sleep 1000", restart = "no" }]')
        self.up(text)
        self.assertEqual([], self.up(text)["actions"])
        [pid] = machine.processes("sleep")
        os.kill(pid, signal.SIGKILL)
        machine.eventually("failed", lambda: self.node("h1")["services"][0]["state"] == "failed")
        [action] = self.up(text)["actions"]
        self.assertEqual(("update", "service", "h1"), (action["op"], action["kind"], action["name"]))
        self.assertEqual("ready", self.node("h1")["services"][0]["state"])
        self.assertEqual("up", lab("ls", "--json").json["labs"][0]["state"])
        self.assertEqual([], self.up(text)["actions"])

    def test_after_and_wait_for(self):
        text = '''
links = [["h1", "h2"]]
[nodes.h1]
run = [
  { name = "second", cmd = "cat /run/first > /run/second; exec sleep 1000", after = ["h1/first"] },
  { name = "first", cmd = "sleep 0.3; echo 1 > /run/first; exec sleep 1000", ready = "file /run/first" },
]
[nodes.h2]
wait-for = ["h1"]
exec = ["ping -c1 -W1 h1"]
'''
        self.up(text)
        machine.eventually("in order", lambda: lab("exec", "h1", "--", "cat", "/run/second",
                                                   status=None).out == "1\n")

    def test_environment_user_and_directory(self):
        self.up(host('env = { COLOUR = "blue" }\n'
                     'exec = ["echo $COLOUR > /root/exec"]\n'
                     'run = [{ name = "s", cmd = "echo $COLOUR $SHAPE $(id -un) $PWD > /tmp/s; exec sleep '
                     '1000", env = { SHAPE = "round" }, user = "nobody", dir = "/usr", ready = "file /tmp/s" }]'))
        self.assertEqual(["blue"], self.lines("/root/exec"))
        machine.eventually("written", lambda: self.lines("/tmp/s"))
        self.assertEqual(["blue", "round", "nobody", "/usr"], self.lines("/tmp/s"))
        self.assertEqual("blue\n", lab("exec", "h1", "--", "sh", "-c", "echo $COLOUR").out)

    def test_addresses_of_others_in_commands(self):
        self.up(host('exec = ["echo ${h2.ipv4} ${h2.eth0.ipv6} ${h2.eth0.mac} > /root/a"]'))
        v4, v6, mac = self.lines("/root/a")
        shown = lab("exec", "h2", "--", "ip", "address", "show", "eth0").out
        for word in (v4, v6, mac):
            self.assertIn(word, shown)

    def test_a_changed_service_is_restarted_alone(self):
        both = host('run = [{ name = "a", cmd = "exec sleep 1001" }, { name = "b", cmd = "exec sleep 1002" }]')
        self.up(both)
        pid_of = lambda: {s["name"]: s["pid"] for s in self.node("h1")["services"]}
        before = pid_of()
        self.up(both.replace("1002", "1003"))
        after = pid_of()
        self.assertEqual(before["a"], after["a"])
        self.assertNotEqual(before["b"], after["b"])
        self.up(host('run = [{ name = "a", cmd = "exec sleep 1001" }]'))
        self.assertEqual(["a"], [s["name"] for s in self.node("h1")["services"]])
        self.assertEqual(1, len(machine.processes("sleep")))

    def test_stopped_in_good_order(self):
        self.up(host('run = [{ name = "s", cmd = "trap \\"echo bye >> /run/bye; exit 0\\" TERM; echo up; '
                     'while :; do sleep 0.1; done", ready = "log up" }]'))
        done = lab("down", "t")
        self.assertLess(done.seconds, 5)
        self.assert_unchanged()

    def test_a_stubborn_service_does_not_hold_up_down(self):
        self.up(host('run = [{ name = "s", cmd = "trap \\"\\" TERM HUP INT; echo up; while :; do sleep 1; '
                     'done", ready = "log up", grace = "300ms" }]'))
        self.assertLess(lab("down", "t").seconds, 10)
        self.assert_unchanged()

    def test_a_service_that_is_never_ready(self):
        text = host('run = [{ name = "s", cmd = "exec sleep 1000", ready = "tcp 9" }]')
        done = lab("up", self.write("t.lab.toml", text), "--wait=2s", status=124, timeout=100)
        self.assertIn("t.lab.toml:6", done.err)
        self.assertIn("h1: service s is not ready after 2 s; it has said nothing", done.err)
        self.assertIn("lab up --keep-on-failure leaves it there, for lab logs h1/s", done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])
        text = host('run = [{ name = "s", cmd = "echo first; echo no port here; exec sleep 1000", ready = "tcp 9" }]')
        done = lab("up", self.write("t.lab.toml", text), "--wait=2s", "--json", status=124, timeout=100)
        self.assertEqual("timeout", done.json["error"]["code"])
        self.assertIn("is not ready after 2 s; the last that it said: no port here", done.json["error"]["message"])

    def test_who_waits_for_one_that_is_never_ready(self):
        text = host('run = [{ name = "s", cmd = "exec sleep 1000", ready = "tcp 9" }]').replace(
            'h2 = "host"', 'h2 = { wait-for = ["h1.ready"] }')
        done = lab("up", self.write("t.lab.toml", text), "--wait=2s", status=124, timeout=100)
        self.assertRegex(done.err, "not ready after 2 s|in the time of --wait")

    def test_an_unknown_user_is_said_so(self):
        text = host('run = [{ name = "s", cmd = "sleep 1000", user = "nobodyx" }]')
        done = lab("up", self.write("t.lab.toml", text), status=1)
        self.assertIn("t.lab.toml:6", done.err)
        self.assertIn('h1', done.err)
        self.assertIn('there is no user "nobodyx" in its /etc/passwd', done.err)
        self.assertNotIn("Invalid argument", done.err)

    def test_a_wrong_ruleset_is_shown_where_it_stands(self):
        rules = "table inet x {\n  chain y {\n    type filter hook input priority 0; polcy accept;\n  }\n}\n"
        self.write("rules.nft", rules)
        inline = "table inet x { chain y { bogus; } }"
        for body, place, line in ((f"nft = '''\n{rules}'''", "9:46", 3),
                                  (f"nft = '''{rules}'''", "8:46", 3),
                                  (f'nft = "{inline}"', "6:38", 1),
                                  ('nft = "rules.nft"', "6:7", 3)):
            done = lab("up", self.write("t.lab.toml", host(body)), status=1)
            self.assertIn(f"t.lab.toml:{place}: error: h1: nft: syntax error", done.err)
            self.assertIn(f"line {line} of its ruleset", done.err)

    def test_logs_as_objects(self):
        self.up(host('run = [{ name = "a", cmd = "echo one; printf \'x| y\\n\'; exec sleep 1000", ready = "log y" }, '
                     '{ name = "b", cmd = "echo two; exec sleep 1000", ready = "log two", after = ["h1/a"] }]'))
        objects = [json.loads(line) for line in lab("logs", "--json").out.splitlines()]
        self.assertEqual([{"node": "h1", "service": "a", "line": "one"}, {"node": "h1", "service": "a", "line": "x| y"},
                          {"node": "h1", "service": "b", "line": "two"}], objects)
        one = [json.loads(line) for line in lab("logs", "h1/a", "--json").out.splitlines()]
        self.assertEqual(objects[:2], one)
        follower = subprocess.Popen(["lab", "logs", "-f", "--json", "h1/b"], stdout=subprocess.PIPE)
        self.addCleanup(follower.communicate)
        self.addCleanup(follower.kill)
        self.assertEqual(objects[2], json.loads(follower.stdout.readline()))
        self.assertEqual("", lab("logs", "h2", "--json").out)

    def test_a_lab_that_brings_nothing_into_its_nodes_is_ready(self):
        self.up('links = [["h1", "r1"]]\n[addressing]\nipv6 = false\n[nodes]\nh1 = "host"\nr1 = "router"\n')
        self.assertRegex(lab("wait", "ready", "--timeout", "5s").out, "t is ready")
        self.assertEqual("running", self.node("h1")["state"])

    def test_wait_until_all_are_ready(self):
        gate = "exec 3<> /root/gate; read -r line <&3; echo open; exec sleep 1000"
        self.up(host('exec = ["mkfifo /root/gate"]'))
        self.assertRegex(lab("wait", "ready").out, "t is ready")
        text = host('exec = ["mkfifo /root/gate"]\n'
                    f'run = [{{ name = "s", cmd = "{gate}", ready = "log open" }}]')
        change = subprocess.Popen(["lab", "up", self.write("t.lab.toml", text)], stdout=subprocess.DEVNULL)
        machine.eventually("it starts", lambda: self.node("h1")["state"] == "starting")
        done = lab("wait", "ready", "--timeout", "1s", status=124)
        self.assertIn("t is not ready after 1", done.out)
        self.assertIn("h1 is starting: s is starting", done.out)
        told = lab("wait", "ready", "--timeout", "500ms", "--json", status=124).json
        self.assertEqual((False, "h1 is starting: s is starting"), (told["ok"], told["reason"]))
        waiter = subprocess.Popen(["lab", "wait", "ready", "--json"], stdout=subprocess.PIPE)
        lab("exec", "h1", "--", "sh", "-c", "echo go > /root/gate")
        out, _ = waiter.communicate(timeout=60)
        self.assertEqual(0, waiter.returncode)
        self.assertTrue(json.loads(out)["ok"])
        self.assertEqual(0, change.wait(timeout=60))
        self.assertEqual(0, lab("wait", "ready").status)
        lab("stop", "h2")
        self.assertIn("h2 is stopped", lab("wait", "ready", "--timeout", "300ms", status=124).out)
        lab("-L", "nosuch", "wait", "ready", status=3)

    def test_daemons_find_their_defaults(self):
        text = host('run = [{ name = "dns", cmd = "exec dnsmasq -k -u root --address=/www.lab/10.9.9.9", ready = '
                    '"udp 53" }]', "")
        self.up(text.replace('h2 = "host"', 'h2 = { dns = ["h1"] }'))
        self.assertIn("10.9.9.9", lab("exec", "h2", "--", "getent", "hosts", "www.lab").out)

    def test_logs_are_bounded_and_followed_across_a_restart(self):
        """A service that never stops talking costs a mebibyte; who follows it does not notice labd."""
        talk = "seq -f '%.0f of many: long enough to be mostly text, as lines of daemons are' 40000; " \
               "exec sh /root/talk"
        more = "exec 3<> /root/in; while read -r line <&3; do echo more-$line; done"
        self.up(host('files = { "/root/talk" = { text = "%s" } }\n'
                     'exec = ["mkfifo /root/in"]\n'
                     'run = [{ name = "s", cmd = "%s", ready = "log 40000 of" }]' % (more, talk)))
        said = lab("logs", "h1/s").out
        self.assertLessEqual(len(said), 1 << 20)
        self.assertGreater(len(said), 1 << 18)
        self.assertNotRegex(said, r"(?m)^1000 of")  # the oldest have gone
        self.assertRegex(said, r"(?m)^40000 of.*\n\Z")
        follower = subprocess.Popen(["lab", "logs", "-f", "-n", "1", "h1/s"], stdout=subprocess.PIPE,
                                    text=True)
        try:
            self.assertIn("40000 of", follower.stdout.readline())
            pid = self.node("h1")["services"][0]["pid"]
            for how in (signal.SIGTERM, signal.SIGKILL):
                machine.kill_daemon(how)
                lab("exec", "h1", "--", "sh", "-c", f"echo {how.name} > /root/in")
                self.assertIn(f"more-{how.name}", follower.stdout.readline())
                service = self.node("h1")["services"][0]
                self.assertEqual(("ready", pid, 0), (service["state"], service["pid"], service["restarts"]))
        finally:
            follower.kill()
            follower.communicate()
