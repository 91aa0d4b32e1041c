#pragma once

#include "labd/fd.hpp"
#include "labd/init/accounts.hpp"

namespace labd::init {

struct Pipe {
    Fd read, write;
};

// A pipe that belongs to a command's user, so that the command can open /dev/stdout again by its
// name. It is our own pipe: a descriptor that came from elsewhere is never given another owner.
// Throws Failure.
Pipe make_pipe(const Account& owner);

}  // namespace labd::init
