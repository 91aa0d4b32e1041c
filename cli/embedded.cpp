// Looking things up in the table that CMakeLists.txt has made.
#include "cli/embedded.hpp"

namespace cli {

std::string_view embedded(std::string_view path) {
    for (const auto& [name, text] : embedded_files())
        if (name == path) return text;
    return {};
}

std::vector<std::string_view> embedded_names(std::string_view folder) {
    std::vector<std::string_view> names;
    for (const auto& [name, text] : embedded_files()) {
        if (name.substr(0, folder.size()) != folder || name[folder.size()] != '/') continue;
        const std::string_view file = name.substr(folder.size() + 1);
        names.push_back(file.substr(0, file.find('.')));
    }
    return names;
}

}  // namespace cli
