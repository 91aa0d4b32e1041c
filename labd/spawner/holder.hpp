#pragma once

namespace labd::spawner {

// The whole life of `lab-init --holder`; gives its exit status.
int hold();

}  // namespace labd::spawner
