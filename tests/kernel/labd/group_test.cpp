// Processes born into control groups. Any hierarchy of version 2 will do, also one without
// controllers, which is all that some machines have.
#include "labd/cgroups.hpp"
#include "labd/start_in_group.hpp"
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace {

using namespace test;

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Group : public testing::Test {
  protected:
    void SetUp() override {
        const std::string mount = labd::cgroup2_mount(text_of("/proc/self/mountinfo"));
        if (mount.empty() || access(mount.c_str(), W_OK) != 0)
            GTEST_SKIP() << "no control groups of version 2";
        path = mount + "/labd-test-" + std::to_string(getpid());
        ASSERT_EQ(mkdir(path.c_str(), 0755), 0);
        name = path.substr(mount.size());
        directory.reset(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ASSERT_TRUE(directory);
    }
    void TearDown() override {
        EXPECT_TRUE(path.empty() || rmdir(path.c_str()) == 0) << "somebody is still in there";
    }
    std::string path, name;
    Fd directory;
};

TEST_F(Group, AProgramIsBornIntoIt) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    const Fd high(fcntl(writer.get(), F_DUPFD_CLOEXEC, 10));
    const pid_t pid = labd::start_in_group(
        directory, "/bin/sh", {"sh", "-c", "cat /proc/self/cgroup >&3; echo $A $1 >&3", "x", "y"},
        {"A=b", "PATH=/usr/bin:/bin"}, {high.get()});
    writer.reset();
    const_cast<Fd&>(high).reset();
    std::string said;
    char part[512];
    for (ssize_t n; (n = read(reader.get(), part, sizeof part)) > 0;)
        said.append(part, static_cast<std::size_t>(n));
    EXPECT_NE(said.find("0::" + name + "\n"), std::string::npos) << said;
    EXPECT_NE(said.find("b y\n"), std::string::npos) << said;
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
}

TEST_F(Group, AProgramThatIsNotThereIsAnError) {
    EXPECT_THROW((void)labd::start_in_group(directory, "/nowhere", {"x"}, {}, {}),
                 std::system_error);
    const Fd none(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    EXPECT_THROW((void)labd::start_in_group(none, "/bin/true", {"true"}, {}, {}),
                 std::system_error);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "no zombie is left";
}

TEST_F(Group, ANodeIsBornIntoItAndSeesItAsItsRoot) {
    // An open spawner is root of the host, who may use every group.
    SealedLab lab(true);
    protocol::Birth birth;
    birth.node = birth.hostname = "r1";
    birth.level = protocol::Level::open;
    birth.grouped = true;
    {
        const auto node = lab.node(birth, true, directory.get());
        EXPECT_NE(text_of("/proc/" + std::to_string(node->pid()) + "/cgroup").find("0::" + name),
                  std::string::npos);
        const std::string inside = node->shell("grep ^0:: /proc/self/cgroup").out;
        EXPECT_EQ(inside, "0::/\n");
        ASSERT_EQ(node->ask(protocol::Door::shutdown, [](protocol::Packer& p) { p.u32(0); }).error,
                  0);
        await_exit(node->pidfd());
    }
}

}  // namespace
