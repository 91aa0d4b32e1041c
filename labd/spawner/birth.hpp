#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"
#include "labd/spawner/directories.hpp"
#include "labd/spawner/foreign_root.hpp"
#include "labd/spawner/node_root.hpp"

#include <sys/resource.h>
#include <sys/types.h>

namespace labd::spawner {

struct Born {
    pid_t pid = 0;
    Fd pidfd;
    Fd start;  // labd's end of the start socket
};

// How the nodes of one lab are made.
class Nursery {
  public:
    // `proc` is the host's /proc (O_PATH): the template's shows nobody.
    Nursery(int proc, const Accounts& accounts);
    // One node: clone, map its ids, and let it seal itself. `group` is the directory of its control
    // group, or empty. Throws Failure; afterwards failures of the node itself come over its start
    // socket.
    Born bear(const protocol::Birth& birth, const Fd& door, const Fd& group) const;
    ForeignRoots& roots() { return roots_; }

  private:
    void map_ids(const Born& born) const;
    [[noreturn]] void live(const protocol::Birth& birth, int door, int start) const;
    void make_root(const protocol::Birth& birth) const;

    int proc_;
    Ids ids_;  // of L, and so of its nodes
    NodeRoot root_;
    ForeignRoots roots_;
    rlimit core_;
};

}  // namespace labd::spawner
