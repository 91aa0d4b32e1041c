"""What the kernel counts by user: a node that uses it all up takes it from its own lab alone."""

import subprocess

from labtest import PAIR, LabTest
from machine import lab, run

# Says how many it got, and holds them until its input ends.
INOTIFY = """
import ctypes, sys
libc, count = ctypes.CDLL(None), 0
while libc.inotify_init1(0) >= 0: count += 1
print(count, flush=True)
sys.stdin.read()
"""
# Signals to itself, which it blocks.
SIGNALS = """
import ctypes, os, signal, sys
libc, count = ctypes.CDLL(None), 0
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
while libc.sigqueue(os.getpid(), signal.SIGRTMIN, None) == 0: count += 1
print(count, flush=True)
sys.stdin.read()
"""


class Quotas(LabTest):
    def hold(self, program, node, level):
        holder = subprocess.Popen(["lab", "-L", level, "exec", node, "--", "python3", "-c", program],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        self.assertGreater(int(holder.stdout.readline()), 0)

    def how_many(self, program, *where):
        return int(run(*where, "python3", "-c", program).out)

    def test_the_host_and_other_labs_notice_nothing(self):
        for level in ("lab", "strict"):
            self.up(f'name = "{level}"\nlevel = "{level}"\n' + PAIR, name=level)
        for program in (INOTIFY, SIGNALS):
            with self.subTest(program=program.split("libc.")[1].split("(")[0]):
                before = self.how_many(program)
                self.hold(program, "h1", "strict")
                # Root of the host does other things, too, meanwhile.
                self.assertGreater(self.how_many(program), before * 9 // 10)
                self.assertGreater(self.how_many(program, "lab", "-L", "lab", "exec", "h1", "--"), 0)
