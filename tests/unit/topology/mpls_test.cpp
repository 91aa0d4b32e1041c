// Routers that forward labels.
#include "tests/support/memory_files.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <string>

#include <gtest/gtest.h>

namespace {

using namespace topology;
using Sysctls = std::map<std::string, std::string>;

Resolved resolve(const std::string& text) {
    test::MemoryFiles files;
    files.add("x.lab.toml", text);
    Resolved out = topology::resolve(files, "x.lab.toml");
    EXPECT_FALSE(out.diagnostics.failed()) << render(out.diagnostics.all(), out.sources, false);
    return out;
}

const std::string core = R"(
links = [
  ["h1", "pe"], ["pe:core", "p"], { endpoints = ["pe", "p"], type = "gre" },
  { endpoints = ["pe", "p"], type = "wireguard" },
]
[nodes]
h1 = "host"
p  = "router"
pe = { kind = "router", mpls = true, sysctl = { "net.mpls.ip_ttl_propagate" = 0 } }
)";

TEST(mpls, takes_labels_in_at_every_end) {
    const State wish = desired(resolve(core).lab);
    const Sysctls expected{{"net.mpls.platform_labels", "100000"},
                           {"net.mpls.ip_ttl_propagate", "0"},
                           {"net/mpls/conf/core/input", "1"},
                           {"net/mpls/conf/eth0/input", "1"},
                           {"net/mpls/conf/eth1/input", "1"}};
    EXPECT_EQ(wish.contents.at("pe").sysctl, expected) << "but not from WireGuard";
    EXPECT_TRUE(wish.contents.at("p").sysctl.empty());
}

TEST(mpls, leaves_the_number_of_labels_to_the_file) {
    std::string text = core;
    text.replace(text.find("net.mpls.ip_ttl_propagate\" = 0"), 30,
                 "net.mpls.platform_labels\" = 64");
    const State wish = desired(resolve(text).lab);
    EXPECT_EQ(wish.contents.at("pe").sysctl.at("net.mpls.platform_labels"), "64");
}

TEST(mpls, resolves_to_itself) {
    const std::string once = resolved_toml(resolve(core).lab);
    EXPECT_NE(once.find("mpls = true"), once.npos);
    EXPECT_EQ(resolved_toml(resolve(once).lab), once);
}

TEST(mpls, is_set_again_on_a_tunnel_that_is_made_anew) {
    const State wish = desired(resolve(core).lab);
    State seen = wish;
    seen.spaces.at("pe").devices.erase("eth1");
    std::size_t set = 0;
    for (const Step& step : plan(wish, seen))
        if (const auto* sysctl = std::get_if<SetSysctl>(&step)) {
            EXPECT_EQ(sysctl->key, "net/mpls/conf/eth1/input");
            ++set;
        }
    EXPECT_EQ(set, 1U);
}

}  // namespace
