// The door of lab-init: requests that are not sessions or services.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include <gtest/gtest.h>

namespace {

using namespace test;
using protocol::Door;
using protocol::Packer;

struct Ran {
    Answer answer;
    int wait_status = -1;
    bool timed_out = false;
    std::string tail = "";
};

class Init : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node("r1");

    Answer sysctl(const std::string& key, const std::string& value) {
        return node->ask(Door::sysctl, [&](Packer& p) { p.list({key}).list({value}); });
    }
    static SealedNode::Fill run_request(const std::string& script, std::uint32_t timeout_ms) {
        return [script, timeout_ms](Packer& p) {
            p.list({"/bin/sh", "-c", script}).list({}).text("").text("/").u32(timeout_ms);
        };
    }
    Ran ran(Answer answer) {
        Ran result{std::move(answer)};
        protocol::Unpacker in(result.answer.payload);
        result.wait_status = static_cast<int>(in.u32());
        result.timed_out = in.u32() != 0;
        result.tail = in.text();
        EXPECT_TRUE(result.answer.error != 0 || in.done());
        return result;
    }
    Ran run(const std::string& script, std::uint32_t timeout_ms = 0) {
        return ran(node->ask(Door::run, run_request(script, timeout_ms)));
    }
};

TEST_F(Init, SysctlsAreWrittenWithDotsOrSlashes) {
    EXPECT_EQ(sysctl("net.ipv4.ip_forward", "1").error, 0);
    EXPECT_EQ(sysctl("net/ipv4/conf/lo/rp_filter", "2").error, 0);
    EXPECT_EQ(node->shell("cat /proc/sys/net/ipv4/ip_forward "
                          "/proc/sys/net/ipv4/conf/lo/rp_filter")
                  .out,
              "1\n2\n");
}

TEST_F(Init, AWrongSysctlIsNamed) {
    const Answer answer = sysctl("net.ipv4.no_such", "1");
    EXPECT_EQ(answer.error, ENOENT);
    EXPECT_EQ(answer.text, "cannot write sysctl net.ipv4.no_such: No such file or directory");
    EXPECT_EQ(sysctl("net.ipv4.ip_forward", "pear").error, EINVAL);
    EXPECT_EQ(sysctl("net/../../self/oom_score_adj", "5").error, EINVAL);
}

TEST_F(Init, RunTellsStatusAndTheEndOfTheOutput) {
    Ran result = run("echo first; echo second >&2; exit 4");
    EXPECT_EQ(result.answer.error, 0);
    EXPECT_EQ(WEXITSTATUS(result.wait_status), 4);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.tail, "first\nsecond\n");
    result = run("seq 100000");
    EXPECT_EQ(result.tail.size(), 4096u);
    EXPECT_EQ(result.tail.substr(4096 - 7), "100000\n");
}

TEST_F(Init, RunThatCannotStartSaysWhy) {
    const Answer answer = node->ask(Door::run, [](Packer& p) {
        p.list({"no-such-program"}).list({}).text("").text("").u32(0);
    });
    EXPECT_EQ(answer.error, ENOENT);
    EXPECT_EQ(answer.text, "cannot run no-such-program: No such file or directory");
}

TEST_F(Init, RunIsKilledAtItsLimit) {
    const Ran result = run("trap '' TERM HUP; echo started; sleep 1000", 20);
    EXPECT_TRUE(result.timed_out);
    EXPECT_EQ(WTERMSIG(result.wait_status), SIGKILL);
    EXPECT_EQ(node->shell("pgrep -c sleep").out, "0\n");
}

TEST_F(Init, RunDoesNotWaitForADaemonItLeavesBehind) {
    const Ran result = run("echo leaving; setsid sleep 1000 &");
    EXPECT_EQ(WEXITSTATUS(result.wait_status), 0);
    EXPECT_EQ(result.tail, "leaving\n");
}

TEST_F(Init, RunIsLogged) {
    ASSERT_EQ(run("echo seen").answer.error, 0);
    NodeSession session(*node, "exec", false, 0);
    const auto frame = session.next_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->second, "$ /bin/sh -c echo seen\nseen\n");
}

TEST_F(Init, RequestsAreAnsweredInAnyOrder) {
    ASSERT_EQ(node->shell("mkfifo /tmp/go").status(), 0);
    const std::uint32_t slow = node->send(Door::run, run_request("read x < /tmp/go; exit 6", 0));
    EXPECT_EQ(WEXITSTATUS(run("echo > /tmp/go; exit 5").wait_status), 5);
    EXPECT_EQ(WEXITSTATUS(ran(node->answer_to(slow)).wait_status), 6);
}

TEST_F(Init, GarbledRequestsAreRefused) {
    EXPECT_EQ(node->ask(Door::sysctl, [](Packer& p) { p.u32(1u << 31); }).error, EPROTO);
    EXPECT_EQ(node->ask(Door::commit, [](Packer& p) { p.u32(1); }).error, EPROTO);
    EXPECT_EQ(node->ask(Door::session,
                        [](Packer& p) {
                            p.list({"true"}).list({}).text("").text("").u32(0).u32(0).u32(0);
                        })
                  .error,
              EPROTO)
        << "without its client";
    EXPECT_EQ(node->ask(static_cast<Door>(55)).error, EPROTO);
    EXPECT_EQ(node->ask(static_cast<Door>(55), [](Packer& p) { p.text("x"); }).error, ENOSYS);
    EXPECT_EQ(node->shell("echo fine").out, "fine\n");
}

TEST_F(Init, AShortPacketIsNoRequest) {
    ASSERT_EQ(send(node->door().get(), "ab", 2, MSG_NOSIGNAL), 2);
    EXPECT_EQ(hear(node->door()).id, 0u) << "answered, without an id to tell";
    EXPECT_EQ(node->shell("echo fine").out, "fine\n");
}

TEST_F(Init, SessionsOutliveTheConnectionThatBroughtThem) {
    NodeSession session(*node, {{"cat"}, {}, "", "", ""});
    node->connect();
    EXPECT_EQ(node->ask(Door::states).error, 0);
    EXPECT_EQ(session.finish("through a restart of labd").out, "through a restart of labd");
}

TEST_F(Init, ALabdThatNeverReadsIsLeftAlone) {
    // 20 000 answers that nobody reads overflow the queue; lab-init drops the connection and lives.
    const Fd deaf = lab.connect("r1");
    const Packer packet(static_cast<std::uint32_t>(Door::remove_service), 1);
    std::string bytes = Packer(static_cast<std::uint32_t>(Door::remove_service), 1)
                            .text(std::string(4000, 'x'))
                            .bytes();
    int sent = 0;
    while (sent < 20000 && send(deaf.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) ++sent;
    EXPECT_LT(sent, 20000);
    EXPECT_EQ(node->shell("echo fine").out, "fine\n");
}

TEST_F(Init, IsSmall) {
    ASSERT_EQ(node->shell("true").status(), 0);
    const Fd file(open(("/proc/" + std::to_string(node->pid()) + "/smaps_rollup").c_str(),
                       O_RDONLY | O_CLOEXEC));
    char text[4096] = {};
    ASSERT_GT(read(file.get(), text, sizeof text - 1), 0);
    // Its program is one page cache copy for the whole lab; what is its own is anonymous memory.
    const char* line = std::strstr(text, "\nPss_Anon:");
    if (line == nullptr) GTEST_SKIP() << "this kernel does not tell anonymous memory apart";
    EXPECT_LT(std::atoi(line + 10), 128) << text;
}

}  // namespace
