"""A lab's own processes killed while labd stands at any of the side effects of up: nothing it does next may end labd."""

import concurrent.futures
import json
import os
import pathlib
import signal

import machine
from labtest import limit
from machine import api
from sweeping import PLAN, TEXT, Sweeping, put


def zombies(parent):
    """Children of PARENT that nobody has reaped."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = stat.read_text().rsplit(")", 1)
        except OSError:
            continue
        if rest.split()[:2] == ["Z", str(parent)]:
            found.append(name)
    return found


class Deaths(Sweeping):
    def killed(self, place, victim):
        """What `up` answers when VICTIM is killed at PLACE; and whether there was one."""
        PLAN.write_text(f"{place}:stop")
        labd = self.daemon.process
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(put, TEXT)
            os.waitid(os.P_PID, labd.pid, os.WSTOPPED)
            PLAN.write_text("")
            found = machine.processes(victim)
            for pid in found:
                os.kill(pid, signal.SIGKILL)
                machine.gone(pid)
            labd.send_signal(signal.SIGCONT)
            return answer.result(), bool(found)

    def sweep(self, victim):
        places = self.points(lambda: put(TEXT))
        self.gone("the first one")
        met = 0
        for place in places:
            answer, found = self.killed(place, victim)
            self.assertIsNone(self.daemon.process.poll(), f"{place}\n{self.daemon.words()}")
            self.assertIsNotNone(answer, f"{place}\n{self.daemon.words()}")
            met += found
            if answer["type"] == "error":
                self.assertTrue(answer["error"]["message"], place)
                self.assertEqual([], json.loads(api("GET", "/v1/labs")[1])["labs"], place)
                self.assertEqual(self.before, machine.state(), f"after {place}")
            else:
                self.assertIsNotNone(self.assert_sane(place), place)
            self.gone(place)
            machine.eventually(f"nobody is left unburied after {place}",
                               lambda: not zombies(self.daemon.process.pid))
        self.assertGreater(met, len(places) // 2)

    @limit(240)
    def test_the_spawner(self):
        self.sweep("lab-spawner")

    @limit(240)
    def test_the_inits(self):
        self.sweep("lab-init")
