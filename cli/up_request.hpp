// What `up` and `plan` have in common: the file made ready, sent, and labd's words on the way.
#pragma once

#include "cli/bundle.hpp"
#include "cli/options.hpp"
#include "cli/up_result.hpp"

#include <boost/json/fwd.hpp>

namespace cli {

struct UpRequest {
    Bundle bundle;
    UpOptions options;  // names of nodes checked, sets of them worked out
};

// Reads the file and throws for every mistake that can be seen from here.
UpRequest prepare(const Globals& globals, const UpOptions& typed);

// Shows labd's progress and returns the result, or throws what labd refused.
UpResult send(const UpRequest& request, const Globals& globals);

// The last line of an `up`, or the whole answer of what changes a lab otherwise.
UpResult read_result(const boost::json::object& line);

}  // namespace cli
