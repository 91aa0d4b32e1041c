// What labd relies on in a lab that it did not resolve itself: every index leads somewhere, and
// every name may be the name of what it names. All else in it is the user's to choose, and is
// looked at where it is used.
#pragma once

#include "topology/model.hpp"

namespace labd::parser {

bool well_formed(const topology::Lab& lab);

}  // namespace labd::parser
