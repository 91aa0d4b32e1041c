"""The same networks by the hands of others: iproute2 in batches, and mininet if it is installed."""

import importlib.util
import json
import subprocess
import sys
import time

from . import machine, shapes

# hosts on switches of their own (Linux bridges), switches in a row: up and down in seconds.
# Its Python API only: the clean-up of its command line takes away what is not its own.
MININET = """
import sys, time
begun = time.perf_counter()
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import LinearTopo
net = Mininet(topo=LinearTopo(k=int(sys.argv[1])), switch=LinuxBridge, controller=None, autoSetMacs=True)
net.start()
up = time.perf_counter()
net.stop()
print(up - begun, time.perf_counter() - up)
"""


def run(command, lines):
    subprocess.run(command, input="\n".join(lines) + "\n", text=True, check=True,
                   stdout=subprocess.DEVNULL)


def iproute2_chain(nodes):
    """What a careful user writes: one batch of links, then one batch a node. Seconds up and down."""
    names = [f"ib{i}" for i in range(nodes)]
    started = time.perf_counter()
    for name in names:
        subprocess.run(["ip", "netns", "add", name], check=True)
    run(["ip", "-batch", "-"],
        [f"link add right netns {a} type veth peer name left netns {b}"
         for a, b in zip(names, names[1:])])
    for i, name in enumerate(names):
        lines = ["link set lo up"]
        if i > 0:
            lines += ["link set left up", f"addr add {address(i - 1, 2)} dev left",
                      f"addr add fd00::{i - 1:x}:1/127 dev left nodad"]
        if i + 1 < nodes:
            lines += ["link set right up", f"addr add {address(i, 1)} dev right",
                      f"addr add fd00::{i:x}:0/127 dev right nodad"]
        run(["ip", "-n", name, "-batch", "-"], lines)
        subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1"],
                       check=True)
    up = time.perf_counter()
    for name in names:
        subprocess.run(["ip", "netns", "del", name], check=True)
    return up - started, time.perf_counter() - up


def address(link, end):
    number = link * 4 + end
    return f"10.0.{number >> 8}.{number & 255}/30"


def mininet_linear(nodes):
    """Seconds up and down; None where mininet is not installed."""
    if importlib.util.find_spec("mininet") is None:
        return None
    done = subprocess.run([sys.executable, "-c", MININET, str(nodes)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=True)
    up, down = map(float, done.stdout.split()[-2:])
    return up, down


def veth_by_hand(seconds):
    """iperf3 over two namespaces and one veth pair made with ip(8): bits a second."""
    for command in ("ip netns add bh1", "ip netns add bh2",
                    "ip link add e1 netns bh1 type veth peer name e2 netns bh2",
                    "ip -n bh1 addr add 10.9.0.1/30 dev e1", "ip -n bh2 addr add 10.9.0.2/30 dev e2",
                    "ip -n bh1 link set e1 up", "ip -n bh2 link set e2 up"):
        subprocess.run(command.split(), check=True)
    try:
        return throughput(["ip", "netns", "exec", "bh1"], ["ip", "netns", "exec", "bh2"],
                          "10.9.0.2", seconds)
    finally:
        for name in ("bh1", "bh2"):
            subprocess.run(["ip", "netns", "del", name], check=True)


def through_lab(seconds):
    with machine.running("traffic", shapes.pair()):
        inside = [str(machine.BINARIES / "lab"), "-L", "traffic", "exec"]
        return throughput([*inside, "h1", "--"], [*inside, "h2", "--"], "h2", seconds)


def throughput(client, server, address, seconds):
    listening = subprocess.Popen([*server, "iperf3", "-s", "-1", "--forceflush"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    for line in listening.stdout:
        if "listening" in line:
            break
    try:
        said = machine.wall(*client, "iperf3", "-J", "-t", seconds, "-c", address)[1]
    finally:
        listening.communicate(timeout=30)
    return json.loads(said)["end"]["sum_received"]["bits_per_second"]
