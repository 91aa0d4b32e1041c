// The whole way from text to a lab in which nothing is implicit.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace topology {

// Where topology files come from: the disk (cli), or what the client sent (labd). Paths are
// relative to the first file's folder, normalized, never absolute and never above it.
class Files {
  public:
    struct Entry {
        std::string content;
        std::uint32_t mode = 0644;
    };
    virtual ~Files() = default;
    // nullopt: no such file, not readable, or outside (links that lead out count as outside).
    virtual std::optional<Entry> read(const std::string& path) = 0;
    // Every regular file below a folder, paths relative to that folder, sorted; empty if no folder.
    virtual std::vector<std::string> list(const std::string& folder) = 0;
};

struct Numbering;

struct ResolveOptions {
    std::map<std::string, std::string> set;  // --set k=v
    std::optional<std::string> name;         // --name: overrides the file's
    std::string folder;                      // the first file's: names the lab of a "lab.toml"
    std::string nameless;                    // names a lab whose file does not; "": its file does
    const Numbering* running = nullptr;      // an edit: what goes on is not renumbered
    // Nothing is wanted but the mistakes: nodes have no routes that would have to be computed.
    bool only_mistakes = false;
};

struct Resolved {
    Lab lab;  // meaningful only when !diagnostics.failed()
    Diagnostics diagnostics;
    Sources sources;
};

// `main` is the topology file's name inside `files` ("two-hosts.lab.toml").
// Stations: load (document, include) → expand (vars, ranges, kinds, links) → address → route →
// configure (protocols' files and services) → substitute_late → validate.
Resolved resolve(Files& files, const std::string& main, const ResolveOptions& options = {});

}  // namespace topology
