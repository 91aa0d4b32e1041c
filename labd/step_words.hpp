// What a step does, in the words of its error, and where.
#pragma once

#include "topology/plan.hpp"

#include <string>
#include <vector>

namespace labd {

struct StepWords {
    std::string verb, subject;  // "create", "link h1:eth0 – r1:eth0"
};
StepWords words(const topology::Step& step);

// The namespaces that it changes, or whose node it does.
std::vector<std::string> spaces_of(const topology::Step& step);

}  // namespace labd
