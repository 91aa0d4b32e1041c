// What one end of a link is told: by the defaults, its node, its link, and for itself.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_list.hpp"

#include <string>
#include <vector>

namespace topology {

// Layers of end keys, lowest priority first: the last that says a key wins.
class EndKeys {
  public:
    // Takes the end keys of `table`, without impairments when `quiet` (a stub under defaults).
    void add(const Value& table, bool quiet = false);
    void add(const Member& member);
    // What [defaults.link] says is for those links that it means something to.
    void add_defaults(const Value& table, bool quiet);
    void drop_idle_defaults();
    void drop(std::string_view key);
    const std::vector<const Member*>& members() const { return x_members; }

  private:
    std::vector<const Member*> x_members, x_defaults;
};

// Puts what the keys say into the interface; addresses of the END string come first.
void read_end(const EndKeys& keys, const NodeList& nodes, Interface& interface, Context& context);

// `02:` and a hash of the two names: the same file, the same network.
Mac make_mac(const std::string& node, const std::string& interface);

}  // namespace topology
