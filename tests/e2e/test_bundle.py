"""`lab test --bundle`: what is left of a test tells what happened, also of one that never began."""

import base64
import json
import pathlib
import xml.etree.ElementTree as xml

from labtest import LabTest, limit
from machine import lab, run

LAB = '''
name = "torn"
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = { kind = "host", run = [{ name = "talk", cmd = "echo '<b>hello</b>'; exec sleep inf" }] }
r1 = "router"
h2 = { kind = "host", gateway = false }
[[check]]
name = "there & <back>"
ping = ["h1", "h2"]
within = "1s"
[[check]]
ping = ["h1", "r1"]
'''
SVG = "{http://www.w3.org/2000/svg}"


class Page:
    """The report, read as strictly as XML is."""

    def __init__(self, path):
        self.source = path.read_text()
        self.root = xml.fromstring(self.source)
        self.text = "\n".join(self.root.itertext())

    def graph(self):
        image = self.root.find(".//img").get("src")
        kind, data = image.split(",", 1)
        assert kind == "data:image/svg+xml;base64", kind
        return xml.fromstring(base64.b64decode(data, validate=True))


class Bundle(LabTest):
    @limit(150)
    def test_a_failed_test(self):
        self.write("torn.lab.toml", LAB)
        lab("test", "torn.lab.toml", "--bundle", "out", status=1, timeout=100)
        folder = pathlib.Path("out/torn")
        page = Page(folder / "report.html")
        self.assertIn("there & <back>", page.text)
        self.assertIn("no route to", page.text)
        self.assertIn("1 passed, 1 failed, 0 skipped", page.text)
        self.assertRegex(page.text, r"torn\.lab\.toml:10")
        drawn = "".join(page.graph().itertext())
        for name in ("h1", "r1", "h2"):
            self.assertIn(name, drawn)
        # Opens from the disk: no script, and nothing from anywhere.
        self.assertEqual([], page.root.findall(".//script"))
        places = [v for e in page.root.iter() for k, v in e.attrib.items() if k in ("src", "href")]
        captures = [p for p in places if not p.startswith("data:")]
        self.assertEqual(["captures/0-h1-h2.pcapng"], captures)
        self.assertNotRegex(page.source, r"url\(|@import|https?://")
        self.assertIn("prefers-color-scheme: dark", page.source)
        self.assertIn('name = "torn', (folder / "lab.resolved.toml").read_text())
        self.assertEqual("1", xml.parse(folder / "checks.junit.xml").getroot().get("failures"))
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        self.assertTrue(events)
        self.assertIn("kernel", json.loads((folder / "host.json").read_text()))
        links = json.loads((folder / "nodes/r1/links.json").read_text())
        self.assertLessEqual({"eth0", "eth1"}, {link["ifname"] for link in links})
        routes = json.loads((folder / "nodes/h2/routes.json").read_text())
        self.assertFalse([r for r in routes if r["dst"] == "default"])
        self.assertIn("<b>hello</b>", (folder / "nodes/h1/services.log").read_text())
        self.assertLess(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()), 50 << 20)
        self.assertEqual("", lab("ls", "-q").out)

    @limit(150)
    def test_packets_of_what_has_failed(self):
        """While it was asked once more, with what it breaks broken; read by who has not written it."""
        text = LAB.replace(", gateway = false", "") + '''
[[check]]
name = "cut"
ping = ["h1", "h2"]
within = "200ms"
during = { impair = ["r1", "h2"], from = "r1", loss = "100%" }
[[check]]
tcp = ["h2", "h1:81"]
within = "100ms"
[[check]]
run = { node = "h1", cmd = "exit 1" }
within = "0s"
'''
        self.write("torn.lab.toml", text)
        lab("test", "torn.lab.toml", "--bundle", "out", status=1, timeout=100)
        folder = pathlib.Path("out/torn")
        self.assertEqual({"2-h1-h2.pcapng", "3-h2-h1.pcapng"}, {f.name for f in (folder / "captures").iterdir()})
        cut = run("tcpdump", "-nr", folder / "captures/2-h1-h2.pcapng").out
        # h1 sends it, and it is on its way at r1; what r1 sends to h2 never arrives.
        self.assertIn("ICMP echo request", cut)
        self.assertNotIn("ICMP echo reply", cut)
        refused = run("tcpdump", "-nr", folder / "captures/3-h2-h1.pcapng").out
        self.assertRegex(refused, r"\.81: Flags \[S\]")
        self.assertRegex(refused, r"\.81 > .*Flags \[R")
        for file in (folder / "captures").iterdir():
            self.assertLess(file.stat().st_size, 1 << 20)
        links = [e.get("href") for e in Page(folder / "report.html").root.iter("a")]
        self.assertEqual(["captures/2-h1-h2.pcapng", "captures/3-h2-h1.pcapng"], links)

    def test_a_lab_that_does_not_come_up(self):
        self.write("no.lab.toml", 'name = "no"\n[nodes]\nh1 = { kind = "host", exec = ["echo why; exit 3"] }\n'
                   '[[check]]\nsysctl = { node = "h1", key = "net.ipv4.ip_forward", is = 0 }\n')
        lab("test", "no.lab.toml", "--bundle", "out", status=None)
        page = Page(pathlib.Path("out/no/report.html"))
        self.assertIn("none was run", page.text)
        self.assertRegex(page.text, r"h1")
        self.assertEqual("1", xml.parse("out/no/checks.junit.xml").getroot().get("errors"))
        self.assertTrue(pathlib.Path("out/no/lab.resolved.toml").exists())
        self.write("bad.lab.toml", 'links = [["h1", "h2"]]\n')
        lab("test", "bad.lab.toml", "--bundle", "out", status=2)
        self.assertIn("none was run", Page(next(pathlib.Path("out").glob("bad*/report.html"))).text)
