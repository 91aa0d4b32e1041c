// The HTTP server as clients meet it that know how to behave.
#include "labd/api/http.hpp"

#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::http::Exchange;
using labd::http::Route;
using test::HttpClient;
using test::HttpServer;
using test::Response;
using testing::HasSubstr;

using Held = std::shared_ptr<Exchange>;

Route echo(const std::string& method = "GET", const std::string& pattern = "/echo/{what}") {
    return {method, pattern, [](Held exchange) {
                const auto& request = exchange->request();
                std::string text;
                for (const auto& [key, value] : request.path) text += key + "=" + value + ";";
                for (const auto& [key, value] : request.query) text += key + "=" + value + "&";
                exchange->answer(200, text + request.body);
            }};
}

TEST(Http, AnswersAndKeepsTheConnection) {
    HttpServer server({echo()});
    HttpClient client(server.path());
    for (const std::string word : {"one", "two"}) {
        const Response response = client.get("/echo/" + word + "?a=1&follow&b=x%20y+z");
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "what=" + word + ";a=1&b=x y z&follow=&");
        EXPECT_EQ(response.headers.at("content-type"), "application/json");
    }
}

TEST(Http, AnswersPipelinedRequestsInOrder) {
    HttpServer server({echo()});
    HttpClient client(server.path());
    client.send("GET /echo/a HTTP/1.1\r\n\r\nGET /echo/b HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.receive().body, "what=a;");
    EXPECT_EQ(client.receive().body, "what=b;");
    EXPECT_EQ(client.rest(), "");
}

TEST(Http, TakesARequestByteByByte) {
    HttpServer server({echo("PUT")});
    HttpClient client(server.path());
    for (const char c : std::string("PUT /echo/a HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz"))
        client.send(std::string(1, c));
    EXPECT_EQ(client.receive().body, "what=a;xyz");
}

TEST(Http, TakesChunkedBodies) {
    HttpServer server({echo("PUT")});
    HttpClient client(server.path());
    client.send(
        "PUT /echo/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n");
    EXPECT_EQ(client.receive().body, "what=a;xyz");
}

TEST(Http, SaysContinueToWhoeverWaitsForIt) {
    HttpServer server({echo("PUT")});
    HttpClient client(server.path());
    client.send("PUT /echo/a HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    std::string said;
    while (said.find("\r\n\r\n") == std::string::npos) {
        char c = 0;
        ASSERT_EQ(::recv(client.fd(), &c, 1, 0), 1);
        said += c;
    }
    EXPECT_EQ(said, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("x");
    EXPECT_EQ(client.receive().body, "what=a;x");
}

TEST(Http, KnowsWhoAsks) {
    labd::Peer seen;
    HttpServer server({{"GET", "/who", [&](Held exchange) {
                            seen = exchange->request().peer;
                            exchange->answer(200, "{}");
                        }}});
    HttpClient client(server.path());
    EXPECT_EQ(client.get("/who").status, 200);
    EXPECT_EQ(seen.uid, ::getuid());
    EXPECT_EQ(seen.gid, ::getgid());
    EXPECT_EQ(seen.pid, ::getpid());
    EXPECT_EQ(seen.stranger, "");
}

TEST(Http, HangsUpOnStrangersAndSaysWhy) {
    bool asked = false;
    HttpServer server({{"GET", "/who",
                        [&](Held exchange) {
                            asked = true;
                            exchange->answer(200, "{}");
                        }}},
                      {}, [](int) {
                          labd::Peer peer;
                          peer.stranger = "it is in a user namespace of its own";
                          return peer;
                      });
    HttpClient client(server.path());
    const Response refused = client.receive();
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"forbidden")"));
    EXPECT_THAT(refused.body, HasSubstr("it is in a user namespace of its own"));
    EXPECT_EQ(client.rest(), "");  // and gone
    EXPECT_FALSE(asked);
}

TEST(Http, NamesWhatIsNotThere) {
    HttpServer server({echo(), echo("PUT")});
    HttpClient client(server.path());
    const Response unknown = client.get("/no/such");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body,
              R"({"api":1,"error":{"code":"bad_request","message":"labd has no /no/such",)"
              R"("hint":"see GET /v1/version for what answers"}})");
    client.send("DELETE /echo/a HTTP/1.1\r\n\r\n");
    const Response method = client.receive();
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(method.headers.at("allow"), "GET, PUT");
    EXPECT_THAT(method.body, HasSubstr("/echo/a does not take DELETE"));
    EXPECT_EQ(client.get("/echo/still-open").status, 200);
}

TEST(Http, AnswersHeadWithoutABody) {
    HttpServer server({echo("HEAD"), echo()});
    HttpClient client(server.path());
    client.send("HEAD /echo/a HTTP/1.1\r\nConnection: close\r\n\r\n");
    const std::string all = client.rest();
    EXPECT_THAT(all, HasSubstr("Content-Length: 7\r\n"));
    EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST(Http, TurnsAnExceptionIntoAnAnswer) {
    HttpServer server({{"GET", "/boom", [](Held) { throw std::runtime_error("the \"cat\"\n"); }}});
    HttpClient client(server.path());
    const Response response = client.get("/boom");
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, HasSubstr(R"("code":"internal","message":"the \"cat\"\n")"));
    EXPECT_EQ(client.get("/boom").status, 500) << "the connection goes on";
}

TEST(Http, AnswersForAHandlerThatForgetsTo) {
    HttpServer server({{"GET", "/nothing", [](Held) {}}});
    HttpClient client(server.path());
    EXPECT_EQ(client.get("/nothing").status, 500);
}

TEST(Http, TakesAnAnswerThatComesLater) {
    Held held;
    std::promise<void> asked;
    HttpServer server({{"GET", "/later", [&](Held exchange) {
                            held = std::move(exchange);
                            asked.set_value();
                        }}});
    HttpClient client(server.path());
    client.send("GET /later HTTP/1.1\r\n\r\n");
    asked.get_future().wait();
    server.on_loop([&] { std::exchange(held, nullptr)->answer(200, "late"); });
    EXPECT_EQ(client.receive().body, "late");
}

TEST(Http, SendsLinesAsTheyCome) {
    Held held;
    HttpServer server({{"GET", "/lines", [&](Held exchange) {
                            exchange->begin_lines(200);
                            exchange->line("{\"n\":1}");
                            held = std::move(exchange);
                        }}});
    HttpClient client(server.path());
    client.send("GET /lines HTTP/1.1\r\n\r\n");
    std::string first;
    while (first.find("{\"n\":1}\n\r\n") == std::string::npos) {  // before the second exists
        char c = 0;
        ASSERT_EQ(::recv(client.fd(), &c, 1, 0), 1);
        first += c;
    }
    EXPECT_THAT(first, HasSubstr("Transfer-Encoding: chunked"));
    server.on_loop([&] {
        held->line("{\"n\":2}");
        std::exchange(held, nullptr)->end_lines();
    });
    std::string rest;
    while (!rest.ends_with("0\r\n\r\n")) {
        char c = 0;
        ASSERT_EQ(::recv(client.fd(), &c, 1, 0), 1);
        rest += c;
    }
    EXPECT_EQ(rest, "8\r\n{\"n\":2}\n\r\n0\r\n\r\n");
    EXPECT_EQ(client.get("/none").status, 404) << "the connection goes on";
}

TEST(Http, SendsPlainLinesToOldClients) {
    HttpServer server({{"GET", "/lines", [](Held exchange) {
                            exchange->begin_lines(200);
                            exchange->line("1");
                            exchange->end_lines();
                        }}});
    HttpClient client(server.path());
    client.send("GET /lines HTTP/1.0\r\n\r\n");
    const Response response = client.receive();
    EXPECT_EQ(response.headers.count("transfer-encoding"), 0U);
    EXPECT_EQ(response.body, "1\n");
}

TEST(Http, SendsLargeAnswersWhole) {
    const std::string large(20'000'000, 'x');
    HttpServer server({{"GET", "/large", [&](Held exchange) { exchange->answer(200, large); }}});
    HttpClient client(server.path());
    const Response response = client.get("/large");
    EXPECT_TRUE(response.whole);
    EXPECT_TRUE(response.body == large);
}

// ---------------------------------------------------------------- upgrades

Route upgrading(std::promise<labd::Fd>& given) {
    return {"POST", "/session", [&](Held exchange) {
                exchange->upgrade("lab-session",
                                  [&](labd::Fd fd) { given.set_value(std::move(fd)); });
            }};
}

TEST(HttpUpgrade, GivesTheConnectionAway) {
    std::promise<labd::Fd> given;
    HttpServer server({upgrading(given)});
    HttpClient client(server.path());
    client.send(
        "POST /session HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: lab-session\r\n"
        "Content-Length: 2\r\n\r\n{}");
    const Response response = client.receive();
    EXPECT_EQ(response.status, 101);
    EXPECT_EQ(response.headers.at("upgrade"), "lab-session");
    const labd::Fd fd = given.get_future().get();
    ASSERT_TRUE(fd);
    EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
    server.stop();  // the connection is no longer the server's
    client.send("ping");
    char ping[4] = {};
    EXPECT_EQ(::recv(fd.get(), ping, 4, MSG_WAITALL), 4);
    EXPECT_EQ(::send(fd.get(), "pong", 4, 0), 4);
    client.shut();
    ASSERT_TRUE(client.more());
    EXPECT_EQ(::recv(fd.get(), ping, 4, 0), 0);
}

TEST(HttpUpgrade, IsForThoseWhoAskForIt) {
    std::promise<labd::Fd> given;
    HttpServer server({upgrading(given)});
    HttpClient client(server.path());
    client.send("POST /session HTTP/1.1\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    const Response response = client.receive();
    EXPECT_EQ(response.status, 426);
    EXPECT_EQ(response.headers.at("upgrade"), "lab-session");
    EXPECT_FALSE(given.get_future().get());
}

TEST(HttpUpgrade, LosesNoBytesThatCameTooEarly) {
    std::promise<labd::Fd> given;
    HttpServer server({upgrading(given)});
    HttpClient client(server.path());
    client.send(
        "POST /session HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: lab-session\r\n\r\nearly");
    const Response response = client.receive();
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("send nothing until 101 has come"));
    EXPECT_FALSE(given.get_future().get());
}

// ---------------------------------------------------------------- curl, the second opinion

std::string shell(const std::string& command, int& status) {
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "re");
    char buffer[4096];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        out.append(buffer, n);
    status = ::pclose(pipe);
    return out;
}

class Curl : public testing::Test {
  protected:
    void SetUp() override {
        int status = 0;
        (void)shell("command -v curl", status);
        if (status != 0) GTEST_SKIP() << "curl is not installed";
    }
    std::string run(const std::string& arguments) {
        int status = 0;
        const std::string out = shell(
            "curl -sS --max-time 30 --unix-socket " + server.path() + " " + arguments + " 2>&1",
            status);
        EXPECT_EQ(status, 0) << out;
        return out;
    }
    HttpServer server{{echo(), {"PUT", "/size", [](Held exchange) {
                                    exchange->answer(
                                        200, std::to_string(exchange->request().body.size()));
                                }}}};
};

TEST_F(Curl, Asks) {
    EXPECT_EQ(run("'http://l/echo/a%2Fb?x=1'"), "what=a/b;x=1&");
}

TEST_F(Curl, SendsMegabytes) {
    test::TempDir dir;
    std::ofstream(dir / "f") << std::string(3'000'000, 'f');
    EXPECT_EQ(run("-T " + (dir / "f") + " http://l/size"), "3000000");
    EXPECT_EQ(run("-T - http://l/size < " + (dir / "f")), "3000000") << "chunked";
}

}  // namespace
