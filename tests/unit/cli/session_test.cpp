// The client's side of a session, against a node played on a socket pair.
#include "cli/session.hpp"

#include "cli/error.hpp"
#include "tests/unit/cli/fake_node.hpp"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cli::Outcome;
using protocol::Frame;
using test::FakeNode;
using test::Play;

constexpr int exited(int code) {
    return code << 8;
}

// Our own three streams as pipes, drained on threads.
struct Streams {
    std::pair<labd::Fd, labd::Fd> in = test::make_pipe(), out = test::make_pipe(),
                                  err = test::make_pipe();
    std::string said, complained;

    Outcome relay(labd::Fd connection, cli::RelayOptions options = {}) {
        options.in = in.first.get(), options.out = out.second.get(), options.err = err.second.get();
        std::thread a([&] { said = test::read_all(out.first.get()); });
        std::thread b([&] { complained = test::read_all(err.first.get()); });
        const Outcome outcome = cli::relay(std::move(connection), options);
        out.second.reset(), err.second.reset();
        a.join(), b.join();
        return outcome;
    }
};

TEST(Relay, StreamsStayApartAndTheStatusComesBack) {
    Play play([](FakeNode& node) {
        node.start();
        test::write_all(node.out.get(), "out\n");
        test::write_all(node.err.get(), "err\n");
        node.end(exited(7));
    });
    Streams streams;
    const Outcome outcome = streams.relay(play.client());
    EXPECT_EQ(outcome.exit_status(), 7);
    EXPECT_EQ(streams.said, "out\n");
    EXPECT_EQ(streams.complained, "err\n");
}

TEST(Relay, TenMebibytesBothWays) {
    std::string sent(10 << 20, '\0');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7919 >> 8);
    Play play([](FakeNode& node) {
        node.start();
        test::write_all(node.out.get(), test::read_all(node.in.get()));
        node.end(exited(0));
    });
    Streams streams;
    std::thread writer([&] {
        test::write_all(streams.in.second.get(), sent);
        streams.in.second.reset();
    });
    const Outcome outcome = streams.relay(play.client());
    writer.join();
    EXPECT_EQ(outcome.exit_status(), 0);
    EXPECT_TRUE(streams.said == sent) << streams.said.size();
}

TEST(Relay, WhatWasWrittenBeforeTheEndIsNotLost) {
    Play play([](FakeNode& node) {
        node.start();
        test::write_all(node.out.get(), std::string(60000, 'x'));
        node.end(exited(0));
        // A child of the command keeps the pipe open: nobody waits for it.
        (void)node.hear();
    });
    Streams streams;
    EXPECT_EQ(streams.relay(play.client()).exit_status(), 0);
    EXPECT_EQ(streams.said.size(), 60000U);
}

TEST(Relay, EndOfInputReachesTheCommand) {
    Play play([](FakeNode& node) {
        node.start();
        test::write_all(node.out.get(), std::to_string(test::read_all(node.in.get()).size()));
        node.end(exited(0));
    });
    Streams streams;
    test::write_all(streams.in.second.get(), "12345");
    streams.in.second.reset();
    (void)streams.relay(play.client());
    EXPECT_EQ(streams.said, "5");
}

TEST(Relay, WithoutInputTheCommandReadsTheEnd) {
    Play play([](FakeNode& node) {
        node.start();
        test::write_all(node.out.get(), std::to_string(test::read_all(node.in.get()).size()));
        node.end(exited(0));
    });
    Streams streams;
    test::write_all(streams.in.second.get(), "not for it");
    cli::RelayOptions options;
    options.no_stdin = true;
    (void)streams.relay(play.client(), options);
    EXPECT_EQ(streams.said, "0");
}

TEST(Relay, AClosedStdoutClosesTheCommandsPipe) {
    bool broken = false;
    Play play([&](FakeNode& node) {
        node.start();
        (void)std::signal(SIGPIPE, SIG_IGN);
        while (test::write_all(node.out.get(), std::string(4096, 'y'))) continue;
        broken = errno == EPIPE;
        node.end(SIGPIPE);
    });
    auto in = test::make_pipe(), out = test::make_pipe(), err = test::make_pipe();
    cli::RelayOptions options;
    options.in = in.first.get(), options.out = out.second.get(), options.err = err.second.get();
    std::thread head([&] {
        char byte = 0;
        EXPECT_EQ(::read(out.first.get(), &byte, 1), 1);
        out.first.reset();
    });
    const Outcome outcome = cli::relay(play.client(), options);
    head.join();
    EXPECT_TRUE(broken);
    EXPECT_EQ(outcome.exit_status(), 128 + SIGPIPE);
    EXPECT_EQ(outcome.signal(), SIGPIPE);
}

TEST(Relay, SignalsToUsGoToTheCommand) {
    // Threads inherit this: only the relay's descriptor may take the signal.
    sigset_t set, before;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    std::uint32_t heard = 0;
    Play play([&](FakeNode& node) {
        node.start();
        char ready = 0;
        // Our own byte says that the relay runs and has taken the signals over.
        EXPECT_EQ(::read(node.in.get(), &ready, 1), 1);
        (void)::kill(::getpid(), SIGUSR1);
        const auto [type, payload] = node.hear();
        EXPECT_EQ(type, static_cast<std::uint32_t>(Frame::signal));
        std::memcpy(&heard, payload.data(), sizeof heard);
        node.end(SIGUSR1);
    });
    Streams streams;
    test::write_all(streams.in.second.get(), "x");
    EXPECT_EQ(streams.relay(play.client()).exit_status(), 128 + SIGUSR1);
    EXPECT_EQ(heard, static_cast<std::uint32_t>(SIGUSR1));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(Relay, NeverStarted) {
    Play play([](FakeNode& node) {
        node.send(Frame::failed,
                  test::number(ENOENT) + "cannot run nope: No such file or directory");
    });
    Streams streams;
    const Outcome outcome = streams.relay(play.client());
    EXPECT_EQ(outcome.exit_status(), 127);
    EXPECT_EQ(outcome.text, "cannot run nope: No such file or directory");
}

TEST(Relay, LostConnection) {
    Play play([](FakeNode& node) { node.start(); });
    Streams streams;
    const Outcome outcome = streams.relay(play.client());
    EXPECT_EQ(outcome.how, Outcome::How::lost);
    EXPECT_EQ(outcome.exit_status(), 125);
}

TEST(Relay, NonsenseIsAFailure) {
    Play play([](FakeNode& node) {
        node.send(static_cast<Frame>(1), "");  // started without descriptors
        (void)node.hear();
    });
    EXPECT_THROW((void)cli::relay(play.client(), {}), cli::Failure);
}

TEST(Relay, TimeLimitTerminatesAndWaits) {
    std::vector<std::uint32_t> signals;
    Play play([&](FakeNode& node) {
        node.start();
        const auto [type, payload] = node.hear();
        std::uint32_t number = 0;
        std::memcpy(&number, payload.data(), sizeof number);
        signals.push_back(number);
        node.end(SIGTERM);
    });
    Streams streams;
    cli::RelayOptions options;
    options.timeout = 0.001;
    const Outcome outcome = streams.relay(play.client(), options);
    EXPECT_EQ(outcome.exit_status(), 124);
    EXPECT_THAT(signals, testing::ElementsAre(static_cast<std::uint32_t>(SIGTERM)));
}

TEST(Outcomes, CodesOfWhatNeverRan) {
    const auto code = [](int error) {
        Outcome outcome;
        outcome.how = Outcome::How::failed;
        outcome.error = error;
        return outcome.exit_status();
    };
    EXPECT_EQ(code(ENOENT), 127);
    EXPECT_EQ(code(EACCES), 126);
    EXPECT_EQ(code(ENOEXEC), 126);
    EXPECT_EQ(code(ENOTDIR), 125);
    EXPECT_EQ(code(EINVAL), 125);
}

TEST(Many, EveryOneHasItsOutcomeAndOutput) {
    constexpr std::size_t nodes = 5;
    std::vector<std::unique_ptr<Play>> plays;
    std::vector<cli::Job> jobs;
    for (std::size_t i = 0; i < nodes; ++i) {
        plays.push_back(std::make_unique<Play>([i](FakeNode& node) {
            node.start();
            EXPECT_EQ(test::read_all(node.in.get()), "") << "they share no stdin";
            test::write_all(node.out.get(), "n" + std::to_string(i));
            test::write_all(node.err.get(), "e");
            node.end(exited(static_cast<int>(i)));
        }));
        jobs.push_back({"n" + std::to_string(i), [&plays, i] { return plays[i]->client(); }});
    }
    jobs.push_back({"gone", []() -> labd::Fd { throw cli::Failure("no_such_node", "no gone"); }});
    std::vector<std::string> out(jobs.size()), err(jobs.size());
    cli::ManyOptions options;
    options.parallel = 2;
    options.output = [&](std::size_t job, int stream, std::string_view bytes) {
        (stream == 1 ? out : err)[job] += bytes;
    };
    const auto results = cli::run_many(jobs, options);
    for (std::size_t i = 0; i < nodes; ++i) {
        EXPECT_EQ(results[i].outcome.exit_status(), static_cast<int>(i));
        EXPECT_EQ(out[i], "n" + std::to_string(i));
        EXPECT_EQ(err[i], "e");
    }
    EXPECT_EQ(results[nodes].outcome.exit_status(), 125);
    EXPECT_EQ(results[nodes].outcome.text, "no gone");
}

TEST(Many, LogsAreFramesOfTheirOwn) {
    Play play([](FakeNode& node) {
        node.send(Frame::output, "one\n");
        node.send(Frame::output, "two\n");
        node.end(0);
    });
    std::string text;
    cli::ManyOptions options;
    options.output = [&](std::size_t, int, std::string_view bytes) { text += bytes; };
    (void)cli::run_many({{"h1", [&] { return play.client(); }}}, options);
    EXPECT_EQ(text, "one\ntwo\n");
}

}  // namespace
