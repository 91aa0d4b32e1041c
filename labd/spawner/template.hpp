#pragma once

#include "labd/fd.hpp"
#include "labd/spawner/dev.hpp"
#include "labd/spawner/skeleton.hpp"

#include <string>
#include <vector>

namespace labd::spawner {

// What L's parent prepared before the user namespace L: L could neither make nor see it.
struct Material {
    Dev dev;
    Fd sys;       // of an empty network namespace that is the parent's
    Listing etc;  // of the host, with owners
    Listing var;
    std::string passwd, group;
};
Material gather_material();

// Builds the root that every node of the lab inherits and makes it our own: afterwards nothing of
// the host's file system but its read-only /usr is reachable. To be called as root of L, in a mount
// namespace that L owns. Gives the writable directory of the lab's hosts file. Throws Failure.
Fd build_template(const Material& material);

}  // namespace labd::spawner
