// Topology files held in memory, for tests of everything that reads through topology::Files.
#pragma once

#include "topology/resolve.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

class MemoryFiles : public topology::Files {
  public:
    MemoryFiles() = default;
    // MemoryFiles files{{"two.lab.toml", "…"}, {"r1.conf", "…"}};
    MemoryFiles(std::initializer_list<std::pair<const std::string, std::string>> texts) {
        for (const auto& [path, text] : texts) add(path, text);
    }

    void add(const std::string& path, std::string content, std::uint32_t mode = 0644) {
        x_files[path] = Entry{std::move(content), mode};
    }

    std::optional<Entry> read(const std::string& path) override {
        auto found = x_files.find(path);
        if (found == x_files.end()) return std::nullopt;
        return found->second;
    }

    std::vector<std::string> list(const std::string& folder) override {
        const std::string prefix = folder.empty() || folder.back() == '/' ? folder : folder + "/";
        std::vector<std::string> below;
        for (const auto& [path, entry] : x_files)
            if (path.size() > prefix.size() && path.compare(0, prefix.size(), prefix) == 0)
                below.push_back(path.substr(prefix.size()));
        std::sort(below.begin(), below.end());
        return below;
    }

  private:
    std::map<std::string, Entry> x_files;
};

}  // namespace test
