// What nodes say, judged: canned words of ping, vtysh and name servers.
#include "labd/check/command.hpp"
#include "labd/check/dns_message.hpp"
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"
#include "tests/support/resolved.hpp"
#include "topology/condition.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace labd::check;
using test::lab_of;

const topology::Lab& triangle() {
    static const topology::Lab lab = lab_of(
        "links = [[\"r1\", \"r2\"], [\"r2\", \"r3\"], [\"r1\", \"r3\"], [\"h[1-3]\", "
        "\"r[1-3]\"]]\n[nodes]\n\"h[1-3]\" = \"host\"\n\"r[1-3]\" = { kind = \"router\", routing = "
        "\"ospf\", loopback = true }\n");
    return lab;
}

topology::Check check_of(const std::string& words) {
    topology::Condition condition = topology::read_condition(words, triangle());
    EXPECT_FALSE(condition.diagnostics.failed())
        << topology::render(condition.diagnostics.all(), condition.sources, false);
    return condition.check;
}

Heard said(std::string out, int status = 0, std::string err = "") {
    Heard heard;
    heard.out = std::move(out);
    heard.err = std::move(err);
    heard.wait_status = status << 8;
    return heard;
}

Verdict verdict(const std::string& words, std::vector<Heard> heard) {
    const topology::Check check = check_of(words);
    EXPECT_EQ(ask(check, triangle()).commands.size(), heard.size()) << words;
    Answers answers;
    answers.commands = std::move(heard);
    return judge(check, triangle(), answers);
}

constexpr const char* one_reply =
    "PING 10.0.2.1 (10.0.2.1) 56(84) bytes of data.\n64 bytes from 10.0.2.1: icmp_seq=1 ttl=62 "
    "time=0.312 ms\n\n--- 10.0.2.1 ping statistics ---\n1 packets transmitted, 1 received, 0% "
    "packet "
    "loss, time 0ms\nrtt min/avg/max/mdev = 0.312/0.312/0.312/0.000 ms\n";
constexpr const char* unreachable =
    "PING 10.0.2.1 (10.0.2.1) 56(84) bytes of data.\nFrom 10.0.1.254 icmp_seq=1 Destination Net "
    "Unreachable\n\n--- 10.0.2.1 ping statistics ---\n1 packets transmitted, 0 received, +1 "
    "errors, "
    "100% packet loss, time 0ms\n";

TEST(JudgePing, SaysTheTimeOrWhoRefused) {
    const Verdict good = verdict("ping h1 h2", {said(one_reply)});
    EXPECT_TRUE(good.holds(false));
    EXPECT_EQ(good.value(false), "0.31 ms");
    EXPECT_DOUBLE_EQ(good.metrics.at("rtt"), 0.000312);
    const Verdict bad = verdict("ping h1 h2", {said(unreachable, 1)});
    EXPECT_FALSE(bad.holds(false));
    EXPECT_TRUE(bad.holds(true));
    EXPECT_EQ(bad.value(false), "no reply: Destination Net Unreachable, says 10.0.1.254");
}

TEST(JudgePing, OfSetsAllOrNoneMust) {
    const Verdict half = verdict("ping h1 h[2-3]", {said(one_reply), said(unreachable, 1)});
    EXPECT_FALSE(half.holds(false));
    EXPECT_FALSE(half.holds(true));
    EXPECT_EQ(half.value(false),
              "h1 → h3: no reply: Destination Net Unreachable, says 10.0.1.254 (1 of 2 right)");
    EXPECT_EQ(half.value(true), "h1 → h2: 0.31 ms (1 of 2 right)");
}

TEST(JudgePing, AShareAndATimeHaveBounds) {
    const char* text =
        "20 packets transmitted, 18 received, 10% packet loss, time 950ms\nrtt min/avg/max/mdev = "
        "20.1/25.0/30.1/0.000 ms\n";
    EXPECT_TRUE(verdict("ping h1 h2 'loss=< 11%' 'rtt=< 30ms'", {said(text)}).holds(false));
    EXPECT_FALSE(verdict("ping h1 h2 'loss=< 10%'", {said(text)}).holds(false));
    const Verdict slow = verdict("ping h1 h2 'loss=< 11%' 'rtt=< 25ms'", {said(text)});
    EXPECT_FALSE(slow.holds(false));
    EXPECT_EQ(slow.value(false), "25 ms, 10 % lost, wanted < 25ms");
    EXPECT_TRUE(slow.findings[0].flow->slow);
    EXPECT_EQ(verdict("ping h1 h2 'loss=< 10%'", {said(text)}).value(false),
              "25 ms, 10 % lost, wanted < 10%");
}

TEST(JudgePing, AProgramThatIsNotThereIsNobodysNetwork) {
    const Verdict none =
        verdict("ping h1 h2", {said("", 127, "env: 'ping': No such file or directory\n")});
    EXPECT_EQ(none.broken, "h1: env: 'ping': No such file or directory");
    EXPECT_FALSE(none.holds(false));
    EXPECT_FALSE(none.holds(true));
}

// A page that came is no packet lost: its own words are the cause.
TEST(JudgeHttp, SaysWhatTheServerAnsweredAndWhatIsWanted) {
    Heard mute = said("", 0, "connected\n");
    mute.timed_out = true, mute.after_s = 4.98;
    const Verdict silent = verdict("http h1 http://h2/x", {mute});
    EXPECT_EQ(silent.value(false), "accepted, but sent nothing within 5 s");
    EXPECT_TRUE(silent.findings.front().flow->connected);
    mute.err = "";
    EXPECT_EQ(verdict("http h1 http://h2/x", {mute}).value(false), "no answer");
    EXPECT_EQ(verdict("http h1 http://h2/x", {said("", 0, "connected\n")}).value(false),
              "accepted, and closed without a word");
    EXPECT_EQ(verdict("http h1 http://h2/x",
                      {said("", 1, "connected\ncat: -: Connection reset by peer\n")})
                  .value(false),
              "Connection reset by peer");
    const Verdict none = verdict("http h1 http://h2/x", {said("HTTP/1.0 404 Not Found\r\n\r\n")});
    EXPECT_EQ(none.value(false), "status 404, wanted 200");
    EXPECT_EQ(none.findings[0].cause, "the server at h2 port 80 answered 404, wanted 200");
    const Verdict other =
        verdict("http h1 http://h2/ body=hello", {said("HTTP/1.0 200 OK\r\n\r\nbye\n")});
    EXPECT_EQ(other.value(false), "status 200, but the body is: bye, wanted hello");
    EXPECT_EQ(other.findings[0].cause,
              "the server at h2 port 80 answered with another body than the one wanted");
}

TEST(JudgeHttp, TheWholePageHasToCome) {
    const auto page = [](const std::string& head, std::size_t size, bool timed_out) {
        Heard heard = said("HTTP/1.0 200 OK\r\n" + head + "\r\n" + std::string(size, 'x'));
        heard.timed_out = timed_out, heard.after_s = timed_out ? 4.98 : 0;
        return verdict("http h1 http://h2/x", {heard});
    };
    EXPECT_TRUE(page("Content-Length: 3000\r\n", 3000, false).holds(false));
    EXPECT_TRUE(page("", 3000, false).holds(false)) << "its end is that of the connection";
    EXPECT_TRUE(page("content-length:3000\r\n", 3000, true).holds(false)) << "and it goes on";
    EXPECT_EQ(page("Content-Length: 3000\r\n", 500, true).value(false),
              "status 200, but only 500 of 3000 bytes of the page came within 5 s");
    EXPECT_EQ(page("Content-Length: 3000\r\n", 0, false).value(false),
              "status 200, but only 0 of 3000 bytes of the page came");
    EXPECT_EQ(page("", 10, true).value(false),
              "status 200, but only 10 bytes of the page came within 5 s");
    EXPECT_TRUE(page("Content-Length: 3000000\r\n", labd::check::output_limit, true).holds(false))
        << "no more is looked at";
}

TEST(JudgeRun, SaysWhatIsWanted) {
    const auto value = [](const std::string& words, std::string out, int status = 0) {
        return verdict("run = { node = \"h1\", cmd = \"x\" }\n" + words,
                       {said(std::move(out), status)})
            .value(false);
    };
    EXPECT_EQ(value("json = \"/x\"\nis = \"111\"", "{\"x\":110}"), "110, wanted 111");
    EXPECT_EQ(value("exit = 3", "", 0), "exit status 0, wanted exit status 3");
    EXPECT_EQ(value("stdout = \"a\"", "b\n"), "b, wanted a");
    EXPECT_EQ(value("stdout = \"a\\nb\\nc\"", "a\nx\nc\n"),
              "line 2 of 3 is: x, wanted line 2 to be: b");
    EXPECT_EQ(value("stdout = \"a\\nb\"", "a\n"), "1 line, wanted line 2 to be: b");
    EXPECT_EQ(value("stdout = \"~ q\"", "a\nx\nc\n"), "the first of 3 lines is: a, wanted ~ q");
    EXPECT_EQ(value("stdout = \"a\"", "b\nc\n"), "the first of 2 lines is: b, wanted a");
    EXPECT_EQ(value("stdout = \"a\"", "a\nc\n"), "line 2 of 2 is: c, wanted no line 2");
    EXPECT_EQ(value("stdout = \"a\"", ""), "said nothing, wanted a");
}

TEST(JudgeRun, HoldsNumbersAgainstBounds) {
    const auto holds = [](const std::string& words, std::string out) {
        return verdict("run = { node = \"h1\", cmd = \"x\" }\n" + words, {said(std::move(out))})
            .holds(false);
    };
    EXPECT_TRUE(holds("json = \"/x\"\nis = \"< 111\"", "{\"x\":110}"));
    EXPECT_FALSE(holds("json = \"/x\"\nis = \"< 110\"", "{\"x\":110}"));
    EXPECT_FALSE(holds("json = \"/x\"\nis = \"< 110\"", "{\"x\":\"few\"}"));
    EXPECT_TRUE(holds("stdout = \"> 5\"", "13\n"));
    EXPECT_FALSE(holds("stdout = \">= 14\"", "13\n"));
    // No number, no bound: the words themselves.
    EXPECT_TRUE(holds("stdout = \"< none\"", "< none\n"));
}

TEST(JudgeProcess, ComparesWhatTheKernelKeeps) {
    EXPECT_TRUE(verdict("process h1 a-very-long-name-indeed", {said("lab-init\na-very-long-nam\n")})
                    .holds(false));
    EXPECT_EQ(verdict("process h1 ospfd", {said("lab-init\nzebra\n\x1b[31m\n")}).value(false),
              "not running; what runs is ?[31m, zebra");
}

// As FRR 8.4.4 says it.
constexpr const char* ospf =
    R"({"neighbors":{"10.255.0.2":[{"priority":1,"state":"Full\/-","nbrState":"Full\/-","ifaceAddress":"172.16.0.1","ifaceName":"eth0:172.16.0.0"}],"10.255.0.3":[{"nbrState":"ExStart\/-","ifaceAddress":"172.16.0.5"}]}})";

TEST(JudgeOspf, CountsAndNames) {
    const Verdict two = verdict("ospf-neighbors r1 full=2", {said(ospf)});
    EXPECT_FALSE(two.holds(false));
    EXPECT_EQ(two.value(false), "1 Full: r2; r3 is ExStart");
    EXPECT_TRUE(verdict("ospf-neighbors r1 full=1", {said(ospf)}).holds(false));
    EXPECT_TRUE(verdict("ospf-neighbors r1 with=r2", {said(ospf)}).holds(false));
    EXPECT_FALSE(verdict("ospf-neighbors r1 with=r3", {said(ospf)}).holds(false));
    EXPECT_EQ(verdict("ospf-neighbors r1 full=1", {said("OSPF is not running\n")}).value(false),
              "OSPF is not running");
    EXPECT_FALSE(verdict("ospf-neighbors r1 'full=0'", {said("{\"neighbors\":")}).holds(false));
}

TEST(JudgeOspf, Version3KnowsRouterIdsOnly) {
    const char* text =
        R"({"neighbors":[{"neighborId":"10.255.0.2","state":"Full"},{"neighborId":"10.255.0.3","state":"Full"}]})";
    const Verdict both = verdict("ospf-neighbors r1 full=2 family=ipv6", {said(text)});
    EXPECT_TRUE(both.holds(false));
    EXPECT_EQ(both.value(false), "2 Full: r2, r3");
}

TEST(JudgePath, IsComparedByName) {
    // The shells that ask answer at once, a line here, a line there.
    const std::string way =
        "@2 PING h2\n@1 PING h2\n@3 PING h2\n"
        "@1 From 10.0.1.1 icmp_seq=1 Time to live exceeded\n"
        "@2 From 172.16.0.1 icmp_seq=1 Time to live exceeded\n"
        "@4 64 bytes from 10.0.2.2: icmp_seq=1 ttl=62 time=0.1 ms\n"
        "@3 64 bytes from 10.0.2.2: icmp_seq=1 ttl=62 time=0.1 ms\n@1 \n@2 \n";
    const Owners owners(triangle());
    ASSERT_EQ(owners.name(*topology::Ip::parse("172.16.0.1")), "r2");
    const std::string first = owners.name(*topology::Ip::parse("10.0.1.1"));
    const std::string last = owners.name(*topology::Ip::parse("10.0.2.2"));
    EXPECT_EQ(verdict("path h1 r1 r2 h2", {said(way)}).value(false),
              "h1 → " + first + " → r2 → " + last);
    EXPECT_FALSE(verdict("path h1 r1 h2", {said(way)}).holds(false));
    EXPECT_FALSE(verdict("path h1 h2 not-via=r2", {said(way)}).holds(false));
    EXPECT_EQ(
        verdict("path h1 r1 r2 h2", {said("@1 PING h2\n@2 PING h2\n@3 \n@4 \n@5 \n")}).value(false),
        "h1 → nobody answers");
}

TEST(Dns, AskedAndAnswered) {
    const std::string query = dns_query("www.lab", 1, 0x1ab5);
    EXPECT_EQ(query.substr(12, 9), std::string("\x03www\x03lab\0", 9));
    std::string answer = query;
    answer[2] = '\x81', answer[3] = '\x80', answer[7] = 1;
    answer += std::string("\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01", 16);
    const DnsAnswer good = parse_dns_answer(answer, 1, 0x1ab5);
    EXPECT_TRUE(good.good);
    EXPECT_THAT(good.data, testing::ElementsAre("10.0.0.1"));
    EXPECT_FALSE(parse_dns_answer(answer, 1, 7).good);
    EXPECT_TRUE(dns_query(std::string(64, 'a'), 1, 1).empty());
    EXPECT_TRUE(dns_query("", 1, 1).empty());
}

// Cut anywhere, and pointing at itself, it is read without harm.
TEST(Dns, HostileAnswersEnd) {
    std::string answer(
        "\x1a\xb5\x81\x80\0\0\0\x01\0\0\0\0\xc0\x0c\0\x05\0\x01\0\0\0\0\0\x02\xc0\x18", 26);
    for (std::size_t n = 0; n <= answer.size(); ++n)
        EXPECT_TRUE(parse_dns_answer(answer.substr(0, n), 5, 0x1ab5).data.size() <= 1) << n;
}

TEST(JudgeKernel, RoutesByNameAndWhatIsNearest) {
    const topology::Lab& lab = triangle();
    Reading reading;
    reading.links.push_back({100, "eth0", true, true, 1500});
    Reading::Route route;
    route.destination = *topology::Prefix::parse("10.0.2.0/24");
    route.hops = {{topology::Ip::parse("172.16.0.1"), "eth0"}};
    route.protocol = 188;
    route.metric = 20;
    reading.routes.push_back(route);
    const auto look = [&](const std::string& words) {
        const topology::Check check = check_of(words);
        Answers answers;
        answers.spaces["r1"] = reading;
        return judge(check, lab, answers);
    };
    EXPECT_TRUE(look("route r1 10.0.2.0/24 via=r2 dev=eth0 proto=ospf metric=20").holds(false));
    EXPECT_EQ(look("route r1 10.0.2.0/24 via=r3").value(false),
              "via r2 dev eth0 proto ospf metric 20, wanted via r3");
    EXPECT_EQ(look("route r1 10.0.2.0/24 metric=10").value(false),
              "via r2 dev eth0 proto ospf metric 20, wanted metric 10");
    EXPECT_EQ(look("route r1 10.0.2.128/25").value(false),
              "no route to 10.0.2.128/25 (1 route, the nearest is 10.0.2.0/24)");
    EXPECT_FALSE(look("route r1 10.0.2.0/24 absent=true").holds(false));
    EXPECT_TRUE(look("route r1 10.0.2.0/24 via=r3 absent=true").holds(false));
    EXPECT_EQ(look("link r1 eth9").value(false), "r1 has no interface eth9");
}

}  // namespace
