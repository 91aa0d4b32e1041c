// See numbering.hpp.
#include "topology/numbering.hpp"

#include <algorithm>
#include <sstream>

namespace topology {
namespace {

std::string text(const std::optional<Prefix>& prefix) {
    return prefix ? prefix->text() : "-";
}

// Every address of an interface or loopback on one line.
std::string text(const std::vector<Prefix>& prefixes) {
    std::string out;
    for (const Prefix& prefix : prefixes) out += (out.empty() ? "" : " ") + prefix.text();
    return out.empty() ? "none" : out;
}

std::string place_text(const Numbering::Place& place) {
    return place.first + ":" + place.second;
}

std::optional<Numbering::Place> parse_place(const std::string& word) {
    const std::size_t colon = word.find(':');
    if (colon == word.npos) return std::nullopt;
    return Numbering::Place{word.substr(0, colon), word.substr(colon + 1)};
}

void read_link(std::istringstream& words, Numbering& out) {
    Numbering::Link link;
    words >> link.name;
    for (std::string word; words >> word;) {
        const auto place = parse_place(word);
        if (!place) return;
        link.ends.push_back(*place);
    }
    if (!link.ends.empty()) out.links.push_back(std::move(link));
}

void read_interface(std::istringstream& words, Numbering& out) {
    Numbering::Interface interface;
    std::string place, ipv4, ipv6;
    if (!(words >> place >> interface.index >> interface.place >> ipv4 >> ipv6)) return;
    interface.ipv4 = Prefix::parse(ipv4);
    interface.ipv6 = Prefix::parse(ipv6);
    for (std::string word; words >> word;)
        if (const auto address = Prefix::parse(word)) interface.addresses.push_back(*address);
    if (const auto where = parse_place(place)) out.interfaces[*where] = std::move(interface);
}

}  // namespace

const Numbering::Interface* Numbering::find(const std::string& node,
                                            const std::string& interface) const {
    const auto found = interfaces.find({node, interface});
    return found == interfaces.end() ? nullptr : &found->second;
}

std::string words_of(const Pool& pool) {
    std::string out = text(pool.ipv4) + "," + text(pool.ipv6);
    for (const auto& length : {pool.prefix4, pool.prefix6})
        out += "," + (length ? std::to_string(*length) : std::string("-"));
    return out + "," + std::to_string(pool.start);
}

Numbering numbering_of(const Lab& lab) {
    Numbering out;
    for (const topology::Link& link : lab.links) {
        Numbering::Link kept;
        kept.name = link.name;
        for (const End& end : link.ends)
            kept.ends.emplace_back(lab.nodes[end.node].name, lab.at(end).name);
        out.links.push_back(std::move(kept));
    }
    for (const Node& node : lab.nodes) {
        if (node.id) out.ids[node.name] = *node.id;
        for (std::size_t i = 0; i < node.interfaces.size(); ++i) {
            const topology::Interface& interface = node.interfaces[i];
            Numbering::Interface& kept = out.interfaces[{node.name, interface.name}];
            kept.place = i;
            kept.index = interface.index;
            kept.addresses = interface.addresses;
            if (interface.segment >= lab.segments.size()) continue;
            kept.ipv4 = lab.segments[interface.segment].ipv4;
            kept.ipv6 = lab.segments[interface.segment].ipv6;
        }
    }
    for (const auto& [name, pool] : lab.addressing.pools) out.pools[name] = words_of(pool);
    return out;
}

std::string to_text(const Numbering& numbering) {
    std::string out;
    for (const Numbering::Link& link : numbering.links) {
        out += "link " + link.name;
        for (const Numbering::Place& end : link.ends) out += " " + place_text(end);
        out += "\n";
    }
    for (const auto& [place, interface] : numbering.interfaces) {
        out += "interface " + place_text(place) + " " + std::to_string(interface.index) + " " +
               std::to_string(interface.place) + " " + text(interface.ipv4) + " " +
               text(interface.ipv6);
        for (const Prefix& address : interface.addresses) out += " " + address.text();
        out += "\n";
    }
    for (const auto& [node, id] : numbering.ids)
        out += "id " + node + " " + std::to_string(id) + "\n";
    for (const std::size_t place : numbering.gone) out += "gone " + std::to_string(place) + "\n";
    for (const auto& [name, words] : numbering.pools) out += "pool " + name + " " + words + "\n";
    return out;
}

Numbering parse_numbering(std::string_view text) {
    Numbering out;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string kind, name, value;
        words >> kind;
        if (kind == "link") {
            read_link(words, out);
        } else if (kind == "interface") {
            read_interface(words, out);
        } else if (kind == "id") {
            std::uint32_t id = 0;
            if (words >> name >> id) out.ids[name] = id;
        } else if (kind == "gone") {
            std::size_t place = 0;
            if (words >> place) out.gone.insert(place);
        } else if (kind == "pool") {
            if (words >> name >> value) out.pools[name] = value;
        }
    }
    return out;
}

std::vector<Renumbering> renumberings(const Lab& kept, const Lab& fresh) {
    std::vector<Renumbering> out;
    const auto compare = [&](const std::string& what, const std::string& a, const std::string& b) {
        if (a != b) out.push_back({what, a, b});
    };
    for (std::size_t l = 0; l < std::min(kept.links.size(), fresh.links.size()); ++l) {
        const Link &a = kept.links[l], &b = fresh.links[l];
        compare("link " + a.name, a.name, b.name);
        for (std::size_t e = 0; e < std::min(a.ends.size(), b.ends.size()); ++e) {
            const Interface &mine = kept.at(a.ends[e]), &theirs = fresh.at(b.ends[e]);
            const std::string what = kept.nodes[a.ends[e].node].name + ":" + mine.name;
            compare(what, mine.name, theirs.name);
            // What follows from the name is not said again.
            if (mine.name == theirs.name)
                compare(what + " index", std::to_string(mine.index), std::to_string(theirs.index));
            compare(what, text(mine.addresses), text(theirs.addresses));
        }
    }
    for (std::size_t n = 0; n < std::min(kept.nodes.size(), fresh.nodes.size()); ++n) {
        const Node &a = kept.nodes[n], &b = fresh.nodes[n];
        if (a.id && b.id) compare(a.name + " id", std::to_string(*a.id), std::to_string(*b.id));
        compare(a.name + ":lo", text(a.loopbacks), text(b.loopbacks));
    }
    return out;
}

}  // namespace topology
