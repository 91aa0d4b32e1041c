// Files from a directory, and what must not come out of it.
#include "cli/disk_files.hpp"

#include "tests/support/memory_files.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using testing::ElementsAre;
namespace fs = std::filesystem;

namespace {

class DiskFiles : public testing::Test {
  protected:
    DiskFiles() : root(folder.path()) {
        fs::create_directories(root / "lab" / "two" / "r1" / "etc");
        write("secret", "outside");
        write("lab/two.lab.toml", "inside");
        write("lab/two/r1/etc/motd", "hello");
        write("lab/two/r1/a", "a");
    }
    void write(const std::string& path, const std::string& text) {
        std::ofstream(root / path) << text;
    }
    test::TempDir folder;
    fs::path root;
};

TEST_F(DiskFiles, ReadsWhatIsBelow) {
    fs::permissions(root / "lab/two/r1/a", fs::perms(0755));
    cli::DiskFiles files((root / "lab").string());
    EXPECT_EQ(files.read("two.lab.toml")->content, "inside");
    EXPECT_EQ(files.read("two/r1/a")->mode, 0755U);
    EXPECT_FALSE(files.read("nothing"));
    EXPECT_FALSE(files.read("two"));
    EXPECT_THAT(files.list("two/r1"), ElementsAre("a", "etc/motd"));
    EXPECT_TRUE(files.list("nothing").empty());
}

TEST_F(DiskFiles, NeverLeavesTheDirectory) {
    fs::create_symlink("../secret", root / "lab/up");
    fs::create_symlink(root / "secret", root / "lab/absolute");
    fs::create_symlink("..", root / "lab/two/r1/out");
    fs::create_symlink("two.lab.toml", root / "lab/within");
    cli::DiskFiles files((root / "lab").string());
    for (const char* path : {"../secret", "up", "absolute", "two/../../secret", "/etc/passwd"})
        EXPECT_FALSE(files.read(path)) << path;
    EXPECT_EQ(files.read("within")->content, "inside");
    // "out" leads to a folder that is still inside, but back to an ancestor: no endless walk.
    EXPECT_THAT(files.list("two/r1"), testing::Contains("etc/motd"));
}

TEST_F(DiskFiles, ALinkThatLeadsOutIsListedSoThatItIsTold) {
    fs::create_symlink(root / "secret", root / "lab/two/r1/etc/shadow");
    cli::DiskFiles files((root / "lab").string());
    EXPECT_THAT(files.list("two/r1"), ElementsAre("a", "etc/motd", "etc/shadow"));
    EXPECT_FALSE(files.read("two/r1/etc/shadow"));
}

TEST_F(DiskFiles, DoesNotWaitForPipes) {
    ASSERT_EQ(::mkfifo((root / "lab/pipe").c_str(), 0600), 0);
    cli::DiskFiles files((root / "lab").string());
    EXPECT_FALSE(files.read("pipe"));
}

TEST_F(DiskFiles, AMissingFolderThrows) {
    EXPECT_THROW(cli::DiskFiles((root / "nowhere").string()), std::system_error);
}

TEST(RecordingFiles, RemembersWhatWasRead) {
    test::MemoryFiles memory{{"a", "1"}, {"b", "2"}, {"c/d", "3"}};
    cli::RecordingFiles files(memory);
    EXPECT_TRUE(files.read("a"));
    EXPECT_FALSE(files.read("missing"));
    EXPECT_THAT(files.list("c"), ElementsAre("d"));
    EXPECT_TRUE(files.read("c/d"));
    ASSERT_EQ(files.recorded().size(), 2U);
    EXPECT_EQ(files.recorded().at("c/d").content, "3");
}

}  // namespace
