"""A world outside the machine: the test's own network namespace is the host, another one lies behind it."""

import json
import os
import pathlib

from machine import eventually, run

SERVER = "203.0.113.9"
SERVER6 = "2001:db8:9::9"
# What counts traffic or changes with it.
RESTLESS = ("flush", "nf_conntrack_count", "ns_last_pid")


def build():
    """The host's uplink wan0, with a default route into the world; there is a server in it."""
    run("ip", "netns", "add", "world")
    run("ip", "link", "add", "wan0", "mtu", "1480", "type", "veth", "peer", "w0", "netns", "world")
    for words in ("address add 10.9.0.2/24 dev wan0", "address add 2001:db8:1::2/64 dev wan0 nodad",
                  "link set wan0 up", "route add default via 10.9.0.1",
                  "route add 192.0.2.0/24 via 10.9.0.1 metric 7 table 99"):
        run("ip", *words.split())
    for words in ("address add 10.9.0.1/24 dev w0", "address add 2001:db8:1::1/64 dev w0 nodad", "link set w0 up",
                  f"address add {SERVER}/32 dev lo", f"address add {SERVER6}/128 dev lo nodad", "link set lo up"):
        run("ip", "-n", "world", *words.split())
    run("ip", "-6", "route", "add", "default", "via", "2001:db8:1::1")
    settle()


def settle():
    """The kernel has tried all of the host's addresses, its own link-local ones too."""
    eventually("addresses are tried", lambda: "tentative" not in run("ip", "-6", "address").out)


def settings():
    """All of /proc/sys/net that stands still."""
    found = {}
    for folder, _, files in os.walk("/proc/sys/net"):
        for name in files:
            if any(word in name for word in RESTLESS):
                continue
            try:
                found[f"{folder}/{name}"] = pathlib.Path(folder, name).read_text()
            except OSError:
                continue
    return found


def interface(name):
    """One interface of the host, with what it holds."""
    link = json.loads(run("ip", "-j", "-d", "link", "show", "dev", name).out)[0]
    for key in ("stats64", "num_tx_queues", "num_rx_queues"):
        link.pop(key, None)
    details = link.get("linkinfo", {})
    for kind in ("info_data", "info_slave_data"):
        details[kind] = {key: value for key, value in details.get(kind, {}).items() if "timer" not in key}
    addresses = run("ip", "-o", "address", "show", "dev", name).out
    routes = "".join(run("ip", family, "route", "show", "table", "all", "dev", name).out for family in ("-4", "-6"))
    return {"link": link, "addresses": addresses, "routes": routes}


def host():
    """Everything of the host's network that a lab could change."""
    names = sorted(os.listdir("/sys/class/net"))
    return {"rules": run("nft", "list", "ruleset").out, "settings": settings(),
            "interfaces": {name: interface(name) for name in names}}
