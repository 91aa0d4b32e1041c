// `group` and `allow`: with whom a lab is shared. "bob" and "team" may do all that its owner may;
// "bob:see" and "team:enter" say less. Whether the machine knows them is not looked up here.
#pragma once

#include "topology/model.hpp"
#include "topology/read.hpp"
#include "topology/resolved.hpp"

#include <string_view>

namespace topology {

void read_group(const Value& value, Lab& lab, const Reader& reader);
void read_allow(const Value& value, Lab& lab, const Reader& reader);

// The same two keys again, for `lab show --resolved`.
void write_shares(const Lab& lab, TomlTable& top);

std::string_view word(Right right);  // "see", "enter", "change"

}  // namespace topology
