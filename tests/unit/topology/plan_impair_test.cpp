// Impairments that change, in words: in place, by what the kernel has, and again after a sleep.
#include "tests/support/fake_state.hpp"
#include "tests/support/lab_builder.hpp"

#include <gtest/gtest.h>

namespace {

using namespace topology;
using test::LabBuilder;

std::string words(const std::vector<Step>& steps) {
    std::string out;
    for (const Step& step : steps) {
        const Action said = describe(step);
        out += said.op + " " + said.kind + " " + said.name;
        out += said.detail.empty() ? "\n" : " " + said.detail + "\n";
    }
    return out;
}

State settled(const State& wish) {
    test::FakeState fake;
    for (const Step& step : plan(wish, {})) fake.apply(step, wish);
    return fake.state;
}

LabBuilder small() {
    LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    return b;
}

TEST(plan_impair, impairments_change_in_place_and_back) {
    LabBuilder b = small();
    b["h1"].interfaces[0].impairment.delay_ns = 10'000'000;
    const State before = settled(desired(b.lab));
    b["h1"].interfaces[0].impairment.delay_ns = 20'000'000;
    b["h1"].interfaces[0].impairment.rate_bits = 10'000'000;
    const std::vector<Step> steps = plan(desired(b.lab), before);
    EXPECT_EQ(words(steps), "update link h1:eth0 delay 10ms → 20ms, rate none → 10mbit\n");
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(words({*inverse(steps[0])}),
              "update link h1:eth0 delay 20ms → 10ms, rate 10mbit → none\n");
}

TEST(plan_impair, without_netem_loss_is_where_packets_arrive) {
    LabBuilder b = small();
    const BackEnds poor{false, true, true, {}};
    const State before = settled(desired(b.lab, poor));
    b["h1"].interfaces[0].impairment.loss.emplace().share = Chance::of(0.05);
    EXPECT_EQ(words(plan(desired(b.lab, poor), before)),
              "update link r1:eth0 arriving loss none → 5%\n");
}

TEST(plan_impair, a_node_that_wakes_is_impaired_again) {
    LabBuilder b = small();
    b["h1"].interfaces[0].impairment.delay_ns = 10'000'000;
    const State wish = desired(b.lab);
    State sleeping = wish;
    put_to_sleep(sleeping, "h1");
    test::FakeState fake;
    for (const Step& step : plan(wish, {})) fake.apply(step, wish);
    for (const Step& step : plan(sleeping, fake.state)) fake.apply(step, sleeping);
    State seen = fake.state;
    seen.asleep["h1"] = wish.contents.at("h1").birth;
    const std::string said = words(plan(wish, seen));
    EXPECT_NE(said.find("delay none → 10ms"), std::string::npos) << said;
}

}  // namespace
