// Leases of id ranges: never lent twice, kept over restarts, shared by several daemons.
#include "labd/lease.hpp"

#include "tests/support/temp_dir.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::Lease;
using labd::Leases;

class LeaseTest : public testing::Test {
  protected:
    test::TempDir dir;
    std::string state = dir / "state";
    void write(const std::string& text) { std::ofstream(state + "/ids") << text; }
};

TEST_F(LeaseTest, LendsAlignedRangesOfThePool) {
    Leases leases(state);
    for (int i = 0; i < 50; ++i) {
        const Lease lease = leases.take("lab" + std::to_string(i));
        EXPECT_EQ(lease.count, 65536U);
        EXPECT_EQ(lease.first % 65536, 0U);
        EXPECT_GE(lease.first, 0x71480000U);
        EXPECT_LT(lease.first, 0x80000000U);
    }
}

TEST_F(LeaseTest, LendsNothingTwice) {
    Leases leases(state);
    std::set<std::uint32_t> firsts;
    for (int i = 0; i < 100; ++i) firsts.insert(leases.take("lab" + std::to_string(i)).first);
    EXPECT_EQ(firsts.size(), 100U);
    EXPECT_EQ(leases.all().size(), 100U);
}

TEST_F(LeaseTest, GivesALabItsOwnRangeAgainAfterARestart) {
    const Lease first = Leases(state).take("a");
    Leases again(state);
    EXPECT_NE(again.take("b").first, first.first);
    EXPECT_EQ(again.take("a"), first);
}

TEST_F(LeaseTest, LendsAgainWhatWasReleased) {
    Leases leases(state);
    const Lease first = leases.take("a");
    leases.release("a");
    leases.release("never-there");
    EXPECT_TRUE(leases.all().empty());
    EXPECT_EQ(leases.take("b").first, first.first);
}

TEST_F(LeaseTest, StartsElsewhereForEveryStateFolder) {
    std::set<std::uint32_t> starts;
    for (int i = 0; i < 8; ++i) starts.insert(Leases(dir / std::to_string(i)).start_slot());
    EXPECT_GE(starts.size(), 7U);
    EXPECT_EQ(Leases(dir / "1").start_slot(),
              Leases((dir / "../") + dir.path().substr(5) + "/1").start_slot())
        << "the folder counts, not how it is written";
}

TEST_F(LeaseTest, SaysWhenThePoolIsEmpty) {
    Leases leases(state);
    std::string all;
    for (std::uint32_t slot = Leases::first_slot; slot < Leases::end_slot; ++slot)
        if (slot != 31000) all += std::to_string(slot) + " lab" + std::to_string(slot) + "\n";
    write(all);
    EXPECT_EQ(leases.take("last").first, 31000U * 65536U) << "wraps around to the only free one";
    try {
        leases.take("one-more");
        FAIL() << "lent a range that does not exist";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(),
                    testing::HasSubstr("no range of 65536 user ids is left for lab one-more"));
    }
}

TEST_F(LeaseTest, IgnoresLinesThatMakeNoSense) {
    Leases leases(state);
    write(
        "30000 good\n28999 below\n32768 above\nx y\n30001\n30002 a b\n30000 twice\n30003 "
        "good\n30004 torn");
    const std::vector<Lease> all = leases.all();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0], (Lease{"good", 30000U * 65536U, 65536}));
    EXPECT_EQ(all[1].lab, "torn");
}

TEST_F(LeaseTest, RefusesNamesThatWouldBreakTheFile) {
    Leases leases(state);
    for (const char* name : {"", "a b", "a\nb"})
        EXPECT_THROW(leases.take(name), std::invalid_argument);
}

TEST_F(LeaseTest, IsSafeBetweenProcesses) {
    constexpr int processes = 8, each = 20;
    { const Leases make_folder(state); }
    std::vector<pid_t> children;
    for (int p = 0; p < processes; ++p) {
        const pid_t child = ::fork();
        if (child == 0) {
            Leases own(state);
            for (int i = 0; i < each; ++i)
                own.take("lab" + std::to_string(p) + "-" + std::to_string(i));
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    std::set<std::uint32_t> firsts;
    for (const Lease& lease : Leases(state).all()) firsts.insert(lease.first);
    EXPECT_EQ(firsts.size(), std::size_t{processes} * each);
}

}  // namespace
