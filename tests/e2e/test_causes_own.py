"""What a report does not blame: the check's own fault, links that are off on purpose, packets that arrived."""

from labtest import LabTest, limit
from machine import lab
from test_check import results, table

RING = '''
links = [["h1", "r1"], { endpoints = ["r1", "r2"], name = "main" }, ["r2", "h2"], ["r1", "r3"], ["r3", "r2"]]
[addressing]
ipv6 = false
[nodes]
h1 = "host"
h2 = { kind = "host", run = [
  { name = "web", cmd = "exec python3 -m http.server 80", ready = "tcp 80" },
  { name = "silent", cmd = ["python3", "-c", "import socket; s = socket.create_server(('', 81)); kept = [s.accept() for _ in iter(int, 1)]"], ready = "tcp 81" },
  { name = "mute", cmd = ["python3", "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 7)); [s.recvfrom(99) for _ in iter(int, 1)]"], ready = "udp 7" },
] }
"r[1-3]" = "router"
'''

LINE = '''
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"], { endpoints = ["r2", "r5"], name = "backup", up = false }]
[addressing]
ipv6 = false
[nodes]
h1 = "host"
h2 = "host"
"r[2,5]" = { kind = "router", routing = "ospf" }
r1 = { kind = "router", routing = "ospf", frr = """
route-map Q deny 10
exit
ip protocol ospf route-map Q
""" }
'''

OWN = '''
links = [["r1", "r2"], ["r2", "r3"]]
[addressing]
ipv6 = false
[nodes]
"r[1-2]" = { kind = "router", files = { "/etc/frr/frr.conf" = """
interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
exit
router ospf
 network 0.0.0.0/0 area 0
exit
""" } }
r3 = { kind = "router", files = { "/etc/bird/bird.conf" = "router id 3.3.3.3;\\nprotocol device {}\\n" } }
'''


class Own(LabTest):
    def failed(self, **wanted):
        """What each check that fails says, as it was told."""
        found, _ = results(lab("check", "--json", status=1, timeout=150, **wanted))
        self.assertEqual({"failed"}, {one["result"] for one in found}, found)
        return found

    @limit(180)
    def test_its_own_fault(self):
        """Undoing it would be no answer."""
        self.up(RING + table('ping = ["h1", "h2"]\nduring = { down = "main" }', "2s")
                + table('ping = ["h1", "h2"]\nduring = { stop = "r2" }', "2s")
                + table('route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r3" }\nduring = { down = "main" }', "1s")
                + table('ping = ["h1", "h2"]\nloss = "< 1%"\ncount = 40\nduring = { impair = "main", loss = "50%" }', "3s")
                + table('ping = ["h1", "h2"]\nrtt = "< 10ms"\nduring = { impair = "main", delay = "30ms" }', "1s"))
        found = self.failed()
        causes = [one["diagnosis"]["causes"] for one in found]
        for told, words in zip(causes, ("static routes do not move when a link fails (main down)",
                                        "static routes do not move when a link fails (r2 stopped)",
                                        "static routes do not move when a link fails (main down)",
                                        "the network did not get around the fault (main at loss 50%)",
                                        "the network did not get around the fault (main at delay 30ms)")):
            self.assertEqual([words], told, found)
        self.assertRegex(found[0]["diagnosis"]["where"], "^died at r[12]: ")
        self.assertRegex(found[4]["value"], r"^6\d ms, wanted < 10ms$")
        for one in found:
            self.assertNotIn("converged", one["metrics"])
            self.assertNotIn("after the fault", one["value"])

    @limit(90)
    def test_what_came_is_not_lost(self):
        self.up(RING + table('http = ["h1", "http://h2/none"]', "300ms")
                + table('http = ["h1", "http://h2/"]\nbody = "hello"', "300ms")
                + table('udp = ["h1", "h2:7"]', "300ms")
                + table('ping = ["h1", "h2"]\nrtt = "< 10ms"', "300ms")
                + table('http = ["h1", "http://h2:81/"]', "1s"))
        lab("impair", "main", "--delay", "15ms")
        page, body, mute, late, silent = self.failed()
        self.assertRegex(silent["value"], r"^accepted, but sent nothing within [\d.]+ s$")
        self.assertEqual(["h2's python3 has accepted the connection and sent nothing (tcp port 81)"], silent["diagnosis"]["causes"])
        self.assertEqual("died at h2: the connection is accepted, and nothing is sent on it", silent["diagnosis"]["where"])
        self.assertEqual("status 404, wanted 200", page["value"])
        self.assertEqual(["the server at h2 port 80 answered 404, wanted 200"], page["diagnosis"]["causes"])
        self.assertIn("another body", body["diagnosis"]["causes"][0])
        self.assertTrue(body["value"].endswith(", wanted hello"), body)
        self.assertEqual(["h2's python3 has taken the packet and sent nothing (udp port 7)"], mute["diagnosis"]["causes"])
        self.assertEqual("died at h2: the packet arrives, and no answer is sent", mute["diagnosis"]["where"])
        self.assertRegex(late["diagnosis"]["causes"][0], r"^delays on the way there and back: .* 15ms, .* 15ms, 30ms in all$")

    @limit(120)
    def test_what_comes_too_slowly(self):
        """The link whose rate it is; and of who cannot be reached at all, why."""
        self.up(RING + table('throughput = ["h1", "h2"]\nrate = "> 50mbit"\ntime = "1s"', "6s"))
        lab("impair", "main", "--rate", "8mbit", "--dir", "r1→r2")
        slow = self.failed()[0]
        self.assertRegex(slow["value"], r"^[\d.]+ Mbit/s, not > 50mbit$")
        self.assertEqual(["the rate of the link main is 8mbit (of what r1's eth1 sends)"], slow["diagnosis"]["causes"], slow)
        lab("impair", "main", "--clear")
        lab("link", "main", "down")
        lost = self.failed()[0]
        self.assertIn("main", lost["diagnosis"]["causes"][0], lost)
        self.assertEqual("r1", lost["diagnosis"]["node"], lost)

    @limit(60)
    def test_who_gets_no_address(self):
        self.up("""
links = [["h1", "r1"]]
[addressing]
ipv4 = false
[nodes]
h1 = { kind = "host", ipv6 = "slaac" }
r1 = { kind = "router", addresses = { eth0 = "fd00::1/64" } }
""" + table('ping = ["r1", "h1"]', "300ms") + table('address = { node = "h1", dev = "eth0", is = "fd00::5/64" }', "300ms"))
        for one in self.failed():
            self.assertEqual(["h1's eth0 waits for a router to advertise itself (ipv6 = \"slaac\"), and by the file none does "
                              "on h1--r1 (ra = true on the link)"], one["diagnosis"]["causes"])

    @limit(150)
    def test_what_is_off_on_purpose_is_no_cause(self):
        self.up(LINE + table('route = { node = "r1", prefix = "${h2.eth0.net4}", via = "r2" }', "1s")
                + table('ping = ["h1", "h2"]', "1s"))
        lab("wait", "ospf-neighbors r1 full=1", "--timeout", "60s", timeout=80)
        lab("wait", 'route = { node = "r2", prefix = "${h1.eth0.net4}" }', "--timeout", "60s", timeout=80)
        for one in self.failed():
            self.assertRegex(one["diagnosis"]["causes"][0], r"^r1 filters .* route-map Q", one)
            self.assertNotIn("backup", str(one["diagnosis"]["causes"]))

    @limit(120)
    def test_routers_with_a_configuration_of_their_own(self):
        self.up(OWN + table('ospf-neighbors = { node = "r1", full = 2 }', "1s")
                + table('isis-neighbors = { node = "r1", up = 1 }', "1s")
                + table('ospf-neighbors = { node = "r3", full = 1 }', "1s"))
        lab("wait", "ospf-neighbors r1 full=1", "--timeout", "60s", timeout=80)
        two, none, bird = (one["diagnosis"]["causes"] for one in self.failed())
        self.assertEqual(["as they are configured, those beside r1 that speak OSPF are r2"], two)
        self.assertEqual(["r1 does not speak IS-IS"], none)
        self.assertIn("r3 runs BIRD, and this check asks FRR", bird[0])

    @limit(120)
    def test_a_configuration_that_cannot_be_read(self):
        """Its daemon's own words, with the line, and nothing that the command does not have."""
        file = self.write("f.lab.toml", OWN.replace(" network ", " netwrok "))
        said = lab("test", file, status=1, timeout=80)
        self.assertRegex(said.out + said.err, r"r[12]: service frr failed: .*; the last that it said: .*line 6: % Unknown command.*netwrok 0\.0\.0\.0/0 area 0")
        self.assertIn("lab up --keep-on-failure leaves it there, for lab logs r", said.out + said.err)
        file = self.write("b.lab.toml", OWN.replace("protocol device", "protokol device"))
        said = lab("up", file, status=None, timeout=80).err
        self.assertIn("r3: service bird failed: it cannot read its configuration: ", said)
        self.assertIn("/etc/bird/bird.conf:2:", said)
