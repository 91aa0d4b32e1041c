"""Random labs and random edits of them, in the real kernel: an edited lab is one that was made so."""

import json
import random

import machine
from labtest import LabTest, limit
from machine import api, run

HOSTS = ["h1", "h2", "h3", "h4"]


def random_lab(rng):
    """A lab as lists that can be edited: links by name, so that none is another one by its place."""
    nodes = {"r1": 'kind = "router"', "sw": 'kind = "switch"', **{name: "" for name in rng.sample(HOSTS, 3)}}
    links = {}
    for name in nodes:
        if name != "sw":
            links[f"{name}-sw"] = {"ends": (name, "sw"), "net": ""}
    for _ in range(rng.randrange(3)):
        a, b = rng.sample([name for name in nodes if name != "sw"], 2)
        links.setdefault("-".join(sorted((a, b))), {"ends": (a, b), "net": ""})
    return {"nodes": nodes, "links": links}


def random_edit(rng, lab):
    """The lab with one thing changed: never what the numbers of others hang on."""
    nodes, links = dict(lab["nodes"]), {name: dict(link) for name, link in lab["links"].items()}
    hosts = [name for name in nodes if name.startswith("h")]
    what, host = rng.randrange(6), rng.choice(hosts)
    if what == 0:
        nodes[host] = f'files = {{ "/etc/x" = {{ text = "{rng.random()}" }} }}'
    elif what == 1:
        nodes[host] = f"sysctl = {{ net.ipv4.ip_default_ttl = {rng.randrange(30, 200)} }}"
    elif what == 2:
        nodes[host] = f'run = [{{ name = "s", cmd = "sleep {rng.randrange(1000, 9000)}" }}]'
    elif what == 3:
        nodes[host] = f'hostname = "n{rng.randrange(100)}"'
    elif what == 4:
        link = rng.choice(sorted(links))
        links[link]["net"] = f", mtu = {rng.randrange(1300, 1500)}"
    else:
        link = rng.choice(sorted(links))
        links[link]["net"] = f', a.mac = "02:00:00:00:00:{rng.randrange(16, 99)}"'
    return {"nodes": nodes, "links": links}


def text_of(lab):
    lines = ["links = ["]
    lines += [f'  {{ endpoints = ["{link["ends"][0]}", "{link["ends"][1]}"]{link["net"]} }},'
              for link in lab["links"].values()]
    lines += ["]"] + [f"[nodes.{name}]\n{inside}" for name, inside in lab["nodes"].items()]
    return "\n".join(lines) + "\n"


def without(rng, lab):
    """The lab without one of its hosts and what hangs on it."""
    gone = rng.choice([name for name in lab["nodes"] if name.startswith("h")])
    return {"nodes": {name: inside for name, inside in lab["nodes"].items() if name != gone},
            "links": {name: link for name, link in lab["links"].items() if gone not in link["ends"]}}


class RandomEdits(LabTest):
    def put(self, lab, **more):
        body = {"api": 1, "main": "t.lab.toml", "source": "t", "files": {"t.lab.toml": {"text": text_of(lab)}}, **more}
        last = json.loads(api("PUT", "/v1/labs/t", body)[1].splitlines()[-1])
        self.assertEqual("result", last["type"], f"{last}\n{text_of(lab)}")
        return last

    def come_to(self, lab):
        self.put(lab)
        self.assertEqual([], self.put(lab, dry_run=True)["actions"], text_of(lab))
        status = json.loads(api("GET", "/v1/labs/t")[1])["lab"]
        self.assertEqual(("up", []), (status["state"], status["drift"]), text_of(lab))

    def held(self, lab):
        """What the kernel and the nodes hold of it, as they say it themselves."""
        found = {}
        for name in lab["nodes"]:
            said = [(link["ifname"], link["address"], link["mtu"], sorted(link["flags"]),
                     sorted((a["local"], a["prefixlen"], a["scope"]) for a in link["addr_info"]))
                    for link in run("ip", "-n", f"t.{name}", "-j", "address").json]
            routes = run("ip", "-n", f"t.{name}", "route").out + run("ip", "-n", f"t.{name}", "-6", "route").out
            inside = ""
            if name != "sw":
                inside = machine.lab("-L", "t", "exec", name, "--", "sh", "-c",
                                     "cat /etc/hosts /etc/x 2>/dev/null; hostname; sysctl -n net.ipv4.ip_default_ttl;"
                                     " ps -eo args= | grep '^sleep' | sort").out
            found[name] = sorted(said), sorted(routes.splitlines()), inside
        return found

    @limit(240)
    def test_edits_and_the_way_back(self):
        machine.lab("ls")
        for seed in range(4):
            rng = random.Random(seed)
            with self.subTest(seed=seed):
                self.assertIn(api("DELETE", "/v1/labs/t")[0], (200, 404))
                first = random_lab(rng)
                self.come_to(first)
                before, lab = self.held(first), first
                for _ in range(4):
                    lab = random_edit(rng, lab)
                    self.come_to(lab)
                self.come_to(without(rng, lab))
                self.come_to(first)
                self.assertEqual(before, self.held(first), text_of(first))
                api("DELETE", "/v1/labs/t")
                self.assert_unchanged()

    @limit(240)
    def test_the_way_does_not_matter(self):
        machine.lab("ls")
        for seed in range(10, 13):
            rng = random.Random(seed)
            with self.subTest(seed=seed):
                self.assertIn(api("DELETE", "/v1/labs/t")[0], (200, 404))
                first = random_lab(rng)
                last = first
                way = [last := random_edit(rng, last) for _ in range(4)]
                self.come_to(first)
                for lab in way:
                    self.come_to(lab)
                edited = self.held(last)
                api("DELETE", "/v1/labs/t")
                self.come_to(first)
                self.come_to(last)  # all at once
                self.assertEqual(edited, self.held(last), text_of(last))
                api("DELETE", "/v1/labs/t")
                self.come_to(last)  # and as if it had never been another
                self.assertEqual(edited, self.held(last), text_of(last))
                api("DELETE", "/v1/labs/t")
                self.assert_unchanged()
