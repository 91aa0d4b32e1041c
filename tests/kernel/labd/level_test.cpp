// What the levels `strict` and `open` allow and forbid beside `lab`, and clocks of a node's own.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace {

using namespace test;
using protocol::Birth;
using protocol::Level;

Birth birth(const std::string& name, Level level) {
    Birth wanted;
    wanted.node = wanted.hostname = name;
    wanted.level = level;
    return wanted;
}

ino_t inode(const std::string& path) {
    struct stat s {};
    return stat(path.c_str(), &s) == 0 ? s.st_ino : 0;
}

ino_t namespace_of(pid_t pid, const char* kind) {
    return inode("/proc/" + std::to_string(pid) + "/ns/" + kind);
}

constexpr const char* call =
    "import ctypes, os, socket\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    "def call(*a):\n    return ctypes.get_errno() if libc.syscall(*a) < 0 else 0\n";

class Strict : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node(birth("r1", Level::strict));

    std::string out(const std::string& script) { return node->shell(script).out; }
    Result python(const std::string& script) {
        return node->exec({{"python3", "-c", call + script}, {}, "", "", ""});
    }
};

TEST_F(Strict, NoUserNamespaceCanBeMade) {
    // Each of these works in level lab: the test would notice if it never could.
    const auto sealed = lab.node("r2");
    for (const char* script : {"unshare -U true", "unshare -Ur true",
                               "su nobody -s /bin/sh -c "
                               "'unshare -U true'"}) {
        EXPECT_EQ(sealed->shell(script).status(), 0) << script;
        EXPECT_NE(node->shell(script).status(), 0) << script;
    }
    EXPECT_EQ(out("cat /proc/sys/user/max_user_namespaces"), "0\n");
    EXPECT_NE(node->shell("echo 10 > /proc/sys/user/max_user_namespaces").status(), 0);
    EXPECT_EQ(out("cat /proc/sys/user/max_user_namespaces"), "0\n");
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
#if defined __x86_64__
    const std::string eperm = std::to_string(EPERM) + "\n", enosys = std::to_string(ENOSYS) + "\n";
    EXPECT_EQ(python("print(call(56, 0x10000000 | 17, 0, 0, 0, 0))").out, eperm) << "clone";
    EXPECT_EQ(python("print(call(272, 0x10000000))").out, eperm) << "unshare";
    EXPECT_EQ(python("print(call(435, 0, 0))").out, enosys) << "clone3";
#endif
}

// What one user may have of the kernel, the nodes of a lab have together.
TEST_F(Strict, NoNodeUsesUpWhatItsNeighboursNeed) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    const auto sealed = lab.node("r2"), neighbour = lab.node("r3");
    const std::string grab =
        "import ctypes, signal\n"
        "libc, got = ctypes.CDLL(None), []\n"
        "while (fd := libc.inotify_init1(0)) >= 0: got.append(fd)\n"
        "print(len(got), flush=True)\n";
    const auto write = [](const std::string& path, const std::string& text) {
        return "cat > " + path + " << 'END'\n" + text + "END\n";
    };
    ASSERT_EQ(neighbour->shell(write("/tmp/grab.py", grab)).status(), 0);
    for (SealedNode* greedy : {node.get(), sealed.get()}) {
        ASSERT_EQ(greedy->shell(write("/tmp/hold.py", grab + "signal.pause()\n")).status(), 0);
        const int got = std::stoi(
            greedy
                ->shell("mkfifo /tmp/got; "
                        "setsid python3 /tmp/hold.py > /tmp/got 2> /dev/null < /dev/null & "
                        "head -1 /tmp/got")
                .out);
        EXPECT_GE(got, 8);
        EXPECT_GE(std::stoi(neighbour->shell("python3 /tmp/grab.py").out), got);
        EXPECT_NE(greedy->shell("echo 1000 > /proc/sys/user/max_inotify_instances").status(), 0);
    }
}

// Descriptors on their way through sockets are counted by user, and a lab's nodes are one user to
// the kernel.
TEST_F(Strict, DescriptorsOnTheirWayLeaveSomeForInitAndSpawner) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    const auto sealed = lab.node("r2"), neighbour = lab.node("r3");
    const std::string hold =
        "import array, os, resource, signal, socket\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))\n"
        "fds, pairs, sent = array.array('i', [0] * 250), [], 0\n"
        "try:\n"
        "    while sent < 2 * hard:\n"
        "        pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))\n"
        "        pairs[-1][0].setblocking(False)\n"
        "        try:\n"
        "            while sent < 2 * hard:\n"
        "                pairs[-1][0].sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, "
        "fds)])\n"
        "                sent += 250\n"
        "        except BlockingIOError: pass\n"
        "except OSError as e: print(e.errno, sent, flush=True)\n"
        "signal.pause()\n";
    for (SealedNode* greedy : {node.get(), sealed.get()}) {
        ASSERT_EQ(greedy->shell("cat > /tmp/way.py << 'END'\n" + hold + "END\n").status(), 0);
        const std::string said =
            greedy
                ->shell(
                    "mkfifo /tmp/sent; "
                    "setsid python3 /tmp/way.py > /tmp/sent 2> /dev/null < /dev/null & "
                    "head -1 /tmp/sent")
                .out;
        EXPECT_TRUE(said.starts_with(std::to_string(ETOOMANYREFS) + " ")) << said;
        EXPECT_EQ(neighbour->shell("echo fine").out, "fine\n");
        EXPECT_EQ(lab.node("late-" + greedy->name())->shell("echo fine").out, "fine\n");
        EXPECT_EQ(greedy->shell("pkill -x python3; echo fine").out, "fine\n");
    }
}

// Of epoll watches a user has so many, too (epoll(7), max_user_watches): what a neighbour can use
// up PID 1 does without.
TEST_F(Strict, InitNeedsNoEpollWatches) {
    const std::string fds = "/proc/" + std::to_string(node->pid()) + "/fd";
    std::size_t looked_at = 0;
    for (const auto& entry : std::filesystem::directory_iterator(fds)) {
        ++looked_at;
        EXPECT_EQ(std::filesystem::read_symlink(entry).string().find("eventpoll"),
                  std::string::npos);
    }
    EXPECT_GT(looked_at, 1U);
}

TEST_F(Strict, CallsThatNobodyNeedsAreNotThere) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
#if defined __x86_64__
    const std::string eperm = std::to_string(EPERM) + "\n", enosys = std::to_string(ENOSYS) + "\n";
    for (const int denied : {304 /* open_by_handle_at */, 321 /* bpf */, 250 /* keyctl */,
                             425 /* io_uring_setup */, 323 /* userfaultfd */, 298 /* perf */})
        EXPECT_EQ(python("print(call(" + std::to_string(denied) + ", 0, 0, 0))").out, eperm)
            << denied;
    for (const int unknown :
         {155 /* pivot_root */, 430 /* fsopen */, 428 /* open_tree */, 429 /* move_mount */,
          442 /* mount_setattr */, 206 /* io_setup */, 169 /* reboot */, 438 /* pidfd_getfd */,
          135 /* personality */, 311 /* vm_writev */, 999 /* nobody knows */})
        EXPECT_EQ(python("print(call(" + std::to_string(unknown) + ", 0, 0, 0))").out, enosys)
            << unknown;
    EXPECT_EQ(python("print(call(39))").out, "0\n") << "getpid";
#endif
    const std::string family = std::to_string(EAFNOSUPPORT) + "\n";
    for (const int number : {38 /* AF_ALG */, 40 /* AF_VSOCK */, 15 /* AF_KEY */, 29 /* AF_CAN */})
        EXPECT_EQ(python("try: socket.socket(" + std::to_string(number) +
                         ", socket.SOCK_RAW)\n"
                         "except OSError as e: print(e.errno)")
                      .out,
                  family)
            << number;
    EXPECT_EQ(python("import fcntl, pty\na, b = pty.openpty()\n"
                     "try: fcntl.ioctl(b, 0x5412, b'x')\nexcept OSError as e: print(e.errno)")
                  .out,
              std::to_string(EPERM) + "\n")
        << "TIOCSTI";
}

TEST_F(Strict, FewerCapabilities) {
    std::ifstream file("/proc/" + std::to_string(node->pid()) + "/status");
    unsigned long long bounding = 0;
    for (std::string line; std::getline(file, line);)
        if (line.rfind("CapBnd:", 0) == 0) bounding = std::stoull(line.substr(8), nullptr, 16);
    EXPECT_EQ(bounding >> 24 & 1, 0u) << "CAP_SYS_RESOURCE";
    EXPECT_EQ(bounding >> 19 & 1, 0u) << "CAP_SYS_PTRACE";
    EXPECT_EQ(bounding >> 12 & 1, 1u) << "CAP_NET_ADMIN is what a node is for";
    EXPECT_EQ(bounding >> 21 & 1, 1u) << "CAP_SYS_ADMIN is what FRR does not start without";
}

TEST_F(Strict, ShellsAndNetworkToolsWork) {
    for (const char* script :
         {"ip link add br0 type bridge && ip link add v0 type veth peer name v1 && "
          "ip link set v0 master br0 up && ip tuntap add dev tap0 mode tap",
          "ip netns add inner && ip netns exec inner ip link set lo up && ip netns del inner",
          "sysctl -w net.ipv4.ip_forward=1", "hostname r9", "sort < /etc/passwd | uniq > /tmp/x",
          "su nobody -s /bin/sh -c 'id'", "mount -t tmpfs none /mnt && umount /mnt",
          "bash -c 'exec 3<>/dev/tcp/127.0.0.1/1 || true; sleep 0.01 & wait'"}) {
        const Result result = node->shell(std::string("ip link set lo up; ") + script);
        EXPECT_EQ(result.status(), 0) << script << "\n" << result.out << result.err;
    }
}

class Open : public testing::Test {
  protected:
    SealedLab lab{true};
    std::unique_ptr<SealedNode> node = lab.node(birth("r1", Level::open));
};

TEST_F(Open, RootIsRootOfTheHost) {
    EXPECT_EQ(namespace_of(node->pid(), "user"), namespace_of(getpid(), "user"));
    std::ifstream file("/proc/" + std::to_string(node->pid()) + "/status");
    std::string uid, seccomp, privileges, capabilities;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("Uid:", 0) == 0) uid = line;
        if (line.rfind("Seccomp:", 0) == 0) seccomp = line;
        if (line.rfind("NoNewPrivs:", 0) == 0) privileges = line;
        if (line.rfind("CapEff:", 0) == 0) capabilities = line;
    }
    EXPECT_EQ(uid, "Uid:\t0\t0\t0\t0");
    EXPECT_EQ(seccomp, "Seccomp:\t0");
    EXPECT_EQ(privileges, "NoNewPrivs:\t0");
    std::ifstream own("/proc/self/status");
    std::string ours;
    for (std::string line; std::getline(own, line);)
        if (line.rfind("CapEff:", 0) == 0) ours = line;
    EXPECT_EQ(capabilities, ours);
}

TEST_F(Open, EverythingElseIsTheNodesOwn) {
    for (const char* kind : {"net", "pid", "uts", "ipc", "mnt", "cgroup"}) {
        EXPECT_NE(namespace_of(node->pid(), kind), namespace_of(getpid(), kind)) << kind;
        EXPECT_NE(namespace_of(node->pid(), kind), 0u) << kind;
    }
    EXPECT_EQ(node->shell("hostname; ls /sys/class/net; echo x > /etc/x && cat /etc/x").out,
              "r1\nlo\nx\n");
    struct stat s {};
    EXPECT_NE(stat("/etc/x", &s), 0) << "written to the node's own /etc";
}

TEST_F(Open, BpfWorksThere) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
#if defined __x86_64__
    // BPF_MAP_CREATE of an array of one number: {type, key size, value size, entries}.
    const std::string script =
        std::string(call) + "a = (ctypes.c_uint32 * 20)(2, 4, 4, 1)\nprint(call(321, 0, a, 80))";
    const Exec exec{{"python3", "-c", script}, {}, "", "", ""};
    EXPECT_EQ(node->exec(exec).out, "0\n");
    SealedLab other;
    EXPECT_EQ(other.node("r1")->exec(exec).out, std::to_string(EPERM) + "\n");
#endif
}

TEST_F(Open, ASpawnerMakesItsOwnLevelsAlone) {
    EXPECT_ANY_THROW((void)lab.node(birth("r2", Level::lab)));
    SealedLab sealed;
    EXPECT_ANY_THROW((void)sealed.node(birth("r2", Level::open)));
    EXPECT_EQ(sealed.node("r3")->shell("true").status(), 0) << "and still works";
}

// Seconds that a clock of the node is ahead of ours.
double ahead(SealedNode& node, clockid_t clock, const char* name) {
    const Exec ask{
        {"python3", "-c", std::string("import time; print(time.clock_gettime(time.") + name + "))"},
        {},
        "",
        "",
        ""};
    timespec before{};
    clock_gettime(clock, &before);
    return std::stod(node.exec(ask).out) -
           (static_cast<double>(before.tv_sec) + static_cast<double>(before.tv_nsec) / 1e9);
}

class OwnClocks : public testing::Test {
  protected:
    void SetUp() override {
        if (inode("/proc/self/ns/time") == 0) GTEST_SKIP() << "this kernel has no time namespaces";
    }
    SealedLab lab;
    Birth ticking(const std::string& name, const std::string& offsets) {
        Birth wanted = birth(name, Level::lab);
        wanted.clock = offsets;
        return wanted;
    }
};

TEST_F(OwnClocks, ANodeMayHaveItsOwnTime) {
    const auto early = lab.node("early");
    const auto late = lab.node(ticking("late", "monotonic 100000 0\nboottime 200000 500000000\n"));
    const auto next = lab.node("next");
    if (!late->has("python3")) GTEST_SKIP() << "python3 is not installed";
    constexpr double slow = 60;  // that python may take to start
    const double monotonic = ahead(*late, CLOCK_MONOTONIC, "CLOCK_MONOTONIC");
    EXPECT_GE(monotonic, 100000);
    EXPECT_LT(monotonic, 100000 + slow);
    const double boottime = ahead(*late, CLOCK_BOOTTIME, "CLOCK_BOOTTIME");
    EXPECT_GE(boottime, 200000.5);
    EXPECT_LT(boottime, 200000.5 + slow);
    std::istringstream uptime(late->shell("cat /proc/uptime").out);
    double up_s = 0;
    uptime >> up_s;
    EXPECT_GE(up_s, 200000.5);
    for (SealedNode* other : {early.get(), next.get()}) {
        EXPECT_LT(ahead(*other, CLOCK_MONOTONIC, "CLOCK_MONOTONIC"), slow) << other->name();
        EXPECT_EQ(namespace_of(other->pid(), "time"), namespace_of(early->pid(), "time"));
    }
    EXPECT_NE(namespace_of(late->pid(), "time"), namespace_of(early->pid(), "time"));
    EXPECT_NE(late->shell("echo boottime 5 0 > /proc/self/timens_offsets").status(), 0)
        << "root of the node does not set it";
}

TEST_F(OwnClocks, NoClockStandsBeforeZero) {
    try {
        (void)lab.node(ticking("r1", "boottime -4000000000 0\n"));
        FAIL() << "it was born";
    } catch (const std::exception& error) {
        EXPECT_NE(std::string(error.what()).find("set the node's clock"), std::string::npos)
            << error.what();
    }
    const auto after = lab.node("r2");
    EXPECT_LT(ahead(*after, CLOCK_BOOTTIME, "CLOCK_BOOTTIME"), 60) << "nothing of it stays";
}

}  // namespace
