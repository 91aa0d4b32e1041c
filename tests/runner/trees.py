"""Builds the trees: each configured once, after that ninja decides what there is to do."""

import os
import subprocess
import time

from . import paths

# clang: with both sanitizers gcc 12 takes twice as long to compile without any optimization, and up
# to ten times as long with -O1.
CLANG = ["-DCMAKE_C_COMPILER=clang-14", "-DCMAKE_CXX_COMPILER=clang++-14"]
OPTIONS = {
    paths.TESTS: ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -gline-tables-only",
                  "-DLAB_TESTS=ON", "-DLAB_FUZZ=ON", "-DLAB_SANITIZE=address,undefined", *CLANG],
    # gcc warns that it does not instrument atomic fences (-Wtsan); the queues use none.
    paths.TSAN: ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-Wno-tsan", "-DLAB_TESTS=ON",
                 "-DLAB_SANITIZE=thread"],
    # As in examples/quickstart.
    paths.RELEASE: ["-DCMAKE_BUILD_TYPE=Release",
                    f"-DCMAKE_RUNTIME_OUTPUT_DIRECTORY={paths.BUILD / 'bin'}"],
}


class BuildFailed(Exception):
    pass


def build(tree, targets=()):
    """Builds TARGETS (default: all) of a tree; the compiler's words are in the exception."""
    started = time.monotonic()
    name = tree.relative_to(paths.SOURCE)
    print(f"building {name} …", flush=True)
    configure(tree)
    targets = ["--target", *targets] if targets else []
    run(["cmake", "--build", tree, "--parallel", str(os.cpu_count()), *targets])
    print(f"built {name} in {time.monotonic() - started:.0f} s", flush=True)


def configure(tree):
    tree.mkdir(parents=True, exist_ok=True)
    if not (tree / "build.ninja").exists():
        run(["cmake", "-S", paths.SOURCE, "-B", tree, "-G", "Ninja", *OPTIONS[tree]])


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        lines = done.stdout.split("\n")
        # ninja goes on with what is under way: the first failure says most.
        first = next((i for i, line in enumerate(lines) if line.startswith("FAILED")), 0)
        raise BuildFailed(" ".join(map(str, command)) + "\n" + "\n".join(lines[first:first + 60]))
