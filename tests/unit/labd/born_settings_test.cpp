// Which settings of a node are looked at.
#include "labd/born_settings.hpp"

#include <map>

#include <gtest/gtest.h>

namespace labd {
namespace {

std::map<std::string, std::string> of(const topology::Node& node) {
    topology::State desired;
    for (const char* name : {"eth0", "eth1.7"}) {
        topology::Device device;
        device.name = name;
        desired.spaces[node.name].devices[name] = device;
    }
    topology::Device outside;
    outside.kind = topology::DeviceKind::external;
    desired.spaces[node.name].devices["wan"] = outside;
    desired.contents[node.name].sysctl["net/ipv6/conf/eth0/accept_ra"] = "1";
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : born_settings(node, desired)) out[key] = value;
    return out;
}

TEST(BornSettings, are_those_of_the_node_and_of_its_interfaces) {
    topology::Node node;
    node.name = "h1";
    const auto settings = of(node);
    EXPECT_EQ(settings.at("net.ipv4.conf.all.rp_filter"), "0");
    EXPECT_EQ(settings.at("net.ipv4.conf.eth0.accept_source_route"), "0");
    EXPECT_EQ(settings.at("net/ipv4/conf/eth1.7/arp_ignore"), "0");
    EXPECT_EQ(settings.at("net.ipv6.conf.all.accept_ra"), "0");
    EXPECT_FALSE(settings.contains("net.ipv4.conf.wan.rp_filter")) << "the host's own";
    EXPECT_FALSE(settings.contains("net.ipv6.conf.eth0.accept_ra")) << "the lab says it";
    EXPECT_FALSE(settings.contains("net.ipv4.ip_forward")) << "the ground's";
}

TEST(BornSettings, leave_out_what_the_node_speaks_of) {
    topology::Node node;
    node.name = "h1";
    node.sysctl["net.ipv4.conf.all.rp_filter"] = {"1", {}};
    node.exec.push_back({{{"sysctl -w net.ipv4.conf.eth0.arp_ignore=1", {}}}, {}});
    const auto settings = of(node);
    EXPECT_FALSE(settings.contains("net.ipv4.conf.eth0.rp_filter"));
    EXPECT_FALSE(settings.contains("net.ipv4.conf.all.arp_ignore"));
    EXPECT_TRUE(settings.contains("net.ipv4.conf.all.accept_local"));
    topology::Service service;
    service.generated = true;
    node.services.push_back(service);
    EXPECT_FALSE(of(node).empty());
    node.services.front().generated = false;
    EXPECT_TRUE(of(node).empty()) << "nobody knows what it sets";
}

TEST(BornSettings, are_none_of_a_node_that_is_as_the_kernel_makes_it) {
    topology::Node node;
    node.name = "b";
    node.kind = topology::Kind::bare;
    EXPECT_TRUE(of(node).empty());
}

TEST(BornSettings, the_own_commands_of_a_node_may_name_it) {
    topology::Node node;
    EXPECT_FALSE(names_itself(node));
    node.exec.push_back({{{"/bin/sh", {}}, {"-c", {}}, {"hostname me", {}}}, {}});
    EXPECT_TRUE(names_itself(node));
}

}  // namespace
}  // namespace labd
