// The order in which the relay lets frames go, how their carrier is mirrored, how it is spoken to.
#include "labd/relay/carrier.hpp"
#include "labd/relay/protocol.hpp"
#include "labd/relay/schedule.hpp"

#include <string>

#include <gtest/gtest.h>

namespace labd::relay {
namespace {

using std::chrono::milliseconds;

struct Lane {};

std::unique_ptr<Frame> frame(char mark) {
    auto out = std::make_unique<Frame>();
    *out->make_room(1) = mark;
    return out;
}

std::string all_until(Schedule<Lane>& schedule, Time now) {
    std::string out;
    while (auto next = schedule.take(now)) out += *next->frame->bytes();
    return out;
}

TEST(RelaySchedule, the_earliest_goes_first_and_equals_in_their_order) {
    Schedule<Lane> schedule;
    Lane lane;
    EXPECT_FALSE(schedule.next());
    schedule.add(milliseconds(3), &lane, frame('c'));
    schedule.add(milliseconds(1), &lane, frame('a'));
    for (const char mark : {'1', '2', '3', '4', '5'})
        schedule.add(milliseconds(2), &lane, frame(mark));
    EXPECT_EQ(schedule.next(), Time(milliseconds(1)));
    EXPECT_EQ(all_until(schedule, Time()), "") << "nothing is early";
    EXPECT_EQ(all_until(schedule, milliseconds(2)), "a12345");
    EXPECT_EQ(schedule.next(), Time(milliseconds(3)));
    EXPECT_EQ(all_until(schedule, milliseconds(9)), "c");
    EXPECT_EQ(schedule.size(), 0u);
}

TEST(RelaySchedule, one_link_is_hastened_and_the_other_left_alone) {
    Schedule<Lane> schedule;
    Lane one, other;
    schedule.add(milliseconds(100), &one, frame('b'));
    schedule.add(milliseconds(50), &one, frame('a'));
    schedule.add(milliseconds(200), &one, frame('c'));
    schedule.add(milliseconds(60), &other, frame('x'));
    schedule.hasten(&one, milliseconds(10));
    // Brought to one moment they leave as they came, by turn of arrival.
    EXPECT_EQ(all_until(schedule, milliseconds(10)), "bac");
    EXPECT_EQ(all_until(schedule, milliseconds(60)), "x");
}

TEST(RelaySchedule, a_link_that_goes_takes_only_its_own_frames) {
    Schedule<Lane> schedule;
    Lane one, other;
    schedule.add(milliseconds(1), &one, frame('a'));
    schedule.add(milliseconds(2), &other, frame('x'));
    schedule.add(milliseconds(3), &one, frame('b'));
    schedule.remove(&one);
    EXPECT_EQ(all_until(schedule, milliseconds(9)), "x");
}

// A cable between two nodes: our end sees carrier when both it and the node's end are up.
class Cable {
  public:
    bool node_up[2] = {true, true};
    bool ours_up[2] = {true, true};
    Seen seen(int end) const { return {ours_up[end], ours_up[end] && node_up[end]}; }
    bool carrier_at_node(int end) const { return ours_up[end] && node_up[end]; }
    // As often as something is to be done.
    void settle() {
        for (int turns = 0; const auto todo = mirror(seen(0), seen(1)); ++turns) {
            ASSERT_LT(turns, 5) << "it never rests";
            ours_up[todo->end] = todo->up;
        }
    }
};

TEST(RelayCarrier, an_end_has_carrier_exactly_when_both_nodes_are_up) {
    // Every order of up to four changes, from every state.
    for (int start = 0; start < 4; ++start)
        for (int path = 0; path < 256; ++path) {
            Cable cable;
            cable.node_up[0] = (start & 1) != 0;
            cable.node_up[1] = (start & 2) != 0;
            cable.settle();
            for (int step = 0; step < 4; ++step) {
                const int what = path >> (2 * step) & 3;
                cable.node_up[what & 1] = (what & 2) != 0;
                cable.settle();
                const bool both = cable.node_up[0] && cable.node_up[1];
                for (const int end : {0, 1})
                    EXPECT_EQ(cable.carrier_at_node(end), both)
                        << "start " << start << " path " << path << " step " << step;
            }
        }
}

TEST(RelayCarrier, a_cable_pulled_out_leaves_the_other_end_without) {
    const Seen well{true, true}, gone{false, false, true};
    EXPECT_EQ(mirror(gone, well), (Switch{1, false}));
    EXPECT_EQ(mirror(well, gone), (Switch{0, false}));
    EXPECT_EQ(mirror(gone, Seen{}), std::nullopt);
    EXPECT_EQ(mirror(gone, gone), std::nullopt);
}

TEST(RelayCarrier, changes_that_come_together_come_right_too) {
    for (int path = 0; path < 4096; ++path) {
        Cable cable;
        for (int step = 0; step < 6; ++step) {
            const int what = path >> (2 * step) & 3;
            cable.node_up[what & 1] = (what & 2) != 0;
            if (step % 2 == 0) continue;  // nobody has looked in between
            cable.settle();
            const bool both = cable.node_up[0] && cable.node_up[1];
            EXPECT_EQ(cable.carrier_at_node(0) && cable.carrier_at_node(1), both) << path;
        }
    }
}

TEST(RelayProtocol, what_is_packed_comes_out_again) {
    Linked link;
    link.name = "r1:eth0-r2:eth0";
    link.index = {7, 4'000'000'000};
    link.whole = false;
    link.settings[0].delay_ns = 0x123456789abcull;
    link.settings[0].jitter_ns = 5;
    link.settings[0].distribution = Distribution::pareto;
    link.settings[0].keep_order = true;
    link.settings[0].loss = {Loss::Model::four_state, {1, 2, 3, 4, 5}};
    link.settings[1].corrupt = 6;
    link.settings[1].duplicate = 7;
    link.settings[1].reorder = 8;
    link.settings[1].rate_bits = 1ull << 40;
    link.settings[1].burst_bytes = 9;
    link.settings[1].limit = 10;
    link.settings[1].seeded = true;
    link.settings[1].seed = ~0ull;
    std::uint64_t value = 1;
    each_counter(link.counters[1], [&](std::uint64_t& counter) { counter = value++ << 33; });
    protocol::Packer packet(0, 0);
    pack(packet, link);
    protocol::Unpacker in(packet.bytes());
    in.u32();
    in.u32();
    const Linked out = unpack_linked(in);
    EXPECT_TRUE(in.done());
    EXPECT_EQ(out.name, link.name);
    EXPECT_EQ(out.index, link.index);
    EXPECT_FALSE(out.whole);
    EXPECT_EQ(out.settings, link.settings);
    EXPECT_EQ(out.counters, link.counters);
}

TEST(RelayProtocol, a_page_of_links_is_one_packet) {
    Linked link;
    link.name.assign(longest_name, 'x');
    protocol::Packer packet(0, 0);
    for (std::uint32_t i = 0; i < listed_at_once; ++i) pack(packet, link);
    EXPECT_LT(packet.bytes().size(), protocol::packet_limit);
}

}  // namespace
}  // namespace labd::relay
