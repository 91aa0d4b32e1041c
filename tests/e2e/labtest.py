"""The base of every end-to-end test: a machine without labs before, the same machine after."""

import glob
import os
import pathlib
import unittest

import machine


class LabTest(unittest.TestCase):
    maxDiff = 10_000

    def setUp(self):
        self.before = machine.state()

    def run(self, result=None):
        # What labd wrote is worth reading only when the test has failed.
        super().run(result)
        log = pathlib.Path("/run/labd/labd.log")
        if result and (result.failures or result.errors) and log.exists():
            print("labd.log:\n" + log.read_text(errors="replace")[-4000:])

    def tearDown(self):
        if machine.processes("labd"):
            machine.lab("down", "--all")
            self.assert_unchanged()
        machine.kill_daemon()
        findings = [pathlib.Path(f).read_text(errors="replace")
                    for f in glob.glob("/run/work/sanitizer*")]
        self.assertEqual([], findings)

    def assert_unchanged(self):
        """Nothing of any lab is left, and nothing of the machine has changed."""
        self.assertEqual(self.before, machine.state())

    def write(self, name, text):
        """A file in the test's own directory."""
        path = pathlib.Path("/run/work") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def up(self, text=None, name="t", file=None, *options):
        """Brings a lab up, from TEXT or from FILE, and gives the JSON answer."""
        path = file or self.write(f"{name}.lab.toml", text)
        return machine.lab("up", path, "--json", *options).json

    def node(self, name, lab=None):
        """`status` of one node."""
        chosen = ["-L", lab] if lab else []
        status = machine.lab(*chosen, "status", "--json").json
        return next(n for n in status["nodes"] if n["name"] == name)

    def assert_reaches(self, source, target, lab=None, family=None, timeout=0):
        """SOURCE pings TARGET by name; with a TIMEOUT, as soon as routing lets it."""
        chosen = ["-L", lab] if lab else []
        command = [*chosen, "exec", source, "--", "ping", *([family] if family else []),
                   "-c1", "-W1", "-q", target]
        if not timeout:
            machine.lab(*command)
        else:
            machine.eventually(f"{source} reaches {target}",
                               lambda: machine.lab(*command, status=None).status == 0, timeout)

    def assert_no_way(self, source, target, lab=None):
        chosen = ["-L", lab] if lab else []
        done = machine.lab(*chosen, "exec", source, "--", "ping", "-c1", "-W1", "-q", target,
                           status=None)
        self.assertEqual(1, done.status, done)


PAIR = """
links = [["h1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"""


def limit(seconds):
    """A test that may take longer than others."""
    def mark(function):
        function.limit = seconds
        return function
    return mark


def pid_exists(pid):
    return os.path.exists(f"/proc/{pid}")
