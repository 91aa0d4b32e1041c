// Impairments by netem, in a kernel that has it: as tc and the wire see them.
#include "netlink/netem.hpp"
#include "netlink/netns.hpp"
#include "tests/guest/guest.hpp"
#include "tests/support/inside.hpp"

#include <boost/json.hpp>
#include <fcntl.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace json = boost::json;

// One lab for all, since to start a program is what is dear in the guest.
class Impair : public test::InGuest {
  protected:
    static void SetUpTestSuite() {
        if (test::guest().empty()) return;
        std::ofstream("/run/impair.lab.toml") << "name = \"i\"\nlinks = [[\"h1\", \"h2\"]]\n"
                                                 "[nodes]\nh1 = \"host\"\nh2 = \"host\"\n";
        out("lab up /run/impair.lab.toml");
        out("lab exec h1 -- ping -c1 -W5 h2");  // they know each other from now on
    }
    static void TearDownTestSuite() {
        if (test::guest().empty()) return;
        (void)run("lab down --all");
        (void)run("pkill -x labd");
    }

    static test::Ran run(const std::string& script) {
        return test::run_here(
            {"bash", "-c", "export PATH=" LAB_BINARY_DIR ":$PATH LAB_NAME=i; " + script});
    }
    static std::string out(const std::string& script) {
        const test::Ran ran = run(script);
        EXPECT_EQ(ran.status, 0) << script << "\n" << ran.output;
        return ran.output;
    }
    // What h1 sends is so from now on, and nothing else.
    static void impair(const std::string& settings) {
        out("lab impair h1--h2 --clear --dir h1:h2 " + settings);
    }
    // `tc -j qdisc show dev eth0` of h1, by kind.
    static json::object tower() {
        json::object by_kind;
        const json::value all = json::parse(out("ip netns exec i.h1 tc -j qdisc show dev eth0"));
        for (const json::value& qdisc : all.as_array())
            by_kind[qdisc.at("kind").as_string()] = qdisc;
        return by_kind;
    }
    static json::object netem_options() {
        const json::object all = tower();
        const json::value* netem = all.if_contains("netem");
        EXPECT_NE(netem, nullptr) << json::serialize(all);
        return netem == nullptr ? json::object{} : netem->at("options").as_object();
    }
    static double number(const json::value& of, const char* pointer) {
        boost::system::error_code error;
        const json::value* found = of.find_pointer(pointer, error);
        EXPECT_NE(found, nullptr) << pointer << " in " << json::serialize(of);
        return found == nullptr ? NAN : found->to_number<double>();
    }
    static std::optional<netlink::Netem> read_netem() {
        const netlink::Fd netns(open("/run/netns/i.h1", O_RDONLY | O_CLOEXEC));
        netlink::Socket socket = netlink::socket_in(netns.get());
        for (const netlink::Qdisc& qdisc : netlink::qdiscs(socket))
            if (auto netem = netlink::parse_netem(qdisc)) return netem;
        return std::nullopt;
    }
    // Round trip times in ms, in the order in which answers came.
    static std::vector<double> ping(int count, double interval_s) {
        const std::string said = out("lab exec h1 -- ping -n -c " + std::to_string(count) + " -i " +
                                     std::to_string(interval_s) + " -W 2 h2 || true");
        std::vector<double> times;
        const std::regex time("time=([0-9.]+) ms");
        for (std::sregex_iterator at(said.begin(), said.end(), time), end; at != end; ++at)
            times.push_back(std::stod((*at)[1]));
        return times;
    }
    static int answered(int count) {
        const std::string said = out("lab exec h1 -- ping -n -q -i 0.002 -W 2 -c " +
                                     std::to_string(count) + " h2 || true");
        std::smatch found;
        EXPECT_TRUE(std::regex_search(said, found, std::regex("([0-9]+) received"))) << said;
        return found.empty() ? -1 : std::stoi(found[1]);
    }
};

constexpr const char* everything =
    "--delay 20ms --jitter 3ms --distribution normal --loss 5% --corrupt 0.1% --duplicate 2% "
    "--reorder 25% --rate 10mbit --limit 777 --seed 9";

TEST_F(Impair, EveryAttributeIsReadBack) {
    impair(everything);
    const json::value seen = netem_options();
    EXPECT_EQ(number(seen, "/limit"), 777);
    EXPECT_NEAR(number(seen, "/delay/delay"), 0.02, 1e-6);
    EXPECT_NEAR(number(seen, "/delay/jitter"), 0.003, 1e-6);
    EXPECT_NEAR(number(seen, "/loss-random/loss"), 0.05, 1e-6);
    EXPECT_NEAR(number(seen, "/corrupt/corrupt"), 0.001, 1e-6);
    EXPECT_NEAR(number(seen, "/duplicate/duplicate"), 0.02, 1e-6);
    EXPECT_NEAR(number(seen, "/reorder/reorder"), 0.25, 1e-6);
    EXPECT_EQ(number(seen, "/gap"), 1);
    EXPECT_EQ(number(seen, "/rate/rate"), 1'250'000) << "bytes";
    const auto ours = read_netem();
    ASSERT_TRUE(ours);
    if (ours->seed) {  // from 6.6 on
        EXPECT_EQ(*ours->seed, 9U);
    }
    // As labd reads it, it is as it was asked for.
    EXPECT_NE(out("lab links").find("netem"), std::string::npos);
    EXPECT_EQ(out("lab inspect -f /drift | tr -d '[:space:]'"), "[]");
    const json::value shown = json::parse(out("lab impair h1--h2 --show --json"));
    EXPECT_EQ(shown.as_array().at(0).at("impairment").at("distribution").as_string(), "normal");
}

TEST_F(Impair, OneChangeKeepsTheRest) {
    impair(everything);
    json::object before = netem_options();
    const std::string said = out("lab impair h1 h2 --dir 'h1→h2' --delay 30ms");
    EXPECT_NE(said.find("delay 20ms"), std::string::npos) << said;
    EXPECT_NE(said.find("delay 30ms"), std::string::npos) << said;
    json::object after = netem_options();
    EXPECT_NEAR(number(after, "/delay/delay"), 0.03, 1e-6);
    EXPECT_NEAR(number(after, "/delay/jitter"), 0.003, 1e-6);
    before.erase("delay"), after.erase("delay");
    EXPECT_EQ(json::serialize(before), json::serialize(after));
    // And what is taken away is gone, though the kernel would keep it.
    out("lab impair h1--h2 --dir h1:h2 --rate off --reorder off --corrupt 0 --loss 0");
    const json::object rest = netem_options();
    for (const char* gone : {"rate", "reorder", "corrupt", "loss-random"})
        EXPECT_FALSE(rest.contains(gone)) << json::serialize(rest);
    EXPECT_TRUE(rest.contains("duplicate")) << json::serialize(rest);
}

TEST_F(Impair, LossModelsAreReadBack) {
    impair("--loss 'gemodel p=1% r=10% h=30% k=99.9%'");
    json::value seen = netem_options();
    EXPECT_NEAR(number(seen, "/loss-gemodel/p"), 0.01, 1e-6);
    EXPECT_NEAR(number(seen, "/loss-gemodel/r"), 0.1, 1e-6);
    EXPECT_NEAR(number(seen, "/loss-gemodel/1-h"), 0.7, 1e-6);
    EXPECT_NEAR(number(seen, "/loss-gemodel/1-k"), 0.001, 1e-6);
    impair("--loss '4state p13=1% p31=20% p32=5% p23=90% p14=0.5%'");
    const auto ours = read_netem();
    ASSERT_TRUE(ours && std::holds_alternative<netlink::FourStates>(ours->loss));
    const auto& states = std::get<netlink::FourStates>(ours->loss);
    EXPECT_NEAR(states.p31 / 4294967295.0, 0.2, 1e-6);
    EXPECT_NEAR(states.p23 / 4294967295.0, 0.9, 1e-6);
    impair("--loss 1%");
    seen = netem_options();
    EXPECT_FALSE(seen.as_object().contains("loss-gemodel")) << json::serialize(seen);
}

TEST_F(Impair, DelayIsWithinThreePercent) {
    // What ping itself takes comes off, on a machine that has other things to do as well: of both
    // the quarter that was disturbed least.
    const auto quick = [](std::vector<double> times) {
        EXPECT_GT(times.size(), 30U);
        std::sort(times.begin(), times.end());
        return times.at(times.size() / 4);
    };
    impair("--loss 0");
    const double without = quick(ping(41, 0.06));
    impair("--delay 50ms");
    const std::vector<double> times = ping(41, 0.06);
    EXPECT_NEAR(quick(times) - without, 50, 1.5) << without;
    EXPECT_GE(*std::min_element(times.begin(), times.end()), 50) << "never sooner";
}

TEST_F(Impair, LossIsWithinItsBinomialInterval) {
    impair("--loss 10%");
    constexpr int sent = 4000;
    EXPECT_NEAR(answered(sent), sent * 0.9, 6 * std::sqrt(sent * 0.1 * 0.9));
    out("lab impair h1--h2 --clear");
    EXPECT_EQ(answered(100), 100);
}

TEST_F(Impair, RateIsWithinFivePercent) {
    const auto measured_mbit = [] {
        // So many bytes as they stand on the wire, from the first to the last one's arrival.
        std::ofstream("/run/rate.py")
            << "import socket, subprocess, sys, time\n"
               "s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n"
               "s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)\n"
               "s.bind(('::', 9000)); s.settimeout(20)\n"
               "print('ready', flush=True)\n"
               "times = []\n"
               "while len(times) < 500: s.recv(2000); times.append(time.monotonic())\n"
               "print(499 * 1442 * 8 / (times[-1] - times[0]) / 1e6)\n";
        const std::string said = out(
            "coproc lab exec h2 -- python3 - < /run/rate.py; exec 3<&${COPROC[0]}; read -r _ <&3; "
            "lab exec h1 -- python3 -c 'import socket\n"
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)\n"
            "to = (socket.gethostbyname(\"h2\"), 9000)\n"
            "for i in range(500): s.sendto(bytes(1400), to)'; read -r rate <&3; echo $rate");
        return std::stod(said);
    };
    impair("--rate 10mbit");
    EXPECT_NEAR(measured_mbit(), 10, 0.5);
    // By a bucket of its own, since netem has no burst.
    impair("--rate 10mbit --burst 16KB");
    EXPECT_TRUE(tower().contains("tbf"));
    EXPECT_NEAR(measured_mbit(), 10, 0.5);
}

TEST_F(Impair, ATowerOfAll) {
    impair("--delay 5ms --rate 20mbit --queue 'fq_codel target=8ms limit=500'");
    const json::object all = tower();
    for (const char* kind : {"netem", "tbf", "fq_codel"})
        EXPECT_TRUE(all.contains(kind)) << json::serialize(all);
    const json::value codel = all.at("fq_codel");
    EXPECT_EQ(number(codel, "/options/limit"), 500);
    EXPECT_NEAR(number(codel, "/options/target"), 8000, 2);
    EXPECT_EQ(out("lab inspect -f /drift | tr -d '[:space:]'"), "[]");
    EXPECT_GT(ping(5, 0.05).size(), 4U);
}

TEST_F(Impair, QueuesThatDropEarlyAndBucketsBelow) {
    impair("--delay 5ms --queue 'red limit=120KB min=10KB max=30KB probability=5% ecn=true'");
    const json::object all = tower();
    ASSERT_TRUE(all.contains("red")) << json::serialize(all);
    const json::value red = all.at("red");
    EXPECT_EQ(number(red, "/options/limit"), 120'000);
    EXPECT_EQ(number(red, "/options/min"), 10'000);
    EXPECT_EQ(number(red, "/options/max"), 30'000);
    EXPECT_EQ(out("lab inspect -f /drift | tr -d '[:space:]'"), "[]");
    EXPECT_GT(ping(5, 0.05).size(), 4U);
    impair("--queue 'tbf rate=8mbit'");
    EXPECT_TRUE(tower().contains("tbf"));
    EXPECT_EQ(out("lab inspect -f /drift | tr -d '[:space:]'"), "[]");
    EXPECT_GT(ping(5, 0.05).size(), 4U);
}

TEST_F(Impair, WhatTcHasPutThereIsTakenOver) {
    out("lab impair h1--h2 --clear --delay 20ms");
    out("ip netns exec i.h1 tc qdisc replace dev eth0 root handle 7: netem delay 30ms loss 5%");
    const std::string said = out("lab up --adopt 2>&1 > /run/adopted.lab.toml");
    EXPECT_NE(said.find("h1:eth0 sends delay 20ms → delay 30ms, loss 5%"), std::string::npos)
        << said;
    EXPECT_NE(out("cat /run/adopted.lab.toml").find("loss = \"5%\""), std::string::npos);
    out("ip netns exec i.h1 tc qdisc delete dev eth0 root; lab up /run/impair.lab.toml");
}

TEST_F(Impair, JitterKeepsTheOrderWhenToldTo) {
    impair("--delay 30ms --jitter 15ms --order keep");
    const std::string said = out("lab exec h1 -- ping -n -c 60 -i 0.003 -W 2 h2");
    int last = 0;
    const std::regex sequence("icmp_seq=([0-9]+)");
    for (std::sregex_iterator at(said.begin(), said.end(), sequence), end; at != end; ++at) {
        const int now = std::stoi((*at)[1]);
        EXPECT_GT(now, last) << said;
        last = now;
    }
    EXPECT_EQ(last, 60);
    EXPECT_EQ(out("lab inspect -f /drift | tr -d '[:space:]'"), "[]");
}

TEST_F(Impair, ChangesByHandAreDriftAndUpPutsThemRight) {
    out("lab impair h1--h2 --clear --delay 20ms");
    out("ip netns exec i.h1 tc qdisc change dev eth0 root netem delay 99ms");
    EXPECT_NE(out("lab inspect -f /drift").find("delay is 99ms, wished 20ms"), std::string::npos);
    out("lab up /run/impair.lab.toml");
    EXPECT_EQ(out("ip netns exec i.h1 tc qdisc show dev eth0 | grep -c netem || true"), "0\n");
}

}  // namespace
