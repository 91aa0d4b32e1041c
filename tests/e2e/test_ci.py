"""examples/ci: what stands there parses, and every command in it exists."""

import os
import pathlib
import re

import machine
import yaml
from labtest import LabTest
from machine import lab

CI = machine.EXAMPLES / "ci"


def scripts(value):
    """Every shell script of a pipeline: GitHub's `run`, GitLab's lists of lines."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "run":
                yield part
            elif key in ("script", "before_script"):
                yield "\n".join(part)
            else:
                yield from scripts(part)
    elif isinstance(value, list):
        for part in value:
            yield from scripts(part)


class Pipelines(LabTest):
    def test_scripts_are_shell_and_their_commands_exist(self):
        found = {}
        for file in sorted(CI.glob("*.yml")):
            document = yaml.safe_load(file.read_text())
            script = "\n".join(scripts(document))
            self.assertTrue(script, file)
            machine.run("bash", "-n", stdin=script)
            for verb, rest in re.findall(r"\blab (\w[\w-]*)([^\n|;&)]*)", script):
                found.setdefault(file.name, []).append(verb)
                known = lab("help", verb).out
                for flag in re.findall(r"--[a-z-]+", rest):
                    self.assertIn(flag, known, f"{file.name}: lab {verb}")
            for path in re.findall(r"/opt/labd/(examples/\S+)", script):
                self.assertTrue(os.access(machine.SOURCE / path, os.X_OK), path)
            for path in re.findall(r"/opt/labd/build/(bin\S*)", script):
                self.assertEqual("bin", path.split("/")[0])
        self.assertEqual({"github.yml": ["test"], "gitlab.yml": ["test"]}, found)

    def test_each_is_what_its_server_reads(self):
        github = yaml.safe_load((CI / "github.yml").read_text())
        # YAML 1.1 reads `on` as true.
        self.assertLessEqual({"name", "jobs"}, {k for k in github if isinstance(k, str)})
        for job in github["jobs"].values():
            self.assertIn("runs-on", job)
            self.assertTrue(all("uses" in step or "run" in step for step in job["steps"]))
        job = yaml.safe_load((CI / "gitlab.yml").read_text())["labs"]
        self.assertEqual([4], job["retry"]["exit_codes"], "only this tool's own failure is tried again")
        report = pathlib.Path(job["artifacts"]["reports"]["junit"])
        self.assertIn(f"--junit {report}", "\n".join(job["script"]))
