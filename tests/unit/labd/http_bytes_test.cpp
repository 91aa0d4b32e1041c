// The HTTP server and bytes that are no request, or one that it must refuse.
#include "labd/api/http.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/http_server.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::http::Exchange;
using labd::http::Route;
using test::HttpClient;
using test::HttpServer;
using test::Response;
using testing::HasSubstr;

Route plain(const std::string& method = "GET") {
    return {method, "/x",
            [](std::shared_ptr<Exchange> exchange) { exchange->answer(200, "fine"); }};
}

struct Bad {
    std::string name, bytes;
    int status;  // 0: closed without a word
};

class HostileBytes : public testing::TestWithParam<Bad> {};

TEST_P(HostileBytes, AreAnsweredAndDoNotHurtOthers) {
    HttpServer server({plain(), plain("PUT")});
    HttpClient client(server.path());
    client.send(GetParam().bytes);
    client.shut();
    const Response response = client.receive();
    EXPECT_EQ(response.status, GetParam().status) << response.body;
    if (response.status >= 400) {
        EXPECT_THAT(response.body, HasSubstr(R"({"api":1,"error":{"code":"bad_request")"));
        EXPECT_EQ(client.rest(), "");
    }
    EXPECT_EQ(HttpClient(server.path()).get("/x").body, "fine");
}

std::string head(const std::string& line, const std::string& more = "") {
    return line + "\r\n" + more + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileBytes,
    testing::Values(
        Bad{"nothing", "", 0}, Bad{"blank", "\r\n", 400},
        Bad{"garbage", "\x16\x03\x01\x02\x00\x01", 400}, Bad{"zeroes", std::string(64, '\0'), 400},
        Bad{"half_a_line", "GET /x HT", 400},
        Bad{"half_a_head", "GET /x HTTP/1.1\r\nHost: x\r\n", 400},
        Bad{"no_version", head("GET /x"), 400},
        Bad{"http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        Bad{"version_nine", head("GET /x HTTP/9.9"), 400},
        Bad{"bare_line_feeds", "GET /x HTTP/1.1\n\n", 400},
        Bad{"blank_in_the_target", head("GET /x y HTTP/1.1"), 400},
        Bad{"broken_escape", head("GET /x%zz HTTP/1.1"), 400},
        Bad{"cut_escape", head("GET /x%2 HTTP/1.1"), 400},
        Bad{"nul_escape", head("GET /x%00 HTTP/1.1"), 400},
        Bad{"newline_escape", head("GET /x?a=%0a HTTP/1.1"), 400},
        Bad{"no_slash", head("GET x HTTP/1.1"), 400}, Bad{"star", head("OPTIONS * HTTP/1.1"), 400},
        Bad{"connect", head("CONNECT h:80 HTTP/1.1"), 400},
        Bad{"dots_are_no_way_up", head("GET /x/../x HTTP/1.1"), 404},
        Bad{"unknown_method", head("BREW /x HTTP/1.1"), 405},
        Bad{"header_without_colon", head("GET /x HTTP/1.1", "oops\r\n"), 400},
        Bad{"folded_header", head("GET /x HTTP/1.1", "A: b\r\n c\r\n"), 200},
        Bad{"blank_before_colon", head("GET /x HTTP/1.1", "A : b\r\n"), 400},
        Bad{"negative_length", head("PUT /x HTTP/1.1", "Content-Length: -1\r\n"), 400},
        Bad{"length_of_letters", head("PUT /x HTTP/1.1", "Content-Length: ten\r\n"), 400},
        Bad{"length_beyond_64_bits",
            head("PUT /x HTTP/1.1", "Content-Length: 99999999999999999999999\r\n"), 400},
        Bad{"two_lengths",
            head("PUT /x HTTP/1.1", "Content-Length: 1\r\nContent-Length: 2\r\n") + "ab", 400},
        Bad{"length_and_chunks",
            head("PUT /x HTTP/1.1", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400},
        Bad{"chunk_size_of_letters",
            head("PUT /x HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "zz\r\n", 400},
        Bad{"endless_chunk_size",
            head("PUT /x HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "fffffffffffffffff\r\n",
            400},
        Bad{"short_body", head("PUT /x HTTP/1.1", "Content-Length: 10\r\n") + "abc", 400},
        Bad{"too_long_target", head("GET /" + std::string(20000, 'a') + " HTTP/1.1"), 431},
        Bad{"too_many_headers",
            [] {
                std::string all = "GET /x HTTP/1.1\r\n";
                for (int i = 0; i < 2000; ++i) all += "A" + std::to_string(i) + ": b\r\n";
                return all + "\r\n";
            }(),
            431},
        Bad{"body_too_long", head("PUT /x HTTP/1.1", "Content-Length: 104857600\r\n"), 413}),
    [](const testing::TestParamInfo<Bad>& row) { return row.param.name; });

}  // namespace
