// Links through the lab's relay, where the kernel cannot do what is asked of them: each end's cable
// goes to the relay's namespace, and the relay carries frames from one to the other.
#pragma once

#include "topology/plan.hpp"

#include <string>

namespace topology {

// The namespace of the relay's ends, which no process but the relay lives in.
inline const std::string relay_name = "@relay";

// Cuts the cable at `end` and lays it through the relay. What the relay does to what an end sends
// stands as `receives` of the relay's end beside it.
void lay_through_relay(State& state, const DeviceEnd& end);

// The relay's end that the frames of one leave by: they are called alike.
std::string other_relay_end(const std::string& device);

// The wish in which links that run through the relay go on doing so, whatever is still asked of
// them: to lay them anew would cut what goes over them.
State keep_relayed(const State& wish, const State& seen);

}  // namespace topology
