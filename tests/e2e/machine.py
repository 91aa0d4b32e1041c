"""What an end-to-end test does with the machine: commands, the daemon, and what is there now."""

import http.client
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = SOURCE / "examples"
BINARIES = pathlib.Path(os.environ["LAB_TEST_BINARIES"])
SOCKET = "/run/labd/labd.sock"


class Done:
    """A command that has ended."""

    def __init__(self, command, status, out, err, seconds):
        self.command, self.status, self.seconds = command, status, seconds
        self.bytes, self.out, self.err = out, out.decode(errors="replace"), err.decode(errors="replace")

    @property
    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f"not JSON ({error}):\n{self}") from error

    def __str__(self):
        def shorten(text):
            return text if len(text) < 4000 else text[:2000] + "\n…\n" + text[-2000:]
        return (f"$ {' '.join(map(str, self.command))}\nstatus {self.status}, {self.seconds:.2f} s\n"
                f"stdout: {shorten(self.out)}\nstderr: {shorten(self.err)}")


def run(*command, status=0, stdin=b"", timeout=60, env=None, cwd=None):
    """Runs a command; any other exit STATUS than the one asked for (None: any) is an error."""
    started = time.monotonic()
    environment = {**os.environ, **(env or {})}
    if isinstance(stdin, str):
        stdin = stdin.encode()
    try:
        done = subprocess.run([str(c) for c in command], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout, env=environment, cwd=cwd)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"no end within {timeout} s: {' '.join(map(str, command))}\n"
                             f"stdout: {late.stdout}\nstderr: {late.stderr}") from late
    result = Done(command, done.returncode, done.stdout, done.stderr, time.monotonic() - started)
    if status is not None and done.returncode != status:
        raise AssertionError(f"expected status {status}:\n{result}")
    return result


def lab(*arguments, **options):
    return run("lab", *arguments, **options)


def lacks(*kinds):
    """Those of these kinds of device that this kernel does not make."""
    checks = {c["name"]: c["ok"] for c in lab("doctor", "--json", status=None).json["checks"]}
    return [kind for kind in kinds if not checks[f"kernel: {kind}"]]


def eventually(what, condition, timeout=20.0):
    """Waits until CONDITION gives something true; what it gave last is in the error."""
    deadline = time.monotonic() + timeout
    value = None
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        select.select([], [], [], 0.05)
    raise AssertionError(f"not within {timeout:g} s: {what}; last seen: {value!r}")


def processes(name):
    """Process ids of programs called NAME, without zombies, and without children of theirs: from
    its birth until it says its own name a child is called like its parent."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            comm, rest = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:]
            if comm == name and rest[0] != "Z":
                found[int(entry.name)] = int(rest.split()[1])
    return sorted(pid for pid, parent in found.items() if parent not in found)


def gone(pid, timeout=20.0):
    """Waits for the end of a process that need not be our child."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not select.select([handle], [], [], timeout)[0]:
            raise AssertionError(f"process {pid} is still there after {timeout:g} s")
    finally:
        os.close(handle)


def kill_daemon(how=signal.SIGTERM):
    """Ends labd; None if there was none."""
    running = processes("labd")
    for pid in running:
        os.kill(pid, how)
    for pid in running:
        gone(pid)
    return running[0] if running else None


class _Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def api(method, path, body=None, headers=None):
    """A request to labd's socket: (status, text)."""
    connection = _Connection("labd", timeout=30)
    try:
        payload = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, payload,
                           {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def cgroup2_controllers():
    """Those that control groups of version 2 have on this machine."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line:
            return (pathlib.Path(line.split()[4]) / "cgroup.controllers").read_text().split()
    return []


def state():
    """Everything that a lab could leave behind on this machine."""
    names = pathlib.Path("/run/netns")
    mounts = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        # `ip netns add`, and labd like it, bind /run/netns on itself once and for all.
        if fields[4] != "/run/netns":
            mounts.append(fields[4])
    # Others' groups come and go while one looks, which os.walk does not mind.
    cgroups = sorted(os.path.join(at, name) for at, names, _ in os.walk("/sys/fs/cgroup")
                     for name in names if "lab" in name)
    return {
        "named namespaces": sorted(n.name for n in names.iterdir()) if names.is_dir() else [],
        "mounts": sorted(mounts),
        "links": sorted(os.listdir("/sys/class/net")),
        "addresses": run("ip", "-o", "address").out,
        "routes": run("ip", "route", "show", "table", "all").out
                  + run("ip", "-6", "route", "show", "table", "all").out,
        "processes": {n: len(processes(n)) for n in ("lab-init", "lab-spawner", "lab-relay", "zebra", "bird", "iperf3")},
        "run state": sorted(os.listdir("/run/labd/labs")) if os.path.isdir("/run/labd/labs") else [],
        "control groups": cgroups,
    }
