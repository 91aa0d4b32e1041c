#include "labd/spawner/space.hpp"

#include "labd/init/failure.hpp"
#include "labd/spawner/namespace_limits.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace labd::spawner {
namespace {

void write_one(int proc, const char* path) {
    const Fd file(openat(proc, path, O_WRONLY | O_CLOEXEC));
    // A kernel booted with ipv6.disable=1 has no such file and nothing to silence.
    if (!file && errno == ENOENT) return;
    must(file && write(file.get(), "1", 1) == 1, "switch IPv6 off in a switch's namespace");
}

}  // namespace

Fd make_space(int proc, bool quiet) {
    const Fd home(openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC));
    must(bool(home), "open the spawner's network namespace");
    if (unshare(CLONE_NEWNET) != 0) {
        const int error = errno;
        throw Failure{error, with_limit("make network namespaces", error, CLONE_NEWNET)};
    }
    Fd space;
    try {
        // Before any interface: `all` silences what is there, `default` what will be made.
        if (quiet)
            for (const char* whose :
                 {"sys/net/ipv6/conf/all/disable_ipv6", "sys/net/ipv6/conf/default/disable_ipv6"})
                write_one(proc, whose);
        space.reset(openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC));
        must(bool(space), "open a network namespace");
    } catch (const Failure&) {
        (void)setns(home.get(), CLONE_NEWNET);
        throw;
    }
    must(setns(home.get(), CLONE_NEWNET) == 0, "come back from a network namespace");
    return space;
}

}  // namespace labd::spawner
