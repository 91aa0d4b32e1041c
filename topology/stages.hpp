// The stations of `resolve`, in order. Each may add diagnostics; a later one runs only when no
// earlier one has failed, but `expand` reports all it can find and `validate` all of its rules.
#pragma once

#include "topology/diagnostic.hpp"
#include "topology/model.hpp"
#include "topology/numbering.hpp"
#include "topology/resolve.hpp"

namespace topology {

// document.cpp, include.cpp, expand*.cpp: the file's nodes, links, interfaces, with names, indexes,
// MACs, MTUs and everything written; nothing about segments, automatic addresses or routes.
// What goes on of a `running` lab keeps its names and indexes, what does not is marked in it.
Lab expand(Files& files, const std::string& main, const ResolveOptions& options, Sources& sources,
           Diagnostics& diagnostics, Numbering& running);

// Segments, addresses, loopbacks, ids; as in `running` wherever the file still allows it.
void address(Lab& lab, Diagnostics& diagnostics, const Numbering& running = {});
// Node::routes: gateways, static, written. `only_mistakes`: without those of shortest paths.
void route(Lab& lab, Diagnostics& diagnostics, bool only_mistakes = false);
void configure(Lab& lab, Diagnostics& diagnostics);        // frr, bird: files and services
void substitute_late(Lab& lab, Diagnostics& diagnostics);  // \x01r1.ipv4\x02 → text
void validate(const Lab& lab, Diagnostics& diagnostics);   // a table of rules

// The primary address of a node (language.md §6.6): loopback, else first interface with one.
std::optional<Ip> primary(const Node& node, Family family);

// /etc/hosts of the lab, the same for every node: all of them, or with names = false only
// localhost. Then `configure` gives each node the other one, which knows that node alone.
std::string hosts_file(const Lab& lab);
std::string hosts_file_alone(const Lab& lab, const Node& node);

// `lab show --resolved`: TOML that parses and resolves to itself.
std::string resolved_toml(const Lab& lab);

enum class GraphFormat { dot, svg, mermaid, ascii };
std::string graph(const Lab& lab, GraphFormat format);

}  // namespace topology
