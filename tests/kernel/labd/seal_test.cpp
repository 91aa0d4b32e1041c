// The seal: what root of a node sees of the host and what it may do, which is nothing.
#include "tests/support/inside.hpp"
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

namespace {

using namespace test;

class Seal : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node("r1");

    std::string out(const std::string& script) { return node->shell(script).out; }
    bool works(const std::string& script, const std::string& user = "") {
        return node->shell(script, user).status() == 0;
    }
    // A system call by number, for those that no tool makes: what errno it gives.
    std::string call(const std::string& python) {
        return out(
            "python3 -c \"import ctypes, os, socket\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            "def call(*a):\n"
            "    return ctypes.get_errno() if libc.syscall(*a) < 0 else 0\n" +
            python + "\"");
    }
    // What every new network namespace has: lo, and the fallback tunnels of the modules loaded.
    static std::string interfaces_at_birth() {
        return run_here({"unshare", "--net", "--mount", "sh", "-ec",
                         "mount -t sysfs sysfs /sys; ls /sys/class/net"})
            .output;
    }
    // A field of /proc/PID/status as the host sees it.
    std::string status_of(pid_t pid, const std::string& field) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/status");
        for (std::string line; std::getline(file, line);)
            if (line.rfind(field + ":\t", 0) == 0) return line.substr(field.size() + 2);
        return "";
    }
};

TEST_F(Seal, ProcShowsTheNodeAlone) {
    EXPECT_EQ(out("cat /proc/1/comm"), "lab-init\n");
    EXPECT_EQ(out("set -- /proc/[0-9]*; echo $#"), "2\n") << "init and sh";
    EXPECT_EQ(out("cat /proc/sys/kernel/hostname"), "r1\n");
}

TEST_F(Seal, SysShowsTheNodesInterfacesAlone) {
    EXPECT_EQ(out("ls /sys/class/net"), interfaces_at_birth());
}

TEST_F(Seal, BelowProcAndSysIsNothingOfTheHost) {
    EXPECT_EQ(out("umount /proc && ls /proc | grep -c '^[0-9]'"), "0\n");
    // The nodes of a lab share it: of a network namespace that has gone, and nobody's to write. The
    // kernel takes such a one apart in its own time.
    EXPECT_EQ(
        out("umount /sys; n=0; until [ -z \"$(ls /sys/class/net)\" ] || [ $((n += 1)) = 200 ]; "
            "do sleep 0.05; done; ls /sys/class/net"),
        "");
    EXPECT_EQ(out("find /sys -type f -writable"), "");
    EXPECT_NE(out("find /sys -type f -perm /222"), "") << "to its owner, who is not here";
}

TEST_F(Seal, InheritedMountsAreLocked) {
    for (const char* place : {"/usr", "/dev", "/.lab/hosts", "/"}) {
        const std::string at = place;
        EXPECT_FALSE(works("umount " + at)) << at;
        EXPECT_FALSE(works("umount -l " + at)) << at;
        EXPECT_FALSE(works("mount -o remount,rw,bind " + at)) << at;
        EXPECT_FALSE(works("touch " + at + "/x")) << at;
    }
    EXPECT_TRUE(works("mount -t tmpfs none /mnt && umount /mnt")) << "its own mounts are its own";
}

TEST_F(Seal, TheHostsRootIsNowhere) {
    EXPECT_EQ(out("ls -A / | sort | tr '\\n' ' '").find("work"), std::string::npos);
    const std::string mounts = out("cat /proc/self/mountinfo");
    std::istringstream lines(mounts);
    for (std::string line; std::getline(lines, line);) {
        // Of the host's own file systems only /usr, and that read-only.
        std::istringstream words(line);
        std::string id, parent, device, root, place, flags;
        words >> id >> parent >> device >> root >> place >> flags;
        const bool own =
            line.find(" - tmpfs ") != line.npos || line.find(" - proc ") != line.npos ||
            line.find(" - sysfs ") != line.npos || line.find(" - devpts ") != line.npos ||
            line.find(" - overlay lab ") != line.npos;
        if (!own) {
            EXPECT_EQ(place.rfind("/usr", 0), 0u) << line;
            EXPECT_EQ(flags.rfind("ro", 0), 0u) << line;
        }
    }
}

TEST_F(Seal, RootOfTheNodeIsNobodyOutside) {
    NodeSession session(*node, {{"cat"}, {}, "", "", ""});
    EXPECT_EQ(status_of(node->pid(), "Uid"), "200000\t200000\t200000\t200000");
    EXPECT_EQ(status_of(node->pid(), "NoNewPrivs"), "1");
    EXPECT_EQ(status_of(node->pid(), "Seccomp"), "2");
    EXPECT_EQ(status_of(node->pid(), "CapInh"), "0000000000000000");
    EXPECT_EQ(status_of(node->pid(), "CapAmb"), "0000000000000000");
    const unsigned long long effective = std::stoull(status_of(node->pid(), "CapEff"), nullptr, 16);
    EXPECT_EQ(effective, std::stoull(status_of(node->pid(), "CapBnd"), nullptr, 16));
    EXPECT_EQ(effective >> 27 & 1, 0u) << "CAP_MKNOD";
    EXPECT_EQ(effective >> 2 & 1, 0u) << "CAP_DAC_READ_SEARCH";
    EXPECT_EQ(effective >> 16 & 1, 0u) << "CAP_SYS_MODULE";
    EXPECT_EQ(effective >> 12 & 1, 1u) << "CAP_NET_ADMIN is what a node is for";
}

TEST_F(Seal, TheInitCannotBeReadTracedOrKilled) {
    for (const char* file : {"fd", "mem", "maps", "environ", "exe", "cwd", "root", "ns/net",
                             "stack", "fdinfo", "io", "map_files"}) {
        const std::string path = std::string("/proc/1/") + file;
        EXPECT_FALSE(works("ls " + path + "/ || cat " + path + " || readlink " + path)) << path;
    }
    EXPECT_TRUE(works("cat /proc/self/maps")) << "that is how it reads its own";
    (void)node->shell("kill -KILL 1; kill -STOP 1; kill -SEGV 1");
    EXPECT_EQ(out("echo alive"), "alive\n");
    if (!node->has("strace")) GTEST_SKIP() << "strace is not installed";
    EXPECT_EQ(node->shell("timeout 5 strace -p 1 -o /tmp/trace").status(), 1);
    EXPECT_TRUE(works("strace -f -o /tmp/trace sh -c true")) << "its own it may trace";
}

// Between fork and exec a session's process is a copy of the init; who owns the files of its /proc
// directory shows whose memory it is.
TEST_F(Seal, TheInitsMemoryBelongsToTheHost) {
    EXPECT_EQ(out("stat -c %U /proc/1/mem /proc/1/fd"), "nobody\nnobody\n");
    EXPECT_EQ(out("stat -c %U /proc/self/mem /proc/self/fd"), "root\nroot\n");
}

TEST_F(Seal, DevicesAreTheHarmlessOnes) {
    EXPECT_EQ(out("find /dev -type c -printf '%P %m\\n' | sort | grep -v ^pts"),
              "full 666\nnet/tun 666\nnull 666\nrandom 666\ntty 666\nurandom 666\nzero 666\n");
    EXPECT_FALSE(works("mknod /tmp/null c 1 3"));
    EXPECT_FALSE(works("mknod /tmp/disk b 254 0"));
    EXPECT_TRUE(works("echo x > /dev/null; head -c 4 /dev/urandom > /dev/null", "nobody"));
    EXPECT_FALSE(works("rm /dev/null")) << "the lab's, not the node's";
}

TEST_F(Seal, SettingsOfTheHostAreReadOnly) {
    for (const char* key : {"kernel/panic", "vm/swappiness", "fs/file-max", "kernel/core_pattern"})
        EXPECT_FALSE(works(std::string("cat /proc/sys/") + key + " | tee /proc/sys/" + key +
                           " || exit 1; test -w /proc/sys/" + key))
            << key;
    EXPECT_FALSE(works("echo h > /proc/sysrq-trigger"));
    EXPECT_TRUE(works("echo 1 > /proc/sys/net/ipv4/ip_forward"));
}

TEST_F(Seal, DangerousCallsAreDenied) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    const std::string eperm = std::to_string(EPERM) + "\n";
    // Numbers of x86-64 are not those of other machines.
#if defined __x86_64__
    EXPECT_EQ(call("print(call(304, -10003, 0, 0))"), eperm) << "open_by_handle_at";
    EXPECT_EQ(call("print(call(321, 0, 0, 0))"), eperm) << "bpf";
    EXPECT_EQ(call("print(call(250, 0, 0, 0, 0))"), eperm) << "keyctl";
    EXPECT_EQ(call("print(call(425, 1, 0))"), eperm) << "io_uring_setup";
    EXPECT_EQ(call("print(call(323, 0))"), eperm) << "userfaultfd";
    EXPECT_EQ(call("print(call(0x40000000 + 39))"), std::to_string(ENOSYS) + "\n") << "x32";
    EXPECT_EQ(call("print(call(39) )"), "0\n") << "getpid is not";
#endif
    EXPECT_EQ(call("try: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)\n"
                   "except OSError as e: print(e.errno)"),
              std::to_string(EAFNOSUPPORT) + "\n")
        << "NETLINK_AUDIT";
    EXPECT_EQ(call("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); print('ok')"), "ok\n")
        << "rtnetlink is what a node is for";
}

TEST_F(Seal, TheNodeIsNotTheLab) {
    const auto other = lab.node("r2");
    // Neither the other node nor the spawner is there to be named.
    EXPECT_EQ(out("hostname"), "r1\n");
    EXPECT_TRUE(works("hostname mine"));
    EXPECT_EQ(other->shell("hostname").out, "r2\n");
    EXPECT_FALSE(works("nsenter --net=/proc/1/ns/net true"));
    EXPECT_FALSE(works("kill -0 " + std::to_string(other->pid())));
}

TEST_F(Seal, ProcessesAreBounded) {
    rlimit ours{};
    ASSERT_EQ(getrlimit(RLIMIT_NPROC, &ours), 0);
    // A small machine allows less.
    EXPECT_EQ(out("bash -c 'ulimit -u; ulimit -n'"),
              std::to_string(std::min<rlim_t>(4096, ours.rlim_max)) + "\n1024\n");
}

TEST_F(Seal, CoreDumpsStayHome) {
    EXPECT_EQ(out("ulimit -c"), "0\n");
}

}  // namespace
