// What links do to packets, by whatever the running kernel has for it.
#include "labd/link_back_ends.hpp"
#include "tests/kernel/labd/bare_lab.hpp"
#include "topology/queue.hpp"

#include <cmath>
#include <regex>

namespace {

using namespace topology;

class KernelImpair : public test::LinuxKernelTest {
  protected:
    // h1 – h2, and what h1 sends.
    static State wish(const Impairment& sends) {
        test::LabBuilder b;
        b.hosts({"h1", "h2"});
        b.link({"h1", "h2"});
        b.lab.nodes[0].interfaces[0].impairment = sends;
        address(b.lab, b.diagnostics);
        route(b.lab, b.diagnostics);
        return desired(b.lab, labd::link_back_ends());
    }
    static Impairment losing(double share) {
        Impairment out;
        out.loss.emplace().share = Chance::of(share);
        return out;
    }
    static Impairment at_rate(std::uint64_t bits) {
        Impairment out;
        out.rate_bits = bits;
        return out;
    }
    // Echo requests of which an answer came back.
    int answered(int requests) {
        const std::string out = run("h1", {"ping", "-q", "-i", "0.001", "-W", "1", "-c",
                                           std::to_string(requests), "10.0.1.12"})
                                    .output;
        std::smatch found;
        EXPECT_TRUE(std::regex_search(out, found, std::regex("([0-9]+) received"))) << out;
        return std::stoi(found[1]);
    }
};

TEST_F(KernelImpair, loss_is_within_its_binomial_interval) {
    bring(wish({}));
    ASSERT_TRUE(pings("h1", "10.0.1.12"));  // they know each other: lost is what is lost on purpose
    bring(wish(losing(0.3)));
    constexpr int sent = 2000;
    const double mean = sent * 0.7, deviation = std::sqrt(sent * 0.3 * 0.7);
    EXPECT_NEAR(answered(sent), mean, 6 * deviation);
    bring(wish({}));
    EXPECT_EQ(answered(100), 100);
}

TEST_F(KernelImpair, what_is_not_changed_stays) {
    Impairment both = losing(0.25);
    both.rate_bits = 8'000'000;
    bring(wish(both));
    both.rate_bits = 16'000'000;
    bring(wish(both));
    const State seen = observe(wish(both));
    const Device &sender = seen.spaces.at("h1").devices.at("eth0"),
                 &receiver = seen.spaces.at("h2").devices.at("eth0");
    const auto loss = labd::link_back_ends().netem ? sender.sends.loss : receiver.receives.loss;
    ASSERT_TRUE(loss);
    EXPECT_EQ(loss->share, Chance::of(0.25));
    EXPECT_EQ(sender.sends.rate_bits, 16'000'000U);
}

TEST_F(KernelImpair, queues_of_every_kind_are_read_back_as_they_were_asked_for) {
    for (const std::string_view kind : queue_names()) {
        if (labd::link_back_ends().lacks_queues.contains(std::string(kind))) continue;
        Impairment limited = at_rate(10'000'000);
        limited.queue = Queue{std::string(kind), {}};
        for (const QueueOption& option : find_queue(kind)->options)
            limited.queue->options[std::string(option.key)] =
                option.unit == QueueUnit::flag ? 1 - option.standard : option.standard * 2;
        SCOPED_TRACE(kind);
        bring(wish(limited));
        bring(wish(at_rate(10'000'000)));
    }
}

TEST_F(KernelImpair, changes_by_hand_are_seen) {
    const State wished = wish(at_rate(10'000'000));
    bring(wished);
    ASSERT_EQ(run("h1", {"tc", "qdisc", "delete", "dev", "eth0", "root"}).status, 0);
    EXPECT_EQ(words(kernel_steps(wished, observe(wished))),
              "update link h1:eth0 rate none → 10mbit\n");
    bring(wished);
    // Somebody's own, where nothing is wished, is his.
    const State nothing = wish({});
    bring(nothing);
    ASSERT_EQ(
        run("h1", {"tc", "qdisc", "add", "dev", "eth0", "root", "pfifo", "limit", "9"}).status, 0);
    EXPECT_EQ(words(kernel_steps(nothing, observe(nothing))), "");
    bring(wished);
}

TEST_F(KernelImpair, a_lan_loses_what_one_of_its_ends_sends) {
    test::LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"});
    b.lab.nodes[0].interfaces[0].impairment = losing(1);
    address(b.lab, b.diagnostics);
    route(b.lab, b.diagnostics);
    const State lossy = desired(b.lab, labd::link_back_ends());
    bring(lossy);
    EXPECT_FALSE(pings("h1", "10.0.1.12", {"-W1"}));
    EXPECT_TRUE(pings("h2", "10.0.1.13"));
}

TEST_F(KernelImpair, a_new_device_of_an_old_name_loses_nothing) {
    test::LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2"});
    b.lab.nodes[0].interfaces[0].impairment = losing(1);
    address(b.lab, b.diagnostics);
    bring(desired(b.lab, labd::link_back_ends()));
    test::LabBuilder other;
    other.hosts({"h1", "h2", "h3"});
    other.link({"h3", "h2"});
    address(other.lab, other.diagnostics);
    bring(desired(other.lab, labd::link_back_ends()));
    EXPECT_TRUE(pings("h3", "10.0.1.12"));
}

}  // namespace
