// The spawner: births, namespaces without a process, the hosts file, its own life and end.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace {

using namespace test;
using protocol::Packer;
using protocol::Spawn;

Packer spawn(Spawn type) {
    return Packer(static_cast<std::uint32_t>(type), 5);
}
bool is(const Said& said, Spawn type) {
    return !said.gone && said.type == static_cast<std::uint32_t>(type);
}

std::string step_of(const Said& said) {
    protocol::Unpacker in(said.payload);
    in.u32();
    return in.text();
}

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

ino_t inode(const std::string& path) {
    struct stat s {};
    return stat(path.c_str(), &s) == 0 ? s.st_ino : 0;
}

TEST(Spawner, BearsANodeThatRunsCommands) {
    SealedLab lab;
    const auto node = lab.node("r1");
    const Result result = node->shell("hostname; id -u; echo problem >&2; exit 7");
    EXPECT_EQ(result.out, "r1\n0\n");
    EXPECT_EQ(result.err, "problem\n");
    EXPECT_EQ(result.status(), 7);
}

TEST(Spawner, TellsThePidAndGivesAPidfdOfTheInit) {
    SealedLab lab;
    const auto node = lab.node("r1");
    EXPECT_EQ(text_of("/proc/" + std::to_string(node->pid()) + "/comm"), "lab-init\n");
    const std::string info = text_of("/proc/self/fdinfo/" + std::to_string(node->pidfd().get()));
    EXPECT_NE(info.find("Pid:\t" + std::to_string(node->pid()) + "\n"), info.npos) << info;
}

TEST(Spawner, EveryNamespaceOfANodeIsItsOwn) {
    SealedLab lab;
    const auto one = lab.node("one"), two = lab.node("two");
    for (const char* kind : {"user", "net", "pid", "uts", "ipc", "mnt", "cgroup"}) {
        const auto of = [&](pid_t pid) {
            return inode("/proc/" + std::to_string(pid) + "/ns/" + kind);
        };
        ASSERT_NE(of(one->pid()), 0u) << kind;
        EXPECT_NE(of(one->pid()), of(two->pid())) << kind;
        EXPECT_NE(of(one->pid()), of(getpid())) << kind;
        EXPECT_NE(of(one->pid()), of(lab.pid())) << kind;
    }
}

TEST(Spawner, ANodesClockIsTheLabsNotTheHosts) {
    const ino_t host = inode("/proc/self/ns/time");
    if (host == 0) GTEST_SKIP() << "this kernel has no time namespaces";
    SealedLab lab;
    const auto one = lab.node("one"), two = lab.node("two");
    const ino_t of_one = inode("/proc/" + std::to_string(one->pid()) + "/ns/time");
    EXPECT_NE(of_one, host);
    EXPECT_EQ(of_one, inode("/proc/" + std::to_string(two->pid()) + "/ns/time"));
}

TEST(Spawner, UserNamespacesAreNestedAndMapTheLabsRange) {
    SealedLab lab;
    const auto node = lab.node("r1");
    const std::string of = "/proc/" + std::to_string(node->pid());
    const Fd user(open((of + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd parent(ioctl(user.get(), NS_GET_PARENT));
    ASSERT_TRUE(parent);
    struct stat s {};
    ASSERT_EQ(fstat(parent.get(), &s), 0);
    EXPECT_EQ(s.st_ino, inode("/proc/" + std::to_string(lab.pid()) + "/ns/user"));
    unsigned inside = 1, outside = 0, count = 0;
    std::ifstream(of + "/uid_map") >> inside >> outside >> count;
    EXPECT_EQ(inside, 0u);
    EXPECT_EQ(outside, SealedLab::base);
    EXPECT_EQ(count, 65536u);
    const Fd net(open((of + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd owner(ioctl(net.get(), NS_GET_USERNS));
    struct stat own {};
    ASSERT_EQ(fstat(owner.get(), &own), 0);
    EXPECT_EQ(own.st_ino, inode(of + "/ns/user"));
}

TEST(Spawner, ReportsTheStepThatFailed) {
    SealedLab lab;
    const Fd door = lab.listen("r1");
    // 64 characters are the kernel's limit of a host name.
    protocol::Birth birth;
    birth.node = "r1";
    birth.hostname.assign(65, 'x');
    Packer asked = spawn(Spawn::birth);
    birth.pack(asked);
    Said born = lab.ask(asked, {door.get()});
    ASSERT_TRUE(is(born, Spawn::born));
    ASSERT_EQ(born.fds.size(), 2u);
    const Said said = hear(born.fds[1]);
    ASSERT_EQ(said.type, static_cast<std::uint32_t>(protocol::Start::failed));
    protocol::Unpacker in(said.payload);
    EXPECT_EQ(in.u32(), static_cast<std::uint32_t>(EINVAL));
    EXPECT_EQ(in.text(), "set the host name");
    await_exit(born.fds[0]);
}

TEST(Spawner, RefusesRequestsItCannotRead) {
    SealedLab lab;
    protocol::Birth birth;
    birth.node = birth.hostname = "r1";
    Packer asked = spawn(Spawn::birth);
    birth.pack(asked);
    Said said = lab.ask(asked);
    EXPECT_TRUE(is(said, Spawn::failed)) << "a birth without a door";
    said = lab.ask(spawn(Spawn::birth).u32(1u << 30));
    EXPECT_TRUE(is(said, Spawn::failed)) << "a text longer than its packet";
    said = lab.ask(Packer(99, 5));
    EXPECT_TRUE(is(said, Spawn::failed)) << "an unknown type";
    EXPECT_EQ(said.id, 5u);
    EXPECT_EQ(step_of(said), "read a request");
    EXPECT_EQ(lab.node("r1")->shell("true").status(), 0) << "and still works";
}

TEST(Spawner, ASpaceIsANetworkNamespaceOfTheLabWithoutAProcess) {
    SealedLab lab;
    Said said = lab.ask(spawn(Spawn::space).text("sw").u32(1));
    ASSERT_TRUE(is(said, Spawn::spaced));
    ASSERT_EQ(said.fds.size(), 1u);
    const Fd owner(ioctl(said.fds[0].get(), NS_GET_USERNS));
    struct stat s {};
    ASSERT_EQ(fstat(owner.get(), &s), 0);
    EXPECT_EQ(s.st_ino, inode("/proc/" + std::to_string(lab.pid()) + "/ns/user"));
    struct stat space {};
    ASSERT_EQ(fstat(said.fds[0].get(), &space), 0);
    EXPECT_NE(space.st_ino, inode("/proc/" + std::to_string(lab.pid()) + "/ns/net"))
        << "the spawner came home";
    // Quiet: looked at from inside, in a process of its own.
    const pid_t pid = fork();
    if (pid == 0) {
        if (setns(said.fds[0].get(), CLONE_NEWNET) != 0) _exit(2);
        _exit(text_of("/proc/sys/net/ipv6/conf/default/disable_ipv6") == "1\n" &&
                      text_of("/proc/sys/net/ipv6/conf/all/disable_ipv6") == "1\n"
                  ? 0
                  : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
    said = lab.ask(spawn(Spawn::space).text("sw2").u32(0));
    ASSERT_TRUE(is(said, Spawn::spaced));
    struct stat other {};
    ASSERT_EQ(fstat(said.fds[0].get(), &other), 0);
    EXPECT_NE(other.st_ino, space.st_ino);
}

TEST(Spawner, TheHostsFileIsReplacedForEveryNodeAtOnce) {
    SealedLab lab;
    const auto one = lab.node("one");
    EXPECT_NE(one->shell("cat /etc/hosts").out.find("localhost"), std::string::npos);
    say(lab.conversation(), spawn(Spawn::hosts).u32(0).text("127.0.0.1 localhost\n"));
    const Said said = lab.ask(spawn(Spawn::hosts).u32(1).text("10.0.0.1 two\n"));
    ASSERT_TRUE(is(said, Spawn::done));
    const auto two = lab.node("two");
    for (SealedNode* node : {one.get(), two.get()})
        EXPECT_EQ(node->shell("cat /etc/hosts").out, "127.0.0.1 localhost\n10.0.0.1 two\n");
    EXPECT_NE(one->shell("echo 10.6.6.6 evil >> /etc/hosts").status(), 0);
    EXPECT_NE(one->shell("rm -f /.lab/hosts/hosts").status(), 0);
    EXPECT_EQ(two->shell("cat /etc/hosts").out, "127.0.0.1 localhost\n10.0.0.1 two\n");
}

TEST(Spawner, AnUncommittedNodeGoesWithItsStartSocket) {
    SealedLab lab;
    const auto node = lab.node("r1", false);
    node->start().reset();
    await_exit(node->pidfd());
}

TEST(Spawner, ACommittedNodeOutlivesItsStartSocketAndTheSpawner) {
    SealedLab lab;
    const auto node = lab.node("r1");
    ASSERT_EQ(kill(lab.pid(), SIGKILL), 0);
    await_exit(lab.pidfd());
    EXPECT_EQ(node->shell("echo still here").out, "still here\n");
    ASSERT_EQ(node->ask(protocol::Door::shutdown, [](Packer& p) { p.u32(0); }).error, 0);
    await_exit(node->pidfd());
}

TEST(Spawner, ServesALabdThatConnectsAgain) {
    SealedLab lab;
    const auto first = lab.node("r1");
    lab.reconnect();
    const auto second = lab.node("r2");
    EXPECT_EQ(first->shell("hostname").out + second->shell("hostname").out, "r1\nr2\n");
    // The new conversation replaces an old one that was never closed.
    Fd old = std::move(lab.conversation());
    lab.reconnect();
    EXPECT_EQ(lab.node("r3")->shell("hostname").out, "r3\n");
    EXPECT_TRUE(hear(old).gone);
}

TEST(Spawner, GoesWhenLabdVanishesBeforeItsFirstRequest) {
    SealedLab lab;
    lab.conversation().reset();
    await_exit(lab.pidfd());
}

TEST(Spawner, QuitKillsEveryNodeAndEndsTheSpawner) {
    SealedLab lab;
    const auto one = lab.node("one"), two = lab.node("two", false);
    say(lab.conversation(), spawn(Spawn::quit));
    EXPECT_TRUE(hear(lab.conversation()).gone);
    await_exit(lab.pidfd());
    // By then they are dead, not dying.
    for (const SealedNode* node : {one.get(), two.get()}) {
        pollfd p{node->pidfd().get(), POLLIN, 0};
        EXPECT_EQ(poll(&p, 1, 0), 1) << node->name();
    }
}

TEST(Spawner, ANodesNamespacesVanishWithItsInit) {
    SealedLab lab;
    const auto node = lab.node("r1");
    NodeSession session(*node, {{"sleep", "1000"}, {}, "", "", ""});
    const std::string net = "/proc/" + std::to_string(node->pid()) + "/ns/net";
    ASSERT_NE(inode(net), 0u);
    ASSERT_EQ(kill(node->pid(), SIGKILL), 0);
    await_exit(node->pidfd());
    EXPECT_EQ(session.next_frame(), std::nullopt) << "its init said goodbye";
    // The sleep died with the process namespace: its pipe has no writer any more.
    char c = 0;
    EXPECT_EQ(read(session.out.get(), &c, 1), 0);
}

TEST(Spawner, HoldsNoDescriptorPerNode) {
    SealedLab lab;
    const auto count = [&] {
        return std::distance(
            std::filesystem::directory_iterator("/proc/" + std::to_string(lab.pid()) + "/fd"), {});
    };
    const auto first = lab.node("n0");
    const auto before = count();
    std::vector<std::unique_ptr<SealedNode>> nodes;
    for (int i = 1; i <= 20; ++i) nodes.push_back(lab.node("n" + std::to_string(i)));
    EXPECT_EQ(count(), before);
}

}  // namespace
