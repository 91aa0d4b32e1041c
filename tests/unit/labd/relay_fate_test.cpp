// What the relay decides about frames, with a clock and a seed of our own.
#include "labd/relay/fate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace labd::relay {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t ms = 1'000'000;

Share share(double part) {
    return static_cast<Share>(part * always);
}

Settings seeded(std::uint64_t seed = 7) {
    Settings out;
    out.seeded = true;
    out.seed = seed;
    out.limit = 1'000'000;
    return out;
}

// One frame each millisecond.
struct Stream {
    std::vector<Time> due;
    std::vector<bool> lost;
    std::size_t corrupt = 0;
};
Stream stream(Direction& direction, int frames, Time from = seconds(1)) {
    Stream out;
    for (int i = 0; i < frames; ++i) {
        const Fate fate = direction.meet(from + milliseconds(i), 1000);
        out.lost.push_back(fate.count == 0);
        for (std::size_t k = 0; k < fate.count; ++k) {
            out.due.push_back(fate.departures[k].due);
            out.corrupt += fate.departures[k].corrupt ? 1u : 0u;
            direction.leave();
        }
    }
    return out;
}
double lost_part(const Stream& stream) {
    return static_cast<double>(std::count(stream.lost.begin(), stream.lost.end(), true)) /
           static_cast<double>(stream.lost.size());
}

TEST(RelayFate, without_settings_a_frame_leaves_when_it_came) {
    Direction direction(Settings{}, 1);
    const Fate fate = direction.meet(seconds(5), 100);
    ASSERT_EQ(fate.count, 1u);
    EXPECT_EQ(fate.departures[0].due, seconds(5));
    EXPECT_FALSE(fate.departures[0].corrupt);
    EXPECT_EQ(direction.counters().received_bytes, 100u);
}

TEST(RelayFate, a_delay_is_counted_from_the_arrival) {
    Settings settings;
    settings.delay_ns = 20 * ms;
    Direction direction(settings, 1);
    EXPECT_EQ(direction.meet(seconds(5), 100).departures[0].due, seconds(5) + milliseconds(20));
}

TEST(RelayFate, the_same_seed_loses_the_same_frames) {
    Settings settings = seeded();
    settings.loss = {Loss::Model::each, {share(0.1)}};
    Direction one(settings, 2), again(settings, 4), other_way(settings, 3);
    const Stream first = stream(one, 5000);
    EXPECT_EQ(first.lost, stream(again, 5000).lost);
    EXPECT_NE(first.lost, stream(other_way, 5000).lost) << "the directions of one link differ";
    settings.seed = 8;
    Direction other(settings, 2);
    EXPECT_NE(first.lost, stream(other, 5000).lost);
    // Five deviations of a binomial distribution; the seed is fixed.
    EXPECT_NEAR(lost_part(first), 0.1, 5 * std::sqrt(0.1 * 0.9 / 5000));
}

TEST(RelayFate, one_knob_does_not_move_the_chances_of_another) {
    Settings plain = seeded();
    plain.loss = {Loss::Model::each, {share(0.1)}};
    Settings all = plain;
    all.delay_ns = 20 * ms;
    all.jitter_ns = 5 * ms;
    all.corrupt = share(0.2);
    all.reorder = share(0.2);
    all.rate_bits = 100'000'000;
    Direction one(plain, 2), two(all, 2);
    EXPECT_EQ(stream(one, 3000).lost, stream(two, 3000).lost);
}

TEST(RelayFate, a_change_of_one_knob_leaves_the_row_of_losses_as_it_is) {
    Settings settings = seeded();
    settings.loss = {Loss::Model::each, {share(0.1)}};
    Direction still(settings, 2), changed(settings, 2);
    Stream expected = stream(still, 2000);
    Stream got = stream(changed, 1000);
    settings.delay_ns = 50 * ms;
    (void)changed.change(settings, seconds(2));
    const Stream rest = stream(changed, 1000, seconds(2));
    got.lost.insert(got.lost.end(), rest.lost.begin(), rest.lost.end());
    EXPECT_EQ(got.lost, expected.lost);
}

TEST(RelayFate, nothing_and_everything_may_be_lost) {
    Settings settings = seeded();
    settings.loss = {Loss::Model::each, {0}};
    Direction none(settings, 2);
    EXPECT_EQ(lost_part(stream(none, 2000)), 0);
    settings.loss.share[0] = always;
    Direction everything(settings, 2);
    EXPECT_EQ(lost_part(stream(everything, 2000)), 1);
    EXPECT_EQ(everything.counters().lost, 2000u);
}

TEST(RelayFate, gilbert_elliott_loses_its_share_in_bursts) {
    Settings settings = seeded();
    settings.loss = {Loss::Model::gilbert_elliott,
                     {share(0.01), share(0.1), share(0.7), share(0.001)}};
    Direction direction(settings, 2);
    const Stream got = stream(direction, 200'000);
    // In the bad state 1 % / (1 % + 10 %) of the time: 0.7 · 1/11 + 0.001 · 10/11.
    EXPECT_NEAR(lost_part(got), 0.0645, 0.01);
    std::size_t pairs = 0, losses = 0;
    for (std::size_t i = 1; i < got.lost.size(); ++i) {
        if (!got.lost[i - 1]) continue;
        ++losses;
        pairs += got.lost[i] ? 1u : 0u;
    }
    EXPECT_GT(static_cast<double>(pairs) / static_cast<double>(losses), 0.5)
        << "after a loss the next is likely";
}

TEST(RelayFate, the_four_states_follow_each_other) {
    // p13 = p31 = 100 %: every second frame is lost, in turn.
    Settings settings = seeded();
    settings.loss = {Loss::Model::four_state, {always, always, 0, 0, 0}};
    Direction direction(settings, 2);
    const Stream got = stream(direction, 100);
    for (std::size_t i = 1; i < got.lost.size(); ++i) EXPECT_NE(got.lost[i], got.lost[i - 1]) << i;
}

TEST(RelayFate, a_burst_of_the_four_states_receives_some) {
    // 1 → 3 → 2 and there to stay: one frame is lost.
    Settings settings = seeded();
    settings.loss = {Loss::Model::four_state, {always, 0, always, 0, 0}};
    Direction direction(settings, 2);
    const Stream got = stream(direction, 100);
    EXPECT_EQ(std::count(got.lost.begin(), got.lost.end(), true), 1);
    EXPECT_TRUE(got.lost.front());
}

TEST(RelayFate, jitter_reorders_unless_the_order_is_kept) {
    Settings settings = seeded();
    settings.delay_ns = 50 * ms;
    settings.jitter_ns = 10 * ms;
    Direction free(settings, 2);
    const Stream mixed = stream(free, 1000);
    EXPECT_FALSE(std::is_sorted(mixed.due.begin(), mixed.due.end()));
    for (std::size_t i = 0; i < mixed.due.size(); ++i) {
        const Time late = mixed.due[i] - seconds(1) - milliseconds(i);
        EXPECT_GE(late, milliseconds(40));
        EXPECT_LE(late, milliseconds(60));
    }
    settings.keep_order = true;
    Direction kept(settings, 2);
    const Stream ordered = stream(kept, 1000);
    EXPECT_TRUE(std::is_sorted(ordered.due.begin(), ordered.due.end()));
}

TEST(RelayFate, distributions_have_the_delay_as_mean_and_the_jitter_as_deviation) {
    for (const auto& [distribution, deviation] :
         std::map<Distribution, double>{{Distribution::uniform, 1 / std::sqrt(3.0)},
                                        {Distribution::normal, 1},
                                        {Distribution::pareto, 0.75},
                                        {Distribution::paretonormal, 0.6}}) {
        Settings settings = seeded();
        settings.delay_ns = 100 * ms;
        settings.jitter_ns = 10 * ms;
        settings.distribution = distribution;
        Direction direction(settings, 2);
        double sum = 0, squares = 0;
        const int frames = 20'000;
        for (int i = 0; i < frames; ++i) {
            const Time due = direction.meet(seconds(1), 100).departures[0].due;
            direction.leave();
            const double late = std::chrono::duration<double, std::milli>(due - seconds(1)).count();
            sum += late;
            squares += late * late;
        }
        const double mean = sum / frames;
        EXPECT_NEAR(mean, 100, 1) << static_cast<int>(distribution);
        EXPECT_NEAR(std::sqrt(squares / frames - mean * mean) / 10, deviation, 0.15)
            << static_cast<int>(distribution);
    }
}

TEST(RelayFate, without_jitter_the_order_is_kept_when_the_delay_becomes_less) {
    Settings settings = seeded();
    settings.delay_ns = 100 * ms;
    Direction direction(settings, 2);
    const Time before = direction.meet(seconds(1), 100).departures[0].due;
    settings.delay_ns = 10 * ms;
    const Time latest = direction.change(settings, seconds(1) + milliseconds(5));
    EXPECT_EQ(latest, seconds(1) + milliseconds(15));
    const Time after = direction.meet(seconds(1) + milliseconds(5), 100).departures[0].due;
    EXPECT_GE(after, std::min(before, latest));
    EXPECT_EQ(after, latest);
}

TEST(RelayFate, a_rate_sends_one_frame_after_the_other) {
    Settings settings = seeded();
    settings.rate_bits = 8'000'000;  // 1000 bytes a millisecond
    settings.delay_ns = 5 * ms;
    Direction direction(settings, 2);
    for (int i = 1; i <= 10; ++i)
        EXPECT_EQ(direction.meet(seconds(1), 1000).departures[0].due,
                  seconds(1) + milliseconds(i) + milliseconds(5));
    // The line has been free for long: nothing is saved up.
    EXPECT_EQ(direction.meet(seconds(9), 1000).departures[0].due, seconds(9) + milliseconds(6));
}

TEST(RelayFate, a_burst_leaves_at_once_before_the_rate_holds) {
    Settings settings = seeded();
    settings.rate_bits = 8'000'000;
    settings.burst_bytes = 3000;
    Direction direction(settings, 2);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(direction.meet(seconds(1), 1000).departures[0].due, seconds(1)) << i;
    EXPECT_EQ(direction.meet(seconds(1), 1000).departures[0].due, seconds(1) + milliseconds(1));
}

TEST(RelayFate, a_full_queue_drops_what_comes_next) {
    Settings settings = seeded();
    settings.delay_ns = 50 * ms;
    settings.limit = 3;
    Direction direction(settings, 2);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(direction.meet(seconds(1), 100).count, 1u);
    EXPECT_EQ(direction.meet(seconds(1), 100).count, 0u);
    EXPECT_EQ(direction.counters().over_limit, 1u);
    EXPECT_EQ(direction.counters().under_way, 3u);
    direction.leave();
    EXPECT_EQ(direction.meet(seconds(1), 100).count, 1u);
}

TEST(RelayFate, a_duplicate_is_there_twice_and_a_lost_one_of_two_once) {
    Settings settings = seeded();
    settings.duplicate = always;
    Direction twice(settings, 2);
    EXPECT_EQ(twice.meet(seconds(1), 100).count, 2u);
    settings.loss = {Loss::Model::each, {always}};
    Direction once(settings, 2);
    EXPECT_EQ(once.meet(seconds(1), 100).count, 1u);
}

TEST(RelayFate, what_is_reordered_does_not_wait_out_the_delay) {
    Settings settings = seeded();
    settings.delay_ns = 20 * ms;
    settings.reorder = share(0.25);
    Direction direction(settings, 2);
    const Stream got = stream(direction, 4000);
    std::size_t early = 0;
    for (std::size_t i = 0; i < got.due.size(); ++i) {
        const Time late = got.due[i] - seconds(1) - milliseconds(i);
        if (late == Time())
            ++early;
        else
            EXPECT_EQ(late, milliseconds(20));
    }
    EXPECT_EQ(early, direction.counters().reordered);
    EXPECT_NEAR(static_cast<double>(early) / 4000, 0.25, 5 * std::sqrt(0.25 * 0.75 / 4000));
}

TEST(RelayFate, corruption_hits_its_share) {
    Settings settings = seeded();
    settings.corrupt = share(0.1);
    Direction direction(settings, 2);
    const Stream got = stream(direction, 5000);
    EXPECT_EQ(got.corrupt, direction.counters().corrupted);
    EXPECT_NEAR(static_cast<double>(got.corrupt) / 5000, 0.1, 5 * std::sqrt(0.1 * 0.9 / 5000));
}

TEST(RelayFate, settings_that_make_no_sense_are_told_apart) {
    EXPECT_TRUE(is_sound(Settings{}));
    Settings settings;
    settings.limit = 0;
    EXPECT_FALSE(is_sound(settings));
    settings = {};
    settings.delay_ns = longest_ns + 1;
    EXPECT_FALSE(is_sound(settings));
    settings = {};
    settings.distribution = static_cast<Distribution>(4);
    EXPECT_FALSE(is_sound(settings));
    settings = {};
    settings.loss.model = static_cast<Loss::Model>(77);
    EXPECT_FALSE(is_sound(settings));
}

}  // namespace
}  // namespace labd::relay
