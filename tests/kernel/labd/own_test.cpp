// What is a node's own, and what of the host's must not be in it: namespaces and who owns them,
// places to write to, keys, core dumps, socket families.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

ino_t inode(const Fd& fd) {
    struct stat s {};
    return fd && fstat(fd.get(), &s) == 0 ? s.st_ino : 0;
}

Fd open_namespace(pid_t pid, const std::string& kind) {
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
    return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

Fd owner_of(const Fd& space) {
    return Fd(ioctl(space.get(), NS_GET_USERNS));
}

class Own : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node("r1");
    std::string out(const std::string& script) { return node->shell(script).out; }
};

TEST_F(Own, TheNodeOwnsItsNamespacesAndTheLabItsClock) {
    const ino_t its = inode(open_namespace(node->pid(), "user"));
    ASSERT_NE(its, 0u);
    for (const char* kind : {"net", "pid", "uts", "mnt", "ipc", "cgroup"})
        EXPECT_EQ(inode(owner_of(open_namespace(node->pid(), kind))), its) << kind;
    const Fd clock = open_namespace(node->pid(), "time");
    if (!clock) GTEST_SKIP() << "this kernel has no time namespaces";
    EXPECT_EQ(inode(owner_of(clock)), inode(open_namespace(lab.pid(), "user")));
}

TEST_F(Own, WhatIsWrittenStaysInTheNode) {
    const auto other = lab.node("r2");
    const std::string mark = "own-" + std::to_string(getpid());
    for (const char* place : {"/etc", "/home", "/root", "/run", "/tmp", "/var", "/var/log",
                              "/var/lib", "/mnt", "/opt", "/srv", "/dev/shm"}) {
        const std::string file = std::string(place) + "/" + mark;
        EXPECT_EQ(node->shell("echo x > " + file).status(), 0) << place;
        EXPECT_NE(other->shell("cat " + file).status(), 0) << place;
        EXPECT_NE(access(file.c_str(), F_OK), 0) << place;
    }
}

TEST_F(Own, TheHostsSecretsAreNotThere) {
    EXPECT_EQ(out("cut -d: -f2 /etc/shadow | sort -u"), "*\n");
    EXPECT_EQ(out("ls -A /root /home /boot"), "/boot:\n\n/home:\n\n/root:\n");
    EXPECT_EQ(out("find /var -type f | head -n 1"), "") << "folders alone";
    EXPECT_EQ(out("ls -A /run/lab /run/user"), "/run/lab:\n\n/run/user:\n");
    EXPECT_NE(node->shell("ls /run/labd").status(), 0);
    // Of /etc only what the whole world may read.
    EXPECT_EQ(out("find /etc -type f ! -perm -004 ! -name 'shadow*' ! -name 'gshadow*' "
                  "! -path '/etc/frr/*' ! -path '/etc/bird/*'"),
              "");
}

// The machine has one number of each, and a node could take all of it.
TEST_F(Own, WhatTheMachineHasForEverybodyIsNotUsedUp) {
    EXPECT_NE(out("grep ' /dev/pts ' /proc/self/mounts").find("max=256"), std::string::npos);
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    const std::string script =
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True); "
        "libc.syscall(" +
        std::to_string(SYS_io_setup) +
        ", 1, ctypes.byref(ctypes.c_ulong(0))); print(ctypes.get_errno())";
    EXPECT_EQ(node->exec({{"python3", "-c", script}, {}, "", "", ""}).out,
              std::to_string(ENOSYS) + "\n");
}

// Its own interfaces are root's of the node to set, once it says so; the rest of the kernel is not.
TEST_F(Own, SysIsReadOnlyUntilItsRootWantsToWrite) {
    ASSERT_EQ(node->shell("ip link add br0 type bridge").status(), 0);
    const std::string place = "/sys/class/net/br0/bridge/forward_delay",
                      set = "echo 300 > " + place;
    EXPECT_NE(node->shell(set).status(), 0);
    const std::string script = "mount -o remount,bind,rw /sys && " + set + " && cat " + place;
    EXPECT_EQ(node->shell(script).out, "300\n");
    EXPECT_EQ(
        out("find /sys -type f -perm /222 ! -path '*/net/*' -writable 2>/dev/null | head -n 3"),
        "");
}

TEST_F(Own, TerminalsAreItsOwn) {
    EXPECT_EQ(out("ls /dev/pts"), "ptmx\n");
    EXPECT_EQ(out("stat -c '%a %U' /dev/pts/ptmx"), "666 root\n");
}

// Told by an open node: it has its keys from a spawner like any other's, and may ask for them.
TEST_F(Own, OfTheHostsKeysNoneIsPossessed) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    // Ours, which the spawner was started with.
    const long session = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
    if (session < 0) GTEST_SKIP() << "no keys here";
    SealedLab open(true);
    protocol::Birth birth;
    birth.node = birth.hostname = "o1";
    birth.level = protocol::Level::open;
    const std::string script = "import ctypes; print(ctypes.CDLL(None).syscall(" +
                               std::to_string(SYS_keyctl) + ", 0, -3, 0))";
    const std::string said =
        open.node(birth)->exec({{"python3", "-c", script}, {}, "", "", ""}).out;
    EXPECT_GT(std::stol(said), 0);
    EXPECT_NE(std::stol(said), session);
}

TEST_F(Own, CoreDumpsGoToNobodyOfTheHost) {
    const bool piped = text_of("/proc/sys/kernel/core_pattern").starts_with("|");
    const std::string limits = out("grep 'core file' /proc/self/limits | tr -s ' '");
    EXPECT_EQ(limits, piped ? "Max core file size 1 1 bytes \n"
                            : "Max core file size 0 unlimited bytes \n");
}

TEST_F(Own, SocketsOfTheWholeMachineAreRefused) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    for (const int family : {40 /* AF_VSOCK */, 42 /* AF_QIPCRTR */, 34 /* AF_ISDN */})
        EXPECT_EQ(node->exec({{"python3", "-c",
                               "import socket\ntry: socket.socket(" + std::to_string(family) +
                                   ", socket.SOCK_STREAM)\nexcept OSError as e: print(e.errno)"},
                              {},
                              "",
                              "",
                              ""})
                      .out,
                  std::to_string(EAFNOSUPPORT) + "\n")
            << family;
}

}  // namespace
