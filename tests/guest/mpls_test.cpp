// A label switched path over routers that know no way but by labels.
#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace {

constexpr const char* lab_file = R"(
name  = "lsp"
links = [["h1", "pe1"], ["pe1:core", "p:left"], ["p:right", "pe2:core"], ["pe2", "h2"]]
[nodes]
"h[1-2]" = "host"
pe1 = { kind = "router", routing = "none", mpls = true, exec = [
  "ip route add ${h2.eth0.net4} encap mpls 100 via ${p.left.ipv4}", "ip -f mpls route add 201 dev lo"] }
pe2 = { kind = "router", routing = "none", mpls = true, exec = [
  "ip route add ${h1.eth0.net4} encap mpls 200 via ${p.right.ipv4}", "ip -f mpls route add 101 dev lo"] }
p   = { kind = "router", routing = "none", mpls = true, exec = [
  "ip -f mpls route add 100 as 101 via inet ${pe2.core.ipv4}",
  "ip -f mpls route add 200 as 201 via inet ${pe1.core.ipv4}"] }
)";

class Mpls : public testing::Test {
  protected:
    void SetUp() override {
        if (test::guest() != "plain")
            GTEST_SKIP() << "only for the guest of tests/run --only guest";
    }
    void TearDown() override {
        if (IsSkipped()) return;
        (void)run("lab down --all");
        (void)run("pkill -x labd");
    }
    static test::Ran run(const std::string& script) {
        return test::run_here(
            {"timeout", "120", "bash", "-c", "export PATH=" LAB_BINARY_DIR ":$PATH; " + script});
    }
    static std::string out(const std::string& script) {
        const test::Ran ran = run(script);
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
};

TEST_F(Mpls, a_label_switched_path_carries_a_ping) {
    std::ofstream("/run/lsp.lab.toml") << lab_file;
    out("lab up /run/lsp.lab.toml");
    EXPECT_NE(run("lab exec p -- ip route get 10.0.2.11").status, 0) << "p has no way of its own";
    out("lab exec h1 -- ping -c 1 -W 5 h2");
    EXPECT_EQ(out("lab exec p -- sysctl -n net.mpls.conf.left.input net.mpls.platform_labels"),
              "1\n100000\n");
    // An interface that takes no labels: that they carried it shows.
    out("lab exec p -- sysctl -w net.mpls.conf.left.input=0");
    EXPECT_NE(run("lab exec h1 -- ping -c 1 -W 1 h2").status, 0);
    // A node that is born again takes them again.
    out("lab restart p");
    out("lab exec h1 -- ping -c 1 -W 5 h2");
}

}  // namespace
