// The event stream: order, what is kept, who hears.
#include "labd/events.hpp"

#include "tests/support/temp_dir.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::Event;
using labd::Events;
using testing::ElementsAre;

timespec fixed() {
    return {1767323045, 6};
}

TEST(Rfc3339, HasNanosecondsAndUtc) {
    EXPECT_EQ(labd::rfc3339({0, 0}), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(labd::rfc3339({1767323045, 999999999}), "2026-01-02T03:04:05.999999999Z");
}

TEST(Events, AreLinesOfJson) {
    Events events(8, fixed);
    events.publish("node", "start", "two-hosts", "h1", {{"reason", "a \"b\"\n"}});
    events.publish("daemon", "ready");
    const auto kept = events.since(0).events;
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].json,
              R"({"seq":1,"time":"2026-01-02T03:04:05.000000006Z","type":"node","action":"start",)"
              R"("lab":"two-hosts","node":"h1","reason":"a \"b\"\n"})");
    EXPECT_EQ(kept[1].json, R"({"seq":2,"time":"2026-01-02T03:04:05.000000006Z","type":"daemon",)"
                            R"("action":"ready"})");
    EXPECT_EQ(boost::json::parse(kept[0].json).at("reason").as_string(), "a \"b\"\n");
}

TEST(Events, HaveRealTimeByDefault) {
    Events events;
    const std::time_t before = std::time(nullptr);
    events.publish("a", "b");
    EXPECT_GE(events.since(0).events[0].json,
              "{\"seq\":1,\"time\":\"" + labd::rfc3339({before, 0}));
}

std::vector<std::uint64_t> numbers(const std::vector<Event>& events) {
    std::vector<std::uint64_t> out;
    for (const Event& event : events) out.push_back(event.seq);
    return out;
}

TEST(Events, ComeBackFromANumberOn) {
    Events events(3, fixed);
    EXPECT_EQ(events.last(), 0U);
    EXPECT_TRUE(events.since(0).events.empty());
    for (int i = 0; i < 5; ++i) events.publish("a", "b");
    EXPECT_EQ(events.last(), 5U);
    EXPECT_THAT(numbers(events.since(3).events), ElementsAre(4, 5));
    EXPECT_EQ(events.since(3).lost, 0U);
    EXPECT_THAT(numbers(events.since(2).events), ElementsAre(3, 4, 5));
    EXPECT_EQ(events.since(2).lost, 0U);
    EXPECT_EQ(events.since(0).lost, 2U);
    EXPECT_TRUE(events.since(5).events.empty());
    EXPECT_EQ(events.since(99).lost, 0U);
}

TEST(Events, AreHeardUntilTheSubscriptionEnds) {
    Events events(8, fixed);
    std::vector<std::uint64_t> heard;
    events.publish("a", "before");
    auto subscription = events.subscribe([&](const Event& event) { heard.push_back(event.seq); });
    events.publish("a", "b");
    events.publish("a", "b");
    subscription.reset();
    events.publish("a", "after");
    EXPECT_THAT(heard, ElementsAre(2, 3));
}

TEST(Events, AreHeardInOneOrderByAll) {
    Events events(8, fixed);
    std::vector<std::uint64_t> first, second;
    const auto one = events.subscribe([&](const Event& event) {
        first.push_back(event.seq);
        if (event.action == "cause") events.publish("a", "effect");
    });
    const auto two = events.subscribe([&](const Event& event) { second.push_back(event.seq); });
    events.publish("a", "cause");
    EXPECT_THAT(first, ElementsAre(1, 2));
    EXPECT_THAT(second, ElementsAre(1, 2));
}

TEST(Events, LetListenersComeAndGoWhileTelling) {
    Events events(8, fixed);
    int own = 0, other = 0, late = 0;
    Events::Subscription self, neighbour, newcomer;
    self = events.subscribe([&](const Event&) {
        ++own;
        self.reset();
        neighbour.reset();
        newcomer = events.subscribe([&](const Event&) { ++late; });
    });
    neighbour = events.subscribe([&](const Event&) { ++other; });
    events.publish("a", "b");
    EXPECT_EQ(own, 1);
    EXPECT_EQ(other, 0);
    EXPECT_EQ(late, 0);
    events.publish("a", "b");
    EXPECT_EQ(own, 1);
    EXPECT_EQ(late, 1);
}

TEST(Events, MayEndBeforeTheirListeners) {
    Events::Subscription subscription;
    {
        Events events(8, fixed);
        subscription = events.subscribe([](const Event&) {});
    }
    subscription.reset();
}

TEST(Events, GoOnAfterAListenerThrew) {
    Events events(8, fixed);
    int heard = 0;
    const auto one = events.subscribe([&](const Event& event) {
        if (event.seq == 1) throw std::runtime_error("no");
        ++heard;
    });
    EXPECT_THROW(events.publish("a", "b"), std::runtime_error);
    events.publish("a", "b");
    EXPECT_EQ(heard, 1);
}

TEST(Events, AnotherLabdGoesOnWithTheSameNumbers) {
    test::TempDir dir;
    const std::string path = dir / "events";
    {
        Events events(path, 4, fixed);
        for (int i = 0; i < 6; ++i) events.publish("lab", "up", "a" + std::to_string(i), "n");
    }
    Events again(path, 4, fixed);
    EXPECT_EQ(again.last(), 6U);
    const Events::Since kept = again.since(0);
    EXPECT_EQ(kept.lost, 2U);
    ASSERT_EQ(kept.events.size(), 4U);
    EXPECT_EQ(kept.events.front().seq, 3U);
    EXPECT_EQ(kept.events.front().lab, "a2");
    EXPECT_EQ(kept.events.front().node, "n");
    EXPECT_NE(kept.events.front().json.find("\"lab\":\"a2\""), std::string::npos);
    EXPECT_EQ(again.publish("lab", "down", "b"), 7U);
}

TEST(Events, ALineThatWasCutShortWasNeverTold) {
    test::TempDir dir;
    const std::string path = dir / "events";
    { Events(path, 4, fixed).publish("lab", "up", "a"); }
    std::ofstream(path, std::ios::app) << R"({"seq":2,"type":"lab","act)";
    Events again(path, 4, fixed);
    EXPECT_EQ(again.last(), 1U);
    EXPECT_EQ(again.publish("lab", "down", "a"), 2U);
    EXPECT_EQ(Events(path, 4, fixed).last(), 2U);
}

TEST(Events, TheFileDoesNotGrowWithoutEnd) {
    test::TempDir dir;
    const std::string path = dir / "events";
    Events events(path, 4, fixed);
    for (int i = 0; i < 100; ++i) events.publish("lab", "up", "a");
    std::ifstream in(path);
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    EXPECT_LE(lines, 8U);
    EXPECT_EQ(Events(path, 4, fixed).last(), 100U);
}

}  // namespace
