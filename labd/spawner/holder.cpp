// Namespaces live as long as a process in them: this is the one that keeps an ordinary user's, so
// that labs outlive labd.
#include "labd/spawner/holder.hpp"

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

namespace labd::spawner {

int hold() {
    (void)prctl(PR_SET_NAME, "lab-holder");
    for (int signal = 1; signal < NSIG; ++signal) (void)std::signal(signal, SIG_DFL);
    Fd labd(protocol::holder_fd);
    char known = 0;
    if (chdir("/") != 0 || read(labd.get(), &known, 1) != 1) return 1;
    labd.reset();
    (void)close_range(protocol::holder_fd, ~0u, 0);
    for (;;) pause();
}

}  // namespace labd::spawner
