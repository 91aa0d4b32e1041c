// Segments: all ends that hear each other at layer 2, through however many switches.
#include "topology/address.hpp"
#include "topology/masquerade.hpp"
#include "topology/segment_services.hpp"

#include <numeric>

namespace topology {
namespace {

// Sets of things that are one: links, and the switches that join them.
class Unions {
  public:
    explicit Unions(std::size_t count) : parent_(count) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t find(std::size_t item) {
        while (parent_[item] != item) item = parent_[item] = parent_[parent_[item]];
        return item;
    }
    void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

  private:
    std::vector<std::size_t> parent_;
};

std::string line_of(const Where& where) {
    return where.line == 0 ? "" : " (line " + std::to_string(where.line) + ")";
}

// Gathers what several links and switches say about one segment, and notices when they differ.
class Gatherer {
  public:
    Gatherer(const Lab& lab, Diagnostics& diagnostics) : lab_(lab), diagnostics_(diagnostics) {}

    void prefixes(NetworkKeys& keys, const Segment& segment,
                  const std::vector<std::pair<Prefix, Where>>& list) {
        for (const auto& [prefix, where] : list) {
            auto& slot = prefix.ip.family == Family::ipv4 ? keys.ipv4 : keys.ipv6;
            if (!slot)
                slot.emplace(prefix.network(), where);
            else if (slot->first != prefix.network())
                differ(segment, where,
                       "this network is " + slot->first.text() + line_of(slot->second) + " and " +
                           prefix.network().text() + line_of(where),
                       "one prefix per network");
        }
    }

    void pool(NetworkKeys& keys, const Segment& segment, const Text& pool) {
        if (pool.text.empty()) return;
        if (lab_.addressing.pools.count(pool.text) == 0) {
            std::string known;
            for (const auto& [name, unused] : lab_.addressing.pools)
                known += (known.empty() ? "" : ", ") + name;
            diagnostics_.error("D30", pool.where, "no pool \"" + pool.text + "\" in [addressing]",
                               "pools: " + known);
        } else if (keys.pool.text.empty()) {
            keys.pool = pool;
        } else if (keys.pool.text != pool.text) {
            differ(segment, pool.where,
                   "this network draws from pool \"" + keys.pool.text + "\"" +
                       line_of(keys.pool.where) + " and from \"" + pool.text + "\"" +
                       line_of(pool.where),
                   "one pool per network");
        }
    }

    void gateway(Segment& segment, const Text& gateway) {
        if (!segment.gateway)
            segment.gateway = gateway;
        else if (segment.gateway->text != gateway.text)
            differ(segment, gateway.where,
                   "this network's gateway is " + said(*segment.gateway) + " and " + said(gateway),
                   "one gateway per network; an end may have its own: ends.h1 = { gateway = … }");
    }

    template <class T>
    void service(const Segment& segment, std::optional<T>& told, const std::optional<T>& value,
                 const char* what) {
        if (value && told && !is_same(*told, *value))
            differ(segment, value->where,
                   std::string("this network is told two things of ") + what +
                       line_of(told->where) + line_of(value->where),
                   "once a network");
        if (value && !told) told = value;
    }

    void private_key(Segment& segment, std::optional<bool>& told, std::optional<bool> value,
                     const Where& where) {
        if (!value) return;
        if (told && *told != *value)
            differ(segment, where, "this network is private and it is not",
                   "one value of private per network");
        told = value;
        segment.private_ = *value;
    }

  private:
    static std::string said(const Text& gateway) {
        return (gateway.text.empty() ? "false" : gateway.text) + line_of(gateway.where);
    }
    void differ(const Segment& segment, const Where& where, std::string message,
                const std::string& hint) {
        if (!segment.switches.empty())
            message += ": both reach switch " + lab_.nodes[segment.switches.front()].name;
        diagnostics_.error("D32", where, std::move(message), hint);
    }

    const Lab& lab_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::vector<NetworkKeys> find_segments(Lab& lab, Diagnostics& diagnostics) {
    // Items: the links, then the nodes (only switches and hubs join anything).
    Unions unions(lab.links.size() + lab.nodes.size());
    for (std::size_t l = 0; l < lab.links.size(); ++l)
        for (const End& end : lab.links[l].ends)
            if (lab.nodes[end.node].is_bridge()) unions.join(l, lab.links.size() + end.node);

    lab.segments.clear();
    std::vector<std::size_t> segment_of(lab.links.size() + lab.nodes.size(), npos);
    for (std::size_t l = 0; l < lab.links.size(); ++l) {
        std::size_t& index = segment_of[unions.find(l)];
        if (index == npos) {
            index = lab.segments.size();
            lab.segments.emplace_back();
        }
        Segment& segment = lab.segments[index];
        segment.links.push_back(l);
        for (const End& end : lab.links[l].ends) {
            const bool port = lab.nodes[end.node].is_bridge();
            lab.at(end).segment = port ? npos : index;
            if (!port) segment.ends.push_back(end);
        }
    }
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        if (!lab.nodes[n].is_bridge()) continue;
        const std::size_t index = segment_of[unions.find(lab.links.size() + n)];
        if (index != npos) lab.segments[index].switches.push_back(n);
    }

    std::vector<NetworkKeys> keys(lab.segments.size());
    Gatherer gather(lab, diagnostics);
    for (std::size_t s = 0; s < lab.segments.size(); ++s) {
        Segment& segment = lab.segments[s];
        std::optional<bool> told;
        for (const std::size_t l : segment.links) {
            const Link& link = lab.links[l];
            gather.prefixes(keys[s], segment, link.prefixes);
            gather.pool(keys[s], segment, link.pool);
            if (link.gateway) gather.gateway(segment, *link.gateway);
            gather.private_key(segment, told, link.private_, link.where);
            gather.service(segment, segment.dhcp, link.dhcp, "dhcp");
            gather.service(segment, segment.ra, link.ra, "ra");
        }
        for (const std::size_t n : segment.switches) {
            const Node& node = lab.nodes[n];
            gather.prefixes(keys[s], segment, node.prefixes);
            gather.pool(keys[s], segment, node.pool);
            for (const Text& gateway : node.gateway) gather.gateway(segment, gateway);
            gather.private_key(segment, told, node.private_, node.where);
            gather.service(segment, segment.dhcp, node.dhcp, "dhcp");
            gather.service(segment, segment.ra, node.ra, "ra");
        }
        if (!told) segment.private_ = is_behind_masquerade(lab, segment);
    }
    return keys;
}

}  // namespace topology
