// What routing_causes() is asked of: two routers, and the words of their daemons.
#pragma once

#include "labd/check/evidence.hpp"
#include "tests/support/resolved.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace test {

// r1 and r2 on one wire, what their daemons say of it.
class TwoRouters : public testing::Test {
  protected:
    TwoRouters() : lab_(lab_of("links = [[\"r1\", \"r2\"]]\n[nodes]\n\"r[1-2]\" = \"router\"\n")) {
        for (const char* name : {"r1", "r2"}) {
            labd::check::Reading& reading = evidence_.readings[name];
            reading.links.push_back({2, "eth0", true, true, 1500});
            evidence_.routing[name];
        }
    }
    void address(const std::string& node, const char* network, const char* dev = "eth0") {
        evidence_.readings[node].addresses.push_back({dev, *topology::Prefix::parse(network)});
    }
    void says(const std::string& node, const char* command, std::string words) {
        evidence_.routing[node][command] = std::move(words);
    }
    void config(const std::string& node, std::string words) {
        says(node, "show running-config", std::move(words));
    }
    void ospf(const std::string& node, const std::string& more) {
        says(node, "show ip ospf interface json",
             R"({"interfaces":{"eth0":{"ospfEnabled":true,"area":"0.0.0.1","routerId":")" + node +
                 R"(","networkType":"BROADCAST")" + more + "}}}");
        says(node, "show ip ospf neighbor json", R"({"neighbors":{}})");
    }
    std::vector<std::string> causes(const char* wanted = nullptr) {
        std::optional<topology::Prefix> network;
        if (wanted != nullptr) network = topology::Prefix::parse(wanted);
        return labd::check::routing_causes(evidence_, lab_, network);
    }
    topology::Lab lab_;
    labd::check::Evidence evidence_;
};

}  // namespace test
