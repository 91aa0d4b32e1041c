#pragma once

#include <sys/types.h>

namespace labd::spawner {

// The whole life of `lab-init --spawner=OWNER`; gives its exit status. `owner` is the lab's root as
// we see it from where we are started.
int serve(uid_t owner);
int serve_open();  // of `lab-init --open-spawner`

}  // namespace labd::spawner
