// Kinds of device that a lab needs from the kernel, tried before anything is built.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

namespace labd {

// D67, once a kind.
topology::Diagnostics missing_features(const topology::Lab& lab);

}  // namespace labd
