// JSON answers of labd handed on to the user: filtered, flattened, pointed into.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

// {"api":1,KEY:[…]} as it came, or with `lines` one element per line.
std::string listing_json(std::string_view body, const char* key, bool lines);

// Of {"api":1,"lab":{…}}: {"api":1,"lab":NAME,"state":…,"reason":…,KEY:[those with these names]}.
// No names: all.
std::string part_json(std::string_view body, const char* key, const std::vector<std::string>& names,
                      bool lines);

// The lab itself ("" ), or the node or link of that name, pretty, with "api":1 in front; then where
// the pointer leads (RFC 6901), a string without quotes. Throws Failure no_such_node or usage.
std::string inspect_json(std::string_view body, const std::string& what, const std::string& pointer,
                         bool pretty);

}  // namespace cli
