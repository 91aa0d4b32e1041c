// Built-in kinds, own kinds, and what each of them brings.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"
#include "topology/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace topology {

std::string_view kind_name(Kind kind);

// Why a key does not fit a node of that kind, "" when it does. `code` is set with it. A switch with
// `svi` routes, and has addresses in its VLANs.
std::string key_trouble(Kind kind, bool has_svi, std::string_view key, std::string_view& code);

class Kinds {
  public:
    // Reads [kinds.…]: unknown keys, D11 to D13 and chains longer than 8 are reported here, once.
    Kinds(const Value& root, Diagnostics& diagnostics);

    struct Chain {
        Kind kind = Kind::host;
        std::vector<std::string> names;    // nearest first, the built-in last
        std::vector<const Value*> tables;  // base first: what each link of the chain adds
    };
    // nullopt after D11; `where` is the word that names the kind.
    std::optional<Chain> find(const std::string& name, const Where& where) const;

  private:
    struct Own {
        Value table;
        Where where;
        std::string parent;  // "" for additions to a built-in kind
    };
    void read(const Member& member);
    void check_parents();

    std::map<std::string, Own> x_own;
    std::vector<std::string> x_order;  // names in the order of the file
    Diagnostics& x_diagnostics;
};

}  // namespace topology
