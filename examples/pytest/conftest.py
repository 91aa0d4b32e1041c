"""Labs in pytest: the fixture `lab` brings a topology up for a module, and *.lab.toml files are
collected as tests, one for each [[check]]. Nothing but the command line `lab` is needed."""

import json
import os
import pathlib
import subprocess

import pytest


def run(*words, check=True):
    done = subprocess.run(["lab", *map(str, words)], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"lab {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
    return done


class Lab:
    def __init__(self, name):
        self.name = name

    def exec(self, node, *command):
        """What a command in a node says; its exit code must be 0."""
        return run("-L", self.name, "exec", node, "--", *command).stdout

    def wait(self, condition, timeout="30s"):
        """Until a check is true: lab.wait("ping h1 h2")."""
        done = run("-L", self.name, "wait", condition, "--timeout", timeout, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def pytest_addoption(parser):
    parser.addoption("--lab-keep", action="store_true", help="leave labs up")


@pytest.fixture(scope="module")
def lab(request):
    """The lab of the module's TOPOLOGY, up under a name of its own."""
    name = f"pytest-{os.getpid()}"
    run("up", pathlib.Path(request.path).parent / request.module.TOPOLOGY, "--name", name)
    yield Lab(name)
    if not request.config.getoption("--lab-keep"):
        run("down", name)


def pytest_collect_file(parent, file_path):
    return LabFile.from_parent(parent, path=file_path) if file_path.name.endswith(".lab.toml") else None


class LabFile(pytest.File):
    results = None

    def collect(self):
        for name in run("test", self.path, "--list").stdout.splitlines():
            yield LabCheck.from_parent(self, name=name)

    def result(self, name):
        if self.results is None:  # all checks of a file share one lab
            lines = map(json.loads, run("test", self.path, "--json", check=False).stdout.splitlines())
            lines = list(lines)
            names = {c["check"]: c["name"] for line in lines if line["type"] == "plan" for c in line["checks"]}
            self.results = {names[line["check"]]: line for line in lines if line["type"] == "check"}
        return self.results.get(name, {"result": "error", "value": "", "reason": "it was not run"})


class LabCheck(pytest.Item):
    def runtest(self):
        result = self.parent.result(self.name)
        if result["result"] == "skipped":
            pytest.skip(result["reason"])
        assert result["result"] == "passed", result["reason"] or result["value"]

    def reportinfo(self):
        return self.path, None, self.name
