// HTTP over a UNIX socket, against a server that says exactly what a test wants.
#include "cli/client.hpp"

#include "cli/error.hpp"
#include "cli/frames.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/fake_node.hpp"

#include <sys/un.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Accepts one connection, reads a whole request, and lets the test answer.
class Server {
  public:
    explicit Server(std::function<void(test::FakeNode&)> answer) {
        listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path().data(), path().size());
        if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listening_.get(), 1) != 0)
            throw std::runtime_error("listen");
        thread_ = std::thread([this, answer = std::move(answer)] {
            test::FakeNode peer;
            peer.connection.reset(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            request_ = read_request(peer.connection.get());
            answer(peer);
        });
    }
    ~Server() {
        if (thread_.joinable()) thread_.join();
    }
    std::string path() const { return folder_ / "s"; }
    const std::string& request() {
        if (thread_.joinable()) thread_.join();
        return request_;
    }

  private:
    static std::string read_request(int fd) {
        std::string text;
        std::array<char, 4096> buffer;
        while (true) {
            const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (n <= 0) return text;
            text.append(buffer.data(), static_cast<std::size_t>(n));
            const std::size_t head = text.find("\r\n\r\n");
            if (head == text.npos) continue;
            const std::size_t at = text.find("Content-Length: ");
            const std::size_t length = at < head ? std::stoul(text.substr(at + 16)) : 0;
            if (text.size() >= head + 4 + length) return text;
        }
    }

    test::TempDir folder_;
    labd::Fd listening_;
    std::string request_;
    std::thread thread_;
};

void say(test::FakeNode& peer, const std::string& bytes) {
    (void)::send(peer.connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string whole(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string chunk(const std::string& bytes) {
    std::array<char, 16> size{};
    (void)std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    return size.data() + bytes + "\r\n";
}

TEST(Client, AsksAndReads) {
    Server server([](test::FakeNode& peer) { say(peer, whole("200 OK", "{\"api\":1}")); });
    const cli::Answer answer = cli::Client(server.path()).request("PUT", "/v1/labs/x", "{}");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "{\"api\":1}");
    EXPECT_THAT(server.request(), testing::StartsWith("PUT /v1/labs/x HTTP/1.1\r\n"));
    EXPECT_THAT(server.request().substr(server.request().size() - 2), "{}");
}

TEST(Client, ErrorsKeepTheirNames) {
    Server server([](test::FakeNode& peer) {
        say(peer,
            whole("404 Not Found",
                  R"({"api":1,"error":{"code":"no_such_lab","message":"no lab","hint":"up"}})"));
    });
    const cli::Answer answer = cli::Client(server.path()).request("GET", "/");
    EXPECT_EQ(answer.status, 404U);
    try {
        cli::throw_failure(answer, "look");
        FAIL();
    } catch (const cli::Failure& failure) {
        EXPECT_EQ(failure.exit, 3);
        EXPECT_EQ(failure.message, "no lab");
        EXPECT_EQ(failure.hint, "up");
    }
}

TEST(Client, LinesAsTheyCome) {
    Server server([](test::FakeNode& peer) {
        say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        say(peer, chunk("{\"a\":1}\n{\"b\""));
        say(peer, chunk(":2}\n"));
        say(peer, chunk("{\"c\":3}\n") + "0\r\n\r\n");
    });
    std::vector<std::string> lines;
    const cli::Answer answer =
        cli::Client(server.path()).lines("PUT", "/", "", [&](std::string_view line) {
            lines.emplace_back(line);
        });
    EXPECT_EQ(answer.status, 200U);
    EXPECT_THAT(lines, ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
}

TEST(Client, AThrowingReaderEndsTheCall) {
    Server server([](test::FakeNode& peer) {
        say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("x\n"));
        char byte = 0;
        (void)::recv(peer.connection.get(), &byte, 1, 0);  // until the client hangs up
    });
    EXPECT_THROW(
        (void)cli::Client(server.path())
            .lines("PUT", "/", "", [](std::string_view) { throw std::runtime_error("no"); }),
        std::runtime_error);
}

TEST(Client, DaemonThatHangsUp) {
    Server server([](test::FakeNode&) {});
    try {
        (void)cli::Client(server.path()).request("GET", "/");
        FAIL();
    } catch (const cli::Failure& failure) {
        EXPECT_EQ(failure.exit, 4);
        EXPECT_THAT(failure.message, HasSubstr("hung up"));
    }
}

TEST(Client, DeadlinePasses) {
    Server server([](test::FakeNode& peer) {
        char byte = 0;
        (void)::recv(peer.connection.get(), &byte, 1, 0);  // until the client hangs up
    });
    try {
        (void)cli::Client(server.path()).request("GET", "/", "", 0.01);
        FAIL();
    } catch (const cli::Failure& failure) {
        EXPECT_EQ(failure.code, "timeout");
    }
}

TEST(Client, SomebodyElseAnswers) {
    const auto said = [](const std::function<void(test::FakeNode&)>& answer, double seconds = 60) {
        Server server(answer);
        try {
            cli::Client(server.path()).hear(seconds);
        } catch (const cli::Failure& failure) {
            EXPECT_EQ(failure.exit, 4);
            EXPECT_EQ(failure.code == "unreachable", failure.hint.find("-S") != std::string::npos);
            return failure.code + ": " + failure.message;
        }
        return std::string("labd");
    };
    EXPECT_EQ(said([](test::FakeNode& peer) { say(peer, whole("200 OK", R"({"version":"1"})")); }),
              "labd");
    EXPECT_EQ(said([](test::FakeNode& peer) {
                  say(peer, whole("403 Forbidden", R"({"api":1,"error":{"code":"forbidden"}})"));
              }),
              "labd");
    EXPECT_THAT(said([](test::FakeNode& peer) { say(peer, "SSH-2.0-hello\r\n"); }),
                HasSubstr("is not labd"));
    EXPECT_THAT(said([](test::FakeNode& peer) { say(peer, whole("404 Not Found", "no")); }),
                HasSubstr("is not labd"));
    EXPECT_THAT(said(
                    [](test::FakeNode& peer) {
                        char byte = 0;
                        (void)::recv(peer.connection.get(), &byte, 1,
                                     0);  // until the client hangs up
                    },
                    0.01),
                HasSubstr("says nothing"));
    EXPECT_THAT(said([](test::FakeNode&) {}), testing::StartsWith("internal: "));
}

TEST(Client, NobodyThere) {
    const test::TempDir folder;
    EXPECT_THROW((void)cli::Client(folder / "none").request("GET", "/"), cli::Unreachable);
    EXPECT_THROW(cli::Client(std::string(200, 'x')).probe(), cli::Failure);
}

// The kernel glues the 101 and the frame behind it into one read when both wait already; a read
// that is not careful drops the descriptors.
TEST(Client, UpgradeLeavesTheFirstFrameAlone) {
    Server server([](test::FakeNode& peer) {
        say(peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: lab-session\r\n\r\n");
        peer.start();
    });
    const labd::Fd connection = cli::Client(server.path()).upgrade("POST", "/exec", "{}");
    EXPECT_THAT(server.request(), HasSubstr("Upgrade: lab-session\r\n"));
    EXPECT_THAT(server.request(), HasSubstr("Connection: Upgrade\r\n"));
    cli::FrameReader reader(connection.get());
    ASSERT_TRUE(reader.fill());
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->fds.size(), 3U);
}

TEST(Client, RefusedUpgrade) {
    Server server([](test::FakeNode& peer) {
        say(peer,
            whole("404 Not Found",
                  R"({"api":1,"error":{"code":"no_such_node","message":"no h9","hint":""}})"));
    });
    try {
        (void)cli::Client(server.path()).upgrade("POST", "/exec", "{}");
        FAIL();
    } catch (const cli::Failure& failure) {
        EXPECT_EQ(failure.code, "no_such_node");
    }
}

TEST(Encode, PathSegments) {
    EXPECT_EQ(cli::encode("two-hosts_1"), "two-hosts_1");
    EXPECT_EQ(cli::encode("a/b c?"), "a%2Fb%20c%3F");
}

}  // namespace
