"""What the tests of broken networks share: conditions that fail, and commands that break."""

import json

from labtest import LabTest
from machine import lab


def vty(node, *words):
    return [(node, "vtysh -c 'conf t' " + " ".join(f"-c '{w}'" for w in words))]


class Broken(LabTest):
    def fails(self, condition, within="600ms"):
        """What a condition that does not hold says."""
        done = lab("wait", "--json", "--timeout", within, condition, status=124)
        return next(json.loads(l) for l in done.out.splitlines() if '"type":"check"' in l)

    def do(self, commands):
        for node, command in commands:
            lab("exec", node, "--", "sh", "-c", command)
