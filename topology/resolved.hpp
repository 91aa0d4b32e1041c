// Inside `lab show --resolved`: values as TOML writes them.
#pragma once

#include "topology/model.hpp"

#include <string>
#include <vector>

namespace topology {

// A basic string; of several lines when it has several. "${" becomes "$${".
std::string toml_string(const std::string& text);
std::string toml_list(const std::vector<std::string>& items);
// Not every file is text.
bool is_utf8(const std::string& bytes);

// Gathers `key = value` lines of one table.
class TomlTable {
  public:
    void raw(const std::string& key, const std::string& value);
    void text(const std::string& key, const std::string& value) { raw(key, toml_string(value)); }
    bool empty() const { return lines_.empty(); }
    std::string lines() const;    // one a line
    std::string inline_() const;  // { a = 1, b = 2 }

  private:
    std::vector<std::string> lines_;
};

std::string toml_timers(const Timers& timers);
// As lines of `routes`. One a next hop: the same destination written twice is one route of equal
// cost.
std::vector<std::string> route_texts(const std::vector<Route>& routes);
// vlan, native, vlans: by number.
void add_vlans(const Vlans& vlans, TomlTable& table);
// The keys of an interface, but for its addresses.
void add_end_keys(const Lab& lab, const Node& node, const Interface& interface, TomlTable& table);
// [nodes.NAME] and [[link]].
std::string resolved_node(const Lab& lab, const Node& node);
std::string resolved_link(const Lab& lab, std::size_t index);

}  // namespace topology
