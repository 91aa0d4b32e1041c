#pragma once

namespace labd::spawner {

// no_new_privs and the deny list of level `lab`, for this process and everything it ever clones.
// Throws Failure.
void install_seccomp();
// The allow list of level `strict` on top of it.
void install_strict_seccomp();

}  // namespace labd::spawner
