// What an audit record says of a lab and of one of its nodes.
#pragma once

#include "labd/audit.hpp"
#include "labd/lab.hpp"

#include <string>

namespace labd {

AuditEvent event_of(std::string verb, std::string outcome, const Lab& lab);
// With the node's container id and namespaces, as far as it lives.
AuditEvent event_of(std::string verb, std::string outcome, const Lab& lab, const std::string& node);

// 128 random bits in hexadecimal: one incarnation of one node, never used again.
std::string new_container_id();

}  // namespace labd
