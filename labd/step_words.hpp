// What a kernel step does, in the words of its error.
#pragma once

#include "topology/plan.hpp"

#include <string>

namespace labd {

struct StepWords {
    std::string verb, subject;  // "create", "link h1:eth0 – r1:eth0"
};
StepWords words(const topology::Step& step);

}  // namespace labd
