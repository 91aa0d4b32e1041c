// Nodes do not take over what the host has set for its own interfaces. Only here: the settings that
// newborn namespaces copy are those of the machine.
#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace {

class Birth : public test::InGuest {
  protected:
    static std::string out(const std::string& script) {
        const test::Ran ran = test::run_here(
            {"bash", "-ec", "export PATH=" LAB_BINARY_DIR ":$PATH LAB_NAME=b; " + script});
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
};

TEST_F(Birth, SettingsOfTheHostStayItsOwn) {
    std::ofstream("/run/birth.lab.toml")
        << "name = \"b\"\nlinks = [{ lan = [\"h[1-5]\"] }]\n[nodes]\n\"h[1-5]\" = \"host\"\n";
    out("sysctl -qw net.ipv4.conf.default.rp_filter=2 net.ipv4.conf.all.accept_redirects=0"
        " net.ipv4.conf.default.arp_ignore=1");
    out("lab up /run/birth.lab.toml");
    for (int i = 1; i <= 5; ++i)
        EXPECT_EQ(out("lab exec h" + std::to_string(i) +
                      " -- sysctl -n net.ipv4.conf.default.rp_filter net.ipv4.conf.eth0.rp_filter"
                      " net.ipv4.conf.all.accept_redirects net.ipv4.conf.eth0.arp_ignore"
                      " net.ipv6.conf.all.accept_dad net.ipv6.conf.default.keep_addr_on_down"),
                  "0\n0\n1\n0\n0\n1\n");
    out("lab down b");
    out("sysctl -qw net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.accept_redirects=1"
        " net.ipv4.conf.default.arp_ignore=0");
    out("pkill -x labd");
}

}  // namespace
