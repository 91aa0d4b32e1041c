// Who connects, as the kernel tells it: other users, and root of somebody's own user namespace.
#include "labd/peer.hpp"

#include "labd/fd.hpp"
#include "tests/support/http_server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::Doorman;
using labd::Fd;
using labd::Peer;

// A child that prepares itself, connects, and waits to be told to end.
class PeerTest : public testing::Test {
  protected:
    PeerTest() : listening_(test::listen_at(dir_ / "s")) {
        EXPECT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
        EXPECT_EQ(::chmod((dir_ / "s").c_str(), 0666), 0);
        const timeval patience{20, 0};  // accept(2) gives up, too
        EXPECT_EQ(
            ::setsockopt(listening_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    }
    ~PeerTest() override { finish(); }

    // The accepted connection.
    Fd connect_as(const std::function<bool()>& prepare) {
        child_ = ::fork();
        if (child_ == 0) {
            const Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            const std::string path = dir_ / "s";
            std::memcpy(address.sun_path, path.data(), path.size());
            if (!prepare() ||
                ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
                ::_exit(1);
            char byte = 0;
            ::_exit(::read(fd.get(), &byte, 1) < 0 ? 1 : 0);
        }
        return Fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    int finish() {
        if (child_ <= 0) return -1;
        int status = -1;
        (void)::waitpid(std::exchange(child_, -1), &status, 0);
        return status;
    }

    test::TempDir dir_;
    Fd listening_;
    pid_t child_ = -1;
};

bool become(uid_t uid, gid_t gid, std::vector<gid_t> groups = {}) {
    return ::setgroups(groups.size(), groups.data()) == 0 && ::setresgid(gid, gid, gid) == 0 &&
           ::setresuid(uid, uid, uid) == 0;
}

TEST_F(PeerTest, AnotherUserWithGroups) {
    Fd fd = connect_as([] {
        std::ofstream("/proc/self/comm") << "evil\x1b[31m name";
        return become(2001, 2002, {2003, 2004});
    });
    const Peer peer = Doorman().look(fd.get());
    EXPECT_EQ(peer.uid, 2001U);
    EXPECT_EQ(peer.gid, 2002U);
    EXPECT_EQ(peer.pid, child_);
    EXPECT_THAT(peer.groups, testing::ElementsAre(2003, 2004));
    EXPECT_EQ(peer.stranger, "");
    EXPECT_EQ(peer.command.substr(0, 4), "evil");
    EXPECT_TRUE(peer.is_in(2002) && peer.is_in(2004));
    EXPECT_FALSE(peer.is_in(2001) || peer.is_in(0));
    EXPECT_FALSE(peer.is_master());
    fd.reset();
    EXPECT_EQ(finish(), 0);
}

TEST_F(PeerTest, ManyGroups) {
    std::vector<gid_t> groups;
    for (gid_t g = 3000; g < 3500; ++g) groups.push_back(g);
    const Fd fd = connect_as([&] { return become(2001, 2001, groups); });
    EXPECT_EQ(Doorman().look(fd.get()).groups, groups);
}

TEST_F(PeerTest, RootInAUserNamespaceOfItsOwnIsAStranger) {
    const Fd fd = connect_as([] {
        if (!become(2001, 2001) || ::unshare(CLONE_NEWUSER) != 0) return false;
        (void)::prctl(PR_SET_DUMPABLE, 1);  // the change of user took our own /proc files away
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/uid_map") << "0 2001 1";
        std::ofstream("/proc/self/gid_map") << "0 2001 1";
        return ::getuid() == 0;
    });
    const Peer peer = Doorman().look(fd.get());
    EXPECT_EQ(peer.uid, 2001U) << "root there, and nobody special here";
    EXPECT_EQ(peer.stranger, "it is in a user namespace of its own");
}

TEST_F(PeerTest, IdsOfALabAreStrangers) {
    const Fd fd = connect_as([] { return become(29000U * 65536U, 29000U * 65536U); });
    EXPECT_EQ(Doorman().look(fd.get()).stranger, "its ids are those of a lab");
}

TEST_F(PeerTest, WhoeverHasGoneIsAStranger) {
    Fd fd = connect_as([] { return true; });
    EXPECT_EQ(::kill(child_, SIGKILL), 0);
    (void)finish();
    const Peer peer = Doorman().look(fd.get());
    EXPECT_EQ(peer.stranger, "the process that connected cannot be seen");
    EXPECT_EQ(peer.command, "");
}

TEST(Peer, IsASocketsAlone) {
    const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_THROW((void)Doorman().look(file.get()), std::system_error);
}

}  // namespace
