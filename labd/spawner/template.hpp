#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"
#include "labd/spawner/base.hpp"
#include "labd/spawner/dev.hpp"

namespace labd::spawner {

// What L's parent prepared before the user namespace L: L could neither make nor see it.
struct Material {
    Dev dev;
    Fd sys;  // of an empty network namespace that is the parent's
    // nothing: the lab fills its own base.
    protocol::Wanted wanted = protocol::Wanted::nothing;
    Base made;       // for labd to keep and to lend
    HostFiles host;  // only passwd and group where the base is labd's
};
// `lends`: labd lends bases; `stamp`: of the one that it has, if any.
Material gather_material(bool lends, const Fd& stamp);

// Builds the root that every node of the lab inherits and makes it our own: afterwards nothing of
// the host's file system but its read-only /usr is reachable. To be called as root of L, in a mount
// namespace that L owns. `base` is what labd lends, or nothing. Gives the writable directory of the
// lab's hosts file. Throws Failure.
Fd build_template(const Material& material, const Fd& base);

}  // namespace labd::spawner
