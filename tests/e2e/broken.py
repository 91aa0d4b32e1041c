"""What the tests of broken networks share: conditions that fail, and commands that break."""

import json

from labtest import LabTest
from machine import lab


def vty(node, *words):
    return [(node, "vtysh -c 'conf t' " + " ".join(f"-c '{w}'" for w in words))]


def interface(node, name, *words):
    return vty(node, f"interface {name}", *words)


class Broken(LabTest):
    def fails(self, condition, within="600ms"):
        """What a condition that does not hold says."""
        done = lab("wait", "--json", "--timeout", within, condition, status=124)
        return next(json.loads(l) for l in done.out.splitlines() if '"type":"check"' in l)

    def do(self, commands):
        for node, command in commands:
            lab("exec", node, "--", "sh", "-c", command)

    def each(self, cases, good, patience="60s"):
        """Breaks, waits until `good` does not hold, reads the cause, mends."""
        lab("wait", good, "--timeout", patience, timeout=90)
        for name, broken, mended, cause, *other in cases:
            condition = other[0] if other else good
            with self.subTest(name):
                self.do(broken)
                lab("wait", condition + "\nnot = true", "--timeout", "40s", timeout=60)
                found = self.fails(condition, "200ms")["diagnosis"]
                self.assertRegex(found["causes"][0], cause, found)
                self.do(mended)
                lab("wait", condition, "--timeout", patience, timeout=90)
