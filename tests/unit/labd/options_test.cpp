// labd's command line, and where it finds lab-init.
#include "labd/options.hpp"

#include "labd/user_folders.hpp"
#include "tests/support/temp_dir.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using labd::find_init;
using labd::parse_options;
using testing::HasSubstr;

TEST(Options, HaveDefaults) {
    const auto parsed = parse_options({});
    ASSERT_TRUE(parsed.options);
    if (::geteuid() == 0) {
        EXPECT_EQ(parsed.options->run_dir, "/run/labd");
        EXPECT_EQ(parsed.options->state_dir, "/var/lib/labd");
        EXPECT_EQ(parsed.options->log_dir, "/var/log/labd");
    } else {
        EXPECT_EQ(parsed.options->run_dir, labd::user_run_folder());
        EXPECT_EQ(parsed.options->state_dir, labd::user_state_folder());
        EXPECT_EQ(parsed.options->log_dir, labd::user_state_folder() + "/log");
    }
    EXPECT_EQ(parsed.options->netns_dir, "/run/netns");
    EXPECT_EQ(parsed.options->socket, parsed.options->run_dir + "/labd.sock");
    EXPECT_EQ(parsed.options->init, "");
    EXPECT_EQ(parsed.options->labs_per_user, 64U);
    EXPECT_EQ(parsed.options->nodes_per_user, 5000U);
    EXPECT_FALSE(parsed.options->foreground);
    EXPECT_EQ(parsed.options->log_level, labd::log::Level::info);
}

TEST(Options, AreAllTaken) {
    const auto parsed =
        parse_options({"--run-dir", "/r/", "--state-dir=/s", "--log-dir", "/l/", "--netns-dir",
                       "/n/../m", "--socket", "/x", "--init", "/i", "--labs-per-user", "3",
                       "--nodes-per-user", "20", "--foreground", "--log-level", "debug"});
    ASSERT_TRUE(parsed.options) << parsed.text;
    EXPECT_EQ(parsed.options->run_dir, "/r");
    EXPECT_EQ(parsed.options->state_dir, "/s");
    EXPECT_EQ(parsed.options->log_dir, "/l");
    EXPECT_EQ(parsed.options->netns_dir, "/m");
    EXPECT_EQ(parsed.options->socket, "/x");
    EXPECT_EQ(parsed.options->init, "/i");
    EXPECT_EQ(parsed.options->labs_per_user, 3U);
    EXPECT_EQ(parsed.options->nodes_per_user, 20U);
    EXPECT_TRUE(parsed.options->foreground);
    EXPECT_EQ(parsed.options->log_level, labd::log::Level::debug);
}

TEST(Options, MakePathsAbsolute) {
    const auto parsed = parse_options({"--run-dir", "here"});
    ASSERT_TRUE(parsed.options);
    EXPECT_EQ(parsed.options->run_dir, (fs::current_path() / "here").string());
    EXPECT_EQ(parsed.options->socket, (fs::current_path() / "here/labd.sock").string());
}

TEST(Options, EndWithTwoWhenWrong) {
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"--no-such"}, {"up"}, {"--run-dir"}, {"--log-level", "loud"}}) {
        const auto parsed = parse_options(wrong);
        EXPECT_FALSE(parsed.options);
        EXPECT_EQ(parsed.status, 2) << wrong[0];
        EXPECT_THAT(parsed.text, testing::StartsWith("labd: "));
    }
}

TEST(Options, ExplainThemselves) {
    const auto help = parse_options({"--help"});
    EXPECT_FALSE(help.options);
    EXPECT_EQ(help.status, 0);
    for (const char* option : {"--run-dir", "--state-dir", "--netns-dir", "--socket", "--init",
                               "--foreground", "--log-level"})
        EXPECT_THAT(help.text, HasSubstr(option));
    EXPECT_EQ(parse_options({"--version"}).text, "labd " LAB_VERSION "\n");
}

class FindInit : public testing::Test {
  protected:
    std::string program(const std::string& name, fs::perms mode = fs::perms::owner_all) {
        const fs::path path = dir / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "#!/bin/true\n";
        fs::permissions(path, mode);
        return path.string();
    }
    test::TempDir dir;
};

TEST_F(FindInit, PrefersWhatIsGiven) {
    program("bin/lab-init");
    const std::string given = program("other");
    EXPECT_EQ(find_init(given, dir / "bin/labd"), given);
}

TEST_F(FindInit, LooksBesideLabdThenInLibexec) {
    const std::string installed = program("libexec/labd/lab-init");
    EXPECT_EQ(find_init("", dir / "sbin/labd"), installed);
    const std::string built = program("sbin/lab-init");
    EXPECT_EQ(find_init("", dir / "sbin/labd"), built);
}

TEST_F(FindInit, SaysWhereItLooked) {
    fs::create_directories(dir / "sbin/lab-init");  // a folder is none
    try {
        find_init("", dir / "sbin/labd");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(dir / "sbin/lab-init"));
        EXPECT_THAT(error.what(), HasSubstr(dir / "libexec/labd/lab-init"));
        EXPECT_THAT(error.what(), HasSubstr("--init PATH"));
    }
    EXPECT_THROW(find_init(dir / "none", "/x/labd"), std::runtime_error);
    const std::string plain = program("plain", fs::perms::owner_read);
    EXPECT_THROW(find_init(plain, "/x/labd"), std::runtime_error) << "not executable";
}

TEST(OwnBinary, IsThisTest) {
    EXPECT_TRUE(fs::equivalent(labd::own_binary(), "/proc/self/exe"));
}

}  // namespace
