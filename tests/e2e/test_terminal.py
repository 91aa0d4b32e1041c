"""`lab exec` and `lab shell` at a terminal: size, resizing, Ctrl-C, and the terminal afterwards."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import machine
from labtest import PAIR, LabTest


class Terminal:
    """`lab` on a terminal of its own."""

    def __init__(self, *command, rows=40, columns=100):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
            os.execvp(command[0], command)
        self.slave = slave
        self.seen = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern, timeout=15):
        """Reads until PATTERN; what came before it is consumed."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} in {self.seen!r}")
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"end before {pattern!r} in {self.seen!r}")
            self.seen += data.decode(errors="replace")

    def shown(self):
        """What was written and nobody expected."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                break
        return self.seen

    def wait(self):
        try:
            machine.gone(self.pid)
        except AssertionError as still_there:
            raise AssertionError(f"{still_there}; the terminal shows {self.shown()!r}") from None
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        after = termios.tcgetattr(self.slave)
        os.close(self.slave)
        os.close(self.master)
        assert after == self.before, "the terminal was left changed"
        return status


class AtATerminal(LabTest):
    def setUp(self):
        super().setUp()
        self.up(PAIR)

    def test_both_ends_are_terminals(self):
        terminal = Terminal("lab", "exec", "h1", "--", "sh", "-c", "tty; stty size; exit 9")
        terminal.expect(r"/dev/pts/\d+")
        terminal.expect(r"40 100")
        self.assertEqual(9, terminal.wait())

    def test_a_log_does_not_command_it(self):
        self.up('[nodes]\nh1 = { kind = "host", run = [{ name = "evil", '
                'cmd = ["printf", "\\\\033]0;title\\\\a\\\\033[31mred\\\\n\\\\033[2Jend\\\\n"], restart = "no" }] }\n', "evil")
        machine.eventually("it has spoken", lambda: "end" in machine.lab("-L", "evil", "logs", "h1/evil").out)
        terminal = Terminal("lab", "-L", "evil", "logs", "h1/evil")
        terminal.expect(re.escape("\\x1b]0;title\\x07\x1b[31mred\x1b[m\r\n\\x1b[2Jend\r\n"))
        self.assertEqual(0, terminal.wait())
        self.assertIn("\x1b]0;title\a", machine.lab("-L", "evil", "logs", "h1/evil").out)

    def test_resize(self):
        # Without the trap, bash ignores an interrupt that comes just as its sleep ends.
        terminal = Terminal("lab", "exec", "h1", "--", "bash", "-c",
                            'trap "stty size" WINCH; trap "exit 130" INT; echo ready; '
                            'while :; do sleep 0.1; done')
        terminal.expect("ready")
        terminal.resize(33, 77)
        terminal.expect("33 77")
        terminal.type("\x03")
        self.assertEqual(128 + signal.SIGINT, terminal.wait())

    def test_interrupt_reaches_the_command_alone(self):
        terminal = Terminal("lab", "exec", "h1", "--", "bash", "-c",
                            'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done')
        terminal.expect("ready")
        terminal.type("\x03")
        terminal.expect("caught")
        self.assertEqual(5, terminal.wait())

    def test_no_terminal_on_request(self):
        terminal = Terminal("lab", "exec", "-T", "h1", "--", "sh", "-c", "tty; exit 4")
        terminal.expect("not a tty")
        self.assertEqual(4, terminal.wait())

    def test_shell(self):
        terminal = Terminal("lab", "shell", "h1")
        terminal.expect(r"h1")  # the prompt names the node
        terminal.type("stty size; hostname; echo $((6*7)); id -u\n")
        terminal.expect("40 100")
        terminal.expect("h1")
        terminal.expect("42")
        terminal.type("exit 3\n")
        self.assertEqual(3, terminal.wait())

    def test_shell_is_a_job_control_shell(self):
        terminal = Terminal("lab", "shell", "h1")
        terminal.expect("h1")
        terminal.type("sleep 1000\n")
        machine.eventually("it runs", lambda: machine.processes("sleep"))
        terminal.type("\x1a")
        terminal.expect("Stopped")
        # bash does not leave while it knows of a stopped job, and its "wait" does not wait for one.
        terminal.type("kill %1; while kill -0 %1 2>/dev/null; do :; done; echo done-$?\n")
        terminal.expect(r"done-\d+")
        terminal.type("exit 0\n")
        self.assertEqual(0, terminal.wait())

    def test_a_test_that_has_failed_waits_for_whoever_looks(self):
        file = self.write("bad.lab.toml", PAIR + '[[check]]\ntcp = ["h1", "h2:81"]\nwithin = "100ms"\n')
        self.assertIn("needs a terminal", machine.lab("test", file, "--pause-on-fail", status=2).err)
        os.environ["SHELL"] = "/bin/sh"
        terminal = Terminal("lab", "test", str(file), "--pause-on-fail")
        terminal.expect(r"has failed, and is still up as bad-t[0-9a-f]+-1")
        terminal.type("lab status -o name; lab exec h1 -- hostname; echo in-$((6*7))\n")
        terminal.expect("h1\r\nh2\r\n")
        terminal.expect("in-42")
        self.assertEqual(2, len(machine.lab("ls", "--json").json["labs"]))
        terminal.type("exit\n")
        terminal.expect("0 passed, 1 failed, 0 skipped")
        self.assertEqual(1, terminal.wait())
        self.assertEqual(["t"], [l["name"] for l in machine.lab("ls", "--json").json["labs"]])
        # Who passes waits for nobody.
        good = self.write("good.lab.toml", PAIR + '[[check]]\nping = ["h1", "h2"]\n')
        terminal = Terminal("lab", "test", str(good), "--pause-on-fail")
        terminal.expect("1 passed, 0 failed, 0 skipped")
        self.assertEqual(0, terminal.wait())

    def test_full_screen_bytes_pass_unchanged(self):
        terminal = Terminal("lab", "exec", "h1", "--", "bash", "-c",
                            r"stty raw -echo; printf '\033[2J\001\r\n'; head -c 3 | od -An -tx1")
        terminal.expect("\x1b\\[2J\x01\r\n")
        terminal.type("\x03\x04\x1a")
        terminal.expect("03 04 1a")
        self.assertEqual(0, terminal.wait())

    def test_a_shell_outlives_the_daemon(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how=how.name):
                terminal = Terminal("lab", "shell", "h1")
                terminal.expect("h1")
                terminal.type("kept=before; sleep 1000 & echo started-$!\n")
                terminal.expect(r"started-\d+")
                machine.kill_daemon(how)
                # Nobody serves, and the shell does not notice.
                terminal.type("echo $kept-$((6*7))\n")
                terminal.expect("before-42")
                self.assertEqual("up", machine.lab("status", "--json").json["state"])
                # What goes beside the bytes works as well: window sizes and signals.
                # Each comes its own way, so the bytes may be the first.
                terminal.resize(25, 90)
                terminal.type("until stty size | grep -x '25 90'; do :; done\n")
                terminal.expect(r"[\r\n]25 90\r\n")
                terminal.type("sleep 2000\n")
                machine.eventually("it runs", lambda: len(machine.processes("sleep")) == 2)
                terminal.type("\x03")
                machine.eventually("it was interrupted", lambda: len(machine.processes("sleep")) == 1)
                terminal.type("kill %1; exit 7\n")
                self.assertEqual(7, terminal.wait())
