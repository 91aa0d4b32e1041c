// What the guest is booted for: features that this project's users have and a build machine may
// not. Each is really made, in a network namespace of the test's own.
#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <gtest/gtest.h>

namespace {

class Kernel : public test::InGuest {
  protected:
    void expect_works(const std::string& script) {
        const test::Ran ran = test::run_here({"unshare", "--net", "bash", "-ec", script});
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
    }
};

// By the kernel's own autoload: PID 1 of the guest has its modules.
TEST_F(Kernel, EveryKindOfLinkIsThere) {
    expect_works(R"(
        ip link add e0 type veth peer name e1
        ip link set e0 up
        for kind in dummy "vrf table 10" wireguard bond ifb "vxlan id 5 dstport 4789" \
            "geneve id 5 remote 10.0.0.2" "gre remote 10.0.0.2 local 10.0.0.1" \
            "ipip remote 10.0.0.2 local 10.0.0.1" "sit remote 10.0.0.2 local 10.0.0.1" \
            "bridge vlan_filtering 1"; do
            ip link add t0 type $kind
            ip link delete t0
        done
        for kind in "vlan id 5" "macvlan mode bridge" "ipvlan mode l2" macsec; do
            ip link add link e0 name t0 type $kind
            ip link delete t0
        done
        ip tuntap add t0 mode tap)");
}

TEST_F(Kernel, LinksCanBeImpaired) {
    expect_works(R"(
        ip link add e0 type veth peer name e1
        for discipline in "netem delay 50ms loss 10%" "tbf rate 10mbit burst 16kb latency 1s" \
            "htb default 1" fq_codel "cake bandwidth 10mbit"; do
            tc qdisc replace dev e0 root $discipline
            tc qdisc delete dev e0 root
        done)");
}

TEST_F(Kernel, ControlGroupsAreOfVersionTwo) {
    struct statfs at {};
    ASSERT_EQ(statfs("/sys/fs/cgroup", &at), 0);
    EXPECT_EQ(at.f_type, CGROUP2_SUPER_MAGIC);
    expect_works("grep -qw memory /sys/fs/cgroup/cgroup.controllers");
    expect_works("grep -qw pids /sys/fs/cgroup/cgroup.controllers");
    expect_works("grep -qw cpu /sys/fs/cgroup/cgroup.controllers");
}

}  // namespace
