"""What every verb prints, as text and as JSON, and its exit status."""

import json
import re

import machine
from labtest import PAIR, LabTest
from machine import EXAMPLES, lab, run

TWO = EXAMPLES / "two-hosts.lab.toml"


class Output(LabTest):
    def test_where_the_time_goes(self):
        """-v: the stations beside the steps too; without, the steps alone."""
        path = self.write("t.lab.toml", PAIR)
        stations = lambda done: re.findall(r"^(\w+)(?: \d+/\d+)?  [\d.]+ \w+$", done.err, re.M)
        said = stations(lab("up", "-v", path))
        self.assertEqual(["parse", "turn", "plan"], said[:3])
        self.assertEqual(["confirm", "commit"], said[-2:])
        self.assertIn("links", said)
        lab("down", "t")
        self.assertNotIn("plan", stations(lab("up", path)))
        self.assertEqual(["parse", "turn", "plan"], stations(lab("up", "-v", path)))

    def test_up_and_down(self):
        done = lab("up", TWO)
        self.assertRegex(done.out + done.err, r"lab two-hosts up: 3 nodes, 2 links in [\d.]+ m?s")
        self.assertRegex(done.err, r"(?m)^namespaces")  # one line per phase when not at a terminal
        again = lab("up", TWO)
        self.assertIn("nothing to do", again.out + again.err)
        done = lab("down", "two-hosts")
        self.assertRegex(done.out + done.err, r"lab two-hosts down: [\d.]+ m?s")
        lab("down", "two-hosts")  # absent is no error

    def test_up_json(self):
        first = lab("up", TWO, "--json").json
        self.assertEqual((1, "two-hosts", 3, 2), (first["api"], first["lab"], first["nodes"], first["links"]))
        self.assertGreater(first["elapsed"], 0)
        self.assertEqual({("create", "node", n) for n in ("h1", "h2", "r1")},
                         {(a["op"], a["kind"], a["name"]) for a in first["actions"] if a["kind"] == "node"})
        self.assertEqual({"h1--r1", "r1--h2"}, {a["name"] for a in first["actions"] if a["kind"] == "link"})
        self.assertEqual([], lab("up", TWO, "--json").json["actions"])
        self.assertEqual([], lab("apply", TWO, "--json").json["actions"])
        down = lab("down", "two-hosts", "--json").json
        self.assertEqual(["two-hosts"], [x["name"] for x in down["labs"]])
        self.assertEqual([], lab("down", "two-hosts", "--json").json["labs"])

    def test_quiet(self):
        done = lab("-q", "up", TWO)
        self.assertEqual("", done.err)

    def test_name_of_the_lab(self):
        lab("up", TWO, "--name", "other")
        self.assertEqual(["other"], [x["name"] for x in lab("ls", "--json").json["labs"]])
        self.assertIn("other.h1", run("ip", "netns", "list").out)

    def test_a_file_on_standard_input(self):
        text = '[nodes]\nh1 = "host"\n'
        self.assertEqual("lab", lab("up", "-", "--json", stdin=text.encode()).json["lab"])
        self.assertEqual("one", lab("up", "-", "--json", stdin=('name = "one"\n' + text).encode()).json["lab"])
        answer = lab("up", "-", "--json", "--name", "two", stdin=('name = "one"\n' + text).encode()).json
        self.assertEqual("two", answer["lab"])

    def test_dry_run(self):
        answer = lab("up", TWO, "--dry-run", "--json").json
        self.assertTrue(answer["actions"])
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_set(self):
        text = '[vars]\nsize = 2\n[nodes]\n"h[1-${size}]" = "host"\n[[link]]\nlan = ["h[*]"]\n'
        file = self.write("v.lab.toml", text)
        self.assertEqual(2, lab("up", file, "--json").json["nodes"])
        self.assertEqual(4, lab("up", file, "--set", "size=4", "--json").json["nodes"])
        done = lab("up", file, "--set", "sise=4", status=2)
        self.assertIn("size", done.err)

    def test_the_file_of_the_folder(self):
        folder = self.write("net/lab.toml", PAIR).parent
        answer = lab("up", "--json", cwd=folder).json
        self.assertEqual("net", answer["lab"])
        lab("exec", "h1", "--", "true", cwd=folder)
        lab("down", cwd=folder)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_several_files_in_the_folder(self):
        folder = self.write("net/a.lab.toml", PAIR).parent
        self.write("net/b.lab.toml", 'name = "other"' + PAIR)
        said = lab("status", cwd=folder, status=3).err
        self.assertIn("this folder holds several topologies: a.lab.toml, b.lab.toml", said)
        self.assertIn("several topologies", lab("plan", cwd=folder, status=2).err)
        self.assertEqual("a", lab("-L", "a", "plan", "--json", cwd=folder).json["lab"])
        self.assertEqual("other", lab("-L", "other", "up", "--json", cwd=folder).json["lab"])
        self.assertEqual("b.lab.toml", lab("ls", "--json").json["labs"][0]["file"].split("/")[-1])

    def test_ls(self):
        lab("up", TWO)
        listed = lab("ls", "--json").json["labs"]
        self.assertEqual([("two-hosts", "up", 3, 2)],
                         [(x["name"], x["state"], x["nodes"], x["links"]) for x in listed])
        self.assertEqual(str(TWO), listed[0]["file"])
        table = lab("ls").out.splitlines()
        self.assertEqual(["NAME", "STATE", "NODES", "LINKS", "AGE", "OWNER", "FILE"], table[0].split())
        self.assertEqual("two-hosts", table[1].split()[0])
        self.assertEqual("two-hosts\n", lab("ls", "-q").out)

    def test_status(self):
        lab("up", TWO)
        status = lab("status", "--json").json
        self.assertEqual(["h1", "h2", "r1"], [n["name"] for n in status["nodes"]])
        for node in status["nodes"]:
            self.assertEqual("running", node["state"])
            self.assertEqual("lab-init", open(f"/proc/{node['pid']}/comm").read().strip())
            self.assertTrue(node["addresses"])
        table = lab("status").out
        self.assertRegex(table, r"(?m)^h1\s+host\s+running\s+\d+\s+10\.0\.1\.11/24")
        self.assertEqual("r1", lab("status", "r1", "--json").json["nodes"][0]["name"])
        self.assertEqual("h1\nh2\nr1\n", lab("status", "-q").out)
        lab("ps")

    def test_links(self):
        lab("up", TWO)
        links = lab("links", "--json").json["links"]
        self.assertEqual(["h1--r1", "r1--h2"], [x["name"] for x in links])
        self.assertEqual([("h1", "eth0"), ("r1", "eth0")],
                         [(e["node"], e["interface"]) for e in links[0]["ends"]])
        self.assertRegex(lab("links").out, r"(?m)^h1--r1\s+up\s+1500")
        self.assertEqual(1, len(lab("links", "h2", "--json").json["links"]))

    def test_inspect(self):
        lab("up", TWO)
        node = lab("inspect", "r1", "--json").json
        node = node.get("node", node)
        self.assertEqual("two-hosts.r1", node["netns"])
        self.assertTrue(machine.pathlib.Path(f"/proc/{node['pid']}").exists())
        self.assertEqual(["eth0", "eth1"], [i["name"] for i in node["interfaces"]])
        self.assertEqual([100, 101], [i["index"] for i in node["interfaces"]])
        link = lab("inspect", "h1--r1", "--json").json
        self.assertEqual("h1--r1", link.get("link", link)["name"])
        whole = lab("inspect", "--json").json
        self.assertIn("two-hosts", json.dumps(whole))

    def test_ping(self):
        lab("up", TWO)
        matrix = lab("ping", "--json").json
        self.assertEqual({(a, b) for a in ("h1", "h2", "r1") for b in ("h1", "h2", "r1") if a != b},
                         {(p["from"], p["to"]) for p in matrix})
        for pair in matrix:
            self.assertTrue(pair["ok"])
            self.assertGreater(pair["rtt"], 0)
        self.assertIn("✓", lab("ping").out)
        self.assertEqual(1, len(lab("ping", "h1", "h2", "--json").json))
        self.assertEqual(2, len(lab("ping", "h1", "--json").json))
        lab("ping", "-6", "h1", "h2")
        lab("stop", "h2")
        done = lab("ping")
        self.assertIn("left out, for it is stopped: h2\n", done.err)
        self.assertNotIn("h2", done.out)
        lab("start", "h2")
        self.assertEqual("", lab("ping").err)
        run("ip", "-n", "two-hosts.r1", "link", "set", "eth1", "down")
        lost = lab("ping", "--json", status=1).json
        self.assertEqual(4, sum(not p["ok"] for p in lost))
        self.assertIn("✗", lab("ping", status=1).out)

    def test_who_is_not_there(self):
        self.assertIn("nolab", lab("-L", "nolab", "status", status=3).err)
        lab("up", TWO)
        done = lab("status", "r9", status=3)
        self.assertIn("r9", done.err)
        self.assertIn("r1", done.err)
        lab("inspect", "h1--h2", status=3)
        lab("logs", "r9", status=3)
        lab("ping", "h1", "h9", status=3)
        answer = lab("inspect", "r9", "--json", status=3).json
        self.assertEqual((1, "no_such_node"), (answer["api"], answer["error"]["code"]))

    def test_usage(self):
        for words in (["upp"], ["up", "--wiat"], ["up", "a", "b"], ["exec"], ["-L"], ["status", "--json=x"]):
            done = lab(*words, status=None)
            self.assertEqual(2, done.status, done)
            self.assertTrue(done.err)
        self.assertIn("up", lab("upp", status=2).err)
        self.assertIn("--wait", lab("up", "--wiat", status=2).err)
        self.assertIn("--color", lab("--colour", "always", "ls", status=2).err)
        done = lab(status=None)
        self.assertIn("up", done.out + done.err)

    def test_help(self):
        text = lab("--help").out
        self.assertLessEqual(len(text.splitlines()), 40)
        for verb in ("up", "down", "ls", "status", "links", "inspect", "exec", "shell", "vtysh", "logs",
                     "ping", "validate", "show", "graph", "doctor", "init", "help", "version"):
            self.assertRegex(text, rf"\b{verb}\b")
            self.assertIn("Usage", lab(verb, "--help").out)
        for topic in ("topology", "exit-codes"):
            self.assertGreater(len(lab("help", topic).out), 500)
        self.assertIn("Usage", lab("help", "up").out)
        lab("help", "nonsense", status=2)
        # What is no page is looked for in them.
        self.assertRegex(lab("help", "ospf").out, "(?s)lab help topology.*isis bgp rip")
        self.assertIn("lab help checks", lab("help", "JUnit").out)

    def test_version(self):
        self.assertRegex(lab("version").out, r"\d+\.\d+\.\d+")
        self.assertRegex(lab("--version").out, r"\d+\.\d+\.\d+")
        self.assertEqual(1, lab("version", "--json").json["api"])

    def test_show(self):
        resolved = lab("show", "--resolved", TWO).out
        file = self.write("again.lab.toml", resolved)
        self.assertEqual(resolved, lab("show", "--resolved", file).out)
        self.assertIn("10.0.1.11/24", resolved)
        configs = lab("show", "--configs", EXAMPLES / "ospf-triangle.lab.toml").out
        self.assertIn("router ospf", configs)
        self.assertIn("frr.conf", configs)
        self.assertIn("h1", lab("show", TWO).out)

    def test_every_example_resolves_to_itself(self):
        for example in sorted(EXAMPLES.glob("*.lab.toml")):
            with self.subTest(example=example.name):
                lab("validate", example)
                first = lab("show", "--resolved", example).out
                # Beside the original, so that the files it names are found.
                again = self.write(f"x/{example.name}", first)
                for folder in EXAMPLES.iterdir():
                    if folder.is_dir() and not (again.parent / folder.name).exists():
                        machine.run("cp", "-r", folder, again.parent)
                self.assertEqual(first, lab("show", "--resolved", again).out)

    def test_a_resolved_lab_is_the_same_lab(self):
        lab("up", TWO)
        resolved = lab("show", "--resolved", TWO).out
        file = self.write("two-hosts.lab.toml", resolved)
        kinds = {a["kind"] for a in lab("up", file, "--json").json["actions"]}
        self.assertLessEqual(kinds, set(), "nothing in the kernel differs")

    def test_graph(self):
        for example in sorted(EXAMPLES.glob("*.lab.toml")):
            for form, begin in (("dot", r"\s*(di)?graph"), ("svg", r"\s*<(\?xml|svg)"),
                                ("mermaid", r"\s*(graph|flowchart|---)"), ("ascii", r"")):
                out = lab("graph", "-f", form, example).out
                self.assertRegex(out, r"\A" + begin)
                self.assertRegex(out, r"h1|pc1|seattle|client|laptop|staff1")
        import xml.dom.minidom
        xml.dom.minidom.parseString(lab("graph", "-f", "svg", EXAMPLES / "abilene.lab.toml").out)
        self.assertEqual([], machine.processes("labd"))

    def test_doctor(self):
        done = lab("doctor", status=None)
        self.assertIn(done.status, (0, 1))
        self.assertRegex(done.out, "✓")
        checks = lab("doctor", "--json", status=None).json["checks"]
        self.assertTrue(all(c["ok"] or c["fix"] for c in checks if c["needed"]), checks)

    def test_init(self):
        folder = self.write("new/x", "").parent
        lab("init", cwd=folder)
        files = [f.name for f in folder.glob("*.toml")]
        self.assertEqual(["lab.toml"], files)
        lab("validate", folder / "lab.toml")
        lab("init", cwd=folder, status=None)  # what is there stays
        for template in ("two-hosts", "ospf", "bgp", "clos", "ipv6"):
            folder = self.write(f"{template}/x", "").parent
            lab("init", template, cwd=folder)
            lab("validate", folder / "lab.toml")
        lab("up", "--json", cwd=self.write("two-hosts/x", "").parent)

    def test_logs(self):
        text = PAIR.replace('h2 = "host"', 'h2 = { run = [{ name = "talk", cmd = "echo one; echo two >&2; '
                                           'exec sleep 1000", ready = "log two" }] }')
        self.up(text)
        self.assertIn("one\n", lab("logs", "h2").out)
        self.assertIn("two\n", lab("logs", "h2/talk").out)
        self.assertEqual(1, len(lab("logs", "h2/talk", "-n", "1").out.splitlines()))
        lab("logs", "h2/none", status=3)
        follower = machine.subprocess.Popen(["lab", "logs", "-f", "h2/talk"],
                                            stdout=machine.subprocess.PIPE, text=True)
        self.assertRegex(follower.stdout.readline(), "one")
        follower.kill()
        follower.communicate()

    def test_no_colour_when_nobody_looks(self):
        lab("up", TWO)
        for words in (["status"], ["ls"], ["ping"], ["doctor"]):
            self.assertNotIn("\x1b", lab(*words, status=None).out)
        self.assertIn("\x1b", lab("--color=always", "status").out)
        self.assertNotIn("\x1b", lab("--color=auto", "status", env={"NO_COLOR": "1"}).out)

    def test_errors_have_a_place_for_machines(self):
        answer = lab("-L", "none", "status", "--json", status=3).json
        self.assertEqual("no_such_lab", answer["error"]["code"])
        self.assertTrue(answer["error"]["message"])
        self.assertTrue(re.search("lab", answer["error"]["hint"]), answer)
