// What the file says of a link's impairments, as numbers and as words.
#include "topology/impairment.hpp"

#include "tests/support/expanded.hpp"
#include "topology/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::Pair;
using topology::Chance;
using topology::Impairment;

const char* two = "\n[nodes]\nr1 = \"router\"\nr2 = \"router\"\n";

// Of the first end of a link with these keys.
Impairment first(const std::string& keys) {
    const auto lab = test::expand("links = [{ endpoints = [\"r1\",\"r2\"], " + keys + " }]" + two);
    EXPECT_FALSE(lab.diagnostics.failed()) << lab.text();
    return lab.interface("r1", "eth0").impairment;
}

TEST(Impairment, IsReadInTheMeasuresOfTheKernel) {
    const Impairment read = first(
        "delay = \"20ms\", jitter = \"500us\", distribution = \"pareto\", order = \"keep\", "
        "loss = \"25%\", corrupt = \"100%\", duplicate = \"0.1%\", reorder = \"50%\", "
        "rate = \"10mbit\", burst = \"2KB\", limit = 77, seed = 5, backend = \"netem\"");
    EXPECT_EQ(read.delay_ns, 20'000'000);
    EXPECT_EQ(read.jitter_ns, 500'000);
    EXPECT_EQ(read.distribution, topology::Distribution::pareto);
    EXPECT_TRUE(read.keep_order);
    EXPECT_EQ(read.loss->share.steps, 1073741824U);
    EXPECT_EQ(read.corrupt.steps, UINT32_MAX);
    EXPECT_EQ(read.duplicate.steps, 4294967U);
    EXPECT_EQ(read.reorder, Chance::of(0.5));
    EXPECT_EQ(read.rate_bits, 10'000'000U);
    EXPECT_EQ(read.burst_bytes, 2000U);
    EXPECT_EQ(read.limit_packets, 77U);
    EXPECT_EQ(read.seed, 5U);
    EXPECT_TRUE(read.netem_only);
}

TEST(Impairment, OfOneDirectionIsThatOfTheLinkButForWhatItSays) {
    const auto lab = test::expand(
        "links = [{ endpoints = [\"r1\",\"r2\"], delay = \"20ms\", b = { loss = \"1%\" } }]\n"
        "[defaults.link]\nrate = \"1mbit\"" +
        std::string(two));
    EXPECT_THAT(topology::impairment_words(lab.interface("r1", "eth0").impairment),
                ElementsAre(Pair("delay", "20ms"), Pair("rate", "1mbit")));
    EXPECT_THAT(topology::impairment_words(lab.interface("r2", "eth0").impairment),
                ElementsAre(Pair("delay", "20ms"), Pair("loss", "1%"), Pair("rate", "1mbit")));
}

TEST(Impairment, FalseTakesAwayWhatTheDefaultsSay) {
    const auto lab = test::expand(
        "links = [{ endpoints = [\"r1\",\"r2\"], delay = false }]\n[defaults.link]\ndelay = "
        "\"1s\"" +
        std::string(two));
    EXPECT_FALSE(lab.interface("r1", "eth0").impairment.any());
}

TEST(Impairment, DefaultsWaitForLinksThatTheyMeanSomethingTo) {
    const auto lab = test::expand(
        "links = [{ endpoints = [\"r1\",\"r2\"], delay = \"9ms\", jitter = \"1ms\" }, "
        "[\"r1\",\"r2\"]]\n[defaults.link]\ndistribution = \"normal\"\nburst = \"20KB\"" +
        std::string(two));
    EXPECT_TRUE(lab.diagnostics.all().empty()) << lab.text();
    EXPECT_EQ(lab.interface("r1", "eth0").impairment.distribution, topology::Distribution::normal);
    EXPECT_EQ(lab.interface("r1", "eth1").impairment, Impairment{});
}

TEST(Impairment, JitterThatIsMoreThanTheDelayIsWarnedOf) {
    const auto lab = test::expand(
        "links = [{ endpoints = [\"r1\",\"r2\"], delay = \"1ms\", jitter = \"1500us\" }]" +
        std::string(two));
    ASSERT_EQ(lab.of("D72").size(), 1U);
    EXPECT_EQ(lab.of("D72")[0]->message,
              "jitter 1.5ms is more than the delay 1ms: nothing arrives before it is sent, so the "
              "mean grows");
    EXPECT_EQ(lab.of("D72")[0]->hint, "jitter ≤ 1ms");
    EXPECT_FALSE(lab.diagnostics.failed());
    EXPECT_EQ(test::expand("links = [{ endpoints = [\"r1\",\"r2\"], delay = \"1ms\", jitter = "
                           "\"1ms\" }]" +
                           std::string(two))
                  .of("D72")
                  .size(),
              0U);
}

TEST(Impairment, LossModelsFillWhatIsLeftOut) {
    const auto bursts = first("loss = { model = \"gemodel\", p = \"25%\" }").loss;
    EXPECT_EQ(bursts->model, topology::Loss::Model::gemodel);
    EXPECT_EQ(bursts->r.steps, UINT32_MAX - bursts->p.steps);
    EXPECT_EQ(bursts->h.steps, 0U);
    EXPECT_EQ(bursts->k.steps, UINT32_MAX);
    const auto states = first("loss = { model = \"4state\", p13 = \"1%\", p32 = \"2%\" }").loss;
    EXPECT_EQ(states->model, topology::Loss::Model::four_state);
    EXPECT_EQ(states->p31.steps, UINT32_MAX - states->p13.steps);
    EXPECT_EQ(states->p32, Chance::of(0.02));
    EXPECT_EQ(states->p23.steps, UINT32_MAX);
    EXPECT_EQ(states->p14.steps, 0U);
}

TEST(Impairment, QueuesHoldOnlyWhatIsNotTheirKernelsOwn) {
    const auto codel =
        first("queue = { kind = \"codel\", limit = 100, target = \"2ms\", ecn = false }").queue;
    EXPECT_EQ(codel->kind, "codel");
    EXPECT_THAT(codel->options, ElementsAre(Pair("limit", 100U), Pair("target", 2000U)));
    EXPECT_EQ(first("queue = \"fifo\"").queue->kind, "pfifo");
}

TEST(Impairment, AQueueThatDropsEarlySaysAllOfItsMarks) {
    const auto red = first("queue = { kind = \"red\", limit = \"120KB\", ecn = true }").queue;
    EXPECT_THAT(red->options,
                ElementsAre(Pair("ecn", 1U), Pair("limit", 120'000U), Pair("max", 30'000U),
                            Pair("min", 10'000U), Pair("probability", Chance::of(0.02).steps)));
    EXPECT_EQ(first("queue = \"red\"").queue->options.at("max"), 100'000U);
    EXPECT_THAT(
        topology::impairment_toml(first(
            "queue = { kind = \"red\", min = \"5KB\", max = \"50KB\", probability = \"10%\" }")),
        ElementsAre(Pair("queue",
                         "{ kind = \"red\", limit = \"400000B\", min = \"5000B\", max = "
                         "\"50000B\", probability = \"10%\", ecn = false }")));
}

TEST(Impairment, ABucketAsAQueueHasARateOfItsOwn) {
    EXPECT_THAT(topology::impairment_words(first("queue = { kind = \"tbf\", rate = \"8mbit\" }")),
                ElementsAre(Pair("queue", "tbf rate 8mbit burst 5000B limit 55000B")));
    // Of 10 mbit all of it is what it would be anyway, and is said all the same.
    EXPECT_THAT(topology::impairment_words(
                    first("queue = { kind = \"tbf\", rate = \"10mbit\", limit = \"68750B\" }")),
                ElementsAre(Pair("queue", "tbf rate 10mbit burst 6250B limit 68750B")));
}

TEST(Impairment, LimitIsWhatIsUnderWayAndAThousand) {
    EXPECT_EQ(topology::limit_of(first("rate = \"12mbit\", delay = \"50ms\"")), 1050U);
    EXPECT_EQ(topology::limit_of(first("rate = \"12mbit\"")), 1000U);
    EXPECT_EQ(topology::limit_of(first("rate = \"12mbit\", limit = 5")), 5U);
    // As if 10 gbit, since something must be taken.
    EXPECT_EQ(topology::limit_of(first("delay = \"3ms\"")), 3500U);
    EXPECT_EQ(topology::limit_of(first("delay = \"60s\"")), 10'000'000U);
}

TEST(Impairment, BurstIsFiveMillisecondsAndTwoFrames) {
    EXPECT_EQ(topology::burst_of(first("rate = \"100mbit\"")), 62'500U);
    EXPECT_EQ(topology::burst_of(first("rate = \"10kbit\"")), 3044U);
    EXPECT_EQ(topology::burst_of(first("rate = \"10kbit\", burst = \"9KB\"")), 9000U);
}

TEST(Impairment, WordsAreThoseOfTheFile) {
    EXPECT_THAT(topology::impairment_words(
                    first("reorder = \"12.5%\", delay = \"1500us\", rate = \"1.5gbit\", queue = "
                          "{ kind = \"codel\", target = \"2ms\" }, loss = { model = \"gemodel\", p "
                          "= \"1%\", r = \"10%\" }")),
                ElementsAre(Pair("delay", "1.5ms"), Pair("loss", "gemodel p 1% r 10% h 0% k 100%"),
                            Pair("reorder", "12.5%"), Pair("rate", "1.5gbit"),
                            Pair("queue", "codel target 2ms")));
    EXPECT_EQ(topology::time_text(0), "0s");
    EXPECT_EQ(topology::time_text(999), "999ns");
    EXPECT_EQ(topology::time_text(61'000'000'000), "61s");
    EXPECT_EQ(topology::rate_text(123'456'000), "123.456mbit");
    EXPECT_EQ(topology::share_text(Chance::of(0.33333)), "33.333%");
}

TEST(Queues, AreFoundByTheirKernelsName) {
    for (const std::string_view name : topology::queue_names())
        EXPECT_EQ(topology::find_queue(name)->name, name);
    EXPECT_EQ(topology::find_queue("htb"), nullptr);
}

}  // namespace
