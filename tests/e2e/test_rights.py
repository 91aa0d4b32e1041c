"""Who may do what with whose lab."""

import json
import os
import signal
import subprocess

import machine
import users
from labtest import PAIR, LabTest
from machine import lab, run

SLOW = """
links = [["h1", "h2"]]
[nodes]
h1 = { kind = "host", exec = ["sh -c 'echo here > /run/here; exec sleep 3'"] }
h2 = "host"
"""


class Rights(LabTest):
    def setUp(self):
        users.make()
        super().setUp()
        lab("ls")  # only root starts it

    def up_as(self, name, text=PAIR, status=0, lab_name="t"):
        users.write(name, f"{lab_name}.lab.toml", text)
        return users.lab(name, "up", f"{lab_name}.lab.toml", "--json", status=status)

    def assert_refused(self, done, status=4):
        self.assertEqual(status, done.status, done)
        self.assertIn("alice's", done.err + done.out)
        self.assertNotIn("internal", done.err + done.out)

    def assert_stranger(self, name):
        """NAME may do nothing with alice's lab but know of it."""
        listed = users.lab(name, "ls", "--json").json["labs"]
        self.assertEqual([("t", "alice", "")], [(l["name"], l["owner"], l["file"]) for l in listed])
        for words in (["status"], ["show"], ["logs"], ["links"], ["inspect", "h1"], ["down", "t"], ["ping"]):
            self.assert_refused(users.lab(name, "-L", "t", *words, status=None))
        self.assert_refused(users.lab(name, "-L", "t", "exec", "h1", "--", "true", status=None), 125)
        self.assert_refused(users.lab(name, "-L", "t", "exec", "h1", "h2", "--", "true", status=None), 125)
        self.assert_refused(users.lab(name, "-L", "t", "shell", "h1", status=None), 125)
        self.assert_refused(self.up_as(name, status=None))
        self.assert_refused(self.up_as(name, PAIR + 'h3 = "host"\n', status=None))

    def test_a_lab_is_its_owners(self):
        self.up_as("alice")
        self.assertIn("alice", users.lab("alice", "ls").out)
        self.assertEqual("alice", users.lab("alice", "status", "--json").json["owner"])
        self.assert_stranger("bob")
        users.lab("alice", "-L", "t", "exec", "h1", "--", "ping", "-c1", "-q", "h2")
        # Root may all, and does not become the owner by it.
        lab("-L", "t", "exec", "h1", "--", "true")
        lab("up", "/run/home/alice/t.lab.toml")
        self.assertEqual("alice", lab("ls", "--json").json["labs"][0]["owner"])
        machine.kill_daemon(signal.SIGKILL)
        lab("ls")
        self.assertEqual("alice", lab("-L", "t", "inspect").json["owner"])
        self.assert_stranger("bob")
        users.lab("alice", "down", "t")
        # The name is free now.
        self.up_as("bob")
        self.assertEqual("bob", lab("ls", "--json").json["labs"][0]["owner"])

    def test_refusals_on_the_wire(self):
        self.up_as("alice")
        body = json.dumps({"api": 1, "main": "t.lab.toml", "files": {"t.lab.toml": {"text": PAIR}}})
        for method, path, more in (
                ("GET", "/v1/labs/t", []), ("GET", "/v1/labs/t/bundle", []), ("DELETE", "/v1/labs/t", []),
                ("PUT", "/v1/labs/t", ["-d", body]),
                ("GET", "/v1/labs/t/nodes/h1/logs", []),
                ("POST", "/v1/labs/t/nodes/h1/exec", ["-d", '{"argv":["true"]}']),
                ("POST", "/v1/labs/t/nodes/none/exec", ["-d", '{"argv":["true"]}']),
                *(("POST", "/v1/labs/t/life", ["-d", json.dumps({"op": op, "nodes": ["h1"]})])
                  for op in ("stop", "start", "restart", "pause", "resume")),
                ("POST", "/v1/labs/t/links", ["-d", '{"op": "down", "links": ["h1--h2"]}'])):
            with self.subTest(f"{method} {path}"):
                status, answer = users.curl("bob", method, path, *more)
                self.assertEqual(403, status, answer)
                error = json.loads(answer)["error"]
                self.assertEqual("forbidden", error["code"])
                self.assertIn('allow = ["bob"]', error["hint"])
        self.assertEqual(404, users.curl("bob", "GET", "/v1/labs/other")[0])

    def test_shared_with_some(self):
        self.up_as("alice", 'allow = ["bob:see", "dan:enter"]\n' + PAIR)
        users.lab("bob", "-L", "t", "status")
        users.lab("bob", "-L", "t", "show", "--resolved")
        self.assert_refused(users.lab("bob", "-L", "t", "exec", "h1", "--", "true", status=None), 125)
        # No answer of the network: exit code 4, and no matrix of crosses.
        done = users.lab("bob", "-L", "t", "ping", status=None)
        self.assert_refused(done)
        self.assertEqual("", done.out)
        self.assertEqual("deep\n", users.lab("dan", "-L", "t", "exec", "h1", "--", "echo", "deep").out)
        self.assert_refused(users.lab("dan", "down", "t", status=None))
        pid = self.node("h1")["pid"]
        for verb in ("stop", "start", "restart", "pause", "resume"):
            for who in ("bob", "dan"):  # may look, may enter: neither is to change
                done = users.lab(who, "-L", "t", verb, "h1", status=None)
                self.assert_refused(done)
                self.assertIn(f"may not {verb} nodes of it", done.err)
        self.assertEqual((pid, "running"), tuple(self.node("h1")[key] for key in ("pid", "state")))
        # Taking it back works at once, and giving more does too, also after a restart.
        self.up_as("alice", 'group = "team"\n' + PAIR)
        shared = users.lab("alice", "-L", "t", "inspect").json["shared"]
        self.assertEqual([{"group": "team", "right": "change"}], shared)
        machine.kill_daemon(signal.SIGKILL)
        lab("ls")
        users.lab("dan", "-L", "t", "exec", "h1", "--", "true")
        self.up_as("bob", 'group = "team"\n' + PAIR + 'h3 = "host"\n')
        # With whom it is shared stays the owner's to say.
        refused = self.up_as("bob", 'group = "team"\nallow = ["carol"]\n' + PAIR, status=None)
        self.assert_refused(refused)
        self.assertIn("shared", refused.out)
        self.up_as("alice")
        self.assert_stranger("dan")
        self.up_as("alice", 'group = "team"\n' + PAIR)
        users.lab("dan", "down", "t")

    def test_shared_with_somebody_unknown(self):
        done = self.up_as("alice", 'allow = ["bob", "mallory"]\n' + PAIR, status=2)
        self.assertIn("D82", done.out)
        self.assertIn("mallory", done.out)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_who_may_connect(self):
        self.assertEqual("root:labd 750", run("stat", "-c", "%U:%G %a", "/run/labd").out.strip())
        self.assertEqual("root:labd 660", run("stat", "-c", "%U:%G %a", machine.SOCKET).out.strip())
        done = users.lab("carol", "--no-start", "ls", status=4)
        self.assertIn("you may not use /run/labd/labd.sock", done.err)
        users.lab("bob", "--no-start", "ls")

    def test_what_reaches_into_the_host_is_roots(self):
        text = 'level = "open"\n' + PAIR
        done = self.up_as("alice", text, status=4)
        self.assertIn("forbidden", done.out)
        self.assertIn("root", done.out)
        self.assertEqual([], lab("ls", "--json").json["labs"])
        body = json.dumps({"api": 1, "main": "t.lab.toml", "files": {"t.lab.toml": {"text": text}}})
        self.assertEqual(403, users.curl("alice", "PUT", "/v1/labs/t", "-d", body)[0])
        self.up(text)

    def test_nobody_enters_open_nodes_by_a_share(self):
        shared = 'allow = ["bob"]\n'
        self.up_as("alice", shared + PAIR)
        users.lab("bob", "-L", "t", "exec", "h1", "--", "true")
        # Root makes one node of alice's lab open; now root in it is root of the host.
        self.up(shared + PAIR + '[nodes.h3]\nlevel = "open"\n')
        for restarted in (False, True):
            if restarted:
                machine.kill_daemon(signal.SIGKILL)
                lab("ls")
            for who in ("alice", "bob"):
                users.lab(who, "-L", "t", "status")
                for words in (["exec", "h3", "--", "true"], ["exec", "h1", "--", "true"], ["restart", "h3"],
                              ["wait", "run h3 true", "--timeout", "1s"], ["down", "t"]):
                    done = users.lab(who, "-L", "t", *words, status=None)
                    self.assertEqual(125 if words[0] == "exec" else 4, done.status, done)
                    self.assertIn('level "open"', done.err)
            lab("-L", "t", "exec", "h3", "--", "true")
        # Sealed again, it is theirs again.
        self.up(shared + PAIR + '[nodes.h3]\n')
        users.lab("bob", "-L", "t", "exec", "h3", "--", "true")

    def test_files_are_read_with_the_callers_rights(self):
        secret = self.write("secret", "nobody's business")
        secret.chmod(0o600)
        os.symlink(secret, "/run/home/alice/link")
        done = self.up_as("alice", PAIR + '[nodes.h3]\nfiles = { "/etc/x" = "link" }\n', status=2)
        self.assertNotIn("business", done.out)
        # By hand: labd has no word for "a path on the host".
        answer = users.curl("alice", "PUT", "/v1/labs/t", "-d", json.dumps({
            "api": 1, "main": "t.lab.toml",
            "files": {"t.lab.toml": {"text": PAIR + '[nodes.h3]\nfiles = { "/etc/x" = "/run/work/secret" }\n'}}}))
        self.assertNotIn("business", answer[1])
        self.assertNotEqual(200, answer[0])

    def test_a_stranger_who_hangs_up_interrupts_nobody(self):
        users.write("alice", "t.lab.toml", SLOW)
        up = subprocess.Popen([*users.become("alice"), "lab", "up", "t.lab.toml"], cwd="/run/home/alice",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        machine.eventually("it is being built", lambda: lab(
            "-L", "t", "exec", "h1", "--", "test", "-e", "/run/here", status=None).status == 0)
        body = json.dumps({"api": 1, "main": "t.lab.toml", "files": {"t.lab.toml": {"text": SLOW}}}).encode()
        request = b"PUT /v1/labs/t HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        script = ("import socket,sys\ndata = sys.stdin.buffer.read()\nfor i in range(20):\n"
                  "  s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(data); s.close()\n")
        run(*users.become("bob"), "python3", "-c", script, machine.SOCKET, stdin=request)
        out, _ = up.communicate(timeout=60)
        self.assertEqual(0, up.returncode, out)

    def test_a_node_does_not_reach_it(self):
        self.up(PAIR)
        self.assertNotEqual(0, lab("exec", "h1", "--", "test", "-e", "/run/labd", status=None).status)
        self.assertEqual("", lab("exec", "h1", "--", "sh", "-c", "grep labd /proc/net/unix; true").out)
        # Even with the file within reach and open to everybody: root of a node is nobody here.
        os.chmod("/run/labd", 0o777)
        os.chmod(machine.SOCKET, 0o777)
        pid = self.node("h1")["pid"]
        for words in (["--user"], ["--user", "--net", "--uts", "--ipc"]):
            done = run("nsenter", f"--target={pid}", *words, "--setuid=0", "--setgid=0", "lab", "--no-start",
                       "ls", status=None)
            self.assertEqual(4, done.status, done)
            self.assertIn("does not talk to this client", done.err)
        for who in ("alice", "bob"):
            done = run(*users.become(who), "unshare", "--user", "--map-root-user", "lab", "--no-start", "ls",
                       status=None)
            self.assertEqual(4, done.status, done)
            self.assertIn("user namespace of its own", done.err)
        users.lab("alice", "ls")

    def labd_with(self, *options):
        machine.kill_daemon()
        daemon = subprocess.Popen(["labd", "--foreground", *options],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        machine.eventually("it listens", lambda: lab("--no-start", "ls", status=None).status == 0)
        return daemon

    def end(self, daemon):
        lab("down", "--all")
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(20)

    def test_so_many_nodes_and_no_more(self):
        daemon = self.labd_with("--nodes-per-user", "5")
        self.up_as("alice", PAIR, lab_name="a")
        done = self.up_as("alice", PAIR + 'h3 = "host"\nh4 = "host"\n', status=4, lab_name="b")
        self.assertEqual("limit", done.json["error"]["code"])
        self.assertIn("alice has 2 nodes in other labs, this one has 4, and labd keeps no more than 5 together for one user",
                      done.json["error"]["message"])
        self.assertEqual("a\n", lab("ls", "-q").out)
        self.up_as("alice", PAIR + 'h3 = "host"\n', lab_name="b")
        done = self.up_as("alice", PAIR + 'h3 = "host"\n', status=4, lab_name="a")
        self.assertEqual("limit", done.json["error"]["code"])
        self.up_as("alice", PAIR, lab_name="a")
        self.up_as("bob", PAIR, lab_name="c")
        self.up(PAIR + '"x[1-9]" = "host"\n', "r")
        self.up_as("alice", PAIR, lab_name="b")  # fewer are never too many
        self.up_as("alice", PAIR + 'h3 = "host"\n', lab_name="a")
        self.end(daemon)

    def test_so_many_labs_and_no_more(self):
        daemon = self.labd_with("--labs-per-user", "2")
        for name in ("a", "b"):
            self.up_as("alice", PAIR, lab_name=name)
        done = self.up_as("alice", PAIR, status=4, lab_name="c")
        self.assertEqual("limit", done.json["error"]["code"])
        self.assertIn("alice has 2 labs up", done.json["error"]["message"])
        self.up_as("alice", PAIR + 'h3 = "host"\n', lab_name="b")  # to change one is no new one
        self.up_as("bob", PAIR, lab_name="c")
        for name in ("x", "y", "z"):
            self.up(PAIR, name)
        users.lab("alice", "down", "a")
        self.up_as("alice", PAIR, lab_name="d")
        self.end(daemon)
