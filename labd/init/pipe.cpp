#include "labd/init/pipe.hpp"

#include "labd/init/failure.hpp"

#include <fcntl.h>

namespace labd::init {

Pipe make_pipe(const Account& owner) {
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    Pipe pipe{Fd(ends[0]), Fd(ends[1])};
    if (owner.uid != 0) must(fchown(pipe.read.get(), owner.uid, owner.gid) == 0, "own a pipe");
    return pipe;
}

}  // namespace labd::init
