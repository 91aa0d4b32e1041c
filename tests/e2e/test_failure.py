"""An `up` that fails half-way leaves nothing, and says which step, node and line, and why."""

import os

import machine
from labtest import PAIR, LabTest
from machine import lab, run


class Failure(LabTest):
    def test_the_last_node_cannot_be_named(self):
        run("ip", "netns", "add", "t.h20")
        self.before = machine.state()
        text = '[nodes]\n"h[1-20]" = "host"\n[[link]]\nlan = ["h[*]"]\n'
        done = lab("up", self.write("t.lab.toml", text), status=1)
        self.assertIn("t.h20", done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assert_unchanged()
        run("ip", "netns", "delete", "t.h20")
        self.before = machine.state()
        self.up(text)  # and it goes on working
        self.assert_reaches("h1", "h20")

    def test_a_sysctl_that_the_kernel_refuses(self):
        text = PAIR.replace('h2 = "host"', 'h2 = { sysctl = { net.ipv4.ip_default_ttl = "many" } }')
        done = lab("up", self.write("t.lab.toml", text), status=1)
        for word in ("h2", "ip_default_ttl", "Invalid argument", "t.lab.toml:5"):
            self.assertIn(word, done.err)
        self.assert_unchanged()

    def test_a_ruleset_that_nft_refuses(self):
        text = PAIR.replace('h2 = "host"', "h2 = { nft = '''\ntable inet x {\n  chain y {\n    nonsense\n  }\n}\n''' }")
        done = lab("up", self.write("t.lab.toml", text), status=None)
        self.assertIn(done.status, (1, 2))
        self.assertIn("nonsense", done.err)
        self.assertIn("h2", done.err)
        self.assert_unchanged()

    def test_a_command_that_is_not_there(self):
        text = PAIR.replace('h2 = "host"', 'h2 = { exec = [["no-such-program"]] }')
        done = lab("up", self.write("t.lab.toml", text), status=1)
        for word in ("h2", "no-such-program", "t.lab.toml:5"):
            self.assertIn(word, done.err)
        self.assert_unchanged()

    def test_needs_are_checked_before_anything_is_built(self):
        done = lab("up", self.write("t.lab.toml", 'needs = ["no-such-program"]\n' + PAIR), status=None)
        self.assertIn(done.status, (1, 2))
        self.assertIn("no-such-program", done.err)
        self.assert_unchanged()

    def test_what_its_own_commands_do_to_a_node_is_no_failure(self):
        """Labs that are broken on purpose come up, and what is broken is told."""
        text = PAIR.replace('h2 = "host"', 'h2 = { kind = "host", exec = ["ip link set eth0 down"] }')
        done = lab("up", self.write("t.lab.toml", text))
        self.assertRegex(done.err, r"the lab differs in link h1--h2 .*h2:eth0.state is down.*: its node's own commands have done that")
        status = lab("status", "--json").json
        self.assertEqual("degraded", status["state"])
        self.assertRegex("\n".join(status["drift"]), "h2:eth0")
        self.assertTrue(self.up(text)["actions"])  # whoever asks again gets what the links say
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assert_reaches("h1", "h2")

    def test_kept_on_request(self):
        text = PAIR.replace('h2 = "host"', 'h2 = { exec = ["exit 1"] }')
        lab("up", "--keep-on-failure", self.write("t.lab.toml", text), status=1)
        self.assertEqual(["t"], [x["name"] for x in lab("ls", "--json").json["labs"]])
        lab("exec", "h1", "--", "true")

    def test_a_failed_edit_leaves_the_lab_as_it_was(self):
        self.up(PAIR)
        pids = {n["name"]: n["pid"] for n in lab("status", "--json").json["nodes"]}
        text = PAIR.replace('[["h1", "h2"]]', '[["h1", "h2"], ["h1", "h3"]]') + 'h3 = { exec = ["exit 1"] }\n'
        lab("up", self.write("t.lab.toml", text), status=1)
        status = lab("status", "--json").json
        self.assertEqual(pids, {n["name"]: n["pid"] for n in status["nodes"]})
        self.assertNotIn("t.h3", os.listdir("/run/netns"))
        self.assertNotIn("eth1", run("ip", "-n", "t.h1", "link").out)
        self.assert_reaches("h1", "h2")

    def test_an_edit_with_a_name_that_is_taken(self):
        self.up(PAIR)
        for name, kind in (("h3", "host"), ("sw", "switch")):
            run("ip", "netns", "add", f"t.{name}")
            done = lab("up", self.write("t.lab.toml", PAIR + f'{name} = "{kind}"\n'), status=1)
            self.assertIn(f"t.{name}", done.err)
            self.assertEqual([], lab("plan", self.write("t.lab.toml", PAIR), "--json").json["actions"])
            self.assertEqual("up", lab("status", "--json").json["state"])
            self.assertEqual(2, len(machine.processes("lab-init")))
            run("ip", "netns", "delete", f"t.{name}")
            self.up(PAIR + f'{name} = "{kind}"\n')
            self.up(PAIR)

    def test_interrupted(self):
        text = PAIR.replace('h2 = "host"', 'h2 = { exec = ["touch /run/begun; sleep 20"] }')
        client = machine.subprocess.Popen(["lab", "up", str(self.write("t.lab.toml", text))],
                                          stdout=machine.subprocess.PIPE,
                                          stderr=machine.subprocess.STDOUT, text=True)
        machine.eventually("the exec line runs", lambda: machine.processes("sleep"))
        client.send_signal(machine.signal.SIGINT)
        out, _ = client.communicate(timeout=30)
        self.assertEqual(130, client.returncode, out)
        machine.eventually("rolled back", lambda: lab("ls", "--json").json["labs"] == [], 30)
        self.assert_unchanged()

    def test_daemon_killed_during_up(self):
        """Killed at many moments: afterwards every lab is whole, gone, or named as degraded."""
        text = '[nodes]\n"h[1-12]" = "host"\nr1 = "router"\n[[link]]\nendpoints = ["h[*]", "r1"]\n'
        file = self.write("t.lab.toml", text)
        for step in range(8):
            lab("ls")
            client = machine.subprocess.Popen(["lab", "up", str(file)], stdout=machine.subprocess.DEVNULL,
                                              stderr=machine.subprocess.DEVNULL)
            run("timeout", str(0.01 + 0.03 * step), "tail", "-f", "/dev/null", status=None)
            machine.kill_daemon(machine.signal.SIGKILL)
            client.wait(timeout=60)
            labs = lab("ls", "--json").json["labs"]
            if labs:
                self.assertIn(labs[0]["state"], ("up", "degraded"))
                if labs[0]["state"] == "degraded":
                    self.assertTrue(labs[0]["reason"])
                self.up(file=file)
                self.assert_reaches("h1", "h12")
                lab("down", "t")
            self.assert_unchanged()
