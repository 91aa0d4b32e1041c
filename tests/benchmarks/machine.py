"""The place where measuring is done: namespaces and a /run of our own, one labd in them."""

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RELEASE = SOURCE / "build" / "release"
BINARIES = SOURCE / "build" / "bin"
WORK = pathlib.Path("/run/bench")


def enter():
    """Runs this program again in namespaces of its own: names, sockets and links end with it."""
    if os.environ.get("LAB_BENCH_INSIDE"):
        # Both sides pin on a tmpfs: on a disk 1000 pins cost fifty times as much.
        for command in (["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"],
                        ["mkdir", WORK, "/run/netns"]):
            subprocess.run(command, check=True)
        return
    environment = {**os.environ, "LAB_BENCH_INSIDE": "1"}
    inner = [sys.executable, "-B", "-m", "benchmarks", *sys.argv[1:]]
    os.execvpe("unshare", ["unshare", "--mount", "--net", "--uts", "--ipc", *inner], environment)


def wall(*command, check=True):
    """Seconds from the start of a command to its end, and what it printed."""
    started = time.perf_counter()
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    took = time.perf_counter() - started
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr}")
    return took, done.stdout


def lab(*arguments, **options):
    return wall(BINARIES / "lab", *arguments, **options)


def floor(nodes):
    """Seconds up and down, by the program's own clock: its start is no kernel's price."""
    said = json.loads(wall(RELEASE / "bin" / "floor", nodes)[1])
    return said["up_ms"] / 1e3, said["down_ms"] / 1e3


def write(name, text):
    path = WORK / f"{name}.lab.toml"
    path.write_text(text)
    return path


@contextlib.contextmanager
def daemon():
    """A labd that is there, as it is for the second `lab up` of a day."""
    lab("ls")  # starts it
    pid = server("/run/labd/labd.sock")
    try:
        yield pid
    finally:
        lab("down", "--all", check=False)
        end(pid)


def server(path):
    """The process that listens on a UNIX socket."""
    with socket.socket(socket.AF_UNIX) as talk:
        talk.connect(path)
        return struct.unpack("iII", talk.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def ask(path):
    """Seconds that labd takes for one GET on a connection of its own."""
    started = time.perf_counter()
    with socket.socket(socket.AF_UNIX) as talk:
        talk.connect("/run/labd/labd.sock")
        talk.sendall(f"GET {path} HTTP/1.1\r\nHost: labd\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := talk.recv(65536):
            answer += part
    if b" 200 " not in answer[:20]:
        raise RuntimeError(f"GET {path}: {answer[:200]!r}")
    return time.perf_counter() - started


def end(pid):
    """Asks a process to end, and waits for that."""
    ended = os.pidfd_open(pid)
    os.kill(pid, signal.SIGTERM)
    select.select([ended], [], [], 30)
    os.close(ended)


@contextlib.contextmanager
def running(name, text):
    lab("up", write(name, text))
    try:
        yield name
    finally:
        lab("down", name)


def median(rounds, *measures):
    """The medians of measures taken in turn, so that neighbours share the machine's mood."""
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken)]


def pss_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError(f"no Pss of process {pid}")
