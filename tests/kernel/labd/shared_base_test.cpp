// What the /etc and /var of labs begin with, shared by labs (labd/spawner/base.hpp).
#include "labd/shared_base.hpp"

#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>

namespace {

using namespace test;
using protocol::Wanted;

// Linux 6.15 copies a mount that is attached nowhere.
bool kernel_lends() {
    utsname name{};
    int major = 0, minor = 0;
    if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
    return major > 6 || (major == 6 && minor >= 15);
}

// Everything that a node could tell apart but times and what is the node's own.
constexpr const char* listing =
    "cd / && find etc var ! -path etc/hostname -printf '%p %y %m %U %G %l ' "
    "\\( -type f -exec md5sum {} + -o -printf '\\n' \\) | sort";

class SharedBase : public testing::Test {
  protected:
    static constexpr unsigned apart = 65536;
    labd::SharedBase base{true};

    std::unique_ptr<SealedLab> lab() {
        const Lender lender{
            base.lends(), base.stamp(),
            [this](Fd tree, Fd stamp) { base.keep(std::move(tree), std::move(stamp)); },
            [this](pid_t spawner) { return base.lend(spawner); }};
        return std::make_unique<SealedLab>(false, lender, SealedLab::base + apart * made_++);
    }
    // The first that begins with what an earlier one has made. What changed on the host in this
    // very second is not trusted, so it may be the third or a later one.
    std::unique_ptr<SealedLab> lent_lab() {
        for (int tries = 0; tries < 200; ++tries)
            if (std::unique_ptr<SealedLab> one = lab(); one->wanted() == Wanted::labds) return one;
        return nullptr;
    }

  private:
    unsigned made_ = 0;
};

TEST_F(SharedBase, IsWhatALabWouldHaveMadeItself) {
    SealedLab own;
    ASSERT_EQ(own.wanted(), Wanted::nothing);
    const std::string wanted = own.node("n1")->shell(listing).out;
    ASSERT_NE(wanted.find("etc/passwd"), std::string::npos);
    ASSERT_NE(wanted.find("etc/shadow f 640 0 "), std::string::npos);

    const auto first = lab();
    EXPECT_EQ(first->wanted(), Wanted::made);
    EXPECT_EQ(first->node("n1")->shell(listing).out, wanted);
    ASSERT_EQ(base.lends(), kernel_lends());
    if (!base.lends()) return;  // it has filled its own, as seen
    const auto second = lent_lab();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->node("n1")->shell(listing).out, wanted);
}

TEST_F(SharedBase, OneLabSeesNothingOfAnother) {
    const auto one = lab(), two = lab();
    ASSERT_EQ(base.lends(), kernel_lends());
    const auto r1 = one->node("r1"), r2 = two->node("r2");
    EXPECT_EQ(r1->shell("echo evil >> /etc/passwd && rm /etc/os-release && mkdir /var/lib/mine && "
                        "chown 5:5 /etc/group && tail -n 1 /etc/passwd")
                  .out,
              "evil\n");
    EXPECT_EQ(r2->shell("tail -n 1 /etc/passwd").out.find("evil"), std::string::npos);
    EXPECT_EQ(r2->shell("stat -c %u /etc/group; ls /var/lib/mine 2>&1; ls /etc/os-release").out,
              "0\nls: cannot access '/var/lib/mine': No such file or directory\n/etc/os-release\n");
    for (const char* write :
         {"touch /.lab/base/etc/x", "echo x >> /.lab/base/etc/passwd", "rm /.lab/base/etc/group",
          "mount -o remount,bind,rw /.lab/base && touch /.lab/base/etc/x",
          "mount -o remount,rw /.lab/base && touch /.lab/base/etc/x",
          "mount --bind /.lab/base /mnt && mount -o remount,bind,rw /mnt && touch /mnt/etc/x",
          "umount /.lab/base", "chmod 777 /.lab/base/etc/shadow"})
        EXPECT_NE(r1->shell(write).status(), 0) << write;
}

// A directory of the host with something else in it, for this process alone.
class OtherFiles {
  public:
    OtherFiles() : home_(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
        if (unshare(CLONE_NEWNS) != 0 || mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            throw std::runtime_error("no mount namespace of our own");
    }
    ~OtherFiles() { (void)setns(home_.get(), CLONE_NEWNS); }
    OtherFiles(const OtherFiles&) = delete;
    OtherFiles& operator=(const OtherFiles&) = delete;

  private:
    Fd home_;
};

TEST_F(SharedBase, FollowsTheHost) {
    const OtherFiles apart_from_the_host;
    (void)lab();
    ASSERT_EQ(base.lends(), kernel_lends());
    if (base.lends()) {
        ASSERT_TRUE(lent_lab());
    }
    ASSERT_EQ(mount("other", "/etc/profile.d", "tmpfs", 0, nullptr), 0);
    std::ofstream("/etc/profile.d/other.sh") << "first\n";
    const auto after = lab();
    EXPECT_NE(after->wanted(), Wanted::labds);
    EXPECT_EQ(after->node("n1")->shell("cat /etc/profile.d/other.sh").out, "first\n");
    // Nobody waits for a clock to tick between a lab and a change.
    std::ofstream("/etc/profile.d/other.sh") << "later\n";
    const auto last = lab();
    EXPECT_EQ(last->node("n1")->shell("cat /etc/profile.d/other.sh").out, "later\n");
    ASSERT_EQ(umount("/etc/profile.d"), 0);
    EXPECT_NE(lab()->node("n1")->shell("cat /etc/profile.d/other.sh").status(), 0);
}

}  // namespace
