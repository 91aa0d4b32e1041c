#pragma once

namespace labd::spawner {

// no_new_privs and the deny list of level `lab`, for this process and everything it ever clones.
// Throws Failure.
void install_seccomp();
// The allow list of level `strict` on top of it.
void install_strict_seccomp();
// The few calls of a relay that has its sockets, on top of it.
void install_relay_seccomp();

}  // namespace labd::spawner
