// What each end of a link may well be told, but not the two of one link: they would not speak to
// each other. And routers that are told of a protocol and have nobody to speak it with.
#pragma once

#include "topology/configure.hpp"

namespace topology {

void warn_of_unlike_ends(const Speakers& speakers, Diagnostics& diagnostics);

}  // namespace topology
