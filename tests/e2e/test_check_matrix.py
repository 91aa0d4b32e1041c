"""`matrix`: one [[check]] table, asked for each combination of values, told by its own name."""

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
