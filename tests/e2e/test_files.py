"""A node's files: written, from folders, generated; and the names that every node knows."""

import pathlib

from labtest import LabTest
from machine import lab


class Files(LabTest):
    def cat(self, node, path):
        return lab("exec", node, "--", "cat", path).out

    def test_written_and_from_disk(self):
        self.write("r1.conf", "plain ${name}\n")
        self.up('''
links = [["h1", "h2"]]
[nodes]
h2 = "host"
[nodes.h1.files]
"/etc/inline" = """
I am ${name}, h2 is ${h2.ipv4}
"""
"/etc/short" = { text = "one line", mode = "0600" }
"/etc/copied" = "r1.conf"
"/etc/filled" = { from = "r1.conf", template = true }
"/opt/deep/er/script" = { text = "#!/bin/sh\\necho ran\\n", mode = "0755" }
"/var/lib/mine" = { text = "x", owner = "nobody" }
''')
        self.assertEqual("I am h1, h2 is 10.0.1.12\n", self.cat("h1", "/etc/inline").lstrip("\n"))
        self.assertEqual("one line", self.cat("h1", "/etc/short"))
        self.assertEqual("plain ${name}\n", self.cat("h1", "/etc/copied"))
        self.assertEqual("plain h1\n", self.cat("h1", "/etc/filled"))
        self.assertEqual("ran\n", lab("exec", "h1", "--", "/opt/deep/er/script").out)
        self.assertEqual("600 root", lab("exec", "h1", "--", "stat", "-c", "%a %U", "/etc/short").out.strip())
        self.assertEqual("nobody", lab("exec", "h1", "--", "stat", "-c", "%U", "/var/lib/mine").out.strip())
        lab("exec", "h2", "--", "test", "-e", "/etc/inline", status=1)

    def test_overlay_beside_the_file(self):
        self.write("t/h1/etc/motd", "overlaid\n")
        script = self.write("t/h1/usr/local/bin/hello", "#!/bin/sh\necho hello\n")
        script.chmod(0o755)
        self.write("t/h1/etc/both", "overlay\n")
        text = '''
links = [["h1", "h2"]]
[nodes]
h1 = { files = { "/etc/both" = { text = "files win\\n" } } }
h2 = "host"
'''
        (script.parent / "hello").unlink()
        self.up(text)
        self.assertEqual("overlaid\n", self.cat("h1", "/etc/motd"))
        self.assertEqual("files win\n", self.cat("h1", "/etc/both"))

    def test_a_changed_file_is_changed_live(self):
        text = 'links = [["h1","h2"]]\n[nodes]\nh2 = "host"\nh1 = { files = { "/etc/x" = { text = "1" } } }\n'
        self.up(text)
        pid = self.node("h1")["pid"]
        self.assertTrue(self.up(text.replace('"1"', '"2"'))["actions"])
        self.assertEqual("2", self.cat("h1", "/etc/x"))
        self.up(text.replace('"/etc/x"', '"/etc/y"'))
        lab("exec", "h1", "--", "test", "-e", "/etc/x", status=1)
        self.assertEqual(pid, self.node("h1")["pid"])

    def test_a_file_from_disk_that_changed(self):
        self.write("c.conf", "1\n")
        text = 'links = [["h1","h2"]]\n[nodes]\nh2 = "host"\nh1 = { files = { "/etc/c" = "c.conf" } }\n'
        self.up(text)
        self.assertEqual([], self.up(text)["actions"])
        self.write("c.conf", "2\n")
        self.assertTrue(self.up(text)["actions"])
        self.assertEqual("2\n", self.cat("h1", "/etc/c"))

    def test_names(self):
        self.up('''
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = { kind = "host", hostname = "second" }
r1 = { kind = "router", loopback = true }
''')
        self.assertIn("10.255.0.1", lab("exec", "h1", "--", "getent", "ahostsv4", "r1").out)
        self.assertIn("10.0.2.1", lab("exec", "h1", "--", "getent", "ahostsv4", "r1.eth1").out)
        self.assertIn("fd00:0:0:2::11", lab("exec", "h1", "--", "getent", "ahostsv6", "h2").out)
        self.assertIn("127.0.0.1", lab("exec", "h1", "--", "getent", "ahostsv4", "localhost").out)
        self.assertEqual("second\n", lab("exec", "h2", "--", "hostname").out)
        # IPv4 is what a dual-stack name means first.
        self.assertRegex(lab("exec", "h1", "--", "ping", "-c1", "h2").out, r"\(10\.0\.2\.11\)")

    def test_names_follow_an_edit(self):
        text = '[nodes]\n"h[1-2]" = "host"\n[[link]]\nlan = ["h[*]"]\n'
        self.up(text)
        self.up(text.replace("1-2", "1-3"))
        self.assert_reaches("h1", "h3")
        self.assert_reaches("h3", "h1")

    def test_own_names_only(self):
        self.up('names = false\nlinks = [["h1","h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n')
        lab("exec", "h1", "--", "getent", "hosts", "h2", status=2)
        lab("exec", "h1", "--", "getent", "hosts", "h1")

    def test_the_names_of_the_lab_come_back(self):
        text = 'links = [["h1","h2"]]\n[nodes]\nh1 = "host"\nh2 = { dns = ["h1"] }\n'
        self.up(text)
        before = self.cat("h1", "/etc/hosts")
        self.up("names = false\n" + text)
        self.assertNotIn("h2", self.cat("h1", "/etc/hosts"))
        self.up(text.replace('{ dns = ["h1"] }', '"host"'))
        self.assertEqual(before, self.cat("h1", "/etc/hosts"))
        self.assertIn("h2", lab("exec", "h1", "--", "getent", "hosts", "h2").out)
        self.assertEqual(self.cat("h1", "/etc/resolv.conf"), self.cat("h2", "/etc/resolv.conf"))

    def test_nodes_do_not_share(self):
        self.up('links = [["h1","h2"]]\n[nodes]\nh1 = "host"\nh2 = "host"\n')
        for path in ("/etc/x", "/var/x", "/var/tmp/x", "/var/log/x", "/tmp/x", "/run/x", "/root/x"):
            lab("exec", "h1", "--", "sh", "-c", f"echo mine > {path}")
            lab("exec", "h2", "--", "test", "-e", path, status=1)

    def test_links_that_a_node_plants_lead_nowhere_else(self):
        """Files are written with the node's rights in the node's root, whatever root there has done."""
        text = 'links = [["h1","h2"]]\n[nodes]\nh2 = "host"\nh1 = { files = { "/srv/d/x" = { text = "1" } } }\n'
        self.up(text)
        outside = pathlib.Path("/run/work/planted")
        outside.mkdir()
        for target in (outside, f"/proc/1/root{outside}", f"../../../../../..{outside}"):
            with self.subTest(target=str(target)):
                lab("exec", "h1", "--", "sh", "-c", f"rm -rf /srv/d && ln -s {target} /srv/d")
                edit = lab("up", self.write("t.lab.toml", text.replace('"1"', f'"{target}"')), status=None)
                self.assertIn(edit.status, (0, 1), edit)
                self.assertEqual([], list(outside.iterdir()))
                lab("exec", "h1", "--", "sh", "-c", "rm -rf /srv/d")
                self.up(text)
