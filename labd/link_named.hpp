// The link that a request names.
#pragma once

#include "topology/model.hpp"

#include <string>

namespace labd {

// Throws UpFailure no_such_link, with the name that may have been meant.
const topology::Link& link_named(const topology::Lab& lab, const std::string& name);

}  // namespace labd
