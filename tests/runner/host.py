"""The machine as the tests found it: they must leave it so.

Every test runs in namespaces of its own, so whatever of this changes has leaked out of them."""

import os
import pathlib

from . import paths
from .results import IN_CI, Result


def processes():
    """Processes that run our binaries (also ones that have been rebuilt since)."""
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                exe = os.readlink(entry / "exe")
            except OSError:
                continue
            if exe.startswith(str(paths.BUILD) + "/"):
                found.add(f"process {entry.name} {exe}")
    return found


def surroundings():
    """What other programs of this machine may change meanwhile, too."""
    seen = set()
    names = pathlib.Path("/run/netns")
    if names.is_dir():
        seen |= {f"named network namespace {n.name}" for n in names.iterdir()}
    seen |= {f"link {n}" for n in os.listdir("/sys/class/net")}
    for line in pathlib.Path("/proc/self/mountinfo").read_text().split("\n"):
        if line:
            seen.add(f"mount on {line.split()[4]}")
    for line in pathlib.Path("/proc/net/route").read_text().split("\n")[1:]:
        if line:
            seen.add("route " + " ".join(line.split()[i] for i in (0, 1, 2, 7)))
    return seen


class Comparison:
    def __init__(self):
        self.processes = processes()
        self.surroundings = surroundings()

    def close(self, report):
        left = sorted(processes() - self.processes)
        now = surroundings()
        changed = ([f"new: {x}" for x in sorted(now - self.surroundings)]
                   + [f"gone: {x}" for x in sorted(self.surroundings - now)])
        if changed and not IN_CI:
            # On a machine that people work on, others make and remove such things as well.
            print("While the tests ran, this changed on the machine (theirs or somebody else's):")
            print("\n".join("    " + c for c in changed))
            changed = []
        problems = [f"left running: {x}" for x in left] + changed
        report.add(Result("host", "left as it was found", "failed" if problems else "passed", 0.0,
                          "\n".join(problems)))
