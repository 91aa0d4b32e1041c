"""House rules that a machine can hold: formatting, static analysis, who includes whom, sizes."""

import collections
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import time
from pathlib import Path

from . import paths, trees
from .results import Result

# The arrows of the architecture: a folder may include its own headers and those of these.
MAY_INCLUDE = {
    "topology": {"topology"},
    "netlink": {"netlink"},
    "labd/init": {"labd/init", "labd/spawner"},  # one program, started as one or the other
    "labd/spawner": {"labd/spawner", "labd/init", "labd/relay"},
    "labd/relay": {"labd/relay", "labd/init"},
    "labd": {"labd", "labd/api", "labd/check", "labd/init", "labd/parser", "labd/relay", "topology",
             "netlink"},
    "labd/check": {"labd", "labd/api", "labd/check", "labd/init", "topology", "netlink"},
    "labd/parser": {"labd", "labd/init", "labd/parser", "topology"},
    "labd/api": {"labd", "labd/api", "labd/init", "topology"},
    "cli": {"cli", "topology", "labd/init"},  # labd/init: the words of a session, and Fd
}
# Headers of labd that are plain enough for everybody.
COMMON_HEADERS = {"labd/base64.hpp", "labd/fd.hpp", "labd/user_folders.hpp", "labd/utf8.hpp"}
# What a library is for is not asked of any other: folder → forbidden third-party headers.
FORBIDDEN = {
    "topology": r"<(boost|sys/|linux/|netinet/|arpa/|net/|unistd|netlink/|libmnl)",
    "netlink": r"<(boost|toml)",
    "labd": r"<(toml|libmnl|netlink/)",
    "cli": r"<(toml|libmnl|netlink/)",
}
# Where each heavy header may stand: at most two .cpp, never a header.
HEAVY = r"<(toml\+\+|CLI/|boost/beast|boost/json/src|boost/asio/impl/src)"
LINES = 400


def sources(*suffixes):
    # A clone may belong to somebody else than who tests it.
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
                             "--others", "--exclude-standard"],
                            cwd=paths.SOURCE, stdout=subprocess.PIPE, check=True, text=True).stdout
    return sorted(f for f in listed.split("\0")
                  if f.endswith(suffixes) and (paths.SOURCE / f).is_file())


def run(report, options):
    checks = [formatting, arrows, sizes, own_header_first, python_compiles, shell_parses]
    for check in checks:
        if options.k and options.k not in check.__name__:
            continue
        started = time.monotonic()
        problems = check()
        report.add(Result("style", check.__doc__, "failed" if problems else "passed",
                          time.monotonic() - started, "\n".join(problems)))
    if not options.k or "tidy" in options.k:
        analyse(report, "style", ("topology/", "netlink/"))


def tidy(report, options):
    """clang-tidy over everything, which takes long: Asio and Beast weigh on every file of labd."""
    analyse(report, "tidy", ("topology/", "netlink/", "labd/", "cli/"), options.k)


def formatting():
    """clang-format has nothing to change"""
    files = sources(".cpp", ".hpp")
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], cwd=paths.SOURCE,
                          stderr=subprocess.PIPE, text=True)
    places = collections.Counter(line.split(":")[0] for line in done.stderr.split("\n")
                                 if "error:" in line)
    return [f"{file}: {count} places; clang-format -i {file}"
            for file, count in sorted(places.items())]


def room(file):
    folder = os.path.dirname(file)
    return folder if folder in MAY_INCLUDE else None


def arrows():
    """includes follow the arrows of the architecture"""
    problems, heavy = [], {}
    for file in sources(".cpp", ".hpp"):
        own = room(file)
        if own is None:
            continue
        for number, line in enumerate((paths.SOURCE / file).read_text().split("\n"), 1):
            project = re.match(r'#include "([^"]+)/([^"/]+)"', line)
            if project and project[1] not in MAY_INCLUDE[own]:
                if f"{project[1]}/{project[2]}" not in COMMON_HEADERS:
                    problems.append(f"{file}:{number}: {own} must not include {project[1]}")
            forbidden = FORBIDDEN.get(own.split("/")[0])
            if forbidden and re.match(r"#include " + forbidden, line):
                problems.append(f"{file}:{number}: {own} must not know {line[9:]}")
            match = re.match(r"#include " + HEAVY, line)
            if match:
                heavy.setdefault(match[1], set()).add(file)
                if file.endswith(".hpp"):
                    problems.append(f"{file}:{number}: {line[9:]} is too heavy for a header")
    return problems


def sizes():
    """no file is longer than 400 lines"""
    counted = {f: (paths.SOURCE / f).read_text().count("\n") for f in sources(".cpp", ".hpp", ".py")}
    return [f"{file}: {lines} lines; one noun or one command a file"
            for file, lines in counted.items() if lines > LINES]


def own_header_first():
    """a source file includes its own header first"""
    problems = []
    headers = set(sources(".hpp"))
    for file in sources(".cpp"):
        own = file.removesuffix(".cpp") + ".hpp"
        first = re.search(r'^#include [<"]([^>"]+)[>"]', (paths.SOURCE / file).read_text(), re.M)
        if own in headers and first and first[1] != own:
            problems.append(f"{file}: the first include is {first[1]}, not {own}")
    return problems


def python_compiles():
    """Python files compile"""
    problems = []
    for file in sources(".py"):
        try:
            compile((paths.SOURCE / file).read_text(), file, "exec")
        except SyntaxError as error:
            problems.append(f"{file}: {error}")
    return problems


def shell_parses():
    """shell scripts parse"""
    problems = []
    for file in ("examples/quickstart", "examples/setup.sh", "tests/run", ".ci/run",
                 "tests/guest/init", "tests/guest/pid1", "tests/guest/job"):
        done = subprocess.run(["bash", "-n", paths.SOURCE / file], stderr=subprocess.PIPE, text=True)
        if done.returncode:
            problems.append(done.stderr)
    return problems


Lot = collections.namedtuple("Lot", "compiled files")  # one run of the compiler: what it is given


def compiled():
    """What the compiler is given; what the fuzzers compile once more, once."""
    commands = json.loads((paths.TESTS / "compile_commands.json").read_text())
    return [c["file"] for c in commands if "tests/fuzz/CMakeFiles" not in c["command"]]


def members(file):
    """Our files in it: itself, or what cmake includes in it to compile several at once."""
    listed = [file]
    if "/Unity/" in file:
        listed = re.findall(r'^#include "([^"]+)"', Path(file).read_text(), re.M)
    ours = [os.path.relpath(f, paths.SOURCE) for f in listed]
    return Lot(file, [f for f in ours if not f.startswith("build/")])


def analyse(report, stage, folders, word=None):
    """clang-tidy over source files as they are compiled, several at once, each lot again only when
    one of it or a header has changed."""
    trees.configure(paths.TESTS)
    lots = [lot for lot in map(members, compiled())
            if lot.files and all(f.startswith(folders) for f in lot.files)
            and (not word or any(word in f for f in lot.files))]
    headers = hashlib.sha256()
    for header in [*(h for h in sources(".hpp") if h.startswith(folders) or h in COMMON_HEADERS),
                   ".clang-tidy"]:
        headers.update((paths.SOURCE / header).read_bytes())
    stamps = paths.TESTS / "tidy"
    stamps.mkdir(exist_ok=True)

    def one(lot):
        digest = headers.copy()
        for file in lot.files:
            digest.update((paths.SOURCE / file).read_bytes())
        names = f"clang-tidy {' '.join(lot.files)}"
        own = lot.files[0].replace("/", "_")
        stamp = stamps / (own + "." + digest.hexdigest()[:24])
        if stamp.exists():
            return Result(stage, names, "passed")
        started = time.monotonic()
        done = subprocess.run(["clang-tidy", "-p", str(paths.TESTS), "--quiet",
                               "--extra-arg=-Wno-unknown-warning-option",
                               "--extra-arg=-Wno-ignored-optimization-argument", lot.compiled],
                              cwd=paths.SOURCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        if done.returncode == 0:
            for old in stamps.glob(own + ".*"):
                old.unlink()
            stamp.touch()
        return Result(stage, names, "failed" if done.returncode else "passed",
                      time.monotonic() - started, done.stdout)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(one, lots):
            report.add(result)
