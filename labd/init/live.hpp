// The life of a node's PID 1. It is the spawner's own process, cloned, that goes on from here and
// never comes back: to exec a program in every node would cost several times what all the rest of
// a birth costs this program (a static glibc asks the processor about its caches by CPUID, which
// traps in a virtual machine: 0.5 ms).
#pragma once

#include <sys/types.h>

#include <string>

namespace labd::init {

// Where main()'s words lie in memory, for ps(1): to be called first.
void keep_title(int argc, char** argv);
// From now on ps(1) and the like show this process so; `name` has 15 bytes at most.
void show_as(const char* name, const std::string& text);

// What an exec would have taken away from a process has to be taken from it here: descriptors
// beyond the door and the start socket (the caller's part), environment, name, and above all what
// makes it traceable. Its memory belongs to the user namespace of whoever started the spawner;
// not being dumpable it is therefore open to capabilities out there alone, and root of the node can
// neither trace it nor read /proc/1/{mem,fd,environ} (ptrace(2), "Ptrace access mode checking").
// `last_group`: the end of the node's group ids.
[[noreturn]] void live(const std::string& node, gid_t last_group);

}  // namespace labd::init
