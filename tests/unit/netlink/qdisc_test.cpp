// What netem and the bucket are told, attribute by attribute, and what is read back of it.
#include "netlink/filter.hpp"
#include "netlink/netem.hpp"
#include "netlink/queue.hpp"
#include "netlink/tbf.hpp"
#include "tests/unit/netlink/bytes.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace {

using netlink::Attribute;
using netlink::Netem;
using netlink::Qdisc;

constexpr netlink::QdiscAt at{7, TC_H_ROOT, 0x10000};

// The request as the kernel's own listing would show it.
Qdisc echoed(const netlink::Message& message) {
    netlink::Bytes rest = message.bytes();
    const auto frame = netlink::next_frame(rest);
    EXPECT_TRUE(frame);
    auto qdisc = netlink::parse_qdisc(*frame);
    EXPECT_TRUE(qdisc);
    return *qdisc;
}

std::set<std::uint16_t> attributes_behind(std::size_t fixed, const Qdisc& qdisc) {
    std::set<std::uint16_t> out;
    netlink::for_attributes(netlink::Bytes(qdisc.options).subspan(fixed),
                            [&](const Attribute& a) { out.insert(a.number); });
    return out;
}

TEST(netem, says_every_attribute_though_it_is_zero) {
    const Qdisc qdisc = echoed(netlink::put_netem(at, Netem{}));
    EXPECT_EQ(qdisc.at, at);
    EXPECT_EQ(qdisc.kind, "netem");
    // All but a loss model and a table of delays: without a model loss is the number, and there is
    // no table that says nothing.
    EXPECT_EQ(attributes_behind(sizeof(tc_netem_qopt), qdisc),
              (std::set<std::uint16_t>{TCA_NETEM_CORR, TCA_NETEM_REORDER, TCA_NETEM_CORRUPT,
                                       TCA_NETEM_RATE, TCA_NETEM_ECN, TCA_NETEM_RATE64,
                                       TCA_NETEM_LATENCY64, TCA_NETEM_JITTER64, TCA_NETEM_SLOT}));
}

TEST(netem, is_read_back_as_it_was_said) {
    Netem netem;
    netem.latency_ns = 50'000'001;
    netem.jitter_ns = 777;
    netem.limit = 4321;
    netem.loss = 0x40000000U;
    netem.duplicate = 2, netem.corrupt = 3, netem.reorder = 4;
    netem.rate = 1'250'000;
    netem.seed = 0x123456789abcdef0U;
    EXPECT_EQ(netlink::parse_netem(echoed(netlink::put_netem(at, netem))), netem);
    netem.loss = netlink::GilbertElliott{1, 2, 3, 4};
    netem.rate = 12'500'000'000;  // 100 gbit: more than 32 bits of bytes
    EXPECT_EQ(netlink::parse_netem(echoed(netlink::put_netem(at, netem))), netem);
    netem.loss = netlink::FourStates{1, 2, 3, 4, 5};
    netem.seed.reset();
    EXPECT_EQ(netlink::parse_netem(echoed(netlink::put_netem(at, netem))), netem);
}

TEST(netem, an_order_that_nobody_asked_for_is_none) {
    Netem netem;
    netem.latency_ns = 1000;
    Qdisc qdisc = echoed(netlink::put_netem(at, netem));
    // As the kernel shows what was asked for once, with a gap of nothing.
    netlink::for_attributes(
        netlink::Bytes(qdisc.options).subspan(sizeof(tc_netem_qopt)), [&](const Attribute& a) {
            if (a.number == TCA_NETEM_REORDER)
                qdisc.options[static_cast<std::size_t>(a.payload.data() - qdisc.options.data())] =
                    std::byte{9};
        });
    EXPECT_EQ(netlink::parse_netem(qdisc)->reorder, 0U);
}

TEST(netem, options_that_are_cut_short_are_none) {
    Qdisc qdisc = echoed(netlink::put_netem(at, Netem{}));
    qdisc.options.resize(sizeof(tc_netem_qopt) - 1);
    EXPECT_FALSE(netlink::parse_netem(qdisc));
    qdisc.kind = "tbf";
    EXPECT_FALSE(netlink::parse_netem(qdisc));
}

TEST(netem, tables_of_delays_have_their_mean_and_deviation) {
    const auto mean = [](const netlink::DelayTable& table) {
        return std::accumulate(table.begin(), table.end(), 0.0) / 4096 / 8192;
    };
    const netlink::DelayTable normal = netlink::normal_delays(), pareto = netlink::pareto_delays();
    EXPECT_NEAR(mean(normal), 0, 0.01);
    EXPECT_NEAR(mean(pareto), 0, 0.05) << "its tail is cut at four deviations";
    EXPECT_NEAR(mean(netlink::pareto_normal_delays()), 0, 0.05);
    // One deviation up is 84.13 % of all.
    EXPECT_NEAR(normal[3446], 8192, 40);
    EXPECT_TRUE(std::is_sorted(normal.begin(), normal.end()));
    EXPECT_TRUE(std::is_sorted(pareto.begin(), pareto.end()));
}

TEST(tbf, is_read_back_as_it_was_said_but_for_a_byte_of_burst) {
    for (const std::uint64_t rate : {125ULL, 1'250'000ULL, 12'500'000'000ULL}) {
        const auto seen = netlink::parse_tbf(echoed(netlink::put_tbf(at, {rate, 16'384, 1000})));
        ASSERT_TRUE(seen);
        EXPECT_EQ(seen->rate, rate);
        EXPECT_EQ(seen->limit, 1000U);
        // The kernel counts it in steps of 64 ns.
        EXPECT_NEAR(seen->burst, 16'384, 1.0 + static_cast<double>(rate) * 64e-9) << rate;
    }
}

TEST(queue, options_go_by_their_names) {
    const netlink::QueueOptions codel{{"limit", 100}, {"target", 2000}, {"interval", 24'000}};
    EXPECT_EQ(netlink::parse_queue(echoed(netlink::put_queue(at, "codel", codel))), codel);
    const netlink::QueueOptions fifo{{"limit", 77}};
    EXPECT_EQ(netlink::parse_queue(echoed(netlink::put_queue(at, "pfifo", fifo))), fifo);
    EXPECT_EQ(netlink::parse_queue(echoed(netlink::put_queue(at, "cake", {{"target", 5}}))),
              netlink::QueueOptions{})
        << "what a kind does not have is left out";
    EXPECT_TRUE(echoed(netlink::put_queue(at, "sfq", {})).options.empty());
}

TEST(queue, red_is_told_all_that_the_kernel_asks_for) {
    const netlink::QueueOptions wish{{"limit", 400'000},
                                     {"min", 30'000},
                                     {"max", 90'000},
                                     {"probability", 85'899'346},
                                     {"ecn", 1}};
    const Qdisc red = echoed(netlink::put_queue(at, "red", wish));
    EXPECT_EQ(red.kind, "red");
    EXPECT_EQ(netlink::parse_queue(red), wish);
    bool complete = false;
    netlink::for_attributes(red.options, [&](const Attribute& a) {
        if (a.number == TCA_RED_PARMS) {
            const auto parameters = a.as<tc_red_qopt>();
            ASSERT_TRUE(parameters);
            // As tc says it for avpkt 1000 burst 50 bandwidth 10Mbit.
            EXPECT_EQ(parameters->Wlog, 5);
        }
        if (a.number != TCA_RED_STAB) return;
        complete = a.payload.size() == 256;
        EXPECT_EQ(a.payload[0], std::byte{0});
        EXPECT_TRUE(std::is_sorted(a.payload.begin(), a.payload.end()));
        EXPECT_EQ(a.payload.back(), std::byte{31}) << "the kernel takes no more";
    });
    EXPECT_TRUE(complete);
    EXPECT_EQ(netlink::parse_queue(echoed(netlink::put_queue(at, "red", {}))).at("max"), 100'000U);
}

TEST(queue, a_bucket_below_is_a_queue_like_others) {
    const netlink::QueueOptions wish{{"rate", 1'250'000}, {"burst", 16'384}, {"limit", 30'000}};
    const netlink::QueueOptions seen =
        netlink::parse_queue(echoed(netlink::put_queue(at, "tbf", wish)));
    EXPECT_EQ(seen.at("rate"), 1'250'000U);
    EXPECT_EQ(seen.at("limit"), 30'000U);
    EXPECT_NEAR(seen.at("burst"), 16'384, 2);
    EXPECT_EQ(netlink::parse_queue(echoed(netlink::put_queue(at, "tbf", {}))).size(), 3U);
}

}  // namespace
