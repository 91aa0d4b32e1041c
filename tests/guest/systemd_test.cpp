// The project's own units, installed, in a guest whose PID 1 is systemd. What must be true of a
// restart is that nobody in a lab notices it.
#include "tests/guest/guest.hpp"
#include "tests/support/background.hpp"
#include "tests/support/inside.hpp"

#include <csignal>
#include <fstream>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

namespace {

using test::Background;

constexpr const char* lab_file = R"(
name  = "t"
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = "host"
r1 = { kind = "router", run = [{ name = "ticker", cmd = "exec sleep infinity" }] }
)";

class Systemd : public testing::Test {
  protected:
    void SetUp() override {
        if (test::guest() != "systemd") GTEST_SKIP() << "only where systemd is PID 1";
        // As the README says: once after the installation.
        out("systemd-sysusers && systemctl daemon-reload && systemctl start labd.socket");
    }
    void TearDown() override {
        if (IsSkipped()) return;
        if (HasFailure()) std::cout << out("journalctl --no-pager -u labd.service | tail -n 60");
        out("lab down --all");
        out("systemctl stop labd.service labd.socket");
        EXPECT_EQ(test::run_here({"test", "-e", "/run/labd/labd.sock"}).status, 1);
    }

    static std::string out(const std::string& script) {
        const test::Ran ran = test::run_here({"timeout", "60", "bash", "-c", script});
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
    // A property of a unit.
    static std::string show(const std::string& property, const std::string& unit = "labd.service") {
        std::string value = out("systemctl show --value -p " + property + " " + unit);
        value.erase(value.find_last_not_of('\n') + 1);
        return value;
    }
    static void up() {
        std::ofstream("/run/t.lab.toml") << lab_file;
        out("lab up /run/t.lab.toml");
    }
    // PID 1 of the nodes and what they run, as the host numbers them.
    static std::string processes() { return out("pgrep -a 'lab-init|sleep' | sort"); }
    static void expect_all_up() {
        EXPECT_EQ(out("lab status --json | jq -r '.state'"), "up\n");
        EXPECT_EQ(out("lab status --json | jq -r '.nodes[].state' | sort -u"), "running\n");
        EXPECT_EQ(out("lab up /run/t.lab.toml 2>&1 | tail -n 1"), "t: nothing to do\n");
    }
};

TEST_F(Systemd, TheSocketStartsLabd) {
    EXPECT_EQ(out("stat -c '%U %G %a' /run/labd/labd.sock"), "root labd 660\n");
    EXPECT_EQ(show("ActiveState"), "inactive");
    out("lab ls");
    EXPECT_EQ(show("ActiveState"), "active");
    EXPECT_EQ(show("Type"), "notify");
    EXPECT_EQ(out("pgrep -xc labd"), "1\n") << "the unit's, and no other";
}

TEST_F(Systemd, ARestartUnderARunningPingLosesNothing) {
    up();
    const std::string before = processes(), pid = show("MainPID");
    Background ping({"ip", "netns", "exec", "t.h1", "ping", "-i", "0.02", "10.0.2.11"});
    Background session({"lab", "exec", "h2", "--", "cat"});
    ping.read_until("icmp_seq=5 ");
    session.write("before\n");
    session.read_until("before\n");
    for (int round = 0; round < 3; ++round) {
        out("systemctl restart labd.service");
        expect_all_up();
    }
    EXPECT_NE(show("MainPID"), pid);
    EXPECT_EQ(processes(), before) << "nothing in the nodes has been started again";
    session.write("after\n");
    EXPECT_EQ(session.read_until("after\n"), "after\n");
    session.close_input();
    int status = -1;
    session.finish(status);
    EXPECT_EQ(status, 0);
    ping.signal(SIGINT);
    const std::string said = ping.finish(status);
    EXPECT_NE(said.find(" 0% packet loss"), std::string::npos) << said;
}

TEST_F(Systemd, KilledItComesBackAndAdopts) {
    up();
    const std::string before = processes(), pid = show("MainPID");
    // The manager tells of every change of a unit; the first new PID is labd's second life.
    out("systemctl kill --kill-whom=main -s KILL labd.service && "
        "while [ \"$(systemctl show --value -p SubState labd.service)\" != running ] || "
        "[ \"$(systemctl show --value -p MainPID labd.service)\" = " +
        pid + " ]; do :; done");
    EXPECT_EQ(show("NRestarts"), "1");
    expect_all_up();
    EXPECT_EQ(processes(), before);
}

TEST_F(Systemd, LabsOutliveAStopAndTheSocketBringsLabdBack) {
    up();
    const std::string before = processes();
    out("systemctl stop labd.service 2>&1");
    EXPECT_EQ(show("ActiveState"), "inactive");
    EXPECT_EQ(processes(), before);
    out("ip netns exec t.h1 ping -c 1 -W 5 10.0.2.11");
    expect_all_up();
    EXPECT_EQ(show("ActiveState"), "active");
}

// Below its own group systemd could not start labd again while nodes are limited there.
TEST_F(Systemd, TheNodesLiveInASubtreeOfTheirOwn) {
    up();
    const std::string group = show("ControlGroup");
    EXPECT_EQ(group, "/system.slice/labd.service");
    EXPECT_EQ(out("cat /sys/fs/cgroup" + group +
                  "/cgroup.procs | xargs -n1 ps -o comm= -p | grep -vx lab-parse"),
              "labd\n")
        << "labd itself and what reads files for it, and nobody of a lab";
    EXPECT_EQ(out("for p in $(pgrep -x lab-init); do cat /proc/$p/cgroup; done | "
                  "sed 's/labd-[0-9a-f-]*/labd-X/' | sort"),
              "0::/labd-X/t/h1\n0::/labd-X/t/h2\n0::/labd-X/t/r1\n");
    EXPECT_EQ(out("cat /sys/fs/cgroup/labd-*/t/r1/pids.max"), "4096\n");
}

}  // namespace
