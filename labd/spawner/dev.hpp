#pragma once

#include "labd/fd.hpp"

#include <string>
#include <vector>

namespace labd::spawner {

// What only L's parent can make, so it is made before the user namespace L and attached by L later.
// Each is a detached tmpfs that belongs to the parent's root: nobody in a lab can change what is in
// it.

// /dev of every node. Throws Failure.
struct Dev {
    Fd tree;
    std::vector<std::string> bound;  // empty files, for attach_devices
};
Dev make_dev();
// Puts the host's devices where an ordinary user could not make any; "dev" is in the working
// directory, `host_root` an O_PATH of the host's root.
void attach_devices(const Dev& dev, int host_root);

}  // namespace labd::spawner
