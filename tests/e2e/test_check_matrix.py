"""`matrix`: one [[check]] table, asked for each combination of values, told by its own name."""

import csv
import os
import xml.etree.ElementTree

from labtest import LabTest
from machine import lab

NET = '''
name = "m"
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = "router"
'''


class Matrix(LabTest):
    def test_each_combination_is_asked_and_has_its_name(self):
        file = self.write("m.lab.toml", NET + '''
[[check]]
name = "to ${who}"
ping = ["h1", "${who}"]
size = "${bytes}"
matrix = { who = ["h2", "r1"], bytes = [100, 1400] }
[[check]]
name = "none"
tcp = ["h1", "h2:${port}"]
within = "100ms"
matrix = { port = [81, 82] }
''')
        names = ["to h2 (who = h2, bytes = 100)", "to h2 (who = h2, bytes = 1400)", "to r1 (who = r1, bytes = 100)",
                 "to r1 (who = r1, bytes = 1400)", "none (port = 81)", "none (port = 82)"]
        self.assertEqual(names, lab("test", file, "--list").out.splitlines())
        done = lab("test", file, "--junit", "r.xml", status=1)
        self.assertEqual("4 passed, 2 failed, 0 skipped", done.out.splitlines()[-1])
        with open("r.xml") as kept:
            report = kept.read()
        for name in names:
            self.assertIn(f'name="{name}"', report)
        self.assertEqual("1 passed, 0 failed, 0 skipped", lab("test", file, "-k", "1400 and r1").out.splitlines()[-1])

    def test_a_file_is_run_with_each_combination(self):
        file = self.write("m.lab.toml", NET + '''
[vars]
who = "h2"
bytes = 100
[matrix]
who = ["h2", "nobody"]
bytes = [100, 1400]
[[check]]
name = "size"
run = { node = "h1", cmd = "ping -c1 -s ${bytes} -W1 ${who}" }
within = "1s"
''')
        self.assertIn("who = nobody, bytes = 1400\n", lab("test", file, "--list").out)
        done = lab("test", file, "--junit", "r.xml", "--bundle", "kept", status=1)
        self.assertEqual("2 passed, 2 failed, 0 skipped", done.out.splitlines()[-1])
        report = xml.etree.ElementTree.parse("r.xml")
        self.assertEqual({"m (who = h2, bytes = 100)": "0", "m (who = h2, bytes = 1400)": "0",
                          "m (who = nobody, bytes = 100)": "1", "m (who = nobody, bytes = 1400)": "1"},
                         {s.get("name"): s.get("failures") for s in report.iter("testsuite")})
        self.assertEqual({"m-h2-100", "m-h2-1400", "m-nobody-100", "m-nobody-1400"}, set(os.listdir("kept")))
        table = lab("test", file, "--set", "who=h2", "--repeat", "2", "--csv").out.splitlines()
        self.assertEqual([[str(file), "bytes = 100", "2"], [str(file), "bytes = 1400", "2"]],
                         [[row["file"], row["variant"], row["runs"]] for row in csv.DictReader(table)
                          if row["metric"] == "first_ok"])
        lab("up", file)  # with [vars]
        lab("exec", "h1", "--", "ping", "-c1", "-W1", "h2")

    def test_a_combination_that_is_wrong_is_named(self):
        file = self.write("w.lab.toml", NET + '''
[vars]
net = "10.1.0.0/24"
[matrix]
net = ["10.1.0.0/24", "10.1.0.0/33"]
[[link]]
endpoints = ["h1", "h2"]
prefix = "${net}"
''')
        done = lab("validate", file, status=2)
        self.assertIn("with net = 10.1.0.0/33:\n", done.err)
        self.assertIn("${net}", done.err)
        found = lab("validate", file, "--json", status=2).json
        self.assertEqual([(False, "net = 10.1.0.0/33")], [(f["ok"], f["variant"]) for f in found["files"]])
