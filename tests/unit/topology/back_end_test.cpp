// What becomes of impairments in kernels that can do all, some and nothing of them.
#include "topology/back_end.hpp"

#include "topology/plan.hpp"
#include "topology/relay_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using testing::ElementsAre;
using testing::Pair;

const BackEnds rich, poor{false, true, true, {"cake"}},
    bare{false, false, false, {"cake", "codel"}};

Impairment everything() {
    Impairment out;
    out.delay_ns = 20'000'000;
    out.jitter_ns = 1'000'000;
    out.loss.emplace().share = Chance::of(0.1);
    out.corrupt = Chance::of(0.01);
    out.duplicate = Chance::of(0.02);
    out.reorder = Chance::of(0.25);
    out.rate_bits = 8'000'000;
    out.queue = Queue{"codel", {}};
    return out;
}

// a:eth0 – b:eth0, and what a is to send.
State fitted(const Impairment& sends, const BackEnds& kernel) {
    State state;
    Device &a = state.spaces["a"].devices["eth0"], &b = state.spaces["b"].devices["eth0"];
    a.name = b.name = "eth0";
    a.peer = {"b", "eth0"}, b.peer = {"a", "eth0"};
    a.sends = sends;
    fit(state, kernel);
    return state;
}

TEST(back_end, netem_does_everything) {
    const State state = fitted(everything(), rich);
    EXPECT_EQ(state.spaces.at("a").devices.at("eth0").sends, everything());
    EXPECT_EQ(state.spaces.at("b").devices.at("eth0").receives, Impairment{});
    EXPECT_TRUE(undone(everything(), rich).empty());
    EXPECT_EQ(back_end_of(everything(), rich), BackEnd::netem);
    EXPECT_EQ(back_end_of({}, rich), BackEnd::none);
}

// What needs no relay where there are filters and a shaper.
Impairment at_once() {
    Impairment out = everything();
    out.delay_ns = out.jitter_ns = 0;
    out.reorder = {};
    return out;
}

TEST(back_end, a_link_that_will_take_the_relay_is_laid_through_it) {
    State state;
    Device &a = state.spaces["a"].devices["eth0"], &b = state.spaces["b"].devices["eth0"];
    a.name = b.name = "eth0";
    a.peer = {"b", "eth0"}, b.peer = {"a", "eth0"};
    b.relayed = true;
    fit(state, poor);
    EXPECT_EQ(a.peer.space, relay_name);
    EXPECT_EQ(b.peer.space, relay_name);
    EXPECT_FALSE(a.relayed || b.relayed) << "what stands in the kernel has no such word";
    for (const auto& [name, end] : state.spaces.at(relay_name).devices)
        EXPECT_EQ(end.receives, Impairment{}) << name;
}

TEST(back_end, filters_lose_where_packets_arrive) {
    const State state = fitted(at_once(), poor);
    EXPECT_THAT(
        impairment_words(state.spaces.at("a").devices.at("eth0").sends),
        ElementsAre(Pair("duplicate", "2%"), Pair("rate", "8mbit"), Pair("queue", "codel")));
    EXPECT_THAT(impairment_words(state.spaces.at("b").devices.at("eth0").receives),
                ElementsAre(Pair("loss", "10%"), Pair("corrupt", "1%")));
    EXPECT_TRUE(undone(everything(), poor).empty());
    EXPECT_EQ(back_end_of(at_once(), poor), BackEnd::nft);
    EXPECT_EQ(back_end_of(everything(), poor), BackEnd::relay);
}

TEST(back_end, filters_have_no_memory_for_bursts) {
    Impairment bursts;
    bursts.loss.emplace().model = Loss::Model::gemodel;
    EXPECT_EQ(back_end_of(bursts, poor), BackEnd::relay);
    EXPECT_EQ(fitted(bursts, poor).spaces.at("b").devices.at("eth0").receives, Impairment{});
    EXPECT_EQ(back_end_of(bursts, rich), BackEnd::netem);
}

TEST(back_end, a_kernel_that_has_nothing_leaves_all_but_queues_to_the_relay) {
    const State state = fitted(everything(), bare);
    EXPECT_EQ(state.spaces.at("a").devices.at("eth0").sends, Impairment{});
    EXPECT_EQ(state.spaces.at("b").devices.at("eth0").receives, Impairment{});
    EXPECT_THAT(undone(everything(), bare), ElementsAre("queue"));
    EXPECT_EQ(back_end_of(at_once(), bare), BackEnd::relay);
}

TEST(back_end, what_follows_anyway_is_not_said) {
    Impairment asked;
    asked.rate_bits = 12'000'000;
    asked.delay_ns = 50'000'000;
    asked.limit_packets = 1050;  // what it would be
    asked.netem_only = true;
    asked.keep_order = true;  // without jitter nobody overtakes
    asked.burst_bytes = 0;
    const Impairment held = fitted(asked, rich).spaces.at("a").devices.at("eth0").sends;
    EXPECT_THAT(impairment_words(held), ElementsAre(Pair("delay", "50ms"), Pair("rate", "12mbit")));
    Impairment only_limit;
    only_limit.limit_packets = 5;
    EXPECT_EQ(fitted(only_limit, rich).spaces.at("a").devices.at("eth0").sends, Impairment{});
}

TEST(back_end, a_wish_is_served_by_what_the_kernel_rounds) {
    Impairment wish = everything(), seen = wish;
    wish.seed = 7;
    EXPECT_TRUE(serves(wish, seen)) << "an old kernel keeps no seed";
    seen.seed = 8;
    EXPECT_FALSE(serves(wish, seen));
    seen.seed = 7;
    wish.queue->options["target"] = 2000;
    seen.queue->options["target"] = 1999;
    EXPECT_TRUE(serves(wish, seen));
    seen.queue->options["target"] = 1900;
    EXPECT_FALSE(serves(wish, seen));
    seen.queue = wish.queue;
    seen.limit_packets = limit_of(wish);
    EXPECT_TRUE(serves(wish, seen));
    seen.limit_packets = 3;
    EXPECT_FALSE(serves(wish, seen));
}

}  // namespace
