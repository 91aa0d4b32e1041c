// A topology in a string, expanded: for tests that look at the lab or at what is said about it.
#pragma once

#include "tests/support/memory_files.hpp"
#include "topology/stages.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

struct Expanded {
    topology::Lab lab;
    topology::Diagnostics diagnostics;
    topology::Sources sources;

    std::string text() const { return topology::render(diagnostics.all(), sources, false, 100); }
    std::vector<const topology::Diagnostic*> of(const std::string& code) const {
        std::vector<const topology::Diagnostic*> result;
        for (const topology::Diagnostic& d : diagnostics.all())
            if (d.code == code) result.push_back(&d);
        return result;
    }
    const topology::Node& node(const std::string& name) const {
        const topology::Node* found = lab.find(name);
        if (found == nullptr) throw std::out_of_range("no node " + name + "\n" + text());
        return *found;
    }
    const topology::Interface& interface(const std::string& node_name,
                                         const std::string& name) const {
        for (const topology::Interface& i : node(node_name).interfaces)
            if (i.name == name) return i;
        throw std::out_of_range("no interface " + name + " on " + node_name + "\n" + text());
    }
    // "h1:eth0 r1:eth0" of every link, in order.
    std::vector<std::string> links() const {
        std::vector<std::string> result;
        for (const topology::Link& link : lab.links) {
            std::string ends;
            for (const topology::End& end : link.ends)
                ends +=
                    (ends.empty() ? "" : " ") + lab.nodes[end.node].name + ":" + lab.at(end).name;
            result.push_back(ends);
        }
        return result;
    }
    std::vector<std::string> nodes() const {
        std::vector<std::string> result;
        for (const topology::Node& n : lab.nodes) result.push_back(n.name);
        return result;
    }
};

inline Expanded expand(MemoryFiles files, const std::string& main,
                       const topology::ResolveOptions& options = {}) {
    Expanded result;
    topology::Numbering running;
    result.lab =
        topology::expand(files, main, options, result.sources, result.diagnostics, running);
    return result;
}

inline Expanded expand(const std::string& text, const topology::ResolveOptions& options = {}) {
    return expand(MemoryFiles{{"two.lab.toml", text}}, "two.lab.toml", options);
}

}  // namespace test
