// Two boots of one guest: all that the second one knows of the first is what labd keeps on disk.
#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace {

class Reboot : public testing::Test {
  protected:
    void SetUp() override {
        if (test::guest() != "reboot") GTEST_SKIP() << "only for the guest that is booted twice";
        out("mkdir -p /var/lib/labd && mount --bind " + std::string(std::getenv("LAB_GUEST_DISK")) +
            " /var/lib/labd");
    }
    void TearDown() override {
        if (!IsSkipped()) (void)run("pkill -x labd");
    }

    static test::Ran run(const std::string& script) {
        return test::run_here(
            {"timeout", "200", "bash", "-c", "export PATH=" LAB_BINARY_DIR ":$PATH; " + script});
    }
    static std::string out(const std::string& script) {
        const test::Ran ran = run(script);
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
    static void up(const std::string& name, const std::string& words) {
        const std::string file = "/run/" + name + ".lab.toml";
        std::ofstream(file) << "name = \"" << name << "\"\nlinks = [[\"h1\", \"h2\"]]\n"
                            << "[nodes]\n\"h[1-2]\" = \"host\"\n";
        out("lab up " + file + " " + words);
    }
    static std::string labs() { return out("lab ls --json | jq -r '.labs[].name'"); }
};

TEST_F(Reboot, Before) {
    up("marked", "--autostart");
    up("other", "");
    EXPECT_EQ(labs(), "marked\nother\n");
}

TEST_F(Reboot, Thereafter) {
    EXPECT_FALSE(std::filesystem::exists("/run/labd/labs/marked")) << "a new /run";
    // Whoever comes first starts labd; the lab follows.
    out("lab ls && mkfifo /run/events && { lab events --json --since-seq 0 -f >/run/events & } && "
        "grep -m1 '\"action\":\"up\",\"lab\":\"marked\"' /run/events && kill $!");
    EXPECT_EQ(labs(), "marked\n");
    EXPECT_EQ(out("lab status -L marked --json | jq -r .state"), "up\n");
    out("lab exec h1 -- ping -c 1 -W 5 h2");
    out("lab down marked");
    EXPECT_TRUE(std::filesystem::is_empty("/var/lib/labd/autostart")) << "it will not come again";
}

}  // namespace
