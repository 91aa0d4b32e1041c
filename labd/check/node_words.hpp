// What nodes are asked when a check has failed, and how their answers are cut up.
#pragma once

#include "labd/check/evidence.hpp"

#include <string>

namespace labd::check {

// What a node says of itself in one go, by sections. For sh.
extern const char* const inside_script;
extern const char* const counters_script;

Inside sections(const std::string& text);
// /proc/net/snmp has a line of names and one of numbers; snmp6 a name and a number a line.
double counter(const std::string& text, bool six, const std::string& group,
               const std::string& name);

}  // namespace labd::check
