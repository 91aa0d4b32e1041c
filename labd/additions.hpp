// What somebody has added by hand in a running lab, in words.
#pragma once

#include "topology/plan.hpp"

#include <cstddef>
#include <set>
#include <string>

namespace labd {

// "address h1:eth0 (192.0.2.7/24)"
std::string addition_words(const topology::Action& action);

// Of many names the next `count`, after `last`, which is moved on; all of a few. Whoever is asked
// often looks at some of them each time.
std::set<std::string> turn_of(std::string& last, const std::set<std::string>& names,
                              std::size_t count);

}  // namespace labd
