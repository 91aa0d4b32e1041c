// Links through the relay: what of a wish goes there, what they are in the plan, how they stay.
#include "topology/relay_link.hpp"

#include "tests/support/fake_state.hpp"
#include "tests/support/lab_builder.hpp"
#include "topology/back_end.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::LabBuilder;
using testing::ElementsAre;
using testing::Pair;

const BackEnds without_netem{false, true, true, {"cake"}};

// h1 – r1 – h2, the first link delayed by h1, and a LAN of three.
struct Line : LabBuilder {
    Line() {
        hosts({"h1", "h2", "h3", "h4", "h5"});
        routers({"r1"});
        link({"h1", "r1"});
        link({"r1", "h2"});
        link({"h3", "h4", "h5"});
    }
    Impairment& of(const std::string& node) { return (*this)[node].interfaces.at(0).impairment; }
    State wish(const BackEnds& kernel = without_netem) {
        address(lab, diagnostics);
        route(lab, diagnostics);
        EXPECT_EQ(test::codes(diagnostics), "");
        return desired(lab, kernel);
    }
};

const Device& at(const State& state, const std::string& space, const std::string& device) {
    return state.spaces.at(space).devices.at(device);
}
const Device& beside(const State& state, const std::string& node) {
    const Device& device = at(state, node, "eth0");
    return at(state, device.peer.space, device.peer.device);
}

// Everything but what the kernel adds.
State applied(const State& wish, const State& seen) {
    test::FakeState kernel;
    kernel.state = seen;
    for (const Step& step : plan(wish, seen)) kernel.apply(step, wish);
    return kernel.state;
}
template <class T>
std::size_t count(const std::vector<Step>& steps) {
    return static_cast<std::size_t>(std::count_if(
        steps.begin(), steps.end(), [](const Step& s) { return std::holds_alternative<T>(s); }));
}

TEST(relay_link, a_delay_goes_through_the_relay_where_there_is_no_netem) {
    Line line;
    line.of("h1").delay_ns = 20'000'000;
    const State state = line.wish();
    EXPECT_EQ(at(state, "h1", "eth0").peer.space, relay_name);
    EXPECT_EQ(at(state, "r1", "eth0").peer.space, relay_name);
    EXPECT_EQ(at(state, "r1", "eth1").peer, (DeviceEnd{"h2", "eth0"})) << "the other is a cable";
    EXPECT_EQ(beside(state, "h1").peer, (DeviceEnd{"h1", "eth0"}));
    EXPECT_EQ(other_relay_end(beside(state, "h1").name), beside(state, "r1").name);
    EXPECT_EQ(beside(state, "h1").receives.delay_ns, 20'000'000);
    EXPECT_EQ(beside(state, "r1").receives, Impairment{});
    EXPECT_FALSE(at(state, "h1", "eth0").sends.any());
    EXPECT_EQ(back_end_of(line.of("h1"), without_netem), BackEnd::relay);
    EXPECT_TRUE(undone(line.of("h1"), without_netem).empty());
}

TEST(relay_link, its_nodes_see_the_interfaces_that_they_always_had) {
    Line plain, delayed;
    delayed.of("h1").delay_ns = 20'000'000;
    const State without = plain.wish(), with = delayed.wish();
    for (const char* node : {"h1", "r1"}) {
        Device now = at(with, node, "eth0");
        now.peer = at(without, node, "eth0").peer;
        EXPECT_EQ(now, at(without, node, "eth0"));
        EXPECT_EQ(beside(with, node).mtu, now.mtu);
        EXPECT_EQ(with.spaces.at(node).addresses, without.spaces.at(node).addresses);
    }
}

TEST(relay_link, netem_and_what_filters_can_need_no_relay) {
    Line line;
    line.of("h1").delay_ns = 20'000'000;
    EXPECT_FALSE(line.wish({}).spaces.contains(relay_name));
    Line lossy;
    lossy.of("h1").loss.emplace().share = Chance::of(0.1);
    lossy.of("h1").rate_bits = 8'000'000;
    EXPECT_FALSE(lossy.wish().spaces.contains(relay_name));
}

TEST(relay_link, packets_wait_for_the_line_at_their_sender) {
    Line line;
    Impairment& asked = line.of("h1");
    asked.delay_ns = 20'000'000;
    asked.loss.emplace().model = Loss::Model::gemodel;
    asked.rate_bits = 8'000'000;
    asked.queue = Queue{"codel", {}};
    const State state = line.wish();
    EXPECT_THAT(impairment_words(at(state, "h1", "eth0").sends),
                ElementsAre(Pair("rate", "8mbit"), Pair("queue", "codel")));
    const Impairment& relayed = beside(state, "h1").receives;
    EXPECT_EQ(relayed.rate_bits, 0U);
    EXPECT_TRUE(relayed.delay_ns != 0 && relayed.loss && !relayed.queue);
    const BackEnds bare{false, false, false, {"codel"}};
    Line again;
    again.of("h1") = asked;
    const State poor = again.wish(bare);
    EXPECT_EQ(beside(poor, "h1").receives.rate_bits, 8'000'000U) << "without tbf it is the relay's";
    EXPECT_THAT(undone(asked, bare), ElementsAre("queue"));
}

TEST(relay_link, a_lan_is_relayed_end_by_end) {
    Line line;
    line.of("h4").delay_ns = 5'000'000;
    const State state = line.wish();
    const Device& near = beside(state, "h4");
    const Device& far = at(state, relay_name, other_relay_end(near.name));
    EXPECT_EQ(far.peer.space, fabric_name);
    EXPECT_EQ(at(state, "h3", "eth0").peer.space, fabric_name);
    EXPECT_EQ(near.receives.delay_ns, 5'000'000);
}

TEST(relay_link, ends_are_told_apart_by_name_and_number) {
    LabBuilder lab;
    lab.hosts({"a", "b"});
    for (int i = 0; i < 200; ++i) lab.link({"a", "b"});
    for (Interface& interface : lab["a"].interfaces) interface.impairment.delay_ns = 1'000'000;
    address(lab.lab, lab.diagnostics);
    const State state = desired(lab.lab, without_netem);
    const Space& relay = state.spaces.at(relay_name);
    EXPECT_EQ(relay.devices.size(), 400U);
    std::set<std::uint32_t> indexes;
    for (const auto& [name, device] : relay.devices) {
        EXPECT_LE(name.size(), 15U);
        EXPECT_LT(device.index, 1U << 31);
        EXPECT_TRUE(indexes.insert(device.index).second) << name;
    }
}

TEST(relay_link, a_plan_that_is_carried_out_is_done) {
    Line line;
    line.of("h1").delay_ns = 20'000'000;
    line.of("h4").delay_ns = 5'000'000;
    const State wish = line.wish(), seen = applied(wish, {});
    EXPECT_TRUE(plan(wish, seen).empty());
    EXPECT_TRUE(applied({}, seen).spaces.empty());
}

TEST(relay_link, a_setting_is_changed_in_place) {
    Line before, after;
    before.of("h1").delay_ns = 20'000'000;
    after.of("h1").delay_ns = 50'000'000;
    const State seen = applied(before.wish(), {});
    const std::vector<Step> steps = plan(after.wish(), seen);
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(describe(steps[0]).name, "h1:eth0");
    EXPECT_EQ(describe(steps[0]).detail, "delay 20ms → 50ms");
}

TEST(relay_link, to_ask_for_less_cuts_nothing) {
    Line before, after;
    before.of("h1").delay_ns = 20'000'000;
    before.of("h4").delay_ns = 5'000'000;
    after.of("h1").loss.emplace().share = Chance::of(0.1);
    const State seen = applied(before.wish(), {});
    const std::vector<Step> steps = plan(after.wish(), seen);
    EXPECT_EQ(count<ChangeDevice>(steps), steps.size());
    const State now = applied(after.wish(), seen);
    EXPECT_TRUE(plan(after.wish(), now).empty());
    EXPECT_FALSE(beside(now, "h1").receives.any());
}

TEST(relay_link, one_that_comes_to_need_it_is_laid_anew_alone) {
    Line before, after;
    after.of("h1").delay_ns = 20'000'000;
    const State seen = applied(before.wish(), {});
    const std::vector<Step> steps = plan(after.wish(), seen);
    EXPECT_EQ(count<RemoveVeth>(steps), 1U);
    EXPECT_EQ(count<CreateVeth>(steps), 2U);
    EXPECT_EQ(count<CreateSpace>(steps), 1U);
    const State now = applied(after.wish(), seen);
    EXPECT_TRUE(plan(after.wish(), now).empty());
}

TEST(relay_link, an_end_that_the_relay_does_not_carry_is_told_to_it_again) {
    Line line;
    line.of("h1").delay_ns = 20'000'000;
    const State wish = line.wish();
    State seen = applied(wish, {});
    for (auto& [name, device] : seen.spaces.at(relay_name).devices)
        device.up = false, device.receives = {};
    const std::vector<Step> steps = plan(wish, seen);
    EXPECT_EQ(count<ChangeDevice>(steps), 2U);
    EXPECT_THAT(describe(steps.front()).detail + describe(steps.back()).detail,
                testing::HasSubstr("relayed no → yes"));
}

}  // namespace
