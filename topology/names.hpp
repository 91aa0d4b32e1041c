// What may be called what: labs, nodes, interfaces, services. Names end up in file names below
// /run/netns, in host names and in the kernel, so the rules are the narrowest of the three.
#pragma once

#include <string>
#include <string_view>

namespace topology {

// [a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?
bool is_name(std::string_view text);
// What the writer may have meant: lower case, other bytes turned into "-"; "" when nothing is left.
std::string make_name(std::string_view text);

bool is_reserved_node_name(std::string_view name);  // all, localhost

// What the kernel takes (dev_valid_name(), net/core/dev.c) without what it gives a meaning to.
// The reason why not, or "".
std::string interface_name_trouble(std::string_view name);

// [a-z][a-z0-9_]*, and none of the names that the language itself binds.
bool is_variable_name(std::string_view name);
bool is_bound_name(std::string_view name);  // i j k a b n name lab

// [A-Za-z0-9_][A-Za-z0-9._@-]*, at most 64 bytes.
bool is_service_name(std::string_view name);

}  // namespace topology
