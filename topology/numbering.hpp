// What labd has named and numbered by itself in a lab that runs: an edit of its file keeps it.
#pragma once

#include "topology/model.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace topology {

struct Numbering {
    using Place = std::pair<std::string, std::string>;  // node, interface

    struct Link {
        std::string name;
        std::vector<Place> ends;  // in the order of the file
        bool operator==(const Link&) const = default;
    };
    struct Interface {
        std::uint32_t index = 0;
        std::size_t place = 0;             // among the node's: its first address is the node's name
        std::optional<Prefix> ipv4, ipv6;  // networks of its segment
        std::vector<Prefix> addresses;
        // Its link is no more: what it held says little about where it is now.
        bool moved = false;
        bool operator==(const Interface&) const = default;
    };

    std::vector<Link> links;
    std::map<Place, Interface> interfaces;
    std::map<std::string, std::uint32_t> ids;  // of nodes
    // Links of the file that have been taken out of the running lab, by their place in it.
    std::set<std::size_t> gone;
    // Pool → its ranges and sizes, as one word: from a pool that was rewritten nothing is kept.
    std::map<std::string, std::string> pools;

    bool operator==(const Numbering&) const = default;
    bool empty() const { return links.empty() && interfaces.empty() && ids.empty(); }
    // nullptr when there is none.
    const Interface* find(const std::string& node, const std::string& interface) const;
};

Numbering numbering_of(const Lab& lab);
std::string words_of(const Pool& pool);

// Lines of words, for the journal; the way back leaves out lines that it does not understand.
std::string to_text(const Numbering& numbering);
Numbering parse_numbering(std::string_view text);

// Something that a fresh `up` of the same file would number otherwise.
struct Renumbering {
    std::string what;  // "h1:eth0", "r1 id", "link lan-2"
    std::string kept, fresh;
    bool operator==(const Renumbering&) const = default;
};
// Both labs are of one file: the links stand in the same order.
std::vector<Renumbering> renumberings(const Lab& kept, const Lab& fresh);

}  // namespace topology
