"""examples/quickstart: run twice, as a newcomer would."""

from labtest import LabTest, limit
from machine import SOURCE, lab, run


class Quickstart(LabTest):
    @limit(600)
    def test_twice(self):
        # tests/run has built the same tree already: the first run has little to do, the second none.
        first = run(SOURCE / "examples/quickstart", timeout=590)
        self.assertRegex(first.out, r"3 packets transmitted, 3 received")
        self.assertIn("Try next", first.out)
        names = [x["name"] for x in lab("ls", "--json").json["labs"]]
        self.assertEqual(["two-hosts"], names)
        again = run(SOURCE / "examples/quickstart")
        self.assertIn("Packages: all here", again.out)
        self.assertIn("Build: up to date", again.out)
        self.assertIn("nothing to do", again.out + again.err)
        self.assertRegex(again.out, r"3 packets transmitted, 3 received")

    def test_not_root(self):
        done = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   SOURCE / "examples/quickstart", status=None)
        self.assertNotEqual(0, done.status)
        self.assertIn("root", done.err)

    def test_an_argument_is_refused(self):
        self.assertIn("--fast", run(SOURCE / "examples/quickstart", "--fast", status=1).err)
        self.assertIn("one command", run(SOURCE / "examples/quickstart", "--help").out)
