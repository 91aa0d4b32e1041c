// Segments: all ends that hear each other at layer 2, through however many switches.
#include "topology/address.hpp"
#include "topology/masquerade.hpp"
#include "topology/segment_services.hpp"

#include <map>
#include <numeric>
#include <set>

namespace topology {
namespace {

// Sets of things that are one.
class Unions {
  public:
    explicit Unions(std::size_t count) : parent_(count) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t add() {
        parent_.push_back(parent_.size());
        return parent_.size() - 1;
    }
    std::size_t find(std::size_t item) {
        while (parent_[item] != item) item = parent_[item] = parent_[parent_[item]];
        return item;
    }
    void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

  private:
    std::vector<std::size_t> parent_;
};

// What a frame may be in: a link or a bridge, with a VLAN's tag or (0) without one. Inside a bridge
// that tells VLANs apart every frame is of one.
class Media {
  public:
    explicit Media(const Lab& lab) : lab_(lab), unions_(lab.links.size() + lab.nodes.size()) {
        for (const Node& node : lab.nodes)
            for (const Interface& interface : node.interfaces)
                if (interface.master.empty())
                    tags_.insert(interface.vlans.tagged.begin(), interface.vlans.tagged.end());
        for (std::size_t l = 0; l < lab.links.size(); ++l)
            for (const End& end : lab.links[l].ends)
                if (lab.nodes[end.node].is_bridge()) cross(l, end);
    }

    // Of the link and of all that it is joined to.
    std::size_t of_link(std::size_t link, VlanId tag) { return unions_.find(vertex(link, tag)); }
    std::size_t of_bridge(std::size_t node, VlanId id) {
        return unions_.find(vertex(lab_.links.size() + node, id));
    }
    // The VLANs that a bridge has or may pass; 0 only for one that does not tell them apart.
    std::set<VlanId> inside(std::size_t node) const {
        const auto found = inside_.find(node);
        return found == inside_.end() ? std::set<VlanId>{} : found->second;
    }

  private:
    std::size_t vertex(std::size_t item, VlanId tag) {
        if (tag == 0) return item;
        const auto [found, fresh] = tagged_.try_emplace({item, tag}, 0);
        if (fresh) found->second = unions_.add();
        return found->second;
    }

    void cross(std::size_t link, const End& end) {
        const std::size_t port = taking_part(lab_, link, end);
        if (port == npos) return;
        const std::size_t bridge = lab_.links.size() + end.node;
        const auto join = [&](VlanId tag, VlanId id) {
            unions_.join(vertex(link, tag), vertex(bridge, id));
            inside_[end.node].insert(id);
        };
        if (!lab_.nodes[end.node].vlan_filtering) {
            join(0, 0);
            for (const VlanId tag : tags_) join(tag, tag);
            return;
        }
        for (const auto& [id, way] : port_vlans(lab_.at({end.node, port}).vlans))
            join(way.untagged ? VlanId{0} : id, id);
    }

    const Lab& lab_;
    Unions unions_;
    std::set<VlanId> tags_;
    std::map<std::pair<std::size_t, VlanId>, std::size_t> tagged_;
    std::map<std::size_t, std::set<VlanId>> inside_;
};

// What a bridge inside the node does with its ports' VLANs is not followed.
bool is_tagged_only(const Interface& own) {
    return own.master.empty() && !own.vlans.tagged.empty() && !own.vlans.native;
}

// The interface by which an end takes part in what is tagged so on its link; npos when it does not.
std::size_t attached(const Lab& lab, std::size_t link, const End& end, VlanId tag) {
    const Node& node = lab.nodes[end.node];
    const std::size_t part = taking_part(lab, link, end);
    if (node.is_bridge() || part == npos) return npos;
    const Interface& own = node.interfaces[part];
    if (tag == 0) return is_tagged_only(own) ? npos : part;
    for (std::size_t i = 0; i < node.interfaces.size(); ++i) {
        const Interface& other = node.interfaces[i];
        if (other.kind == DeviceKind::vlan && other.device.lower == own.name &&
            other.device.id == tag && other.link == own.link)
            return i;
    }
    return npos;
}

// The tags that ends of a link use, 0 for none.
std::set<VlanId> tags_of(const Lab& lab, std::size_t link) {
    std::set<VlanId> out;
    for (const End& end : lab.links[link].ends) {
        const std::size_t part = taking_part(lab, link, end);
        if (part == npos) continue;
        const Interface& own = lab.at({end.node, part});
        if (own.master.empty()) out.insert(own.vlans.tagged.begin(), own.vlans.tagged.end());
        if (!is_tagged_only(own)) out.insert(0);
    }
    return out;
}

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

namespace {

// What a segment is made of, beside what the model keeps of it.
struct Parts {
    std::vector<std::size_t> plain;  // links that it is the untagged traffic of
    std::set<VlanId> vlans;
};

class Finder {
  public:
    explicit Finder(Lab& lab) : lab_(lab), media_(lab) {}

    std::vector<Parts> run() {
        lab_.segments.clear();
        for (Node& node : lab_.nodes)
            for (Interface& interface : node.interfaces) interface.segment = npos;
        for (std::size_t l = 0; l < lab_.links.size(); ++l)
            for (const VlanId tag : tags_of(lab_, l)) add_link(l, tag);
        for (std::size_t n = 0; n < lab_.nodes.size(); ++n)
            if (lab_.nodes[n].is_bridge()) add_bridge(n);
        return std::move(parts_);
    }

  private:
    void add_link(std::size_t link, VlanId tag) {
        const auto [found, fresh] =
            segment_of_.try_emplace(media_.of_link(link, tag), lab_.segments.size());
        if (fresh) {
            lab_.segments.emplace_back();
            parts_.emplace_back();
        }
        const std::size_t index = found->second;
        Segment& segment = lab_.segments[index];
        segment.links.push_back(link);
        if (tag == 0)
            parts_[index].plain.push_back(link);
        else
            parts_[index].vlans.insert(tag);
        for (const End& end : lab_.links[link].ends)
            attach(index, {end.node, attached(lab_, link, end, tag)});
    }

    void attach(std::size_t segment, const End& end) {
        if (end.interface == npos) return;
        lab_.at(end).segment = segment;
        lab_.segments[segment].ends.push_back(end);
    }

    void add_bridge(std::size_t n) {
        const Node& node = lab_.nodes[n];
        for (const VlanId id : media_.inside(n)) {
            const auto found = segment_of_.find(media_.of_bridge(n, id));
            if (found == segment_of_.end()) continue;
            std::vector<std::size_t>& switches = lab_.segments[found->second].switches;
            if (switches.empty() || switches.back() != n) switches.push_back(n);
            if (!node.vlan_filtering) continue;
            parts_[found->second].vlans.insert(id);
            for (std::size_t i = 0; i < node.interfaces.size(); ++i)
                if (node.interfaces[i].device.lower == switch_bridge &&
                    node.interfaces[i].device.id == id)
                    attach(found->second, {n, i});
        }
    }

    Lab& lab_;
    Media media_;
    std::map<std::size_t, std::size_t> segment_of_;
    std::vector<Parts> parts_;
};

std::vector<Text> gateways(const std::optional<Text>& one) {
    return one ? std::vector<Text>{*one} : std::vector<Text>{};
}
const std::vector<Text>& gateways(const std::vector<Text>& list) {
    return list;
}

template <class Keys>
bool says_network(const Keys& keys) {
    return !keys.prefixes.empty() || !keys.pool.text.empty() || keys.dhcp || keys.ra;
}

// A trunk is as many networks as it has VLANs.
void refuse_keys_of_trunks(const Lab& lab, const std::vector<Parts>& parts,
                           Diagnostics& diagnostics) {
    std::set<std::size_t> plain;
    for (const Parts& part : parts) plain.insert(part.plain.begin(), part.plain.end());
    for (std::size_t l = 0; l < lab.links.size(); ++l)
        if (says_network(lab.links[l]) && !plain.contains(l))
            diagnostics.error("D32", lab.links[l].where,
                              "a trunk is several networks: which one is meant?",
                              "[vlans] red = { id = 10, prefix = \"…\" }");
    std::map<std::size_t, std::size_t> networks;
    for (const Segment& segment : lab.segments)
        for (const std::size_t n : segment.switches) ++networks[n];
    for (const auto& [n, count] : networks)
        if (count > 1 && !lab.nodes[n].prefixes.empty())
            diagnostics.error("D32", lab.nodes[n].prefixes.front().second,
                              lab.nodes[n].name + " has " + std::to_string(count) +
                                  " networks: which one is meant?",
                              "[vlans] red = { id = 10, prefix = \"…\" }");
}

}  // namespace

std::size_t taking_part(const Lab& lab, std::size_t link, const End& end) {
    const std::string& master = lab.at(end).master;
    if (master.empty()) return end.interface;
    const std::vector<Interface>& all = lab.nodes[end.node].interfaces;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].name == master && all[i].kind == DeviceKind::bond)
            return all[i].link == link ? i : npos;
    return end.interface;
}

std::vector<NetworkKeys> find_segments(Lab& lab, Diagnostics& diagnostics) {
    const std::vector<Parts> parts = Finder(lab).run();
    refuse_keys_of_trunks(lab, parts, diagnostics);

    std::vector<NetworkKeys> keys(lab.segments.size());
    Gatherer gather(lab, diagnostics);
    for (std::size_t s = 0; s < lab.segments.size(); ++s) {
        Segment& segment = lab.segments[s];
        std::optional<bool> told;
        const auto add = [&](const auto& said) {
            gather.prefixes(keys[s], segment, said.prefixes);
            gather.pool(keys[s], segment, said.pool);
            for (const Text& gateway : gateways(said.gateway)) gather.gateway(segment, gateway);
            gather.private_key(segment, told, said.private_, said.where);
            gather.service(segment, segment.dhcp, said.dhcp, "dhcp");
            gather.service(segment, segment.ra, said.ra, "ra");
        };
        for (const std::size_t l : parts[s].plain) add(lab.links[l]);
        for (const Vlan& vlan : lab.vlans)
            if (parts[s].vlans.contains(vlan.id)) add(vlan);
        for (const std::size_t n : segment.switches) add(lab.nodes[n]);
        if (!told) segment.private_ = is_behind_masquerade(lab, segment);
    }
    return keys;
}

}  // namespace topology
