// The fixed values every node is born with.
#include "labd/birth_sysctls.hpp"

#include <map>

#include <gtest/gtest.h>

namespace labd {
namespace {

std::map<std::string, std::string> of(topology::Kind kind) {
    topology::Node node;
    node.kind = kind;
    std::map<std::string, std::string> map;
    for (const auto& [key, value] : birth_sysctls(node, 999))
        EXPECT_TRUE(map.emplace(key, value).second) << key << " is written twice";
    return map;
}

TEST(BirthSysctls, only_routers_forward) {
    EXPECT_EQ(of(topology::Kind::router).at("net.ipv4.ip_forward"), "1");
    EXPECT_EQ(of(topology::Kind::router).at("net.ipv6.conf.all.forwarding"), "1");
    EXPECT_EQ(of(topology::Kind::host).at("net.ipv4.ip_forward"), "0");
    EXPECT_EQ(of(topology::Kind::host).at("net.ipv6.conf.all.forwarding"), "0");
}

TEST(BirthSysctls, let_addresses_answer_at_once_and_survive_a_flap) {
    const auto host = of(topology::Kind::host);
    for (const char* scope : {"all", "default"}) {
        const std::string ipv6 = std::string("net.ipv6.conf.") + scope + ".";
        EXPECT_EQ(host.at(ipv6 + "accept_dad"), "0");
        EXPECT_EQ(host.at(ipv6 + "router_solicitations"), "0");
        EXPECT_EQ(host.at(ipv6 + "keep_addr_on_down"), "1");
        EXPECT_EQ(host.at(std::string("net.ipv4.conf.") + scope + ".rp_filter"), "0");
    }
}

TEST(BirthSysctls, routers_answer_every_probe_of_a_path) {
    EXPECT_EQ(of(topology::Kind::router).at("net.ipv4.icmp_ratelimit"), "0");
    EXPECT_EQ(of(topology::Kind::router).at("net.ipv6.icmp.ratelimit"), "0");
    EXPECT_FALSE(of(topology::Kind::host).contains("net.ipv4.icmp_ratelimit"));
}

TEST(BirthSysctls, let_every_group_of_the_node_ping) {
    EXPECT_EQ(of(topology::Kind::host).at("net.ipv4.ping_group_range"), "0 999");
}

TEST(BirthSysctls, what_newborns_have_is_not_written) {
    const SysctlValues wanted{{"a", "0"}, {"b", "1"}, {"c", "1"}};
    EXPECT_EQ(to_write(wanted, {}), wanted);
    EXPECT_EQ(to_write(wanted, {{"a", "0"}, {"b", "0"}}), (SysctlValues{{"b", "1"}, {"c", "1"}}));
}

}  // namespace
}  // namespace labd
