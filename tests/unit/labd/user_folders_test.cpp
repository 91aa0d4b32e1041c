// Where an ordinary user's labd has its things.
#include "labd/user_folders.hpp"

#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <gtest/gtest.h>

namespace {

class UserFolders : public testing::Test {
  protected:
    ~UserFolders() override {
        for (const auto& [name, value] : before)
            value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
    }
    void set(const char* name, const std::string& value) {
        if (!before.contains(name)) {
            const char* was = std::getenv(name);
            before[name] = was != nullptr ? std::optional<std::string>(was) : std::nullopt;
        }
        ::setenv(name, value.c_str(), 1);
    }
    test::TempDir dir;
    const std::string uid = std::to_string(::getuid());
    std::map<const char*, std::optional<std::string>> before;
};

TEST_F(UserFolders, are_those_of_the_session) {
    set("XDG_RUNTIME_DIR", dir / "run");
    set("XDG_STATE_HOME", dir / "state");
    std::filesystem::create_directory(dir / "run");
    EXPECT_EQ(labd::user_run_folder(), dir / "run/labd");
    EXPECT_EQ(labd::user_state_folder(), dir / "state/labd");
}

TEST_F(UserFolders, without_a_session_are_in_tmp_and_at_home) {
    set("XDG_RUNTIME_DIR", dir / "nowhere");
    EXPECT_EQ(labd::user_run_folder(), "/tmp/labd-" + uid);
    set("XDG_STATE_HOME", "");
    set("HOME", dir / "");
    EXPECT_EQ(labd::user_state_folder(), (dir / "") + "/.local/state/labd");
    set("HOME", dir / "nobody");
    EXPECT_EQ(labd::user_state_folder(), "/tmp/labd-" + uid + "/state");
}

TEST_F(UserFolders, that_somebody_else_could_write_to_are_not_taken) {
    const std::string path = dir / "x";
    std::filesystem::create_directory(path);
    EXPECT_TRUE(labd::is_own_folder(path));
    std::filesystem::create_directory_symlink(path, dir / "link");
    EXPECT_FALSE(labd::is_own_folder(dir / "link"));
    ASSERT_EQ(::chmod(path.c_str(), 01777), 0);
    EXPECT_FALSE(labd::is_own_folder(path));
    EXPECT_FALSE(labd::is_own_folder(dir / "absent"));
}

TEST_F(UserFolders, with_somebodys_things_are_told_from_labds_own) {
    const std::string folder = dir / "x", socket = folder + "/any.sock";
    std::filesystem::create_directory(folder);
    const auto touch = [&](const char* name) { std::ofstream(folder + "/" + name) << "x"; };
    EXPECT_EQ(labd::somebodys_entry_beside(dir / "absent/any.sock"), "");
    EXPECT_EQ(labd::somebodys_entry_beside(socket), "");
    touch("lock");
    touch("labd.log");
    EXPECT_EQ(labd::somebodys_entry_beside(socket), "") << "a labd that did not get far";
    touch("any.sock");
    EXPECT_EQ(labd::somebodys_entry_beside(socket), "any.sock") << "no socket";
    std::filesystem::remove(socket);
    touch("letter");
    EXPECT_EQ(labd::somebodys_entry_beside(socket), "letter");
    std::filesystem::create_directory(folder + "/labs");
    EXPECT_EQ(labd::somebodys_entry_beside(socket), "") << "a labd has been there";
}

}  // namespace
