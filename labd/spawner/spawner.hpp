#pragma once

namespace labd::spawner {

// The whole life of `lab-init --spawner`, or with `open` of `lab-init --open-spawner`; gives its
// exit status.
int serve(bool open);

}  // namespace labd::spawner
