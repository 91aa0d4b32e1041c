#pragma once

#include "labd/init/protocol.hpp"
#include "labd/spawner/directories.hpp"

#include <string>
#include <vector>

namespace labd::spawner {

// What a node lays over the root that it inherits from the lab's template.
class NodeRoot {
  public:
    NodeRoot(const Accounts& accounts, const Ids& ids);

    // Its own /proc and /sys; needs no id map yet.
    static void show_kernel(protocol::Level level);
    // Everything else; makes inodes, so the id map must be there. Throws Failure.
    void furnish(const std::string& hostname, protocol::Level level) const;

  private:
    std::vector<Directory> directories_;
    std::string pts_options_;
};

// In the node, whatever its root is: what BPF and tracing want to find, as far as the kernel has
// it. Nobody but an open node may mount these.
void show_open_kernel();
void write_hostname(int etc, const std::string& hostname);

}  // namespace labd::spawner
