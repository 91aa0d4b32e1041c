// Where control groups of version 2 are, and what is said of those that this machine has not.
#include "labd/cgroups.hpp"

#include <gtest/gtest.h>

namespace {

using labd::cgroup2_mount;
using labd::Cgroups;
using labd::CgroupSupport;

TEST(Cgroups, TheMountIsFoundBesideVersionOne) {
    EXPECT_EQ(
        cgroup2_mount(
            "26 20 0:23 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"
            "30 26 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            "31 26 0:28 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"),
        "/sys/fs/cgroup/unified");
    EXPECT_EQ(cgroup2_mount("30 26 0:27 / /sys/fs/cgroup rw - cgroup2 none rw\n"),
              "/sys/fs/cgroup");
    EXPECT_EQ(cgroup2_mount("30 26 0:27 / /a\\040b rw - cgroup2 none rw\n"), "/a b");
}

TEST(Cgroups, APartOfAHierarchyIsNoPlaceForLabs) {
    EXPECT_EQ(cgroup2_mount("30 26 0:27 /docker/7 /sys/fs/cgroup rw - cgroup2 none rw\n"), "");
    EXPECT_EQ(cgroup2_mount(""), "");
    EXPECT_EQ(cgroup2_mount("nonsense\n30\n"), "");
}

TEST(Cgroups, OfWhatIsAskedForIsSaidWhatDoesNotHold) {
    CgroupSupport support;
    support.controllers = {"pids"};
    support.mount = "/nowhere";
    support.trouble = "why";
    const Cgroups some("/tmp", support);
    topology::Limits limits;
    EXPECT_EQ(some.unheld(limits), "");
    limits.pids = 10;
    EXPECT_EQ(some.unheld(limits), "");
    limits.memory_bytes = 1 << 20;
    limits.cpu_cores = 1;
    EXPECT_EQ(some.unheld(limits), "memory, cpu");
    support.controllers.clear();
    EXPECT_EQ(Cgroups("/tmp", support).unheld(limits), "pids, memory, cpu");
}

TEST(Cgroups, WithoutControllersNothingIsMade) {
    Cgroups none("/tmp", {});
    EXPECT_FALSE(none.add_lab("t", 1000));
    EXPECT_FALSE(none.add("t", "h1", {}, 1000));
    none.set("t", "h1", {});
    none.remove("t", "h1");
    none.remove_lab("t");
    none.sweep({});
}

}  // namespace
