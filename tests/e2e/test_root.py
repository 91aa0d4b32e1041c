"""`root = "DIR"`: a directory of the host as a node's file system."""

import os
import pathlib
import shutil
import subprocess

from labtest import LabTest
from machine import lab

PAIR = '''
links = [["h1", "h2"]]
[nodes]
h1 = { root = "%s" }
h2 = "host"
'''


class Root(LabTest):
    def directory(self, name="image"):
        """A small root file system: a shell, a few programs, their libraries."""
        made = pathlib.Path("/run/work") / name
        for program in ("sh", "cat", "ls", "ip", "ping", "touch"):
            path = shutil.which(program)
            libraries = [w for w in subprocess.run(["ldd", path], capture_output=True, text=True)
                         .stdout.split() if w.startswith("/")]
            for source, target in [(path, f"/bin/{program}"), *((lib, lib) for lib in libraries)]:
                copy = made / target.lstrip("/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)
        (made / "etc").mkdir()
        (made / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
        (made / "marker").write_text("from the directory\n")
        return made

    def test_a_node_lives_in_it_and_leaves_it_as_it_is(self):
        image = self.directory()
        before = sorted(str(p) for p in image.rglob("*"))
        self.up(PAIR % "image")  # relative: beside the topology
        self.assertEqual("from the directory\n", lab("exec", "h1", "--", "cat", "/marker").out)
        self.assertEqual(str(image), self.node("h1")["root"])
        self.assertIsNone(self.node("h2")["root"])
        self.assertNotEqual(0, lab("exec", "h1", "--", "ls", "/usr/share", status=None).status)
        self.assert_reaches("h1", "h2")
        self.assert_reaches("h2", "h1")
        lab("exec", "h1", "--", "touch", "/marker", "/new")
        self.assertEqual([], self.up(PAIR % image)["actions"])
        lab("down")
        self.assertEqual(before, sorted(str(p) for p in image.rglob("*")))

    def test_mistakes_name_the_line(self):
        for wrong, words in (("/", "secrets"), ("/etc", "part of this host's own system"),
                             ("nowhere", "No such file or directory")):
            said = lab("up", self.write("t.lab.toml", PAIR % wrong), status=None)
            self.assertNotEqual(0, said.status)
            self.assertIn(words, said.err)
            self.assertIn("t.lab.toml:4", said.err)
        self.assertNotIn("t.h1", os.listdir("/run/netns"))
