"""The README's commands are run, and what it shows of files is what the files say."""

import pathlib
import re

import machine
from labtest import LabTest, limit
from machine import EXAMPLES, SOURCE, run

README = (SOURCE / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def without_comments(text):
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def without_numbers(text):
    """A slow machine says seconds where a fast one says milliseconds."""
    return re.sub(r"0 ms\b", "0 s", re.sub(r"[\d.]+", "0", text))


class Readme(LabTest):
    def test_it_is_short(self):
        self.assertLessEqual(len(README.splitlines()), 150)

    def test_it_starts_with_the_two_commands(self):
        first = blocks("console")[0]
        self.assertIn("examples/quickstart", first)
        self.assertIn("tests/run", first)

    def test_the_file_it_shows_is_the_example(self):
        shown = without_comments(blocks("toml")[0])
        self.assertEqual(without_comments((EXAMPLES / "two-hosts.lab.toml").read_text()), shown)
        self.assertEqual(8, len(shown) if "[[check]]" in "".join(shown) else 0)

    @limit(240)
    def test_its_commands_run(self):
        """Every `# command` of a console block, in order; where output follows, its words come."""
        folder = pathlib.Path("/run/work/readme")
        folder.mkdir()
        run("cp", "-r", EXAMPLES, folder / "examples")
        ran = 0
        for block in blocks("console"):
            for command, expected in re.findall(r"^# (.*)\n((?:(?!# ).*\n?)*)", block, re.M):
                command = command.split("   #")[0].strip()
                # The two commands have tests of their own, and the interactive ones a terminal's.
                if command.startswith(("examples/quickstart", "tests/run", "git clone", "cd ", "apt",
                                       "lab shell", "export PATH")):
                    continue
                done = run("bash", "-c", command, cwd=folder, status=None, timeout=120)
                self.assertIn(done.status, (0, 1) if command.startswith("lab doctor") else (0,), done)
                ran += 1
                said = without_numbers(done.out + done.err)
                for line in expected.splitlines():
                    wanted = without_numbers(line).split()
                    if wanted and wanted != ["…"]:
                        # Numbers differ from run to run; words and order do not.
                        self.assertIn(" ".join(wanted), " ".join(said.split()), done)
        self.assertGreater(ran, 5)
        machine.lab("down", "--all")

    def test_every_example_is_in_its_index(self):
        for example in EXAMPLES.glob("*.lab.toml"):
            self.assertIn(example.name.removesuffix(".lab.toml"), README)

    def test_every_file_it_names_is_there(self):
        for name in re.findall(r"\]\(([^)#:]+)\)", README):
            self.assertTrue((SOURCE / name).exists(), name)

    def test_its_table_names_the_packages_that_are_installed(self):
        script = "source examples/setup.sh; printf '%s\\n' \"${build_packages[@]}\" \"${node_packages[@]}\""
        known = set(run("bash", "-c", script, cwd=SOURCE).out.split())
        for script, name in (("tests/run", "test_packages"), ("tests/bench", "bench_packages")):
            listed = re.search(rf"^{name}=\((.*?)\)", (SOURCE / script).read_text(), re.M | re.S)
            known |= set(listed[1].split())
        table = {p for row in re.findall(r"^\| (`.*?) \|", README, re.M)
                 for p in re.findall(r"`([a-z0-9.+-]+)`", row)}
        self.assertEqual(known, table)
