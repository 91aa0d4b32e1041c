"""Wrong files: everything said in one go, with file:line:col, a caret and a hint; nothing touched."""

import machine
from labtest import PAIR, LabTest
from machine import lab

# CODE: (the file, place of the (first) mistake, words of the message, words of the hint).
NODES = '\n[nodes]\nh1 = "host"\nr1 = "router"\nr2 = "router"\n'
MISTAKES = {
    "D1": ('links = [{ endpoints = ["h1", "r1"], delya = "5ms" }]' + NODES, "1:38", "delya", "delay"),
    "D2": ('name = "My Lab"\nlinks = [["h1","r1"]]' + NODES, "1:8", "lab name", "my-lab"),
    "D3": ('include = ["common.toml"]\nlinks = [["h1","r1"]]' + NODES, "1:12", "common.toml", ""),
    "D4": ('include = ["../x.toml"]\nlinks = [["h1","r1"]]' + NODES, "1:12", "../x.toml", "below"),
    "D6": ('links = ["h1", "r1"]' + NODES, "1:", "list", '[["h1"'),
    "D7": ('[nodes]\nh1 = "host"\nr1 = "router"\nlinks = [["h1", "r1"]]\n', "4:", "links", "above"),
    "D8": ('links = [["h1","r1"]]\n[vars]\nlab = 1' + NODES, "3:", "lab", ""),
    "D9": ('links = [["h1","q2"]]\n[nodes]\nh1 = "host"\n"q[1-3]" = "router"\n"q[2-5]" = "router"\n', "5:",
           "q2", "plain name"),
    "D10": ('links = [["h1","PC1"]]\n[nodes]\nh1 = "host"\nPC1 = "host"\n', "4:1", "PC1", "pc1"),
    "D11": ('links = [["h1","r1"]]\n[nodes]\nh1 = "host"\nr1 = "ruoter"\n', "4:6", "ruoter", "router"),
    "D12": ('links = [["h1","r1"]]\n[kinds.a]\nextends = "b"\n[kinds.b]\nextends = "a"' + NODES, "", "extend",
            "built-in"),
    "D13": ('links = [["h1","r1"]]\n[kinds.core]\nloopback = true' + NODES, "2:", "core", "extends"),
    "D14": ('links = [["h1", "h9"]]' + NODES, "1:17", "h9", "h1"),
    "D15": ('links = [{ zip = ["a[1-3]", "b[1-2]"] }]\n[nodes]\n"a[1-3]" = "router"\n"b[1-2]" = "router"\n',
            "1:", "3", "mesh"),
    "D16": ('links = [["a[1-3]", "a[1-3]"]]\n[nodes]\n"a[1-3]" = "router"\n', "1:", "same", "full"),
    "D17": ('links = [["a[1-3]", "r1", "r2"]]\n[nodes]\n"a[1-3]" = "host"\nr1 = "router"\nr2 = "router"\n',
            "1:", "three links or one network", "lan"),
    "D18": ('links = [{ ring = "a[1-2]" }]\n[nodes]\n"a[1-2]" = "router"\n', "1:", "ring", "chain"),
    "D19": ('links = [["h1", "r1:uplink-to-backbone"]]' + NODES, "1:21", "18 bytes", "shorten"),
    "D71": ('links = [["h1", "r1:wan"], ["r2", "r1:wan"]]' + NODES, "1:", "wan", "rename"),
    "D20": ('links = [{ endpoints=["h1","r1"], name="x" }, { endpoints=["r2","r1"], name="x" }]' + NODES, "1:",
            "taken", ""),
    "D22": ('links = [{ endpoints = ["h1", "r1", "r2"], b = { mtu = 1400 } }]' + NODES, "1:", '"b"', "ends"),
    "D23": ('links = [{ endpoints = ["h1", "r1"], delay = 20 }]' + NODES, "1:", "unit", "20ms"),
    "D24": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { kind = "host", exec = ["echo ${HOME}"] }\n',
            "4:", "HOME", "$${HOME}"),
    "D25": ('links = [["h1","r1"]]\n[vars]\nx = "${y}"\ny = "${x}"' + NODES, "", "x", ""),
    "D27": ('links = [["h1","r1"]]\n[nodes]\nh1 = "host"\nr1 = "router"\n"x[3-1]" = "host"\n', "5:", "3", "[1-3]"),
    "D28": ('links = [["h1","r1"]]\n[nodes]\nh1 = "host"\nr1 = "router"\nx[1-3] = "host"\n', "5:", "quotes",
            '"x[1-3]"'),
    "D29": ('links = [["a[1-5]","r1"]]\n[nodes]\nr1 = "router"\n"a[1-3]" = "host"\n', "1:", "a4", "a[*]"),
    "D30": ('links = [{ full = "a[1-4]", pool = "core" }]\n[addressing]\ncore = { ipv4 = "10.0.0.0/30" }\n[nodes]\n'
            '"a[1-4]" = "router"\n', "", "core", ""),
    "D31": ('links = [["h1 10.0.1.1/24", "r1 10.0.1.1/24"]]' + NODES, "1:", "10.0.1.1", ""),
    "D33": ('links = [["r1","r2"]]\n[nodes]\nr1 = { kind = "router", id = 3 }\nr2 = { kind = "router", id = 3 }\n',
            "4:", "id 3", ""),
    "D34": ('links = [["h1","r1"],["h1","r2"]]\n[nodes]\nr1 = "router"\nr2 = "router"\nh1 = { addresses = '
            '"10.0.0.5/24" }\n', "5:", "which", "eth0"),
    "D37": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { mac = "01:00:5e:00:00:01" }\n', "4:",
            "multicast", ""),
    "D38": ('links = [{ endpoints = ["h1","r1"], mtu = 70000 }]' + NODES, "1:", "65535", ""),
    "D39": ('links = [{ endpoints = ["h1","r1"], loss = "120%" }]' + NODES, "1:", "loss", ""),
    "D45": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { kind = "host", routing = "ospf" }\n', "4:",
            "route", "router"),
    "D46": ('links = [["r1","r2"]]\n[nodes]\nr1 = { kind = "router", routing = "bgp" }\nr2 = "router"\n', "3:",
            "asn", "65001"),
    "D47": ('links = [["r1","r2"]]\n[nodes]\nr1 = { kind = "router", routing = "ospf", area = 1 }\n'
            'r2 = { kind = "router", routing = "ospf", area = 2 }\n', "", "area", "area ="),
    "D49": ('links = [["h1","r1"],["r1","r2"]]\n[nodes]\nh1 = "host"\nr2 = "router"\nr1 = { kind = "router", '
            'routes = ["10.0.0.0/8 r2"] }\n', "5:", "via", "10.0.0.0/8 via r2"),
    "D73": ('links = [["h1","r1"],["r1","r2"]]\n[nodes]\nh1 = "host"\nr2 = "router"\nr1 = { kind = "router", '
            'routes = ["10.9.0.5/24 via r2"] }\n', "5:", "10.9.0.5/24", "10.9.0.0/24"),
    "D50": ('links = [["h1","r1"],["r1","r2"],["r2","r3"]]\n[nodes]\nh1 = "host"\nr2 = "router"\nr3 = "router"\n'
            'r1 = { kind = "router", routes = ["10.9.0.0/24 via r3"] }\n', "6:", "r3", "r2"),
    "D53": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { files = { "/etc/x" = "missing.conf" } }\n',
            "4:", "missing.conf", "text"),
    "D54": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { files = { "etc/x" = "a\\n" } }\n', "4:",
            "absolute", "/etc/x"),
    "D55": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { exec = "ip a" }\n', "4:", "list", '["ip a"]'),
    "D56": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { run = [{ name = "nc", cmd = "a" }, '
            '{ name = "nc", cmd = "b" }] }\n', "4:", "nc", ""),
    "D57": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { sysctl = { kernel.hostname = "x" } }\n', "4:",
            "kernel.hostname", "hostname"),
    "D58": ('links = [["h1","r1"]]\n[nodes]\nr1 = { kind = "router", wait-for = ["h1"] }\nh1 = { wait-for = ["r1"] }\n',
            "", "waits", ""),
    "D59": ('links = [["s1","s2"],["s2","s3"],["s3","s1"]]\n[nodes]\n"s[1-3]" = "switch"\n', "", "loop", "stp"),
    "D62": ('links = [["h1","r1"]]\n[[check]]\nping = ["h1","r1"]\npath = ["h1","r1"]' + NODES, "", "two", "[[check]]"),
    "D63": ('nodes = ["h1", "h2"]\nlinks = [["h1","h2"]]\n', "1:", "table", "[nodes]"),
    "D64": ('links = [["h1","r1"]]\n[nodes]\nh1 = "host"\nr1 = "router"\n[nodes]\nr2 = "router"\n', "5:", "", ""),
    "D65": ('x-deep = ' + "[" * 40 + "]" * 40 + '\nlinks = [["h1","r1"]]' + NODES, "1:", "32", ""),
    "D66": ('links = [["h1","r1"]]\n[nodes]\nr1 = "router"\nh1 = { image = "debian" }\n', "4:", "image", ""),
    "D68": ('links = [{ endpoints = ["r1"], delay = "5ms" }, ["h1","r1"]]' + NODES, "1:", "other end", ""),
    # A mistake of TOML itself.
    "": ('links = [["h1","r1"]\n[nodes]\nh1 = "host"\n', "", "", ""),
}


class BadFiles(LabTest):
    def test_every_mistake_has_its_sentence(self):
        for code, (text, place, message, hint) in MISTAKES.items():
            with self.subTest(code=code):
                file = self.write("bad.lab.toml", text)
                done = lab("validate", file, status=2)
                said = done.err + done.out
                self.assertIn(f"bad.lab.toml:{place}", said)
                self.assertIn("^", said, "a caret")
                self.assertIn(message, said)
                self.assertIn(hint, said)
                found = lab("validate", "--json", file, status=2).json
                diagnostics = found if isinstance(found, list) else found["diagnostics"]
                errors = [d for d in diagnostics if d["severity"] == "error"]
                self.assertTrue(errors)
                if code:
                    self.assertIn(code, [d["code"] for d in errors], said)
        self.assertEqual([], machine.processes("labd"))  # none of it asked the daemon

    def test_up_refuses_and_touches_nothing(self):
        for code in ("D1", "D14", "D31", "D46", ""):
            file = self.write("bad.lab.toml", MISTAKES[code][0])
            done = lab("up", file, status=2)
            self.assertIn("bad.lab.toml:", done.err)
            self.assertIn("^", done.err)
            answer = lab("up", "--json", file, status=2).json
            self.assertEqual("invalid_topology", answer["error"]["code"])
            self.assertTrue(answer["error"]["line"] > 0, answer)
        self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assert_unchanged()

    def test_mistakes_as_sarif(self):
        file = self.write("my lab.lab.toml", 'name = "t"\n[nodes]\n"h[a-c]" = "host"\n'
                          'r1 = { label = "ü", bogus = 1 }\n')
        sarif = lab("validate", "-o", "sarif", file, status=2).json
        self.assertEqual("2.1.0", sarif["version"])
        [one] = sarif["runs"]
        self.assertEqual("lab", one["tool"]["driver"]["name"])
        self.assertEqual({"D1", "D27"}, {rule["id"] for rule in one["tool"]["driver"]["rules"]})
        told = {r["ruleId"]: r for r in one["results"]}
        self.assertEqual({"D1", "D27"}, set(told))
        self.assertEqual("error", told["D1"]["level"])
        self.assertIn('unknown key "bogus" in a node', told["D1"]["message"]["text"])
        place = told["D1"]["locations"][0]["physicalLocation"]
        self.assertTrue(place["artifactLocation"]["uri"].endswith("my%20lab.lab.toml"), place)
        self.assertEqual({"startLine": 4, "startColumn": 21, "endColumn": 26}, place["region"])
        fine = lab("validate", "-o", "sarif", self.write("f.lab.toml", NODES)).json
        self.assertEqual([], [r for r in fine["runs"][0]["results"] if r["level"] == "error"])
        self.assertIn("lab validate -o sarif", lab("ls", "-o", "sarif", status=2).err)

    def test_all_mistakes_in_one_go(self):
        text = ('name = "Bad Name"\nlinks = [["h1", "h9"], ["h1", "r1:a-name-too-long-by-far"]]\n'
                'colour = "red"\n[nodes]\nh1 = "hots"\nr1 = { kind = "router", routing = "opsf" }\n')
        said = lab("validate", self.write("many.lab.toml", text), status=2).err
        for place in ("many.lab.toml:1:", "many.lab.toml:2:", "many.lab.toml:3:", "many.lab.toml:5:",
                      "many.lab.toml:6:"):
            self.assertIn(place, said)

    def test_what_is_taken_though_it_cannot_work_is_told(self):
        file = self.write("t.lab.toml", 'links = [["h1 10.0.0.1/24", "r1 10.0.1.1/24"]]\n[nodes]\nh1 = "host"\n'
                          'r1 = "router"\n')
        for verb in ("validate", "plan", "up"):
            done = lab(verb, file)
            self.assertIn("t.lab.toml:1:33: warning: h1:eth0 is in 10.0.0.0/24 and r1:eth0 in 10.0.1.0/24",
                          done.err + done.out)

    def test_the_first_twenty_are_printed(self):
        links = ", ".join(f'["h1", "x{i}"]' for i in range(50))
        said = lab("validate", self.write("m.lab.toml", f"links = [{links}]{NODES}"), status=2).err
        self.assertEqual(20, said.count(": error: "))
        self.assertIn("30 more", said)

    def test_the_caret_stands_below_the_word(self):
        said = lab("validate", self.write("c.lab.toml", 'links = [["h1", "h9"]]' + NODES), status=2).err
        lines = said.splitlines()
        source = next(i for i, line in enumerate(lines) if 'links = [["h1", "h9"]]' in line)
        self.assertEqual(lines[source].index('"h9"'), lines[source + 1].index("^"), said)

    def test_a_running_lab_is_not_touched_by_a_bad_edit(self):
        self.up(PAIR)
        pid = self.node("h1")["pid"]
        lab("up", self.write("t.lab.toml", PAIR.replace('"h2"]', '"h3"]')), status=2)
        self.assertEqual(pid, self.node("h1")["pid"])
        self.assert_reaches("h1", "h2")

    def test_huge_and_binary_files(self):
        big = self.write("big.lab.toml", "# " + "x" * (1 << 20) + PAIR)
        self.assertIn("1 MiB", lab("validate", big, status=2).err)
        self.assertIn("1 MiB", lab("up", big, status=2).err)
        binary = self.write("bin.lab.toml", "")
        binary.write_bytes(bytes(range(256)) * 10)
        lab("validate", binary, status=2)
        many = self.write("n.lab.toml", '[nodes]\n"a[1-200000]" = "host"\n')
        self.assertIn("10,000", lab("validate", many, status=2).err)
        bomb = self.write("b.lab.toml", '[nodes]\n"a[1-9999]-[1-9999]-[1-9999]" = "host"\n')
        done = lab("validate", bomb, status=2)
        self.assertLess(done.seconds, 5)

    def test_files_that_cannot_be_read(self):
        done = lab("up", "/run/work/none.lab.toml", status=2)
        self.assertIn("none.lab.toml", done.err)
        done = lab("up", "/run/work", status=2)
        self.assertTrue(done.err)

    def test_paths_do_not_leave_the_folder(self):
        secret = self.write("secret", "s")
        folder = self.write("sub/t.lab.toml", "").parent
        (folder / "link").symlink_to(secret)
        for path in ("../secret", "link", "/etc/shadow"):
            text = f'links = [["h1","h2"]]\n[nodes]\nh2 = "host"\nh1 = {{ files = {{ "/etc/x" = "{path}" }} }}\n'
            done = lab("up", self.write("sub/t.lab.toml", text), status=2)
            self.assertIn("sub/t.lab.toml:4:", done.err)

    def test_warnings_do_not_stop(self):
        text = PAIR + 'h4 = "host"\n'  # D69: alone
        done = lab("up", self.write("t.lab.toml", text))
        self.assertIn("h4", done.err)
        self.assertEqual(3, len(lab("status", "--json").json["nodes"]))

    def test_later_features_are_named(self):
        for text, word in (
                ('links = [["h1","r1"]]\n[nodes]\nh1 = { ipv6 = "dhcp" }\nr1 = "router"\n', "dhcp"),):
            with self.subTest(word=word):
                done = lab("validate", self.write("later.lab.toml", text), status=None)
                self.assertIn(word, done.err)
