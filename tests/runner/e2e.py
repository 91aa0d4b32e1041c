"""Runs the end-to-end tests: each in a throw-away machine of its own, some at once.

The throw-away machine is a set of namespaces (mount, net, uts, ipc, pid) with a /run, a
/var/lib/labd and a /var/log/labd of its own, so that tests run side by side, beside running labs, and leave nothing:
when its PID 1 ends, the kernel kills whatever is left in it."""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from . import paths, trees
from .gtest import SANITIZERS
from .results import Result

# What a test needs of a machine, in the order of the mounts. `ip netns` and sysfs want a sysfs of
# the new network namespace; the control groups are carried over to it. `wait` keeps bash as a PID 1
# that reaps: the daemons' orphans become its children. Names of the namespaces of labs that run on
# this machine would go from here, too, when those labs go.
MACHINE = """
findmnt -rn -t nsfs -o TARGET | while read -r name; do umount -l "$name"; done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/work /run/cgroup /run/lock
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --move /run/cgroup /sys/fs/cgroup
mount -t tmpfs -o mode=700 tmpfs /var/lib/labd
mount -t tmpfs -o mode=700 tmpfs /var/log/labd
ip link set lo up
cd /run/work
"$@" &
wait $!
"""
UNSHARE = ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child",
           "--mount-proc", "--propagation", "private"]
DEFAULT_LIMIT = 120  # seconds; a test function may say its own: .limit
# Machines differ by that much, and more beside other work: a limit is there to end what hangs.
PATIENCE = 3


def names(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from names(item)
        else:
            yield item


def run(report, options):
    if os.geteuid() != 0:
        report.add(Result("e2e", "all", "skipped", 0.0, "network namespaces need root"))
        return
    if not paths.GIVEN:
        trees.build(paths.TESTS)
        trees.build(paths.RELEASE)
    # The tests' modules want to know it as soon as they are read.
    os.environ["LAB_TEST_BINARIES"] = str(paths.BINARIES)
    sys.path.insert(0, str(paths.SOURCE / "tests" / "e2e"))
    found = list(names(unittest.defaultTestLoader.discover(str(paths.SOURCE / "tests" / "e2e"))))
    # The long ones first: what is left at the end is short and fills both processors.
    found.sort(key=lambda test: -limit_of(test))
    made = [d for d in ("/var/lib/labd", "/var/log/labd") if not os.path.isdir(d)]
    for directory in made:
        os.mkdir(directory, 0o700)
    try:
        with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
            jobs = [pool.submit(run_one, test) for test in found
                    if not options.k or options.k in test.id()]
            for job in concurrent.futures.as_completed(jobs):
                report.add(job.result())
    finally:
        for directory in made:
            os.rmdir(directory)


def limit_of(test):
    return getattr(getattr(test, getattr(test, "_testMethodName", ""), None), "limit", DEFAULT_LIMIT)


def run_one(test):
    name, limit = test.id(), PATIENCE * limit_of(test)
    environment = {
        "PATH": f"{paths.BINARIES}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root", "LANG": "C.UTF-8", "TERM": "xterm",
        "LAB_TEST_BINARIES": str(paths.BINARIES),
        **SANITIZERS,
        # labd speaks to its log, not to us: findings go to files that every test looks for.
        "ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":log_path=/run/work/sanitizer",
        "UBSAN_OPTIONS": SANITIZERS["UBSAN_OPTIONS"] + ":log_path=/run/work/sanitizer",
    }
    started = time.monotonic()
    with tempfile.NamedTemporaryFile("r+", dir=paths.REPORTS, prefix="e2e-") as verdict:
        command = [*UNSHARE, "bash", "-ec", MACHINE, "bash", "/usr/bin/python3", "-B",
                   str(paths.SOURCE / "tests" / "e2e" / "one.py"), name, verdict.name]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace")
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)  # --kill-child takes everything inside with it
            output, _ = process.communicate()
            return Result("e2e", name, "failed", time.monotonic() - started,
                          f"did not end within {limit} s\n{output}")
        seconds = time.monotonic() - started
        said = verdict.read()
    if not said:
        return Result("e2e", name, "failed", seconds, f"died without a verdict\n{output}")
    outcome = json.loads(said)
    return Result("e2e", name, outcome["outcome"], seconds,
                  outcome["text"] + ("\n" + output if outcome["outcome"] == "failed" else ""))
