// labd's side of a door against an init that answers late, out of order, with errors or nonsense.
#include "labd/node_door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <sys/socket.h>

#include <functional>
#include <stdexcept>

#include <gtest/gtest.h>

namespace labd {
namespace {

namespace asio = boost::asio;
using protocol::Door;
using protocol::Packer;
using protocol::Unpacker;

constexpr std::uint32_t code(Door type) {
    return static_cast<std::uint32_t>(type);
}

class NodeDoorTest : public testing::Test {
  protected:
    NodeDoorTest() {
        auto [mine, its] = packet_pair();
        door = std::make_shared<NodeDoor>(loop, "r1", std::move(mine));
        init = std::move(its);
        door->open([this](const ServiceStatus& status) { states.push_back(status); },
                   [this] { ++lost; });
    }

    // What the init has been asked, one packet: type, id and the rest.
    struct Asked {
        std::uint32_t type = 0, id = 0;
        std::string rest;
    };
    Asked asked() {
        char buffer[protocol::packet_limit];
        const ssize_t n = recv(init.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 8) return {};
        Unpacker in(std::string_view(buffer, static_cast<std::size_t>(n)));
        Asked a;
        a.type = in.u32();
        a.id = in.u32();
        a.rest.assign(buffer + 8, static_cast<std::size_t>(n) - 8);
        return a;
    }
    void say(const std::string& bytes) {
        ASSERT_EQ(send(init.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    void answer(std::uint32_t id, std::uint32_t error = 0, const std::string& text = "") {
        say(Packer(code(Door::answer), id).u32(error).text(text).bytes());
    }
    void start(asio::awaitable<void> work) {
        asio::co_spawn(loop, std::move(work), [this](std::exception_ptr error) {
            ++ended;
            try {
                if (error) std::rethrow_exception(error);
            } catch (const std::exception& e) {
                failures.emplace_back(e.what());
            }
        });
        settle();
    }
    void settle() {
        loop.restart();
        loop.poll();
    }

    asio::io_context loop;
    std::shared_ptr<NodeDoor> door;
    Fd init;
    std::vector<ServiceStatus> states;
    std::vector<std::string> failures;
    int lost = 0, ended = 0;
};

TEST_F(NodeDoorTest, matches_answers_by_number_in_any_order) {
    start(door->start_service("a"));
    start(door->start_service("b"));
    const Asked first = asked(), second = asked();
    EXPECT_EQ(first.type, code(Door::start_service));
    EXPECT_NE(first.id, second.id);
    answer(second.id, ENOENT, "there is no service b");
    settle();
    EXPECT_EQ(ended, 1);
    answer(first.id);
    settle();
    EXPECT_EQ(ended, 2);
    EXPECT_EQ(failures, std::vector<std::string>{"r1: there is no service b"});
}

TEST_F(NodeDoorTest, sends_a_large_file_in_chunks_that_add_up) {
    topology::File file;
    for (std::size_t i = 0; i < 3 * protocol::chunk_limit + 7; ++i)
        file.content.push_back(static_cast<char>('a' + i % 26));
    file.mode = 0640;
    file.owner = "frr";
    start(door->write_file("/etc/big", file));
    std::string got;
    bool last = false;
    while (!last) {
        const Asked chunk = asked();
        ASSERT_EQ(chunk.type, code(Door::write_file));
        Unpacker in(chunk.rest);
        EXPECT_EQ(in.text(), "/etc/big");
        EXPECT_EQ(in.u32(), 0640U);
        EXPECT_EQ(in.text(), "frr");
        EXPECT_EQ(in.text(), "root");
        EXPECT_EQ(in.u32(), got.size());
        last = in.u32() != 0;
        got += in.text();
        EXPECT_TRUE(in.done());
        answer(chunk.id);
        settle();
    }
    EXPECT_EQ(got, file.content);
    EXPECT_EQ(ended, 1);
    EXPECT_TRUE(failures.empty());
}

TEST_F(NodeDoorTest, writes_an_empty_file_too) {
    start(door->write_file("/etc/empty", topology::File{}));
    const Asked chunk = asked();
    EXPECT_EQ(chunk.type, code(Door::write_file));
    answer(chunk.id);
    settle();
    EXPECT_EQ(ended, 1);
}

TEST_F(NodeDoorTest, gives_the_result_of_a_command) {
    RunResult result;
    const auto run = [this, &result]() -> asio::awaitable<void> {
        Command command;
        command.argv = {"/bin/sh", "-c", "exit 3"};
        result = co_await door->run(std::move(command), 1000);
    };
    start(run());
    const Asked request = asked();
    say(Packer(code(Door::answer), request.id)
            .u32(0)
            .text("")
            .u32(3 << 8)
            .u32(0)
            .text("oops\n\x1b[2J")
            .bytes());
    settle();
    EXPECT_EQ(result.wait_status, 3 << 8);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.tail, "oops\n?[2J") << "control bytes of a node reach no terminal";
}

TEST_F(NodeDoorTest, fails_everybody_who_waits_when_the_init_goes) {
    start(door->commit());
    start(door->start_service("a"));
    init.reset();
    settle();
    EXPECT_EQ(ended, 2);
    EXPECT_EQ(lost, 1);
    ASSERT_EQ(failures.size(), 2U);
    EXPECT_EQ(failures[0], "r1: cannot commit: its init is gone");
    start(door->commit());
    EXPECT_EQ(ended, 3);
}

TEST_F(NodeDoorTest, takes_nonsense_for_an_error_and_not_for_an_answer) {
    std::vector<ServiceStatus> listed;
    const auto list = [this, &listed]() -> asio::awaitable<void> {
        listed = co_await door->states();
    };
    start(list());
    const Asked request = asked();
    // It claims a million services and brings none.
    say(Packer(code(Door::answer), request.id).u32(0).text("").u32(1'000'000).bytes());
    settle();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0], "r1: cannot list services: a garbled answer");

    say(Packer(code(Door::answer), 4711).u32(0).text("nobody asked").bytes());
    say(Packer(code(Door::service_state), 0)
            .text("web")
            .u32(99)
            .u32(1)
            .u32(0)
            .u32(0)
            .text("?")
            .bytes());
    settle();
    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states[0].state, protocol::ServiceState::failed) << "an unknown state is no good one";
    say("ab");
    settle();
    EXPECT_EQ(lost, 1) << "a packet too short to be one ends the conversation";
}

}  // namespace
}  // namespace labd
