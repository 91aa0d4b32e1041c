// A text of the file with the place that says it.
#pragma once

#include "topology/diagnostic.hpp"

#include <string>

namespace topology {

// Late references (`${h3.ipv4}`) stand in `text` as \x01h3.ipv4\x02 until `substitute_late` has
// replaced them; every other `${…}` is gone.
struct Text {
    std::string text;
    Where where;
    bool operator==(const Text&) const = default;
};

}  // namespace topology
