#pragma once

namespace labd::spawner {

// The whole life of `lab-init --outside`; gives its exit status.
int serve_outside();

}  // namespace labd::spawner
