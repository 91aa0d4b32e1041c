"""`lab exec`: what a command says, how it ends, and that it ends with its client."""

import hashlib
import os
import signal
import subprocess
import time

import machine
from labtest import PAIR, LabTest
from machine import lab, run


def hears(pid, number):
    """Whether it catches a signal, or reads it from a descriptor."""
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
    masks = int(status["SigBlk"], 16) | int(status["SigCgt"], 16)
    return bool(masks >> (number - 1) & 1)


class Exec(LabTest):
    def setUp(self):
        super().setUp()
        self.up(PAIR)

    def test_status_of_the_command(self):
        for status in (0, 1, 3, 124, 125, 126, 127, 128, 200, 255):
            lab("exec", "h1", "--", "sh", "-c", f"exit {status}", status=status)

    def test_not_found_is_127(self):
        done = lab("exec", "h1", "--", "no-such-program", status=127)
        self.assertIn("no-such-program", done.err)
        lab("exec", "h1", "--", "/no/such/path", status=127)

    def test_not_executable_is_126(self):
        done = lab("exec", "h1", "--", "/etc/passwd", status=126)
        self.assertIn("/etc/passwd", done.err)
        lab("exec", "h1", "--", "/usr", status=126)

    def test_killed_by_a_signal_is_128_more(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP):
            lab("exec", "h1", "--", "sh", "-c", f"kill -{int(number)} $$", status=128 + number)

    def test_unknown_node_is_125(self):
        # 3 is "no such node" elsewhere; of exec every number below 125 is the command's own.
        done = lab("exec", "h9", "--", "true", status=125)
        self.assertIn("h9", done.err)
        self.assertIn("h1", done.err)  # did you mean

    def test_unknown_user_and_directory(self):
        self.assertIn("nosuchuser", lab("exec", "-u", "nosuchuser", "h1", "--", "true", status=125).err)
        self.assertIn("/no/dir", lab("exec", "-w", "/no/dir", "h1", "--", "true", status=125).err)

    def test_stdout_and_stderr_stay_apart(self):
        done = lab("exec", "h1", "--", "sh", "-c", "echo out; echo err >&2")
        self.assertEqual(("out\n", "err\n"), (done.out, done.err))

    def test_ten_mebibytes_without_loss(self):
        script = "head -c 10485760 /dev/urandom | tee /tmp/sent; sha256sum </tmp/sent >&2"
        done = lab("exec", "h1", "--", "sh", "-c", script)
        self.assertEqual(10485760, len(done.bytes))
        self.assertEqual(done.err.split()[0], hashlib.sha256(done.bytes).hexdigest())

    def test_ten_mebibytes_in(self):
        sent = os.urandom(10485760)
        done = lab("exec", "h1", "--", "sha256sum", stdin=sent)
        self.assertEqual(hashlib.sha256(sent).hexdigest(), done.out.split()[0])

    def test_ten_mebibytes_both_ways_at_once(self):
        sent = os.urandom(10485760)
        self.assertEqual(sent, lab("exec", "h1", "--", "cat", stdin=sent).bytes)

    def test_end_of_input_reaches_the_command(self):
        self.assertEqual("3\n", lab("exec", "h1", "--", "wc", "-l", stdin="a\nb\nc\n").out)

    def test_no_input(self):
        self.assertEqual("0\n", lab("exec", "-n", "h1", "--", "wc", "-c", stdin="not for it").out)

    def test_environment_directory_and_user(self):
        script = 'echo "$COLOUR|$EMPTY|$PWD|$(id -un)"'
        done = lab("exec", "-e", "COLOUR=deep blue", "-e", "EMPTY=", "-w", "/usr/lib", "-u", "nobody",
                   "h1", "--", "sh", "-c", script)
        self.assertEqual("deep blue||/usr/lib|nobody\n", done.out)

    def test_the_callers_environment_stays_outside(self):
        done = lab("exec", "h1", "--", "env", env={"MY_SECRET": "42"})
        self.assertNotIn("MY_SECRET", done.out)
        self.assertRegex(done.out, r"(?m)^PATH=.*/usr/sbin")
        self.assertRegex(done.out, r"(?m)^HOME=/root$")

    def test_arguments_arrive_as_they_are(self):
        words = ["a b", "", "-x", "$HOME", "*", "\\n", "ü", "line\nbreak", "--"]
        done = lab("exec", "h1", "--", "printf", "<%s>", *words)
        self.assertEqual("".join(f"<{w}>" for w in words), done.out)

    def test_options_of_the_command_are_its_own(self):
        self.assertEqual("-e\n", lab("exec", "h1", "--", "printf", "%s\n", "-e").out)

    def test_reader_that_stops_early(self):
        done = run("bash", "-c", "set -o pipefail; lab exec h1 -- cat /dev/zero | head -c 5 | wc -c",
                   status=None, timeout=20)
        self.assertEqual("5\n", done.out)
        machine.eventually("cat has ended", lambda: not machine.processes("cat"), 10)

    def test_what_could_not_be_written_is_not_lost_in_silence(self):
        for command, to in (("echo x", "/dev/full"), ("head -c 10485760 /dev/zero", "/dev/full")):
            done = run("bash", "-c", f"lab exec h1 -- {command} > {to}", timeout=20, status=None)
            self.assertEqual(125, done.status, done)
            self.assertIn("the command's output could not be written: No space left on device", done.err)

    def test_cat_into_head(self):
        done = run("bash", "-c", "lab exec h1 -- cat /etc/services | head -n 2", timeout=20)
        self.assertEqual(2, len(done.out.splitlines()))

    def test_standard_streams_can_be_opened_again(self):
        # A pipe passed in from outside could not be: it belongs to a user the node does not know.
        script = "echo one > /dev/stdout; echo two > /dev/stderr; cat < /dev/stdin"
        done = lab("exec", "h1", "--", "sh", "-c", script, stdin="three\n")
        self.assertEqual(("one\nthree\n", "two\n"), (done.out, done.err))
        lab("exec", "-u", "nobody", "h1", "--", "sh", "-c", "echo x > /dev/stdout")

    def test_no_descriptor_of_the_host_enters(self):
        with open("/run/work/secret", "w+") as secret:
            os.set_inheritable(secret.fileno(), True)
            done = subprocess.run(["lab", "exec", "h1", "--", "sh", "-c", "ls -l /proc/self/fd"],
                                  stdout=subprocess.PIPE, text=True, close_fds=False, check=True)
        targets = [line.split(" -> ")[1] for line in done.stdout.splitlines() if " -> " in line]
        strange = [t for t in targets if not t.startswith("pipe:") and "/fd" not in t
                   and t != "/dev/null"]
        self.assertEqual([], strange, done.stdout)

    def test_several_nodes_at_once(self):
        done = lab("exec", "h1", "h2", "--", "hostname")
        self.assertEqual(["h1│ h1", "h2│ h2"], sorted(done.out.splitlines()))
        self.assertEqual(sorted(done.out.splitlines()),
                         sorted(lab("exec", "h[1-2]", "--", "hostname").out.splitlines()))
        self.assertEqual(2, len(lab("exec", "all", "--", "hostname").out.splitlines()))
        self.assertEqual(2, len(lab("exec", "@host", "--", "hostname").out.splitlines()))

    def test_all_are_those_with_processes(self):
        self.up('links = [["h1", "sw"], ["h2", "sw"]]\n[nodes]\n"h[1-2]" = "host"\nsw = "switch"\n')
        self.assertEqual(["h1│ h1", "h2│ h2"], sorted(lab("exec", "all", "--", "hostname").out.splitlines()))
        lab("exec", "h1", "sw", "--", "hostname", status=125)

    def test_a_node_that_does_not_answer_can_be_left(self):
        init = lab("inspect", "h1", "--json").json["pid"]
        os.kill(init, signal.SIGSTOP)
        try:
            client = self.start("h1", "--", "true")
            machine.eventually("it listens to signals", lambda: hears(client.pid, signal.SIGINT))
            client.send_signal(signal.SIGINT)
            client.communicate(timeout=10)
        finally:
            os.kill(init, signal.SIGCONT)
        self.assertEqual(128 + signal.SIGINT, client.returncode)

    def test_several_nodes_worst_status(self):
        lab("exec", "h1", "h2", "--", "sh", "-c", '[ "$(hostname)" = h1 ] || exit 7', status=7)

    def test_several_nodes_json(self):
        answer = lab("exec", "--json", "h1", "h2", "--", "sh", "-c",
                     'echo "$(hostname)"; echo e >&2; [ "$(hostname)" = h1 ] || exit 7', status=7).json
        found = sorted((r["node"], r["exit"], r["stdout"], r["stderr"]) for r in
                       (answer if isinstance(answer, list) else answer["results"]))
        self.assertEqual([("h1", 0, "h1\n", "e\n"), ("h2", 7, "h2\n", "e\n")], found)

    def start(self, *command, **options):
        return subprocess.Popen(["lab", "exec", *command], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def test_signals_are_forwarded(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGQUIT):
            name = signal.Signals(number).name.removeprefix("SIG")
            client = self.start("h1", "--", "bash", "-c",
                                f'trap "echo got {name}; exit 42" {name}; echo ready; '
                                'while :; do sleep 0.05; done')
            self.assertEqual("ready\n", client.stdout.readline())
            client.send_signal(number)
            out, err = client.communicate(timeout=10)
            self.assertEqual((f"got {name}\n", 42), (out, client.returncode), err)

    def test_ended_by_a_forwarded_signal(self):
        client = self.start("h1", "--", "sh", "-c", "echo ready; exec sleep 1000")
        client.stdout.readline()
        client.send_signal(signal.SIGTERM)
        client.communicate(timeout=10)
        self.assertEqual(128 + signal.SIGTERM, client.returncode)

    def test_the_command_dies_with_its_client(self):
        client = self.start("h1", "--", "sh", "-c", "echo ready; exec sleep 54321")
        client.stdout.readline()
        machine.eventually("it runs", lambda: len(machine.processes("sleep")) == 1, 10)
        client.kill()
        client.communicate()
        machine.eventually("the command is gone", lambda: not machine.processes("sleep"), 10)

    def test_a_stubborn_command_dies_with_its_client_too(self):
        client = self.start("h1", "--", "bash", "-c",
                            'trap "" HUP TERM; echo ready; while :; do sleep 54321; done')
        client.stdout.readline()
        started = time.monotonic()
        client.kill()
        client.communicate()
        machine.eventually("the command is gone", lambda: not machine.processes("sleep"), 15)
        self.assertLess(time.monotonic() - started, 10)

    def test_many_at_once(self):
        clients = [self.start("h1", "--", "sh", "-c", f"read x; echo {i} $x; exit {i}")
                   for i in range(30)]
        for i, client in enumerate(clients):
            out, err = client.communicate(f"in{i}\n", timeout=30)
            self.assertEqual((f"{i} in{i}\n", i), (out, client.returncode), err)

    def test_orphans_are_reaped(self):
        lab("exec", "h1", "--", "sh", "-c", "for i in 1 2 3 4 5; do (true & ) ; done")
        machine.eventually("no zombie in the node", lambda: "Z" not in lab(
            "exec", "h1", "--", "ps", "-eo", "stat").out.split(), 10)

    def test_time_limit(self):
        started = time.monotonic()
        lab("exec", "--timeout", "1s", "h1", "--", "sleep", "1000", status=124)
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual([], machine.processes("sleep"))

    def test_no_command(self):
        self.assertIn("lab exec", lab("exec", "h1", status=2).err)
