// VLANs, a trunk of two links as one bond, and a switch that routes, by a whole labd.
#include "tests/guest/guest_lab.hpp"

namespace {

class Campus : public test::GuestLab {
  protected:
    std::string file() const override {
        return LAB_SOURCE_DIR "/tests/e2e/labs/10-netlab-vlan-trunk.lab.toml";
    }
    // As soon as LACP has found its partner on the very member that a flow takes.
    static void check_passes() {
        out("for round in 1 2 3 4 5 6 7 8; do lab check && exit; done; exit 1");
    }
};

TEST_F(Campus, comes_up_passes_its_check_and_stays) {
    check_passes();
    EXPECT_EQ(nothing_to_do(), "vlans: nothing to do\n");
    EXPECT_EQ(out("pkill -9 -x labd; lab status --json | jq -r .state"), "up\n");
    EXPECT_EQ(nothing_to_do(), "vlans: nothing to do\n");
    check_passes();
}

}  // namespace
