#include "labd/init/pipe.hpp"

#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace labd::init {

Pipe make_pipe(const Account& owner) {
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    Pipe pipe{Fd(ends[0]), Fd(ends[1])};
    if (owner.uid == 0 || fchown(pipe.read.get(), owner.uid, owner.gid) == 0) return pipe;
    // user_namespaces(7): no id that is not mapped.
    if (errno == EINVAL) throw Failure{errno, "be user " + owner.name + ", whom no node can have"};
    must(false, "own a pipe");
    return pipe;
}

}  // namespace labd::init
