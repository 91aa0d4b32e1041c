// Whose an address is, and which address a name means.
#pragma once

#include "topology/model.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace labd::check {

// Every address of the wish; private segments may repeat one, so an address may have several.
class Owners {
  public:
    explicit Owners(const topology::Lab& lab);
    // Names of nodes, in file order; link-local addresses by the MAC that they are made of.
    std::vector<std::string> of(const topology::Ip& ip) const;
    bool is(const topology::Ip& ip, const std::string& node) const;
    // "r2", or the address when nobody has it.
    std::string name(const topology::Ip& ip) const;

  private:
    std::map<topology::Ip, std::vector<std::string>> owners_;
};

// A target of a check as a program takes it.
struct Destination {
    std::string name;                        // as written: "h2"
    std::string address;                     // "10.0.2.2", or a name for the node's own resolver
    std::optional<topology::Family> family;  // nullopt: a name that may be either
    std::string missing;                     // why there is no address: "h2 has no IPv6 address"
};
// One, or with `both` one for each family. The source must speak the family, too.
std::vector<Destination> destinations(const topology::Lab& lab, const std::string& from,
                                      const std::string& target, topology::FamilyWish wish);

// The nodes that take part in all-reachable and no-loops: those with an address and a process.
std::vector<std::string> reachable_nodes(const topology::Lab& lab);

}  // namespace labd::check
