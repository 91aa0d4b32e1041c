// What a labd without root cannot give a lab: said by name, before anything is built.
#pragma once

#include "labd/id_map.hpp"
#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

#include <string>

namespace labd {

// D79: whatever reaches out of the lab, and users that the lab has no id for.
topology::Diagnostics refused_without_root(const topology::Lab& lab, const IdMaps& ids);

// For who brings up a lab whose nodes have one user id; `why` is Rootless::single.
std::string single_id_notice(const std::string& why);

}  // namespace labd
