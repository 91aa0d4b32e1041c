"""labd killed at every single side effect of up, of an edit and of down, and started again.

The machine's other inhabitants stand beside it: namespaces and links whose names look like a lab's."""

import json

import machine
from labtest import limit
from machine import api
from sweeping import EDITED, PLAN, TEXT, Sweeping, delete, put


class Sweep(Sweeping):
    @limit(240)
    def test_up(self):
        places = self.points(lambda: put(TEXT))
        self.gone("the first one")
        self.assert_met(places, "folder.make", "journal.append", "ids.take", "spawner.start", "node.birth", "name.pin",
                        "namespace.mark", "kernel.batch", "hosts.write", "file.write", "sysctl.set", "exec.run",
                        "service.start", "node.commit", "bundle.rename", "journal.rename")
        for number, place in enumerate(places):
            self.kill(place, lambda: put(TEXT))
            self.assert_sane(place)
            if number % 2:
                self.done(TEXT, place)
            self.gone(place)

    @limit(240)
    def test_edit(self):
        self.done(TEXT, "the start")
        places = self.points(lambda: put(EDITED))
        self.assert_met(places, "node.kill", "devices.delete", "name.unpin", "node.birth", "name.pin", "kernel.batch",
                        "file.write", "file.remove", "service.put", "node.commit", "bundle.rename", "journal.rename")
        self.done(TEXT, "the first one")
        for number, place in enumerate(places):
            self.kill(place, lambda: put(EDITED))
            self.assert_sane(place)
            if number % 3 == 0:
                self.done(EDITED, place)
            if number % 3 == 1:
                self.gone(place)
            self.done(TEXT, place)
        self.gone("the last one")

    def refused(self, place, verb):
        """What VERB answers when the side effect at PLACE is refused: as by a full disk."""
        PLAN.write_text(f"{place}:error(28)")
        answer = verb()
        PLAN.write_text("")
        self.assertIsNotNone(answer, f"{place}\n{self.daemon.words()}")
        self.assertIn(f"fail point: {place.split(':')[0]}", self.daemon.words())
        if answer["type"] == "error":
            self.assertIn("No space left on device", answer["error"]["message"], place)
        return answer["type"] == "error"

    @limit(240)
    def test_up_with_each_step_refused(self):
        places = [place for place in self.points(lambda: put(TEXT)) if ".before:" in place]
        self.gone("the first one")
        refusals = 0
        for place in places:
            if self.refused(place, lambda: put(TEXT)):
                refusals += 1
                self.assertEqual([], json.loads(api("GET", "/v1/labs")[1])["labs"], place)
                self.assertEqual(self.before, machine.state(), f"after {place}")
            else:
                # A node that could not be kept for good: the lab says so.
                self.assertEqual("degraded", self.assert_sane(place)["state"], place)
            self.gone(place)
        self.assertGreater(refusals, len(places) - 4)

    @limit(240)
    def test_edit_with_each_step_refused(self):
        self.done(TEXT, "the start")
        places = [place for place in self.points(lambda: put(EDITED)) if ".before:" in place]
        self.done(TEXT, "the first one")
        for place in places:
            if self.refused(place, lambda: put(EDITED)):
                plan = put(TEXT, dry_run=True)
                self.assertEqual([], plan.get("actions"), f"after {place}")
                self.assertEqual("up", self.assert_sane(place)["state"], place)
            self.done(TEXT, place)
        self.gone("the last one")

    @limit(240)
    def test_down(self):
        self.done(TEXT, "the start")
        places = self.points(delete)
        self.assert_met(places, "node.kill", "name.unpin", "spawner.quit", "ids.release", "folder.remove")
        for place in places:
            self.done(TEXT, "the last one")
            self.kill(place, delete)
            lab = self.assert_sane(place)
            # What was begun is finished without being asked again.
            self.assertEqual(place == "journal.append.before:1", lab is not None, place)
            self.gone(place)
