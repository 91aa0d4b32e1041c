// What `lab help topology` teaches is what the language has: every form of that page, resolved.
#include "cli/embedded.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <gtest/gtest.h>

namespace {

constexpr const char* forms = R"~(links = [
  ["h1", "r1:lan 10.0.0.1/24 fd00::1/64"], ["r1:wan", "r2"],
  ["a1","a2","a3"], ["b1"], ["h[2-3]","r1"], ["p[1-3]","q[1-3]"],
  { chain = "q[1-3]" }, { ring = "t[1-4]" }, { full = "u[1-3]" }, { star = { hub = "r1", to = "p[*]" } },
  { mesh = ["t[*]","u[*]"] }, { zip = ["a[*]","p[*]"], count = 4 }, { lan = ["h[1-3]","r1"] },
  { for = { p = "1-2" }, endpoints = ["t${p}", "q${p}"] },
]
needs = ["ping"]
group = "students"
allow = ["bob", "carol:see", "dan:enter"]
names = true
[vars]
leaves = 4
[addressing]
core  = { ipv4 = "10.100.0.0/16", ipv6 = "link-local" }
[kinds.frr]
extends = "router"
routing = "ospf"
[defaults.node]
env = { X = "1" }
[defaults.link]
mtu = 1500
[nodes]
h1 = "host"
"h[2-3]" = "host"
"a[1-3]" = "host"
b1 = "bare"
"p[1-3]" = "host"
"q[1-3]" = "router"
"t[1-4]" = { kind = "router", routing = "ospf" }
t3 = { loopback = true }
"u[1-3]" = "frr"
r2 = { kind = "router", routes = ["default via r1", "10.9.0.0/16 via 172.16.0.0", "h1 via r1", "blackhole 10.99.0.0/16"] }
"leaf[1-${leaves}]" = { kind = "router", routing = "bgp", asn = "${65000 + i}", timers = { hello = "2s", dead = "8s" }, rr = true, announce = ["connected"], ecmp = true, id = "${100+i}" }
[nodes.r1]
kind = "router"
files   = { "/etc/motd" = { text = "hi" } }
exec    = ["ip rule list"]
run     = ["sleep 100", { name = "web", cmd = "python3 -m http.server 80", ready = "tcp 80", restart = "always", env = {A="1"}, user = "root", dir = "/", stop = "TERM", grace = "2s", after = ["h1.ready"] }]
wait-for = ["r2.ready"]
sysctl = { "net.ipv4.tcp_ecn" = 1 }
dns = ["h1"]
user = "root"
hostname = "rr"
nft = '''
table inet x { }
'''
labels = ["a"]
label = "R"
icon = "router"
pos = [1, 2]
frr = '''
! x
'''
routing = "ospf"
gateway = "r2"
[nodes.safe]
level = "strict"
root = "/srv/roots/debian"
clock = { boottime = "24h", monotonic = "-10s" }
namespaces = ["time"]
pids = 100
memory = "64MB"
cpu = 0.5
[[link]]
zip = ["leaf[*]", "t[*]"]
pool = "core"
mtu  = 9000
cost = 100
ifname = "peer"
a = { mtu = 1400 }
[[link]]
endpoints = ["r1", "r2:x"]
prefix = "10.1.0.0/24"
private = true
ends.r2 = { mtu = 1300, passive = true, priority = 1, area = 0, timers = "fast", up = true }
)~";

constexpr const char* late_references = R"~(links = [["h1","r1"],["r1:wan","r2"]]
[nodes]
h1 = { exec = ["echo ${r1.ipv4} ${r1.eth0.ipv6} ${r1.wan.net4} ${h1.eth0.mac}"], gateway = "r1" }
r1 = "router"
r2 = { kind = "router", gateway = false }
)~";

constexpr const char* devices = R"~(links = [
  { endpoints = ["h1", "sw"], vlan = "red", b = { port = { isolated = true, learning = false, hairpin = true, guard = true, cost = 4, priority = 8 } } },
  { endpoints = ["sw", "r1"], vlans = ["red", "blue"], native = 30 },
  { endpoints = ["sw", "s2"], vlans = ["red", "blue"], count = 2, bond = "802.3ad" },
  { endpoints = ["r1", "r2"], vrf = "red" }, ["r1", "r2"], ["r1", "r2"], ["r1", "r2"],
  { endpoints = ["r1", "r2"], type = "gre", over = { r1 = "eth0", r2 = "eth1" }, key = 7 }, ["r2", "sw2"], { endpoints = ["r1", "sw2"], type = "vxlan", a = { udp-port = 4790 } },
  { lan = ["r1:wg0", "r2:wg0", "sw2:wg0"], type = "wireguard" }, { lan = ["r[1-2]:vx1", "sw2:vx1"], type = "vxlan", key = 2 },
]
[vlans]
red  = { id = 10, prefix = "10.10.0.0/24" }
blue = 20
[nodes]
h1 = "host"
sw = { kind = "switch", svi = ["red", "blue"], stp = { priority = 4096 } }
s2 = { kind = "switch", vlan-filtering = true }
sw2 = "router"
r2 = { kind = "router", vrfs = ["red"] }
[nodes.r1]
kind = "router"
mpls = true
vrfs = { red = { table = 50 } }
loopback = true
routes = ["10.9.0.0/16 vrf red via r2"]
[nodes.r1.interfaces]
d0   = { type = "dummy", addresses = "192.0.2.1/32" }
"eth1.10" = { type = "vlan", parent = "eth1", id = 10 }
m0   = { type = "macvlan", parent = "eth1", mode = "bridge" }
vx   = { type = "vxlan", id = 5010, local = "lo", remote = "10.255.0.2", learning = false }
g0   = { type = "gre", local = "eth0", remote = "10.0.1.2", key = 9 }
br0  = { type = "bridge", vlan-filtering = true, ports = { vx = { vlan = 10 }, eth2 = { vlans = [10] } } }
po   = { type = "bond", mode = "active-backup", ports = ["eth3", "eth4"] }
)~";

// The block behind `from`, without its indentation, up to the next empty line after `to`.
std::string block(std::string_view page, std::string_view from, std::string_view to) {
    const std::size_t start = page.find(from);
    const std::size_t end = page.find("\n\n", page.find(to, start));
    std::string text;
    std::string_view rest = page.substr(start, end - start);
    while (!rest.empty()) {
        const std::size_t n = rest.find('\n');
        text += std::string(rest.substr(0, n)) + "\n";
        rest.remove_prefix(n == rest.npos ? rest.size() : n + 1);
    }
    return text;
}

void expect_resolves(const std::string& text) {
    test::MemoryFiles files;
    files.add("page.lab.toml", text);
    const topology::Resolved resolved = topology::resolve(files, "page.lab.toml");
    EXPECT_FALSE(resolved.diagnostics.failed())
        << topology::render(resolved.diagnostics.all(), resolved.sources, false);
}

TEST(TopologyPage, ItsFormsResolve) {
    expect_resolves(forms);
    expect_resolves(late_references);
    expect_resolves(devices);
}

TEST(TopologyPage, ItsFirstExampleResolves) {
    expect_resolves(
        block(cli::embedded("pages/topology.txt"), "name  = \"two-hosts\"", "r1 = \"router\""));
}

TEST(Templates, AllResolve) {
    for (const std::string_view name : cli::embedded_names("templates")) {
        SCOPED_TRACE(name);
        expect_resolves(std::string(cli::embedded("templates/" + std::string(name) + ".toml")));
    }
}

}  // namespace
