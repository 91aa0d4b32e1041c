// The HTTP server as clients meet it that are slow, greedy or gone too early.
#include "labd/api/http.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::http::Exchange;
using labd::http::Limits;
using labd::http::Route;
using test::HttpClient;
using test::HttpServer;
using test::Response;
using testing::HasSubstr;

using Held = std::shared_ptr<Exchange>;

Route plain(const std::string& method = "GET") {
    return {method, "/x", [](Held exchange) { exchange->answer(200, "fine"); }};
}

TEST(HttpHostile, EveryPrefixOfARequestIsSurvived) {
    HttpServer server({plain("PUT")});
    const std::string all = "PUT /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
    for (std::size_t n = 0; n < all.size(); ++n) {
        HttpClient client(server.path());
        client.send(all.substr(0, n));
        if (n % 2 != 0) continue;  // closed without a word
        client.shut();
        EXPECT_NE(client.receive().status, 200) << n;
    }
    HttpClient client(server.path());
    client.send(all);
    EXPECT_EQ(client.receive().status, 200);
}

TEST(HttpHostile, AChunkedBodyHasItsLimitToo) {
    Limits limits;
    limits.body = 100;
    HttpServer server({plain("PUT")}, limits);
    HttpClient client(server.path());
    client.send("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 11; ++i) client.send("a\r\n0123456789\r\n");
    EXPECT_EQ(client.receive().status, 413);
}

TEST(HttpHostile, ARefusalIsReadEvenWhileTheBodyIsStillSent) {
    Limits limits;
    limits.body = 1000;
    HttpServer server({plain("PUT")}, limits);
    HttpClient client(server.path());
    client.send("PUT /x HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n");
    client.send(std::string(4'000'000, 'b'));
    client.shut();
    EXPECT_EQ(client.receive().status, 413);
}

TEST(HttpHostile, LargeBodiesShareTheirMemory) {
    Limits limits;
    limits.large_bodies = 3'000'000;
    HttpServer server({plain("PUT")}, limits);
    HttpClient first(server.path()), second(server.path());
    const std::string large =
        "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n";
    first.send(large);
    ASSERT_TRUE(first.more());  // 100: its share is taken
    second.send(large);
    const Response refused = second.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"busy")"));
    first.send(std::string(2'000'000, 'b'));
    EXPECT_EQ(first.receive().status, 200);
    HttpClient third(server.path());
    third.send(large + std::string(2'000'000, 'b'));
    EXPECT_EQ(third.receive().status, 200) << "the share came back";
}

TEST(HttpHostile, ASlowHeadIsToldSo) {
    Limits limits;
    limits.head_time = std::chrono::milliseconds(50);
    HttpServer server({plain()}, limits);
    HttpClient client(server.path());
    client.send("GET /x HT");
    EXPECT_EQ(client.receive().status, 408);
}

TEST(HttpHostile, ASlowBodyIsToldSo) {
    Limits limits;
    limits.body_time = std::chrono::milliseconds(50);
    HttpServer server({plain("PUT")}, limits);
    HttpClient client(server.path());
    client.send("PUT /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
    EXPECT_EQ(client.receive().status, 408);
}

TEST(HttpHostile, ASilentClientIsClosed) {
    Limits limits;
    limits.head_time = std::chrono::milliseconds(50);
    HttpServer server({plain()}, limits);
    HttpClient client(server.path());
    EXPECT_EQ(client.rest(), "");
}

TEST(HttpHostile, AnAnswerThatNobodyTakesIsDropped) {
    Limits limits;
    limits.stall_time = std::chrono::milliseconds(50);
    HttpServer server(
        {{"GET", "/large", [](Held e) { e->answer(200, std::string(5'000'000, 'x')); }}}, limits);
    HttpClient client(server.path());
    client.send("GET /large HTTP/1.1\r\n\r\n");
    // The server's end is shut by the deadline, which poll tells without reading anything.
    pollfd watched{client.fd(), POLLRDHUP, 0};
    ASSERT_EQ(::poll(&watched, 1, 30'000), 1);
    EXPECT_FALSE(client.receive().whole);
}

TEST(HttpHostile, LinesThatNobodyReadsAreDropped) {
    std::promise<void> lines;
    std::promise<void> gone;
    HttpServer server({{"GET", "/lines", [&](Held exchange) {
                            exchange->on_gone([&] { gone.set_value(); });
                            exchange->begin_lines(200);
                            for (int i = 0; i < 10'000; ++i) exchange->line(std::string(1000, 'x'));
                            lines.set_value();
                        }}});
    HttpClient client(server.path());
    client.send("GET /lines HTTP/1.1\r\n\r\n");
    lines.get_future().get();
    gone.get_future().get();
    const Response response = client.receive();
    EXPECT_FALSE(response.whole);
    EXPECT_LT(response.body.size(), 3'000'000U) << "1 MiB of queue and what the socket held";
}

TEST(HttpHostile, ReadersOfManyLinesAreNotDropped) {
    HttpServer server({{"GET", "/lines", [&](Held exchange) {
                            exchange->begin_lines(200);
                            exchange->line(std::string(5'000'000, 'y'));  // one line may be longer
                            exchange->end_lines();
                        }}});
    HttpClient client(server.path());
    const Response response = client.get("/lines");
    EXPECT_TRUE(response.whole);
    EXPECT_EQ(response.body.size(), 5'000'001U);
}

// A handler that keeps its exchange, and what it hears of the client.
struct Waiting {
    Held held;
    std::promise<void> asked, gone;
    Route route() {
        return {"GET", "/wait", [this](Held exchange) {
                    exchange->on_gone([this] { gone.set_value(); });
                    held = std::move(exchange);
                    asked.set_value();
                }};
    }
};

TEST(HttpHostile, AHangUpIsToldToTheHandler) {
    Waiting waiting;
    HttpServer server({waiting.route()});
    HttpClient client(server.path());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    waiting.asked.get_future().wait();
    client.close();
    waiting.gone.get_future().get();
    server.on_loop([&] {  // too late, and harmless
        waiting.held->answer(200, "x");
        waiting.held.reset();
    });
}

TEST(HttpHostile, AHangUpIsToldToALateListener) {
    Held held;
    std::promise<void> asked, closed, gone;
    HttpServer server({{"GET", "/wait",
                        [&](Held exchange) {
                            held = std::move(exchange);
                            asked.set_value();
                        }},
                       plain()});
    HttpClient client(server.path());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    asked.get_future().wait();
    client.close();
    // Another client's whole round trip: the hang-up has been seen when it is over.
    EXPECT_EQ(HttpClient(server.path()).get("/x").status, 200);
    server.on_loop([&] { held->on_gone([&] { gone.set_value(); }); });
    gone.get_future().get();
    server.on_loop([&] { held.reset(); });
}

TEST(HttpHostile, AHangUpBeforeTheHandlerBeginsIsToldToo) {
    boost::asio::io_context loop{1};
    test::TempDir dir;
    Held held;
    bool gone = false;
    const auto wait = [&](Held exchange) {
        exchange->on_gone([&] { gone = true; });
        held = std::move(exchange);
    };
    labd::http::Server server(loop, {{"GET", "/wait", wait}});
    server.listen(test::listen_at(dir / "s"));
    HttpClient client(dir / "s");
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    client.close();  // nothing of the server has run yet
    while (!gone && loop.run_one_for(std::chrono::seconds(30)) != 0) continue;
    EXPECT_TRUE(gone);
    held.reset();
    server.stop();
    loop.run();
}

TEST(HttpHostile, AClosedWritingSideIsNoHangUp) {
    Waiting waiting;
    HttpServer server({waiting.route(), plain()});
    HttpClient client(server.path());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    client.shut();
    waiting.asked.get_future().wait();
    EXPECT_EQ(HttpClient(server.path()).get("/x").status, 200);
    server.on_loop([&] { std::exchange(waiting.held, nullptr)->answer(200, "patient"); });
    EXPECT_EQ(client.receive().body, "patient");
}

TEST(HttpHostile, StoppingCallsNobodyBack) {
    Waiting waiting;
    HttpServer server({waiting.route()});
    HttpClient client(server.path());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    waiting.asked.get_future().wait();
    server.stop();
    EXPECT_EQ(client.rest(), "");
    server.on_loop([&] {
        waiting.held->line("x");
        waiting.held->answer(200, "x");
        waiting.held.reset();
    });
    EXPECT_EQ(waiting.gone.get_future().wait_for(std::chrono::seconds(0)),
              std::future_status::timeout);
}

TEST(HttpHostile, OneConnectionTooManyIsTold) {
    Limits limits;
    limits.connections = 2;
    HttpServer server({plain()}, limits);
    HttpClient first(server.path());
    EXPECT_EQ(first.get("/x").status, 200);
    {
        HttpClient second(server.path());
        EXPECT_EQ(second.get("/x").status, 200);
        HttpClient third(server.path());
        const Response refused = third.receive();
        EXPECT_EQ(refused.status, 503);
        EXPECT_THAT(refused.body, HasSubstr(R"("code":"busy")"));
        second.send("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(second.receive().status, 200);
        EXPECT_EQ(second.rest(), "");  // closed, and its place is free
    }
    EXPECT_EQ(HttpClient(server.path()).get("/x").status, 200);
}

TEST(HttpHostile, OneUserDoesNotTakeAllConnections) {
    Limits limits;
    limits.connections_per_user = 2;
    std::atomic<uid_t> who{1000};
    HttpServer server({plain()}, limits, [&](int) {
        labd::Peer peer;
        peer.uid = who;
        return peer;
    });
    HttpClient first(server.path()), second(server.path());
    EXPECT_EQ(first.get("/x").status, 200);
    EXPECT_EQ(second.get("/x").status, 200);
    HttpClient third(server.path());
    const Response refused = third.receive();
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"limit")"));
    EXPECT_THAT(refused.body, HasSubstr("user 1000 has 2 connections open"));
    who = 1001;
    EXPECT_EQ(HttpClient(server.path()).get("/x").status, 200) << "another user";
    who = 0;
    std::vector<std::unique_ptr<HttpClient>> of_root;
    for (int i = 0; i < 4; ++i) {
        of_root.push_back(std::make_unique<HttpClient>(server.path()));
        EXPECT_EQ(of_root.back()->get("/x").status, 200) << "root, number " << i;
    }
}

TEST(HttpHostile, ManyClientsAtOnce) {
    HttpServer server({plain()});
    std::vector<HttpClient> clients;
    for (int i = 0; i < 300; ++i) clients.emplace_back(server.path());
    for (std::size_t i = 0; i < clients.size(); i += 2) clients[i].send("GET /x HTTP/1.1\r\n\r\n");
    for (std::size_t i = 0; i < clients.size(); i += 2) EXPECT_EQ(clients[i].receive().status, 200);
}

TEST(HttpHostile, PassedDescriptorsAreNotKept) {
    HttpServer server({plain()});
    HttpClient client(server.path());
    int ends[2] = {};
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    labd::Fd reader(ends[0]), writer(ends[1]);
    std::string text = "GET /x HTTP/1.1\r\n\r\n";
    iovec part{text.data(), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int passed = writer.get();
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
    ASSERT_GT(::sendmsg(client.fd(), &message, 0), 0);
    EXPECT_EQ(client.receive().status, 200);
    writer.reset();
    char c = 0;
    EXPECT_EQ(::read(reader.get(), &c, 1), 0) << "the server still holds the other end";
}

// Without descriptors accept fails while the listening socket stays readable: no spinning, and
// service once there are some again.
TEST(HttpHostile, RecoversFromAFullDescriptorTable) {
    boost::asio::io_context loop{1};
    test::TempDir dir;
    labd::http::Server server(loop, {plain()});
    server.listen(test::listen_at(dir / "s"));
    HttpClient client(dir / "s");
    client.send("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit small{256, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &small), 0);
    std::vector<labd::Fd> fill;
    for (labd::Fd fd; (fd = labd::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));)
        fill.push_back(std::move(fd));
    EXPECT_LT(loop.poll(), 10U) << "spins";
    char c = 0;
    EXPECT_EQ(::recv(client.fd(), &c, 1, MSG_DONTWAIT), -1);
    fill.clear();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    while (::recv(client.fd(), &c, 1, MSG_DONTWAIT | MSG_PEEK) != 1) loop.run_one();
    EXPECT_EQ(client.receive().status, 200);
    server.stop();
    loop.run();
}

}  // namespace
