// Tests that need what only the guest has. On the host they are not run by tests/run; started there
// by hand they skip, since they act on the whole machine.
#pragma once

#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>

namespace test {

// Which guest: "plain" (PID 1 is a script), "systemd", or "reboot", which is booted twice; "" on
// any other machine.
inline std::string_view guest() {
    const char* name = std::getenv("LAB_GUEST");
    return name == nullptr ? "" : name;
}

class InGuest : public testing::Test {
  protected:
    void SetUp() override {
        if (guest().empty()) GTEST_SKIP() << "only for the guest of tests/run --only guest";
    }
};

}  // namespace test
