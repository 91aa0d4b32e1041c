// A lab of tests/e2e/labs or of the examples, by a labd of its own, in the plain guest.
#pragma once

#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <string>

namespace test {

class GuestLab : public testing::Test {
  protected:
    void SetUp() override {
        if (guest() != "plain") GTEST_SKIP() << "only for the guest of tests/run --only guest";
        out("lab up --wait=60s " + file());
    }
    void TearDown() override {
        if (IsSkipped()) return;
        (void)run("lab down --all");
        (void)run("pkill -x labd");
    }
    virtual std::string file() const = 0;
    // With the lab's commands in reach.
    static Ran run(const std::string& script) {
        return run_here(
            {"timeout", "120", "bash", "-c", "export PATH=" LAB_BINARY_DIR ":$PATH; " + script});
    }
    static std::string out(const std::string& script) {
        const Ran ran = run(script);
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
    // Until a labd that has just been started answers.
    std::string nothing_to_do() const { return out("lab up " + file() + " 2>&1 | tail -n 1"); }
};

}  // namespace test
