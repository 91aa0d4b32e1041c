// Pages, templates and scripts that travel inside the program: the files of pages/, templates/ and
// completion/, put into a table by CMakeLists.txt.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace cli {

// "pages/topology.txt" and its text.
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_files();
// The text of one; "" when there is none.
std::string_view embedded(std::string_view path);
// The names in a folder without folder and ending, sorted: embedded_names("pages").
std::vector<std::string_view> embedded_names(std::string_view folder);

}  // namespace cli
