// Who owns what in the host's /etc and /var. A rootless labd's user namespace shows every owner
// that is not its own as nobody, so somebody outside of it lists them: lab-init --outside.
#pragma once

#include "labd/spawner/skeleton.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace labd::spawner {

// Those that are not root's, as "UID GID PATH\0" each; `root` is "/etc/" or "/var/".
std::string owners_of(const std::vector<Entry>& entries, std::string_view root);
// Gives the entries below `root` the owners of such a list; those that are not in it to root.
void give_owners(std::vector<Entry>& entries, std::string_view root, std::string_view list);

}  // namespace labd::spawner
