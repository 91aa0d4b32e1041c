// `lab show --resolved` parses and resolves to itself, and pictures have everybody in them.
#include "tests/support/memory_files.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using topology::GraphFormat;
using topology::Resolved;

Resolved resolve(const std::string& text) {
    test::MemoryFiles files;
    files.add("x.lab.toml", text);
    files.add("web/index.html", "hello\n");
    return topology::resolve(files, "x.lab.toml");
}

std::string problems(const Resolved& resolved) {
    return topology::render(resolved.diagnostics.all(), resolved.sources, false);
}

constexpr const char* everything = R"(
name = "everything"
description = "one of \"each\""
seed = 7
group = "team:enter"
allow = ["bob", "carol:see"]
links = [["h1", "r1"], ["r1", "r2"], ["r1", "r2"], { lan = ["r2", "r3", "h2"], private = true }, ["r3"]]

[addressing]
core = { ipv6 = "link-local" }
loose = { ipv4 = "unnumbered" }
loopbacks = { ipv4 = "192.0.2.0/24" }

[nodes]
h1 = { kind = "host", dns = ["r1"], env = { A = "a b" }, sysctl = { "net.ipv4.tcp_ecn" = 1 } }
h2 = { kind = "host", hostname = "two", run = ["sleep 1000 # ${h1.ipv4}", { name = "x", cmd = ["sleep", "9"], ready = "tcp 80", restart = "always", grace = "3s" }] }
r1 = { kind = "router", ecmp = true, routes = ["192.0.2.128/25 via r2", "blackhole 198.51.100.0/24"] }
r2 = { kind = "router", loopback = true }
r3 = { kind = "router", loopback = true, label = "The Third", pos = [1.5, 2] }
r4 = { kind = "router", loopback = true, routing = ["ospf", "bgp"], asn = 65001, frr = "ip prefix-list x permit any\n" }
r5 = { kind = "router", loopback = true, routing = ["ospf", "bgp"], asn = 65001, rr = true, timers = { hello = "2s", dead = "8s" } }
sw = { kind = "switch", stp = { priority = 4096 } }
h8 = { level = "strict", root = "/srv/d", clock = { boottime = "-1.5s" }, pids = 50, memory = "64MiB", cpu = 0.5 }
h9 = { level = "open", cpu = 2, namespaces = ["time"] }
h6 = { kind = "host", exec = ["true", ["echo", "a\"b", "$${HOME}"]], wait-for = ["h1"] }

[nodes.h7]
files = { "/etc/x" = { text = "one line" }, "/srv/i" = "web/index.html", "/etc/long" = "a\n\"\"\"quoted\"\"\" $${x} \\ \n" }

[[link]]
endpoints = ["r4:up", "r5"]
mtu = 9000
cost = 30
area = 3

[[link]]
endpoints = ["r3", "r4"]
pool = "core"

[[link]]
endpoints = ["r3", "r5"]
pool = "loose"

[[link]]
endpoints = ["h6", "sw"]
delay = "5ms"
jitter = "0.3ms"
distribution = "normal"
order = "keep"
loss = "0.1%"
corrupt = "0.02%"
rate = "1.5mbit"
burst = "16KiB"
limit = 2000
a = { duplicate = "3%", reorder = "33.3%", seed = 9, queue = { kind = "codel", limit = 100, target = "2ms", ecn = true } }
b = { loss = { model = "gemodel", p = "1%", r = "12.5%", h = "30%" }, queue = "fifo", backend = "netem" }

[[link]]
endpoints = ["h7", "sw"]
loss = { model = "4state", p13 = "1%", p14 = "0.5%" }
b = { port = { isolated = true } }
)";

TEST(resolved_form, resolves_to_itself) {
    const Resolved first = resolve(everything);
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    const std::string text = topology::resolved_toml(first.lab);
    const Resolved second = resolve(text);
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second) << text;
    EXPECT_EQ(topology::resolved_toml(second.lab), text);
    for (std::size_t n = 0; n < first.lab.nodes.size(); ++n)
        for (std::size_t i = 0; i < first.lab.nodes[n].interfaces.size(); ++i)
            EXPECT_EQ(second.lab.nodes[n].interfaces[i].impairment,
                      first.lab.nodes[n].interfaces[i].impairment)
                << first.lab.nodes[n].name;
}

TEST(resolved_form, keeps_vlans_vrfs_bonds_and_devices) {
    const Resolved first = resolve(R"(
links = [
  { endpoints = ["h1", "s1"], vlan = "red" },
  { endpoints = ["s1", "s2"], vlans = ["red", "blue"], count = 2, bond = "802.3ad" },
  { endpoints = ["s2", "r1"], vlans = ["red"], native = "blue", a = { port = { guard = true, cost = 7 } } },
  { endpoints = ["r1:up", "r2"], vrf = "cust" },
  ["h2", "r1:lan"],
]
[vlans]
red = { id = 10, prefix = "172.16.10.0/24", private = true }
blue = 20
[nodes]
h1 = "host"
h2 = { interfaces = { m0 = { type = "macvlan", parent = "eth0", addresses = "10.9.0.1/24" }, d0 = { type = "dummy" } } }
s1 = { kind = "switch", svi = ["red", 30], loopback = true }
s2 = "switch"
r1 = { kind = "router", vrfs = { cust = { table = 77 } }, routes = ["10.1.0.0/16 vrf cust via r2"], interfaces = { lan = { ipv4 = false }, vx = { type = "vxlan", id = 5, local = "up", remote = "172.16.0.1" }, br7 = { type = "bridge", vlan-filtering = true, ports = { vx = { vlan = 10 }, lan = { vlans = [10, 20] } } } } }
r2 = { kind = "router", vrfs = ["x", "cust"] }
)");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    const std::string text = topology::resolved_toml(first.lab);
    const Resolved second = resolve(text);
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second) << text;
    EXPECT_EQ(topology::resolved_toml(second.lab), text);
    // And the same devices come of it.
    const topology::State wish = topology::desired(first.lab),
                          again = topology::desired(second.lab);
    for (const auto& [name, space] : wish.spaces) {
        EXPECT_EQ(space.devices, again.spaces.at(name).devices) << name << "\n" << text;
        EXPECT_EQ(space.addresses, again.spaces.at(name).addresses) << name << "\n" << text;
        EXPECT_EQ(space.routes.size(), again.spaces.at(name).routes.size()) << name << "\n" << text;
    }
}

TEST(resolved_form, keeps_translation_and_what_is_not_private) {
    const Resolved first = resolve(R"(
links = [["isp", "cpe:wan"], ["cpe:lan", "h1"], { lan = ["cpe:dmz", "www"], private = false }]
[nodes]
isp = "router"
cpe = { kind = "router", masquerade = { wan = "ipv4" }, forward = ["tcp 8080 to h1:80"] }
h1 = "host"
www = "host"
)");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    const std::string text = topology::resolved_toml(first.lab);
    const Resolved second = resolve(text);
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second) << text;
    EXPECT_EQ(topology::resolved_toml(second.lab), text);
    ASSERT_EQ(second.lab.segments.size(), 3U);
    EXPECT_FALSE(second.lab.segments[0].private_);
    EXPECT_TRUE(second.lab.segments[1].private_);
    EXPECT_FALSE(second.lab.segments[2].private_);
    EXPECT_EQ(second.lab.find("cpe")->masquerade.size(), 1U);
    EXPECT_FALSE(second.lab.find("cpe")->masquerade[0].ipv6);
    EXPECT_EQ(second.lab.find("cpe")->forward.size(), 1U);
}

TEST(resolved_form, keeps_owners_and_groups_and_the_lack_of_names) {
    const Resolved first = resolve(
        "names = false\n[nodes]\nh1 = { files = { \"/etc/a\" = { text = \"x\", owner = \"nobody\" "
        "}, "
        "\"/etc/b\" "
        "= { text = \"x\", owner = \"root:adm\" } } }\n");
    ASSERT_FALSE(first.diagnostics.failed()) << problems(first);
    const std::string text = topology::resolved_toml(first.lab);
    const Resolved second = resolve(text);
    ASSERT_FALSE(second.diagnostics.failed()) << problems(second) << text;
    const auto &before = first.lab.nodes[0].files, &after = second.lab.nodes[0].files;
    ASSERT_EQ(before.size(), after.size()) << text;
    for (const auto& [path, file] : before) {
        EXPECT_EQ(file.content, after.at(path).content) << path;
        EXPECT_EQ(file.owner, after.at(path).owner) << path;
        EXPECT_EQ(file.group, after.at(path).group) << path;
    }
}

TEST(resolved_form, is_the_same_network) {
    const Resolved first = resolve(everything);
    const Resolved second = resolve(topology::resolved_toml(first.lab));
    ASSERT_EQ(second.lab.nodes.size(), first.lab.nodes.size()) << problems(second);
    for (std::size_t n = 0; n < first.lab.nodes.size(); ++n) {
        const topology::Node &a = first.lab.nodes[n], &b = second.lab.nodes[n];
        EXPECT_EQ(a.name, b.name);
        EXPECT_EQ(a.id, b.id) << a.name;
        EXPECT_EQ(a.loopbacks, b.loopbacks) << a.name;
        ASSERT_EQ(a.interfaces.size(), b.interfaces.size()) << a.name;
        for (std::size_t i = 0; i < a.interfaces.size(); ++i) {
            EXPECT_EQ(a.interfaces[i].name, b.interfaces[i].name) << a.name;
            EXPECT_EQ(a.interfaces[i].index, b.interfaces[i].index) << a.name;
            EXPECT_EQ(a.interfaces[i].mac, b.interfaces[i].mac) << a.name;
            EXPECT_EQ(a.interfaces[i].mtu, b.interfaces[i].mtu) << a.name;
            EXPECT_EQ(a.interfaces[i].addresses, b.interfaces[i].addresses) << a.name;
        }
        ASSERT_EQ(a.routes.size(), b.routes.size()) << a.name;
        for (std::size_t r = 0; r < a.routes.size(); ++r) {
            EXPECT_EQ(a.routes[r].destination, b.routes[r].destination) << a.name;
            EXPECT_EQ(a.routes[r].hops, b.routes[r].hops) << a.name;
        }
        ASSERT_EQ(a.files.size(), b.files.size()) << a.name;
        for (const auto& [path, file] : a.files)
            EXPECT_EQ(file.content, b.files.at(path).content) << a.name << " " << path;
        EXPECT_EQ(a.exec, b.exec) << a.name;
        EXPECT_EQ(a.services, b.services) << a.name;
    }
    EXPECT_EQ(topology::hosts_file(first.lab), topology::hosts_file(second.lab));
}

TEST(pictures, show_every_node_in_every_format) {
    const Resolved resolved = resolve(everything);
    ASSERT_FALSE(resolved.diagnostics.failed()) << problems(resolved);
    for (const GraphFormat format :
         {GraphFormat::dot, GraphFormat::svg, GraphFormat::mermaid, GraphFormat::ascii}) {
        const std::string text = topology::graph(resolved.lab, format);
        for (const char* name : {"h1", "r1", "The Third", "sw"})
            EXPECT_THAT(text, testing::HasSubstr(name));
        EXPECT_EQ(text, topology::graph(resolved.lab, format)) << "one file, one picture";
        EXPECT_THAT(text, testing::Not(testing::HasSubstr("nan")));
    }
}

TEST(pictures, of_nothing_much_are_pictures_too) {
    const Resolved resolved = resolve("[nodes]\nh1 = { label = \"<&\\\"> x\" }\n");
    ASSERT_FALSE(resolved.diagnostics.failed()) << problems(resolved);
    EXPECT_THAT(topology::graph(resolved.lab, GraphFormat::svg),
                testing::HasSubstr("&lt;&amp;&quot;&gt; x"));
}

}  // namespace
