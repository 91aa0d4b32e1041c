// One labd per run directory: folders, lock, socket.
#include "labd/instance.hpp"

#include "tests/support/temp_dir.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::AlreadyRunning;
using labd::Fd;
using labd::Instance;
using testing::HasSubstr;

class InstanceTest : public testing::Test {
  protected:
    InstanceTest() {
        options.run_dir = dir / "run";
        options.state_dir = dir / "state";
        options.log_dir = dir / "log";
        options.socket = options.run_dir + "/labd.sock";
    }
    mode_t mode(const std::string& path) {
        struct stat info {};
        return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
    }
    bool answers() {
        const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, options.socket.data(), options.socket.size());
        return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    test::TempDir dir;
    labd::Options options;
    const group* users = ::geteuid() == 0 ? ::getgrnam("labd") : nullptr;
};

TEST_F(InstanceTest, MakesItsFolders) {
    const Instance instance(options);
    EXPECT_EQ(mode(options.run_dir), users != nullptr ? 0750U : 0700U);
    struct stat info {};
    ASSERT_EQ(::stat(options.run_dir.c_str(), &info), 0);
    EXPECT_EQ(info.st_gid, users != nullptr ? users->gr_gid : ::getegid());
    EXPECT_EQ(mode(options.run_dir + "/labs"), 0700U);
    EXPECT_EQ(mode(options.state_dir), 0700U);
    EXPECT_EQ(mode(options.log_dir), 0700U);
}

TEST_F(InstanceTest, TightensAFolderThatWasThere) {
    ASSERT_EQ(::mkdir(options.run_dir.c_str(), 0777), 0);
    ASSERT_EQ(::chmod(options.run_dir.c_str(), 0777), 0);
    const Instance instance(options);
    EXPECT_EQ(mode(options.run_dir), users != nullptr ? 0750U : 0700U);
}

TEST_F(InstanceTest, RefusesAFolderThatIsNotItsOwn) {
    ASSERT_EQ(::mkdir((dir / "real").c_str(), 0700), 0);
    ASSERT_EQ(::symlink((dir / "real").c_str(), options.run_dir.c_str()), 0);
    EXPECT_THROW(Instance{options}, std::system_error) << "a symlink";
    options.run_dir = dir / "shared";
    ASSERT_EQ(::mkdir(options.run_dir.c_str(), 0777), 0);
    ASSERT_EQ(::chmod(options.run_dir.c_str(), 01777), 0);
    EXPECT_THROW(Instance{options}, std::runtime_error) << "one like /tmp";
}

TEST_F(InstanceTest, IsTheOnlyOne) {
    auto first = std::make_unique<Instance>(options);
    try {
        const Instance second(options);
        FAIL() << "two at once";
    } catch (const AlreadyRunning& error) {
        EXPECT_THAT(error.what(), HasSubstr("(pid " + std::to_string(::getpid()) + ")"));
        EXPECT_THAT(error.what(), HasSubstr(options.run_dir));
    }
    first.reset();
    EXPECT_NO_THROW(Instance{options});
}

TEST_F(InstanceTest, IsNotHeldUpByADeadOne) {
    const pid_t child = ::fork();
    if (child == 0) {
        Instance instance(options);
        const auto sockets = instance.listen();
        ::_exit(answers() ? 0 : 1);  // no destructor: lock and socket stay as after kill -9
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    EXPECT_FALSE(answers());
    EXPECT_NE(mode(options.socket), 0U) << "a stale socket is there";
    Instance instance(options);
    const auto sockets = instance.listen();
    EXPECT_TRUE(answers());
}

TEST_F(InstanceTest, LetsTheGroupConnectAndNobodyElse) {
    Instance instance(options);
    const auto sockets = instance.listen();
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(mode(options.socket), ::geteuid() == 0 ? 0660U : 0600U);
    struct stat info {};
    ASSERT_EQ(::stat(options.socket.c_str(), &info), 0);
    EXPECT_EQ(info.st_gid, users != nullptr ? users->gr_gid : ::getegid());
    EXPECT_EQ(info.st_uid, ::geteuid());
    EXPECT_NE(::fcntl(sockets[0].get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(InstanceTest, TakesItsSocketAway) {
    {
        Instance instance(options);
        const auto sockets = instance.listen();
        EXPECT_TRUE(answers());
    }
    EXPECT_EQ(::access(options.socket.c_str(), F_OK), -1);
}

TEST_F(InstanceTest, LeavesWhatIsNotItsSocket) {
    {
        Instance instance(options);
        const auto sockets = instance.listen();
        ASSERT_EQ(::unlink(options.socket.c_str()), 0);
        std::ofstream(options.socket) << "somebody else's";
    }
    EXPECT_EQ(::access(options.socket.c_str(), F_OK), 0);
    Instance instance(options);
    EXPECT_THROW(instance.listen(), std::runtime_error) << "a file is in the way";
    EXPECT_EQ(::access(options.socket.c_str(), F_OK), 0);
}

TEST_F(InstanceTest, SaysWhenThePathIsTooLong) {
    options.socket = options.run_dir + "/" + std::string(120, 'x');
    Instance instance(options);
    EXPECT_THROW(instance.listen(), std::runtime_error);
}

// As systemd does it: the sockets are descriptors 3, 4, … of a fresh process. In a child, because
// 3 is in use here.
class Activation : public InstanceTest {
  protected:
    int in_child(int domain, int type, const char* count, bool listening = true) {
        const pid_t child = ::fork();
        if (child == 0) {
            const Fd made(::socket(domain, type, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            const std::string path = dir / "passed";
            std::memcpy(address.sun_path, path.data(), path.size());
            if (domain == AF_UNIX)
                (void)::bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
            if (listening) (void)::listen(made.get(), 1);
            if (made.get() != 3) (void)::dup2(made.get(), 3);
            ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
            ::setenv("LISTEN_FDS", count, 1);
            ::_exit(judge());
        }
        int status = -1;
        (void)::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }

  private:
    // 0: took the passed one. 1: bound its own. 2: refused. 3: did not clean up.
    int judge() {
        try {
            Instance instance(options);
            const auto sockets = instance.listen();
            const bool own = ::access(options.socket.c_str(), F_OK) == 0;
            if (std::getenv("LISTEN_FDS") != nullptr || std::getenv("LISTEN_PID") != nullptr)
                return 3;
            if ((::fcntl(sockets.at(0).get(), F_GETFD) & FD_CLOEXEC) == 0) return 3;
            return own ? 1 : sockets[0].get() == 3 ? 0 : 3;
        } catch (const std::exception&) {
            return 2;
        }
    }
};

TEST_F(Activation, TakesAPassedSocket) {
    EXPECT_EQ(in_child(AF_UNIX, SOCK_STREAM, "1"), 0);
}
TEST_F(Activation, RefusesOtherSockets) {
    EXPECT_EQ(in_child(AF_INET, SOCK_STREAM, "1"), 2) << "never TCP";
    EXPECT_EQ(in_child(AF_UNIX, SOCK_STREAM, "1", false), 2) << "does not listen";
}
TEST_F(Activation, DoesNotTakeWhatIsMeantForAnother) {
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    Instance instance(options);
    const auto sockets = instance.listen();
    EXPECT_TRUE(answers());
    EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
}

}  // namespace
