// Over many labs by chance: what a plan leaves needs no plan, and can be walked back.
#include "tests/support/fake_state.hpp"
#include "tests/support/random_lab.hpp"
#include "topology/plan_parts.hpp"

#include <iterator>

#include <gtest/gtest.h>

namespace {

using namespace topology;

constexpr unsigned labs = 60;

std::string words(const std::vector<Step>& steps) {
    std::string out;
    for (const Step& step : steps) {
        const Action action = describe(step);
        out += action.op + " " + action.kind + " " + action.name + " " + action.detail + "\n";
    }
    return out;
}

// Every step in a state in which it makes sense; FakeState throws otherwise.
void carry_out(test::FakeState& fake, const State& wish) {
    const std::vector<Step> steps = plan(wish, fake.state);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        try {
            fake.apply(steps[i], wish);
        } catch (const std::runtime_error& e) {
            FAIL() << "step " << i << ": " << e.what() << "\n" << words(steps);
        }
    }
}

TEST(plan_property, a_fresh_lab_is_built_once_and_taken_away_whole) {
    for (unsigned seed = 0; seed < labs; ++seed) {
        SCOPED_TRACE(seed);
        const State wish = desired(test::RandomLab(seed).make());
        test::FakeState fake;
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, wish));
        ASSERT_EQ(words(plan(wish, fake.state)), "");
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, State{}));
        ASSERT_TRUE(fake.state.spaces.empty());
        ASSERT_EQ(words(plan(State{}, fake.state)), "");
    }
}

TEST(plan_property, building_walked_back_leaves_nothing) {
    for (unsigned seed = 0; seed < labs; ++seed) {
        SCOPED_TRACE(seed);
        const State wish = desired(test::RandomLab(seed).make());
        test::FakeState fake;
        const std::vector<Step> steps = plan(wish, {});
        // From every place where a step may fail.
        const std::size_t reached = seed % (steps.size() + 1);
        for (std::size_t i = 0; i < reached; ++i) fake.apply(steps[i], wish);
        for (std::size_t i = reached; i-- > 0;)
            if (const auto back = inverse(steps[i])) fake.apply(*back, State{});
        ASSERT_TRUE(fake.state.spaces.empty());
    }
}

TEST(plan_property, edits_arrive_and_stay) {
    for (unsigned seed = 0; seed < labs; ++seed) {
        SCOPED_TRACE(seed);
        test::RandomLab chance(seed);
        const Lab before = chance.make();
        const Lab after = chance.edit(before);
        test::FakeState fake;
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, desired(before)));
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, desired(after)));
        ASSERT_EQ(words(plan(desired(after), fake.state)), "");
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, desired(before)));
        ASSERT_EQ(words(plan(desired(before), fake.state)), "");
    }
}

TEST(plan_property, quite_different_labs_follow_each_other) {
    for (unsigned seed = 0; seed < labs; ++seed) {
        SCOPED_TRACE(seed);
        test::FakeState fake;
        for (unsigned i = 0; i < 3; ++i) {
            const State wish = desired(test::RandomLab(seed * 7 + i).make());
            ASSERT_NO_FATAL_FAILURE(carry_out(fake, wish));
            ASSERT_EQ(words(plan(wish, fake.state)), "");
        }
    }
}

// Where no node goes, walking back an edit restores the network to the last route. What a node
// held cannot be brought back by a step: the node is another one then.
TEST(plan_property, edits_of_links_can_be_walked_back) {
    unsigned walked = 0;
    for (unsigned seed = 0; seed < 4 * labs; ++seed) {
        SCOPED_TRACE(seed);
        test::RandomLab chance(seed);
        const Lab before = chance.make();
        const State old = desired(before), wish = desired(chance.edit(before));
        test::FakeState fake;
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, old));
        const State start = fake.state;
        const std::vector<Step> steps = plan(wish, start);
        const bool loses_nodes = std::any_of(steps.begin(), steps.end(), [](const Step& step) {
            return std::holds_alternative<RemoveSpace>(step);
        });
        if (loses_nodes) continue;
        ++walked;
        const std::size_t reached = chance.below(steps.size() + 1);
        for (std::size_t i = 0; i < reached; ++i) fake.apply(steps[i], wish);
        for (std::size_t i = reached; i-- > 0;) {
            const auto back = inverse(steps[i]);
            if (!back) continue;
            try {
                fake.apply(*back, old);
            } catch (const std::runtime_error& e) {
                FAIL() << "back from step " << i << ": " << e.what() << "\n" << words(steps);
            }
        }
        for (auto& [node, contents] : fake.state.contents)
            contents.exec = start.contents.at(node).exec;  // what ran has run
        ASSERT_EQ(fake.state, start) << words(steps);
    }
    EXPECT_GT(walked, labs / 4);
}

// A device with all that hangs on it, or its addresses, or its being up.
void damage(test::FakeState& fake, const std::string& space, std::size_t how, const State& wish) {
    const Space& there = fake.state.spaces.at(space);
    if (there.devices.empty()) return;
    const Device device = there.devices.begin()->second;
    const auto held = there.addresses.find(device.name);
    const auto addresses = held == there.addresses.end() ? std::set<Prefix>{} : held->second;
    if (how == 0 && device.kind == Device::Kind::veth) {
        const Device* far = find_device(fake.state, device.peer);
        fake.apply(RemoveVeth{space, device, device.peer.space, far ? *far : Device{}}, wish);
    } else if (how == 1) {
        for (const Prefix& address : addresses)
            fake.apply(RemoveAddress{space, device.name, address}, wish);
    } else {
        Device down = device;
        down.up = false;
        fake.apply(ChangeDevice{space, device, down}, wish);
    }
}

// Most of a lab is as wished, and is not gone through: what hangs on the rest must not be missed.
TEST(plan_property, damage_is_mended_whatever_else_is_well) {
    unsigned mended = 0;
    for (unsigned seed = 0; seed < 4 * labs; ++seed) {
        SCOPED_TRACE(seed);
        test::RandomLab chance(seed);
        const State wish = desired(chance.make());
        test::FakeState fake;
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, wish));
        const State whole = fake.state;
        auto space = whole.spaces.begin();
        std::advance(space, chance.below(whole.spaces.size()));
        damage(fake, space->first, chance.below(3), wish);
        if (fake.state == whole) continue;
        ++mended;
        ASSERT_NE(words(plan(wish, fake.state)), "");
        ASSERT_NO_FATAL_FAILURE(carry_out(fake, wish));
        ASSERT_EQ(fake.state.spaces, whole.spaces);
    }
    EXPECT_GT(mended, labs);
}

TEST(plan_property, the_same_lab_is_planned_the_same) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        const Lab lab = test::RandomLab(seed).make();
        EXPECT_EQ(words(plan(desired(lab), {})), words(plan(desired(lab), {})));
        EXPECT_EQ(desired(lab), desired(lab));
    }
}

}  // namespace
