// Limits of nodes on control groups of version 2: a node that runs into each of them.
#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

// One lab for all, since to start a program is what is dear in the guest.
class Limits : public test::InGuest {
  protected:
    static void SetUpTestSuite() {
        if (test::guest().empty()) return;
        none_ = groups();
        said_ = up("h1 = { pids = 40, memory = \"48MiB\", cpu = 0.5 }\nh2 = \"host\"\n");
    }
    static void TearDownTestSuite() {
        if (test::guest().empty()) return;
        (void)run("lab down --all");
        EXPECT_EQ(groups(), none_) << "nothing of a lab is left";
        (void)run("pkill -x labd");
    }

    static test::Ran run(const std::string& script) {
        return test::run_here({"bash", "-c", "export PATH=" LAB_BINARY_DIR ":$PATH; " + script});
    }
    static std::string out(const std::string& script) {
        const test::Ran ran = run(script);
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
    static std::string up(const std::string& nodes) {
        std::ofstream("/run/limits.lab.toml") << "name = \"t\"\n[nodes]\n" << nodes;
        return out("lab up /run/limits.lab.toml 2>&1");
    }
    // Groups of ours in the whole hierarchy.
    static std::string groups() {
        std::string all;
        for (const fs::directory_entry& entry : fs::directory_iterator("/sys/fs/cgroup"))
            if (entry.path().filename().string().starts_with("labd-"))
                for (const fs::directory_entry& below : fs::recursive_directory_iterator(entry))
                    if (below.is_directory()) all += below.path().string() + "\n";
        return all;
    }
    static std::string pid(const std::string& node) {
        return out("lab inspect " + node + " -f /pid | tr -d '\\n'");
    }
    static std::string group(const std::string& node) {
        const std::string line = text_of("/proc/" + pid(node) + "/cgroup");
        return "/sys/fs/cgroup" + line.substr(3, line.find('\n') - 3);
    }
    static std::string text_of(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    // A number out of a file of "key number" lines.
    static long number(const std::string& path, const std::string& key) {
        std::ifstream file(path);
        std::string name;
        for (long value = 0; file >> name >> value;)
            if (name == key) return value;
        return -1;
    }

    static inline std::string none_, said_;
};

TEST_F(Limits, ANodeIsBornIntoItsOwnGroup) {
    EXPECT_EQ(said_.find("do not hold"), std::string::npos) << said_;
    const std::string h1 = group("h1"), h2 = group("h2");
    EXPECT_NE(h1.find("/labd-"), std::string::npos) << h1;
    EXPECT_TRUE(h1.ends_with("/t/h1")) << h1;
    EXPECT_TRUE(h2.ends_with("/t/h2")) << h2;
    EXPECT_EQ(text_of(h1 + "/pids.max"), "40\n");
    EXPECT_EQ(text_of(h1 + "/memory.max"), "50331648\n");
    EXPECT_EQ(text_of(h1 + "/cpu.max"), "50000 100000\n");
    EXPECT_EQ(text_of(h2 + "/pids.max"), "4096\n") << "of a node that asks for nothing";
    // From inside it is the root, and not to be changed.
    EXPECT_EQ(out("lab exec h1 -- sh -c 'cat /proc/self/cgroup; mount -t cgroup2 none /mnt && "
                  "cat /mnt/pids.max && ! (echo max > /mnt/pids.max) 2>/dev/null && "
                  "! mkdir /mnt/x 2>/dev/null; umount /mnt'"),
              "0::/\n40\n");
    EXPECT_EQ(text_of(h1 + "/pids.max"), "40\n");
}

TEST_F(Limits, ForksFailAtPids) {
    const std::string forks =
        "python3 -c 'import os, errno, signal\n"
        "children = []\n"
        "try:\n"
        "    while len(children) < 60:\n"
        "        pid = os.fork()\n"
        "        if pid == 0: signal.pause()\n"
        "        children.append(pid)\n"
        "except OSError as e: print(errno.errorcode[e.errno])\n"
        "print(len(children))\n"
        "for c in children: os.kill(c, 9)'";
    const std::string said = out("lab exec h1 -- " + forks);
    EXPECT_EQ(said.substr(0, 7), "EAGAIN\n") << said;
    const int made = std::stoi(said.substr(7));
    EXPECT_GT(made, 20);
    EXPECT_LT(made, 40);
    EXPECT_GT(number(group("h1") + "/pids.events", "max"), 0);
    EXPECT_EQ(out("lab exec h2 -- " + forks), "60\n") << "the neighbour feels nothing";
}

TEST_F(Limits, TheKernelKillsAtMemory) {
    const std::string hog = "python3 -c 'x = bytearray(100 * 1024 * 1024); print(len(x))'";
    EXPECT_EQ(run("lab exec h1 -- " + hog).status, 128 + 9);
    EXPECT_GT(number(group("h1") + "/memory.events", "oom_kill"), 0);
    EXPECT_EQ(out("lab exec h2 -- " + hog), "104857600\n");
    EXPECT_EQ(out("lab exec h1 -- echo alive"), "alive\n") << "its init stays";
}

TEST_F(Limits, CpuIsThrottled) {
    // By the group's own account, not by our clock.
    out("lab exec h1 -- python3 -c 'import time\nwhile time.process_time() < 0.5: pass'");
    const std::string stat = group("h1") + "/cpu.stat";
    EXPECT_GT(number(stat, "nr_throttled"), 3) << text_of(stat);
    EXPECT_GT(number(stat, "throttled_usec"), 200'000) << text_of(stat);
}

TEST_F(Limits, TheyChangeWhileTheNodeRunsAndGoWithIt) {
    const std::string h1 = group("h1"), h2 = group("h2"), before = pid("h1");
    const std::string said = up("h1 = { pids = 60, memory = \"1GiB\" }\nh2 = \"host\"\n");
    EXPECT_NE(said.find("limits"), std::string::npos) << said;
    EXPECT_EQ(text_of(h1 + "/pids.max"), "60\n");
    EXPECT_EQ(text_of(h1 + "/memory.max"), "1073741824\n");
    EXPECT_EQ(text_of(h1 + "/cpu.max"), "max 100000\n");
    up("h1 = \"host\"\n");
    EXPECT_EQ(text_of(h1 + "/pids.max"), "4096\n");
    EXPECT_EQ(text_of(h1 + "/memory.max"), "max\n");
    EXPECT_EQ(pid("h1"), before);
    EXPECT_FALSE(fs::exists(h2));
}

TEST_F(Limits, ACrashedLabdLeavesNoGroup) {
    const std::string h1 = group("h1");
    out("pkill -KILL -x labd");
    // What labd had begun and not written down: a group that no lab knows, and somebody in it.
    const std::string stray = h1.substr(0, h1.rfind("/t/")) + "/stray";
    out("mkdir -p " + stray + "/x && (sleep 1000 > /dev/null 2>&1 & echo $! > " + stray +
        "/x/cgroup.procs)");
    EXPECT_NE(out("lab doctor --json || true").find("pids, memory and cpu of nodes can be limited"),
              std::string::npos);
    EXPECT_FALSE(fs::exists(stray));
    EXPECT_TRUE(fs::exists(h1)) << "of the lab that lives on";
    EXPECT_EQ(out("lab exec h1 -- echo alive"), "alive\n");
}

}  // namespace
