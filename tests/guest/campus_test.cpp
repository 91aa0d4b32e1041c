// VLANs, a trunk of two links as one bond, and a switch that routes, by a whole labd.
#include "tests/guest/guest_lab.hpp"

namespace {

class Campus : public test::GuestLab {
    std::string file() const override {
        return LAB_SOURCE_DIR "/tests/e2e/labs/10-netlab-vlan-trunk.lab.toml";
    }
};

TEST_F(Campus, comes_up_passes_its_check_and_stays) {
    out("lab wait 'ping h1 h4' --timeout 60s");  // the bond's ends have to find each other first
    out("lab check");
    EXPECT_EQ(nothing_to_do(), "vlans: nothing to do\n");
    EXPECT_EQ(out("pkill -9 -x labd; lab status --json | jq -r .state"), "up\n");
    EXPECT_EQ(nothing_to_do(), "vlans: nothing to do\n");
    out("lab check");
}

}  // namespace
