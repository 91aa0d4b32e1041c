"""Ways of equal cost: by the forwarding tables, for any or all of them."""

from broken import Broken, vty
from labtest import limit
from machine import lab

DIAMOND = '''
links = [["h1", "r1"], ["r1", "r2"], ["r1", "r3"], ["r2", "r4"], ["r3", "r4"], ["r4", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
"r[1-4]" = { kind = "router", routing = "ospf" }
'''


class Ways(Broken):
    @limit(120)
    def test_of_equal_cost(self):
        self.up(DIAMOND)
        lab("wait", "all-reachable", "--timeout", "60s", timeout=80)
        both = "h1 → r1 → r2 → r4 → h2; h1 → r1 → r3 → r4 → h2"
        for words in ('via = "r4"\necmp = "all"', 'via = "r2"\necmp = "any"', 'via = "r3"\necmp = "any"',
                      'not-via = "r2"\necmp = "any"', 'via = "r4"\necmp = "all"\nfamily = "both"'):
            with self.subTest(words):
                lab("wait", f'path = ["h1", "h2"]\n{words}', "--timeout", "30s")
        lab("wait", 'path = ["h1", "r1", "r3", "r4", "h2"]\necmp = "any"')
        for words, value in (('via = "r2"\necmp = "all"', "1 of 2 ways: h1 → r1 → r3 → r4 → h2"),
                             ('not-via = "r3"\necmp = "all"', "1 of 2 ways: h1 → r1 → r3 → r4 → h2"),
                             ('via = "h1"\necmp = "any"', "2 ways: " + both)):
            with self.subTest(words):
                self.assertEqual(value, self.fails(f'path = ["h1", "h2"]\nfamily = "ipv4"\n{words}', "100ms")["value"])
        self.do(vty("r1", "interface eth1", "ip ospf cost 100"))
        lab("wait", 'path = ["h1", "r1", "r3", "r4", "h2"]\necmp = "all"\nfamily = "ipv4"', "--timeout", "30s")
        found = self.fails('path = ["h1", "h2"]\nvia = "r2"\necmp = "any"\nfamily = "ipv4"', "100ms")
        self.assertEqual("h1 → r1 → r3 → r4 → h2", found["value"])
        self.do([("r4", "ip link set eth2 down")])
        lab("wait", 'route = { node = "r1", prefix = "${h2.eth0.net4}", absent = true }', "--timeout", "30s")
        found = self.fails('path = ["h1", "h2"]\nvia = "r4"\necmp = "all"\nfamily = "ipv4"', "100ms")
        self.assertEqual("h1 → r1 (no route at r1)", found["value"])
        self.assertIn("one of: any all", lab("wait", 'path = ["h1", "h2"]\necmp = "some"', status=2).err)
