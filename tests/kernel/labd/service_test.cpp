// Supervised services: states, readiness, restarts, stopping, logs.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

namespace {

using namespace test;
using protocol::Door;
using protocol::Packer;
using protocol::ReadyKind;
using protocol::Restart;
using protocol::ServiceState;

struct Spec {
    std::string name = "x";
    std::string script = "";
    ReadyKind ready = ReadyKind::started;
    std::string argument = "";
    Restart restart = Restart::no;
    std::string user = "";
    std::uint32_t signal = SIGTERM, grace_ms = 2000;
    std::vector<std::string> configures = {};
};

class Service : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node("r1");

    Answer put(const Spec& spec) {
        return node->ask(Door::put_service, [&](Packer& p) {
            p.text(spec.name).list({"/bin/sh", "-c", spec.script}).list({"GREETING=hello"});
            p.text(spec.user).text("/").u32(static_cast<std::uint32_t>(spec.ready));
            p.text(spec.argument).u32(static_cast<std::uint32_t>(spec.restart));
            p.u32(spec.signal).u32(spec.grace_ms).list(spec.configures);
        });
    }
    Answer named(Door type, const std::string& name = "x") {
        return node->ask(type, [&](Packer& p) { p.text(name); });
    }
    void run(const Spec& spec) {
        ASSERT_EQ(put(spec).error, 0);
        const Answer answer = named(Door::start_service, spec.name);
        ASSERT_EQ(answer.error, 0) << answer.text;
    }
    State await(ServiceState state) { return node->await_state("x", state); }
    std::vector<State> states() {
        const Answer answer = node->ask(Door::states);
        protocol::Unpacker in(answer.payload);
        std::vector<State> list(in.u32());
        for (State& state : list) state = read_state(in);
        EXPECT_TRUE(in.done());
        return list;
    }
    // All frames of a session that only talks.
    std::string logs(const std::string& service, std::uint32_t lines = 0) {
        NodeSession session(*node, service, false, lines);
        std::string text;
        for (;;) {
            const auto frame = session.next_frame();
            if (!frame || frame->first != protocol::Frame::output) return text;
            text += frame->second;
        }
    }
};

TEST_F(Service, IsKnownThenStartedThenReady) {
    ASSERT_EQ(put({"x", "exec sleep 1000"}).error, 0);
    ASSERT_EQ(states().size(), 1u);
    EXPECT_EQ(states()[0].state, ServiceState::waiting);
    ASSERT_EQ(named(Door::start_service).error, 0);
    State state = node->next_state();
    EXPECT_EQ(state.state, ServiceState::starting);
    state = node->next_state();
    EXPECT_EQ(state.state, ServiceState::ready);
    // Ready is that the shell has started; it becomes the command in its own time.
    const std::string comm = "/proc/" + std::to_string(state.pid) + "/comm";
    EXPECT_EQ(node->shell("n=0; until grep -qx sleep " + comm + " || [ $((n += 1)) = 1000 ]; do " +
                          "sleep 0.01; done; cat " + comm)
                  .out,
              "sleep\n");
}

TEST_F(Service, OneThatCannotStartSaysWhy) {
    const auto fill = [](Packer& p) {
        p.text("x").list({"no-such-daemon"}).list({}).text("").text("").u32(0).text("");
        p.u32(0).u32(SIGTERM).u32(100).list({});
    };
    ASSERT_EQ(node->ask(Door::put_service, fill).error, 0);
    const Answer answer = named(Door::start_service);
    EXPECT_EQ(answer.error, ENOENT);
    EXPECT_EQ(answer.text, "cannot run no-such-daemon: No such file or directory");
    EXPECT_EQ(await(ServiceState::failed).text, answer.text);
}

TEST_F(Service, WrongReadinessIsRefusedAtOnce) {
    EXPECT_EQ(put({"x", "true", ReadyKind::tcp, "70000"}).error, EINVAL);
    const Answer answer = put({"x", "true", ReadyKind::log, "a(b"});
    EXPECT_EQ(answer.error, EINVAL);
    EXPECT_NE(answer.text.find("a(b"), std::string::npos) << answer.text;
    EXPECT_EQ(named(Door::start_service, "unknown").error, ENOENT);
}

// Each waits for the test to let it become ready, so that "not yet" is seen too.
// What a daemon was told by a job is gone with it: the job runs again when the daemon is back.
TEST_F(Service, AJobRunsAgainWhenWhatItConfiguresHasComeBack) {
    Spec daemon{"daemon", "exec sleep 1000"};
    daemon.restart = Restart::always;
    Spec job{"job", "echo told >> /tmp/told", ReadyKind::exit};
    job.configures = {"other", "daemon"};
    run(daemon);
    const State first = node->await_state("daemon", ServiceState::ready);
    run(job);
    node->await_state("job", ServiceState::exited);
    ASSERT_EQ(node->shell("kill -KILL " + std::to_string(first.pid)).status(), 0);
    node->await_state("daemon", ServiceState::ready);
    node->await_state("job", ServiceState::exited);
    EXPECT_EQ(node->shell("cat /tmp/told").out, "told\ntold\n");
}

TEST_F(Service, AJobThatWasNeverStartedIsNotRun) {
    Spec daemon{"daemon", "exec sleep 1000"};
    daemon.restart = Restart::always;
    Spec job{"job", "touch /tmp/told", ReadyKind::exit};
    job.configures = {"daemon"};
    run(daemon);
    const State first = node->await_state("daemon", ServiceState::ready);
    ASSERT_EQ(put(job).error, 0);
    ASSERT_EQ(node->shell("kill -KILL " + std::to_string(first.pid)).status(), 0);
    node->await_state("daemon", ServiceState::ready);
    EXPECT_NE(node->shell("test -e /tmp/told").status(), 0);
    for (const State& state : states())
        EXPECT_TRUE(state.name != "job" || state.state == ServiceState::waiting);
}

TEST_F(Service, ASocketThatNobodyListensAtIsNotReady) {
    ASSERT_EQ(node->shell("mkfifo /tmp/go; python3 -c 'import socket; "
                          "socket.socket(socket.AF_UNIX).bind(\"/run/x.sock\")'")
                  .status(),
              0);
    run({"x", "read go < /tmp/go; rm /run/x.sock; exec socat UNIX-LISTEN:/run/x.sock,fork -",
         ReadyKind::file, "/run/x.sock"});
    await(ServiceState::starting);
    EXPECT_EQ(states()[0].state, ServiceState::starting);
    ASSERT_EQ(node->shell("echo > /tmp/go").status(), 0);
    await(ServiceState::ready);
}

TEST_F(Service, ReadyWhenTheFileIsThere) {
    ASSERT_EQ(node->shell("mkfifo /tmp/go").status(), 0);
    run({"x", "read go < /tmp/go; touch /tmp/there; exec sleep 1000", ReadyKind::file,
         "/tmp/there"});
    EXPECT_EQ(states()[0].state, ServiceState::starting);
    ASSERT_EQ(node->shell("echo > /tmp/go").status(), 0);
    await(ServiceState::ready);
}

TEST_F(Service, ReadyWhenThePortListens) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    const char* kinds[] = {"AF_INET, socket.SOCK_STREAM", "AF_INET6, socket.SOCK_STREAM",
                           "AF_INET, socket.SOCK_DGRAM", "AF_INET6, socket.SOCK_DGRAM"};
    ASSERT_EQ(node->shell("mkfifo /tmp/go; ip link set lo up").status(), 0);
    for (int i = 0; i < 4; ++i) {
        const std::string python =
            std::string("import socket, time; open('/tmp/go').read(); s = ") +
            "socket.socket(socket." + kinds[i] + "); s.bind(('', 5353)); " +
            (i < 2 ? "s.listen(); " : "") + "time.sleep(1000)";
        run({"x", "exec python3 -c \"" + python + "\"", i < 2 ? ReadyKind::tcp : ReadyKind::udp,
             "5353"});
        EXPECT_EQ(states()[0].state, ServiceState::starting);
        ASSERT_EQ(node->shell("echo > /tmp/go").status(), 0);
        await(ServiceState::ready);
        ASSERT_EQ(named(Door::stop_service).error, 0);
    }
}

TEST_F(Service, ReadyWhenItsLogSaysSo) {
    ASSERT_EQ(node->shell("mkfifo /tmp/go").status(), 0);
    run({"x", "echo preparing; read go < /tmp/go; echo 'version 2.1 is up'; exec sleep 1000",
         ReadyKind::log, "version [0-9.]+ is"});
    EXPECT_EQ(states()[0].state, ServiceState::starting);
    ASSERT_EQ(node->shell("echo > /tmp/go").status(), 0);
    await(ServiceState::ready);
}

TEST_F(Service, ReadyWhenACommandSucceeds) {
    run({"x", "exec sleep 1000", ReadyKind::exec, "test -e /tmp/good"});
    EXPECT_EQ(states()[0].state, ServiceState::starting);
    ASSERT_EQ(node->shell("touch /tmp/good").status(), 0);
    await(ServiceState::ready);
}

TEST_F(Service, ReadyWhenItNotifies) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    run({"x",
         "exec python3 -c \"import os, socket, time; "
         "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
         "s.connect(os.environ['NOTIFY_SOCKET']); s.send(b'STATUS=warming up'); "
         "s.send(b'READY=1'); time.sleep(1000)\"",
         ReadyKind::notify, "", Restart::no, "nobody"});
    EXPECT_EQ(await(ServiceState::starting).text, "");
    EXPECT_EQ(await(ServiceState::starting).text, "warming up");
    await(ServiceState::ready);
}

TEST_F(Service, AJobIsReadyWhenItExitsZero) {
    run({"x", "exit 0", ReadyKind::exit, "", Restart::on_failure});
    EXPECT_EQ(await(ServiceState::exited).text, "exited with status 0");
    run({"x", "exit 3", ReadyKind::exit, "", Restart::no});
    const State state = await(ServiceState::failed);
    EXPECT_EQ(state.text, "exited with status 3");
    EXPECT_EQ(WEXITSTATUS(state.wait_status), 3);
}

TEST_F(Service, FiveQuickDeathsAreAFailure) {
    run({"x", "exit 1", ReadyKind::started, "", Restart::on_failure});
    State state = await(ServiceState::backoff);
    EXPECT_EQ(state.text, "exited with status 1; starts again in 0.1 s");
    EXPECT_EQ(await(ServiceState::backoff).text, "exited with status 1; starts again in 0.2 s");
    state = await(ServiceState::failed);
    EXPECT_EQ(state.restarts, 4u);
    EXPECT_EQ(state.text, "exited with status 1, 5 times in a row within a second of its start");
    // Asked for again, it gets its five lives again.
    ASSERT_EQ(named(Door::start_service).error, 0);
    EXPECT_EQ(await(ServiceState::backoff).restarts, 0u);
}

TEST_F(Service, RestartPoliciesDecide) {
    run({"x", "exit 0", ReadyKind::started, "", Restart::on_failure});
    await(ServiceState::exited);
    run({"x", "exit 0", ReadyKind::started, "", Restart::always});
    EXPECT_EQ(await(ServiceState::backoff).text, "exited with status 0; starts again in 0.1 s");
    run({"x", "kill -KILL $$", ReadyKind::started, "", Restart::no});
    EXPECT_EQ(await(ServiceState::failed).text, "killed by SIGKILL");
}

TEST_F(Service, OneThatIsKilledStartsAgain) {
    run({"x", "exec sleep 1000", ReadyKind::started, "", Restart::on_failure});
    const State first = await(ServiceState::ready);
    ASSERT_EQ(node->shell("kill -KILL " + std::to_string(first.pid)).status(), 0);
    EXPECT_EQ(await(ServiceState::backoff).text, "killed by SIGKILL; starts again in 0.1 s");
    const State second = await(ServiceState::ready);
    EXPECT_NE(second.pid, first.pid);
    EXPECT_EQ(second.restarts, 1u);
}

TEST_F(Service, StopTakesTheWholeFamily) {
    run({"x", "sleep 1000 & setsid -w true; (sleep 1000 & sleep 1000) & wait"});
    await(ServiceState::ready);
    ASSERT_EQ(named(Door::stop_service).error, 0);
    await(ServiceState::stopped);
    EXPECT_EQ(node->shell("pgrep -c sleep").out, "0\n");
}

TEST_F(Service, OneThatIgnoresItsSignalIsKilledAfterItsGrace) {
    run({"x", "trap '' TERM; echo deaf; while :; do sleep 1000; done", ReadyKind::log, "deaf",
         Restart::no, "", SIGTERM, 50});
    await(ServiceState::ready);
    ASSERT_EQ(named(Door::stop_service).error, 0);
    EXPECT_EQ(WTERMSIG(await(ServiceState::stopped).wait_status), SIGKILL);
}

TEST_F(Service, TheStopSignalIsItsOwn) {
    run({"x", "trap 'echo bye; exit' USR2; echo up; sleep 1000 & wait", ReadyKind::log, "up",
         Restart::always, "", SIGUSR2, 30000});
    await(ServiceState::ready);
    ASSERT_EQ(named(Door::stop_service).error, 0);
    await(ServiceState::stopped);
    EXPECT_EQ(logs("x"), "up\nbye\n");
}

TEST_F(Service, StartingARunningOneReplacesIt) {
    run({"x", "echo one; exec sleep 1000", ReadyKind::log, "one"});
    const State first = await(ServiceState::ready);
    ASSERT_EQ(put({"x", "echo two; exec sleep 1000", ReadyKind::log, "two"}).error, 0);
    EXPECT_EQ(states()[0].pid, first.pid) << "known, not started";
    ASSERT_EQ(named(Door::start_service).error, 0);
    await(ServiceState::stopping);
    await(ServiceState::stopped);
    const State second = await(ServiceState::ready);
    EXPECT_NE(second.pid, first.pid);
    EXPECT_EQ(logs("x"), "one\ntwo\n");
}

TEST_F(Service, ARemovedOneIsForgottenWithItsLog) {
    run({"x", "echo one; exec sleep 1000"});
    ASSERT_EQ(named(Door::remove_service).error, 0);
    EXPECT_TRUE(states().empty());
    NodeSession session(*node, "x", false, 0);
    const auto frame = session.next_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->first, protocol::Frame::failed);
    EXPECT_NE(frame->second.find("no service 'x'"), std::string::npos);
    EXPECT_EQ(named(Door::remove_service).error, ENOENT);
}

TEST_F(Service, EnvironmentUserAndBothOutputsAreItsOwn) {
    run({"x", "echo $GREETING; id -un >&2; echo again > /dev/stdout", ReadyKind::exit, "",
         Restart::no, "nobody"});
    await(ServiceState::exited);
    EXPECT_EQ(logs("x"), "hello\nnobody\nagain\n");
}

TEST_F(Service, LogsOfAllAreInterleavedAndNamed) {
    for (const char* name : {"a", "b"}) ASSERT_EQ(put({name, "exec sleep 1000"}).error, 0);
    for (const std::string line : {"a1", "b1", "a2"}) {
        const std::string name = line.substr(0, 1);
        run({name, "echo " + line, ReadyKind::exit});
        node->await_state(name, ServiceState::exited);
    }
    EXPECT_EQ(logs(""), "a| a1\nb| b1\na| a2\n");
    EXPECT_EQ(logs("a"), "a1\na2\n");
    EXPECT_EQ(logs("", 2), "b| b1\na| a2\n");
    EXPECT_EQ(logs("a", 1), "a2\n");
}

TEST_F(Service, LogsFollow) {
    ASSERT_EQ(put({"x", "read go < /tmp/go; echo second; exec sleep 1000"}).error, 0);
    ASSERT_EQ(node->shell("mkfifo /tmp/go").status(), 0);
    run({"x", "echo first; read go < /tmp/go; echo second; exec sleep 1000"});
    await(ServiceState::ready);
    NodeSession session(*node, "x", true, 0);
    auto frame = session.next_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->second, "first\n");
    ASSERT_EQ(node->shell("echo > /tmp/go").status(), 0);
    frame = session.next_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->second, "second\n");
}

TEST_F(Service, ALogKeepsItsLastMebibyte) {
    run({"x", "seq 200000", ReadyKind::exit});
    await(ServiceState::exited);
    const std::string text = logs("x");
    EXPECT_LT(text.size(), 1u << 20);
    EXPECT_GT(text.size(), 50000u);
    EXPECT_EQ(text.substr(text.size() - 14), "199999\n200000\n");
}

TEST_F(Service, AFollowerThatDoesNotReadHoldsNobodyUp) {
    ASSERT_EQ(put({"x", "true"}).error, 0);
    NodeSession stalled(*node, "", true, 0);
    run({"x", "seq 300000", ReadyKind::exit});
    await(ServiceState::exited);
    EXPECT_EQ(node->shell("echo fine").out, "fine\n");
    EXPECT_TRUE(stalled.next_frame());
}

TEST_F(Service, StatesAreToldToEveryConnection) {
    const Fd second = lab.connect("r1");
    ASSERT_EQ(put({"x", "exec sleep 1000"}).error, 0);
    // The second connection is known to lab-init once it has answered something there.
    say(second, Packer(static_cast<std::uint32_t>(Door::states), 77));
    EXPECT_EQ(hear(second).id, 77u);
    ASSERT_EQ(named(Door::start_service).error, 0);
    const Said said = hear(second);
    EXPECT_EQ(said.type, static_cast<std::uint32_t>(Door::service_state));
    protocol::Unpacker in(said.payload);
    EXPECT_EQ(read_state(in).state, ServiceState::starting);
}

TEST_F(Service, ServicesOutliveTheConnectionThatStartedThem) {
    run({"x", "exec sleep 1000"});
    const State before = await(ServiceState::ready);
    node->connect();
    ASSERT_EQ(states().size(), 1u);
    EXPECT_EQ(states()[0].pid, before.pid);
    EXPECT_EQ(states()[0].state, ServiceState::ready);
}

TEST_F(Service, ShutdownStopsInReverseOrderAndEndsTheNode) {
    for (const std::string name : {"a", "b"})
        run({name, "trap 'echo " + name + " >> /tmp/order; exit' TERM; echo up; sleep 1000 & wait",
             ReadyKind::log, "up", Restart::no, "", SIGTERM, 30000});
    node->await_state("b", ServiceState::ready);
    // It is gone afterwards, so it is watched from a command that outlives the services.
    NodeSession watch(*node, {{"tail", "-F", "/tmp/order"}, {}, "", "", ""});
    const std::uint32_t id = node->send(Door::shutdown, [](Packer& p) { p.u32(30000); });
    EXPECT_EQ(node->await_state("b", ServiceState::stopped).name, "b");
    EXPECT_EQ(node->await_state("a", ServiceState::stopped).name, "a");
    EXPECT_EQ(node->answer_to(id).error, 0);
    await_exit(node->pidfd());
}

}  // namespace
