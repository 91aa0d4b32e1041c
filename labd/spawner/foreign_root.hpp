// Nodes whose root file system is a directory of the host (`root = "DIR"`). What is in it is the
// user's business and may be hostile; so everything is opened step by step without links, put in
// place by descriptor, and nothing of ours is left in reach when the node's programs start.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"
#include "labd/spawner/directories.hpp"

#include <map>
#include <string>

namespace labd::spawner {

// One mount namespace of L for each such directory, with a template root of its own.
class ForeignRoots {
  public:
    explicit ForeignRoots(int proc) : proc_(proc) {}
    // `directory` is a detached mount, read-only already. A name that is known is replaced: nodes
    // that live keep what they have.
    void add(const std::string& name, const Fd& directory);
    // The caller's next clones are born below that root; "" = the lab's own. Throws Failure ENOENT.
    void enter(const std::string& name) const;
    void leave(const std::string& name) const;

  private:
    int proc_;
    Fd home_;
    std::map<std::string, Fd> namespaces_;
};

// In a node that was born below such a root: makes it the node's own. Throws Failure.
void settle_in_foreign_root(const std::string& hostname, protocol::Level level, const Ids& ids);

}  // namespace labd::spawner
