// Temporary wishes, laid over what a lab's file says: a link that is down for five seconds, a fault
// that a check has put in. They go when their time is over, when they are taken back, and with the
// next `lab up`. The plan sees them as part of the wish, so that they are no drift.
#pragma once

#include "topology/plan.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace labd {

struct Override {
    enum class Kind {
        up,    // every end of the link is, whatever the file says
        down,  // every end of the link is
        stop,  // a node sleeps: by the life verbs, which know how; here to be woken again
        impair
    } kind = Kind::down;
    std::string subject;  // a link's name, or the node's of `stop`
    // Of `impair`: the one end whose sending it is about, as NODE:INTERFACE, or "" for all; and
    // keys of the topology language with their values, as a JSON object. What they do not name
    // stays as it was, unless `clear`.
    std::string end{};
    std::string settings{};
    bool clear = false;
    bool by_check = false;  // it goes with the check, at the latest with the labd that runs it
    std::optional<std::int64_t> until_ns;  // by monotonic_ns(); none: until it is taken back
    bool operator==(const Override&) const = default;
};
// Later ones win.
using Overrides = std::vector<Override>;

// CLOCK_MONOTONIC: nobody sets it, and it goes on while labd does not run. A journal is of one
// boot.
std::int64_t monotonic_ns();

// The wish with them.
topology::Lab laid_over(const topology::Lab& wish, const Overrides& overrides);
// What the kernel should hold then; `kernel`: what it can do to links. Those that a check or a step
// of the file will impair are laid through the relay from the start if that takes it.
topology::State desired_with(const topology::Lab& wish, const Overrides& overrides,
                             const topology::BackEnds& kernel = {});
// The namespaces whose network they change.
std::set<std::string> places_of(const topology::Lab& wish, const Overrides& overrides);
// Every subject of `all` is one of `other`, too.
bool covered(const Overrides& all, const Overrides& other);
// An impairment with the settings of an override laid over it. Diagnostics speak of the values.
topology::Impairment impaired(const topology::Impairment& before, const Override& over,
                              topology::Diagnostics& diagnostics);
// The last one that says whether the link is up; null when only the file does.
const Override* state_of_link(const Overrides& overrides, const std::string& link);

// As the last one. One that holds until told otherwise takes in those that it stands behind.
void put(Overrides& overrides, Override impairment);
// Impairments by hand and for good that leave a link as its file says are none.
void drop_idle(Overrides& overrides, const topology::Lab& wish, const std::string& link);

// For the journal. Misshapen parts are passed over.
std::string to_json(const Overrides& overrides);
Overrides parse_overrides(const std::string& json);

}  // namespace labd
