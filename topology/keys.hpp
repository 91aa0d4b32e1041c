// Which keys a table may have. Anything else is a mistake (D1), said with the nearest key; keys
// that begin with "x-" are free. Keys of features that are not there yet are known, so that they
// are refused or noticed by name.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace topology {

struct KeyTable {
    std::string_view where;  // "a link", "the file": ends the sentence `unknown key "x" in …`
    std::vector<std::string_view> keys;
};

const KeyTable& file_keys();
const KeyTable& node_keys();
const KeyTable& kind_keys();  // node_keys and extends
const KeyTable& link_keys();
const KeyTable& link_default_keys();  // [defaults.link]: nothing that makes or names one link
const KeyTable& end_keys();
const KeyTable& interface_keys();  // end keys and those of devices inside a node
const KeyTable& addressing_switches();
const KeyTable& pool_keys();
const KeyTable& service_keys();
const KeyTable& file_value_keys();
const KeyTable& star_keys();
const KeyTable& check_keys();
const KeyTable& step_keys();
const KeyTable& exercise_keys();
const KeyTable& defaults_keys();

// Reports every member of `table` that `known` does not list. `advice`: what is said of a key that
// nothing is near to, or that is another word for one; "" for nothing special.
using Advice = std::string (*)(std::string_view key, const KeyTable& known);
void refuse_unknown_keys(const Value& table, const KeyTable& known, Diagnostics& diagnostics,
                         Advice advice = nullptr);

bool is_free_key(std::string_view key);        // x-…
bool is_impairment_key(std::string_view key);  // delay, loss, …
const std::vector<std::string_view>& impairment_keys();
bool is_end_key(std::string_view key);

}  // namespace topology
