// DHCP and router advertisements: who serves what, who asks, and who is told of it.
#include "tests/support/resolved.hpp"
#include "topology/desired.hpp"
#include "topology/learned.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using test::resolve;
using testing::HasSubstr;
using testing::Not;
using topology::Resolved;

std::string said(const Resolved& resolved) {
    return topology::render(resolved.diagnostics.all(), resolved.sources, false);
}

std::string home(const std::string& keys, const std::string& nodes = "") {
    return "links = [{ lan = [\"cpe:lan\", \"laptop\", \"tv\"], prefix = [\"192.168.1.0/24\", "
           "\"fd01::/64\"]" +
           keys +
           " }]\n[nodes]\ncpe = \"router\"\nlaptop = { ipv4 = \"dhcp\", ipv6 = \"slaac\" }\n"
           "tv = { addresses = \"192.168.1.150/24\" }\n" +
           nodes;
}

const topology::Service* service(const Resolved& resolved, const char* node, const char* name) {
    for (const topology::Service& one : resolved.lab.find(node)->services)
        if (one.name == name) return &one;
    return nullptr;
}

std::string config(const Resolved& resolved, const char* node) {
    const auto& files = resolved.lab.find(node)->files;
    const auto found = files.find("/etc/lab/dnsmasq.conf");
    return found == files.end() ? "" : found->second.content;
}

TEST(leases, the_first_router_serves_around_what_is_taken) {
    const Resolved out = resolve(home(", dhcp = true, ra = true"));
    ASSERT_TRUE(out.diagnostics.all().empty()) << said(out);
    const std::string text = config(out, "cpe");
    EXPECT_THAT(text, HasSubstr("interface=lan\n"));
    EXPECT_THAT(text,
                HasSubstr("dhcp-range=set:lan,192.168.1.100,192.168.1.149,255.255.255.0,3600\n"));
    EXPECT_THAT(text,
                HasSubstr("dhcp-range=set:lan,192.168.1.151,192.168.1.199,255.255.255.0,3600\n"));
    EXPECT_THAT(text, HasSubstr("dhcp-option=tag:lan,option:router,192.168.1.1\n"));
    EXPECT_THAT(text, HasSubstr("dhcp-range=fd01::,ra-only,64,86400\nra-param=lan,4,1800\n"));
    ASSERT_NE(service(out, "cpe", "dnsmasq-dhcp"), nullptr);
    const topology::Service* client = service(out, "laptop", "dhcp-eth0");
    ASSERT_NE(client, nullptr);
    ASSERT_EQ(client->after.size(), 1U);
    EXPECT_EQ(client->after[0].text, "cpe/dnsmasq-dhcp");
    EXPECT_EQ(client->ready.argument, "/run/dhcp-eth0");
    EXPECT_EQ(service(out, "tv", "dhcp-eth0"), nullptr);
    EXPECT_TRUE(out.lab.find("laptop")->interfaces[0].addresses.empty());
}

TEST(leases, say_what_the_table_says) {
    const Resolved out =
        resolve(home(", gateway = false, dhcp = { server = \"tv\", range = "
                     "\"192.168.1.10-192.168.1.19\", lease = "
                     "\"2h\", dns = [\"cpe\", \"9.9.9.9\"] }, ra = { onlink = false, other = true, "
                     "lifetime = \"0s\" }"));
    ASSERT_FALSE(out.diagnostics.failed()) << said(out);
    const std::string text = config(out, "tv");
    EXPECT_THAT(text,
                HasSubstr("dhcp-range=set:eth0,192.168.1.10,192.168.1.19,255.255.255.0,7200\n"));
    EXPECT_THAT(text, HasSubstr("option:router\n"));
    EXPECT_THAT(text, HasSubstr("option:dns-server,192.168.1.1,9.9.9.9\n"));
    EXPECT_THAT(config(out, "cpe"),
                HasSubstr("dhcp-range=fd01::,ra-stateless,off-link,64,86400\nra-param=lan,4,0\n"));
    EXPECT_THAT(config(out, "cpe"), Not(HasSubstr("192.168.1.10,")));
}

TEST(leases, small_networks_give_their_upper_half) {
    const Resolved out = resolve(
        "links = [{ lan = [\"r1\", \"h1\"], prefix = \"10.9.0.0/28\", ipv6 = false, dhcp = true "
        "}]\n"
        "[nodes]\nr1 = \"router\"\nh1 = { ipv4 = \"dhcp\" }\n");
    ASSERT_FALSE(out.diagnostics.failed()) << said(out);
    EXPECT_THAT(config(out, "r1"), HasSubstr("10.9.0.8,10.9.0.14,255.255.255.240"));
}

TEST(leases, somebody_has_to_serve) {  // D35
    const Resolved alone = resolve(home(""));
    EXPECT_FALSE(alone.diagnostics.failed()) << said(alone);
    EXPECT_THAT(said(alone), HasSubstr("no DHCP server in this network for laptop.eth0 [D35]"));
    EXPECT_THAT(said(alone),
                HasSubstr("no router advertises itself in this network for laptop.eth0 [D35]"));
    // Without a promise nobody waits for it.
    EXPECT_EQ(service(alone, "laptop", "dhcp-eth0")->ready.kind, topology::Ready::Kind::started);

    const Resolved own = resolve(home(", x-dhcp = true, ra = true"));
    EXPECT_TRUE(own.diagnostics.all().empty()) << said(own);
    EXPECT_EQ(service(own, "cpe", "dnsmasq-dhcp")->ready.kind, topology::Ready::Kind::started);

    const Resolved node = resolve(home(", ra = true",
                                       "srv = { x-dhcp = true }\n[[link]]\nlan = "
                                       "[\"srv\", \"h9\"]\n[nodes.h9]\nipv4 = \"dhcp\"\n"));
    EXPECT_THAT(said(node), Not(HasSubstr("h9.eth0")));

    const Resolved hosts = resolve(
        "links = [{ lan = [\"h1\", \"h2\"], dhcp = true, ra = true }]\n[nodes]\nh1 = \"host\"\nh2 "
        "= { "
        "ipv4 = \"dhcp\" }\n");
    EXPECT_TRUE(hosts.diagnostics.failed());
    EXPECT_THAT(said(hosts), HasSubstr("no router with an IPv4 address on link"));
    EXPECT_THAT(said(hosts), HasSubstr("no router with an IPv6 address on link"));

    EXPECT_THAT(said(resolve(home(", dhcp = { range = \"10.0.0.1-10.0.0.9\" }"))),
                HasSubstr("the range of DHCP is not in the network 192.168.1.0/24 [D35]"));
    EXPECT_THAT(said(resolve(home(", dhcp = { range = \"10.0.0.9-10.0.0.1\" }"))),
                HasSubstr("is no range of addresses [VALUE]"));
    EXPECT_THAT(said(resolve(home(", dhcp = { server = \"nas\" }"))),
                HasSubstr("unknown node \"nas\" in dhcp [D14]"));
}

TEST(leases, one_network_has_one_word_on_it) {  // D32
    const Resolved out = resolve(
        "links = [{ endpoints = [\"r1\", \"s\"], dhcp = true }, { endpoints = [\"h1\", \"s\"], "
        "dhcp = { "
        "lease = \"2h\" } }]\n[nodes]\nr1 = \"router\"\nh1 = { ipv4 = \"dhcp\" }\ns = "
        "\"switch\"\n");
    EXPECT_THAT(said(out), HasSubstr("this network is told two things of dhcp (line 1) (line 1)"));
}

TEST(leases, the_kernel_of_a_router_is_told_to_listen) {
    const Resolved out = resolve(home(", dhcp = true, ra = true",
                                      "deep = { kind = \"router\", ipv6 = \"slaac\" }\n[[link]]\n"
                                      "endpoints = [\"deep:up\", \"cpe:x\"]\nra = true\n"));
    ASSERT_FALSE(out.diagnostics.failed()) << said(out);
    const topology::State wish = topology::desired(out.lab);
    EXPECT_EQ(wish.contents.at("laptop").sysctl.at("net/ipv6/conf/eth0/accept_ra"), "1");
    EXPECT_EQ(wish.contents.at("deep").sysctl.at("net/ipv6/conf/up/accept_ra"), "2");
    EXPECT_TRUE(wish.contents.at("tv").sysctl.empty());
}

TEST(leases, a_changed_table_starts_the_server_anew) {
    const auto digest = [](const std::string& keys) {
        const Resolved out = resolve(home(keys));
        return topology::desired(out.lab).contents.at("cpe").services.at("dnsmasq-dhcp");
    };
    EXPECT_EQ(digest(", dhcp = true"), digest(", dhcp = true"));
    EXPECT_NE(digest(", dhcp = true"), digest(", dhcp = { lease = \"2h\" }"));
}

TEST(leases, the_resolved_form_says_the_same) {
    for (const char* keys :
         {", dhcp = true, ra = true", ", x-dhcp = true, ra = { other = true, lifetime = \"9s\" }",
          ", gateway = false, dhcp = { server = \"tv\", range = \"192.168.1.10-192.168.1.19\", "
          "lease = \"2h\", dns = "
          "[\"cpe\"] }, ra = { onlink = false }"}) {
        const Resolved first = resolve(home(keys));
        const std::string text = topology::resolved_toml(first.lab);
        const Resolved second = resolve(text);
        ASSERT_FALSE(second.diagnostics.failed()) << said(second) << text;
        EXPECT_EQ(topology::resolved_toml(second.lab), text);
        EXPECT_EQ(config(first, "cpe"), config(second, "cpe"));
        EXPECT_EQ(config(first, "tv"), config(second, "tv"));
        EXPECT_NE(service(second, "laptop", "dhcp-eth0"), nullptr) << text;
    }
}

TEST(leases, names_know_what_has_been_learned) {
    const Resolved out = resolve(home(", dhcp = true, ra = true"));
    EXPECT_THAT(topology::hosts_file(out.lab), Not(HasSubstr("laptop")));
    topology::Learned learned;
    learned["laptop"]["eth0"] = {*topology::Prefix::parse("192.168.1.107/24"),
                                 *topology::Prefix::parse("fd01::ff:fe00:1/64")};
    learned["tv"]["eth0"] = {*topology::Prefix::parse("192.168.1.108/24")};  // nobody asked for it
    const std::string hosts = topology::hosts_file(topology::with_learned(out.lab, learned));
    EXPECT_THAT(hosts, HasSubstr("192.168.1.107\tlaptop laptop.eth0\n"));
    EXPECT_THAT(hosts, HasSubstr("fd01::ff:fe00:1\tlaptop laptop.eth0\n"));
    EXPECT_THAT(hosts, Not(HasSubstr("192.168.1.108")));
}

}  // namespace
