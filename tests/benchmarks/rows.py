"""What is measured: one function a row of the table. Each says what it compared and the bound."""

import json
import os
import pathlib
import subprocess
import sys
import time

from . import machine, rivals, shapes
from .machine import lab, median, running, wall


class Row:
    """OURS and THEIRS in seconds unless UNIT says otherwise. BOUND is of their ratio, LIMIT of OURS
    where nothing is compared. BETTER: whether less or more of it is."""

    def __init__(self, name, ours, theirs=None, bound=None, unit="s", against="", better="less",
                 limit=None):
        self.name, self.ours, self.theirs, self.bound = name, ours, theirs, bound
        self.unit, self.against, self.better, self.limit = unit, against, better, limit

    @property
    def ratio(self):
        return self.ours / self.theirs if self.theirs else None

    @property
    def met(self):
        value, bound = (self.ratio, self.bound) if self.bound else (self.ours, self.limit)
        if value is None or bound is None:
            return None
        return value <= bound if self.better == "less" else value >= bound


def cycle(name, path):
    """Seconds of `lab up` and of `lab down`, and of an `up` right after."""
    up = lab("up", path)[0]
    down = lab("down", name)[0]
    again = lab("up", path)[0]
    lab("down", name)
    return up, down, again


def chain(options):
    for nodes, bound in ((100, 2.0), (options.nodes, 1.7)):
        path = machine.write("chain", shapes.chain(nodes))
        taken = [(cycle("chain", path), machine.floor(nodes)) for _ in range(options.rounds)]
        middle = lambda pick: sorted(map(pick, taken))[len(taken) // 2]
        up = middle(lambda t: t[0][0])
        yield Row(f"up, chain of {nodes}", up, middle(lambda t: t[1][0]), bound, against="floor")
        yield Row(f"down, chain of {nodes}", middle(lambda t: t[0][1]), middle(lambda t: t[1][1]), 3.0,
                  against="floor")
        yield Row(f"up right after down, chain of {nodes}", middle(lambda t: t[0][2]), up, 1.3,
                  against="first up")


def static(options):
    path = machine.write("chain", shapes.chain(options.nodes, "static"))
    ours, floor = median(options.rounds, lambda: cycle("chain", path)[0],
                         lambda: machine.floor(options.nodes)[0])
    yield Row(f"up, chain of {options.nodes} with static routes", ours, floor, 3.0, against="floor")


def iproute2(options):
    path = machine.write("chain", shapes.chain(100))
    ours, theirs = median(options.rounds, lambda: cycle("chain", path)[0],
                          lambda: rivals.iproute2_chain(100)[0])
    yield Row("up, chain of 100", ours, theirs, 1 / 4, against="iproute2 in batches")


def mininet(options):
    path = machine.write("linear", shapes.linear(100))
    theirs = rivals.mininet_linear(100)
    up, down, _ = cycle("linear", path)
    yield Row("up, linear,100", up, theirs and theirs[0], 1 / 10, against="mininet")
    yield Row("down, linear,100", down, theirs and theirs[1], 1 / 30, against="mininet")


def pair(options):
    path = machine.write("pair", shapes.pair())
    [up] = median(5 * options.rounds, lambda: cycle("pair", path)[0])
    yield Row("up, two hosts", up, limit=0.030)


def quickstart(options):
    """Once more, when everything is installed and built."""
    command = machine.SOURCE / "examples" / "quickstart"
    [again] = median(options.rounds, lambda: wall(command)[0])
    lab("down", "two-hosts")
    yield Row("examples/quickstart again", again, limit=3.0)


def without_root(options):
    """Ten hosts on a switch, by an ordinary user's own labd."""
    os.environ["LAB_TEST_BINARIES"] = str(machine.BINARIES)
    sys.path.insert(0, str(machine.SOURCE / "tests" / "e2e"))
    import ordinary  # of the end-to-end tests: a user, laid over this mount namespace's /etc
    ordinary.make()
    path = ordinary.write("lan.lab.toml", shapes.lan(10))
    ordinary.lab("ls")

    def cycle_of_theirs():
        up = ordinary.lab("up", path).seconds
        ordinary.lab("down", "lan")
        return up

    try:
        [up] = median(options.rounds, cycle_of_theirs)
        yield Row("up without root, ten hosts on a switch", up, limit=1.0)
    finally:
        machine.end(machine.server(f"{ordinary.SESSION}/labd/labd.sock"))


def growth(options):
    per_node = {}
    for nodes in options.sizes:
        path = machine.write("chain", shapes.chain(nodes))
        [up] = median(options.rounds, lambda p=path: cycle("chain", p)[0])
        per_node[nodes] = up / nodes
    small, large = min(per_node), max(per_node)
    yield Row(f"a node of {large} beside a node of {small}", per_node[large], per_node[small], 1.5,
              against=f"chain of {small}")
    costs = {}
    for hosts in (64, options.lan):
        path = machine.write("lan", shapes.lan(hosts))
        [up] = median(options.rounds, lambda p=path: cycle("lan", p)[0])
        costs[hosts] = up / hosts
    yield Row(f"a host of {options.lan} on one switch", costs[options.lan], costs[64], 2.0,
              against="one of 64")


def at_rest(options, labd):
    """A large lab that is up: what looking at it and small changes cost."""
    nodes = options.nodes
    with running("big", shapes.chain(nodes)):
        same = machine.write("big", shapes.chain(nodes))
        yield Row(f"up again, nothing changed, {nodes}",
                  median(3, lambda: lab("up", same)[0])[0], limit=0.150)
        mtus = [1300, 1310, 1320]
        yield Row(f"one MTU changed in {nodes}", median(3, lambda: lab(
            "up", machine.write("big", shapes.chain(nodes, mtu=mtus.pop())))[0])[0], limit=0.100)
        yield Row(f"status with {nodes}", median(3, lambda: lab("status")[0])[0], limit=0.050)
        yield Row(f"ls with {nodes}", median(3, lambda: lab("ls")[0])[0], limit=0.050)
        status = json.loads(lab("status", "--json")[1])
        inits = [node["pid"] for node in status["nodes"]]
        time.sleep(2.5)  # what is free goes back to the kernel at rest
        own = machine.pss_kb(labd)
        yield Row("memory of labd", own / 1024, limit=60, unit="MiB")
        share = (own + sum(map(machine.pss_kb, inits))) / nodes
        yield Row("memory of a node", share, limit=80, unit="KiB")
        descriptors = len(os.listdir(f"/proc/{labd}/fd")) / nodes
        yield Row("descriptors of labd a node", descriptors, limit=3, unit="")
        inside = ["nsenter", "-a", "-t", str(inits[0]), "true"]
        ours, theirs = median(20, lambda: lab("-L", "big", "exec", "r1", "--", "true")[0],
                              lambda: wall(*inside)[0])
        yield Row("exec of true", ours, theirs, 1.5, against="nsenter -a")
        yield from many_execs()
        path = machine.write("pair", shapes.pair())
        [beside] = median(3, lambda: cycle("pair", path)[0])
        yield Row(f"up of two hosts beside {nodes}", beside, limit=0.045)
        with_labd = event_cost()
    yield Row("an address changed, labd following", (with_labd - event_cost()) * 1e6, limit=50,
              unit="µs more")


def route_check(options):
    """From the kernel's change of a route to the end of a `lab wait` for it."""
    with running("pair", shapes.pair()):
        pid = next(n["pid"] for n in json.loads(lab("status", "--json")[1])["nodes"] if n["name"] == "h1")
        with subprocess.Popen(["nsenter", "-n", "-t", str(pid), "ip", "-batch", "-"], text=True,
                              stdin=subprocess.PIPE) as changes:
            taken = sorted(route_comes(changes, f"10.77.{i}.0/24") for i in range(5 * options.rounds))
            changes.stdin.close()
    yield Row("a route check passes, after the route is there", taken[len(taken) // 2], limit=0.020)
    yield Row(f"the latest of {len(taken)} such", taken[-1], limit=0.020)


def route_comes(changes, prefix):
    # Between its tries by the clock there is more than a second: an event must have told.
    condition = f'route = {{ node = "h1", prefix = "{prefix}" }}\nevery = "60s"'
    with subprocess.Popen([machine.BINARIES / "lab", "wait", "--json", "--timeout", "20s", condition],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as waiting:
        next(line for line in waiting.stdout if '"ok":false' in line)
        time.sleep(1)
        begun = time.perf_counter()
        changes.stdin.write(f"route add {prefix} dev eth0\n")
        changes.stdin.flush()
        told = next(line for line in waiting.stdout if '"type":"check"' in line)
        took = time.perf_counter() - begun
    if '"result":"passed"' not in told:
        raise RuntimeError(told)
    return took


def many_execs():
    started = time.perf_counter()
    command = [str(machine.BINARIES / "lab"), "-L", "big", "exec", "r1", "--", "true"]
    running_now = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                   for _ in range(1000)]
    failed = sum(process.wait() != 0 for process in running_now)
    yield Row("1000 execs at once, failed", failed, limit=0, unit="")
    yield Row("1000 execs at once", time.perf_counter() - started)


def event_cost():
    """Seconds of one change of an address in a namespace that labd does not know."""
    count = 2000
    subprocess.run(["ip", "netns", "add", "beside"], check=True)
    subprocess.run(["ip", "-n", "beside", "link", "set", "lo", "up"], check=True)
    lines = [f"addr {verb} 10.8.0.1/32 dev lo" for _ in range(count // 2) for verb in ("add", "del")]
    batch = pathlib.Path(machine.WORK / "addresses")
    batch.write_text("\n".join(lines) + "\n")
    try:
        [took] = median(3, lambda: wall("ip", "-n", "beside", "-batch", batch)[0])
    finally:
        subprocess.run(["ip", "netns", "del", "beside"], check=True)
    return took / count


def busy(options):
    """How long another lab's status takes while a large lab comes, goes and is taken to pieces."""
    path = machine.write("big", shapes.chain(options.nodes))

    def beside(*command, then=0.0):
        """Sorted times of status, asked every 5 ms until COMMAND has ended and THEN seconds more."""
        taken, until = [], None
        with subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as long_one:
            while until is None or time.perf_counter() < until:
                taken.append(machine.ask("/v1/labs/pair"))
                time.sleep(0.005)
                if until is None and long_one.poll() is not None:
                    until = time.perf_counter() + then
        if long_one.returncode:
            raise RuntimeError(f"{command}: status {long_one.returncode}")
        return sorted(taken)

    def late(times):
        return times[int(len(times) * 0.99)]

    with running("pair", shapes.pair()):
        alone = late(beside("sleep", "3"))
        up = late(beside(machine.BINARIES / "lab", "up", path))
        down = late(beside(machine.BINARIES / "lab", "down", "big", then=5))
    for what, took in (("up", up), ("down, and 5 s more,", down)):
        yield Row(f"p99 of a status beside {what} of {options.nodes}", took - alone, limit=0.050)


def validate(options):
    nodes = 4 * options.nodes
    path = machine.write("ladder", shapes.ladder(nodes))
    yield Row(f"validate {nodes} nodes, {2 * nodes} links",
              median(3, lambda: lab("validate", path)[0])[0], limit=0.300)


def traffic(options):
    ours, theirs = median(options.rounds, lambda: rivals.through_lab(2),
                          lambda: rivals.veth_by_hand(2))
    yield Row("TCP through one link", ours / 1e9, theirs / 1e9, 0.95, unit="Gbit/s",
              against="a veth pair by hand", better="more")
