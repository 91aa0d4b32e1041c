// What links do to packets, in the vocabularies of topology and of netlink.
#pragma once

#include "netlink/filter.hpp"
#include "netlink/netem.hpp"
#include "netlink/qdisc.hpp"
#include "topology/adopt.hpp"
#include "topology/back_end.hpp"

#include <optional>
#include <vector>

namespace labd {

// Queue disciplines of labd at one interface, from the top: netem, a token bucket, a queue, each
// below the one before. Their handles tell labd's from others, and what the kernel does not show.
struct Tower {
    struct Floor {
        netlink::QdiscAt at;
        std::string kind;
        bool operator==(const Floor&) const = default;
    };
    std::vector<Floor> floors;
    std::vector<netlink::Message> messages;  // one for each floor, in their order
};
Tower tower_of(std::uint32_t index, const topology::Impairment& sends, bool netem);
// What stands there now, whoever built it: the interface's own default is none.
std::vector<Tower::Floor> floors_of(std::uint32_t index, const std::vector<netlink::Qdisc>& all);
// What labd's tower at the interface does; nothing where somebody else's stands.
topology::Impairment impairment_of(std::uint32_t index, const std::vector<netlink::Qdisc>& all,
                                   bool netem);

// What a tower does that is not labd's alone; none where labd's stands, or nothing.
std::optional<topology::ForeignQueues> foreign_queues_of(std::uint32_t index,
                                                         const std::vector<netlink::Qdisc>& all);

// Of a device without netem.
netlink::Filter filter_of(const topology::Impairment& sends, const topology::Impairment& receives);
void take_filter(const netlink::Filter& filter, topology::Impairment& sends,
                 topology::Impairment& receives);

}  // namespace labd
