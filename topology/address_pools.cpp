// Pools: the k-th network is base + (start + k) × size, the same number in both families.
#include "topology/address.hpp"

#include <algorithm>

namespace topology {

struct Pools::State {
    std::string name;
    Pool pool;
    std::uint64_t next = 0;
    bool exhausted = false;  // said once, not once a link
    // Numbers whose decimal digits do not fit take values that no digits give: 9999 is followed by
    // …:a, …:b. Only short subnet numbers ever come to this.
    std::vector<Number> lettered;

    unsigned length4(const Demand& demand) const {
        if (pool.prefix4) return *pool.prefix4;
        if (name == "lans" || name == "links") return name == "lans" ? 24 : 31;
        return demand.point_to_point ? 31 : 24;
    }
    unsigned length6(const Demand& demand) const {
        if (pool.prefix6) return *pool.prefix6;
        if (name == "lans" || name == "links") return name == "lans" ? 64 : 127;
        return demand.point_to_point ? 127 : 64;
    }
    // A /127 owns a /64, as RFC 6164 asks, wherever the pool is wide enough for that.
    unsigned spacing6(const Demand& demand) const {
        const unsigned length = length6(demand);
        return length > 64 && pool.ipv6->length < 64 ? 64 : length;
    }

    std::optional<Number> subnet6(std::uint64_t number, unsigned bits) {
        if (bits >= 64) return as_digits(number);
        const Number size = Number{1} << bits;
        const Number digits = as_digits(number);
        if (digits < size) return digits;
        if (bits > 20) return std::nullopt;
        if (lettered.empty()) {
            std::uint64_t unused = 0;
            for (Number value = 0; value < size; ++value)
                if (!from_digits(value, unused)) lettered.push_back(value);
        }
        const std::uint64_t plain = static_cast<std::uint64_t>(size) - lettered.size();
        if (number - plain >= lettered.size()) return std::nullopt;
        return lettered[number - plain];
    }
};

Pools::Pools(const Lab& lab, Diagnostics& diagnostics) : lab_(lab), diagnostics_(diagnostics) {
    for (const auto& [name, pool] : lab.addressing.pools)
        states_.push_back(State{name, pool, pool.start, false, {}});
    const auto reserve = [&](const std::vector<std::pair<Prefix, Where>>& list) {
        for (const auto& [prefix, where] : list)
            (prefix.ip.family == Family::ipv4 ? taken4_ : taken6_).add(prefix);
    };
    for (const Node& node : lab.nodes) {
        reserve(node.prefixes);
        reserve(node.explicit_loopbacks);
        for (const Prefix& loopback : node.loopbacks)
            (loopback.ip.family == Family::ipv4 ? taken4_ : taken6_).add(loopback);
        for (const Interface& interface : node.interfaces) reserve(interface.explicit_addresses);
    }
    for (const Link& link : lab.links) reserve(link.prefixes);
    for (const Vlan& vlan : lab.vlans) reserve(vlan.prefixes);
}

Pools::~Pools() = default;

std::uint64_t highest_number(const Demand& demand, unsigned host_bits) {
    const std::uint64_t total = demand.routers + demand.others;
    if (host_bits < 5) return total;
    const std::uint64_t late = demand.routers > 10 ? demand.routers - 10 : 0;
    return demand.others + late > 0 ? 10 + demand.others + late : demand.routers;
}

bool fits(const Demand& demand, Family family, unsigned host_bits) {
    if (host_bits <= 1) return demand.routers + demand.others <= host_bits + 1;
    const std::uint64_t highest = highest_number(demand, host_bits);
    if (host_bits >= 64) return true;
    const Number size = Number{1} << host_bits;
    return family == Family::ipv4 ? highest <= size - 2 : as_digits(highest) < size;
}

// The block of `number`, when there is one. `width` is how many numbers it spans: a network that is
// larger than the pool's size takes several.
std::optional<Prefix> Pools::network4(const State& state, std::uint64_t number,
                                      const Demand& demand, std::uint64_t& width) {
    const unsigned unit = state.length4(demand);
    unsigned length = unit;
    while (length > state.pool.ipv4->length && !fits(demand, Family::ipv4, 32 - length)) --length;
    width = std::uint64_t{1} << (unit - length);
    if (number % width != 0) return std::nullopt;
    const Number offset = Number{number} << (32 - unit);
    return make_prefix(Family::ipv4, first_number(*state.pool.ipv4) + offset, length);
}

std::optional<Prefix> Pools::network6(State& state, std::uint64_t number, const Demand& demand) {
    const unsigned spacing = state.spacing6(demand);
    const auto subnet = state.subnet6(number, spacing - state.pool.ipv6->length);
    if (!subnet) return std::nullopt;
    unsigned length = state.length6(demand);
    while (length > spacing && !fits(demand, Family::ipv6, 128 - length)) --length;
    const Number offset = *subnet << (128 - spacing);
    return make_prefix(Family::ipv6, first_number(*state.pool.ipv6) + offset, length);
}

// The blocks of `number`, when they are inside the pool and free.
bool Pools::place(State& state, std::uint64_t number, const Demand& demand, Grant& grant,
                  std::uint64_t& width) const {
    grant = {};
    if (state.pool.ipv4 && lab_.addressing.ipv4) {
        grant.ipv4 = network4(state, number, demand, width);
        if (!grant.ipv4 || taken4_.touches(*grant.ipv4)) return false;
    }
    if (state.pool.ipv6 && lab_.addressing.ipv6) {
        grant.ipv6 = network6(state, number, demand);
        if (!grant.ipv6 || taken6_.touches(*grant.ipv6)) return false;
    }
    return true;
}

// The number that a segment has already in one family is its number in the other one, too, when
// nobody has that.
Pools::Grant Pools::draw_beside(State& state, bool ipv4, bool ipv6, const Demand& demand,
                                const Grant& kept) {
    const Pool& pool = state.pool;
    const auto is_of = [](const std::optional<Prefix>& range,
                          const std::optional<Prefix>& network) {
        return range && network && network->length >= range->length && range->contains(network->ip);
    };
    std::uint64_t number = 0, width = 1;
    Grant grant;
    if (ipv6 && !ipv4 && is_of(pool.ipv4, kept.ipv4)) {
        const Number offset = first_number(*kept.ipv4) - first_number(*pool.ipv4);
        number = static_cast<std::uint64_t>(offset >> (32 - state.length4(demand)));
        if (number >= pool.start) grant.ipv6 = network6(state, number, demand);
        if (grant.ipv6 && taken6_.touches(*grant.ipv6)) grant.ipv6.reset();
        if (grant.ipv6) taken6_.add(*grant.ipv6);
    } else if (ipv4 && !ipv6 && is_of(pool.ipv6, kept.ipv6)) {
        const Number offset = first_number(*kept.ipv6) - first_number(*pool.ipv6);
        const bool plain = from_digits(offset >> (128 - state.spacing6(demand)), number);
        if (plain && number >= pool.start) grant.ipv4 = network4(state, number, demand, width);
        const bool good = grant.ipv4 && is_of(pool.ipv4, grant.ipv4);
        if (!good || taken4_.touches(*grant.ipv4)) grant.ipv4.reset();
        if (grant.ipv4) taken4_.add(*grant.ipv4);
    }
    return grant;
}

Pools::Grant Pools::keep(const std::string& pool, bool ipv4, bool ipv6, const Grant& held,
                         const Demand& demand) {
    Grant grant;
    const auto found = std::find_if(states_.begin(), states_.end(),
                                    [&](const State& state) { return state.name == pool; });
    if (found == states_.end()) return grant;
    // As large as the pool would make it or larger, and large enough.
    const auto good = [&](const Prefix& network, const Prefix& range, unsigned unit,
                          const Blocks& taken) {
        return network.length >= range.length && range.contains(network.ip) &&
               network.length <= unit &&
               fits(demand, network.ip.family, network.ip.bits() - network.length) &&
               !taken.touches(network);
    };
    const Pool& from = found->pool;
    if (ipv4 && lab_.addressing.ipv4 && from.ipv4 && held.ipv4 &&
        good(*held.ipv4, *from.ipv4, found->length4(demand), taken4_)) {
        grant.ipv4 = held.ipv4;
        taken4_.add(*held.ipv4);
    }
    if (ipv6 && lab_.addressing.ipv6 && from.ipv6 && held.ipv6 &&
        good(*held.ipv6, *from.ipv6, found->length6(demand), taken6_)) {
        grant.ipv6 = held.ipv6;
        taken6_.add(*held.ipv6);
    }
    return grant;
}

Pools::Grant Pools::draw(const std::string& pool, bool ipv4, bool ipv6, const Demand& demand,
                         const Grant& kept, const std::string& link, const Where& where) {
    const auto found = std::find_if(states_.begin(), states_.end(),
                                    [&](const State& state) { return state.name == pool; });
    if (found == states_.end() || found->exhausted) return {};
    State& state = *found;
    ipv4 = ipv4 && state.pool.ipv4 && lab_.addressing.ipv4;
    ipv6 = ipv6 && state.pool.ipv6 && lab_.addressing.ipv6;
    if (!ipv4 && !ipv6) return {};
    if (const Grant beside = draw_beside(state, ipv4, ipv6, demand, kept);
        beside.ipv4 || beside.ipv6)
        return beside;

    // How many numbers there are: the family with less room decides.
    std::uint64_t room = ~std::uint64_t{0};
    std::string exhausted;
    const auto limit = [&](const Prefix& base, unsigned length, unsigned spacing) {
        const unsigned bits = spacing < base.length ? 0 : spacing - base.length;
        const std::uint64_t count = spacing < base.length ? 0
                                    : bits >= 63          ? ~std::uint64_t{0}
                                                          : std::uint64_t{1} << bits;
        if (count >= room) return;
        room = count;
        exhausted = base.text() + ", /" + std::to_string(length) + " each";
    };
    if (state.pool.ipv4 && lab_.addressing.ipv4)
        limit(*state.pool.ipv4, state.length4(demand), state.length4(demand));
    if (state.pool.ipv6 && lab_.addressing.ipv6)
        limit(*state.pool.ipv6, state.length6(demand), state.spacing6(demand));

    for (std::uint64_t number = state.next; number < room; ++number) {
        Grant grant;
        std::uint64_t width = 1;
        if (!place(state, number, demand, grant, width)) continue;
        if (number + width > room) break;
        state.next = number + width;
        // A number is used up in both families, also when one does not want it: so it stays
        // the same number.
        if (grant.ipv4) taken4_.add(*grant.ipv4);
        if (grant.ipv6) taken6_.add(*grant.ipv6);
        if (!ipv4) grant.ipv4.reset();
        if (!ipv6) grant.ipv6.reset();
        return grant;
    }
    state.exhausted = true;
    diagnostics_.error(
        "D30", where,
        "pool \"" + pool + "\" (" + exhausted + ") has room for " + std::to_string(room) +
            (room == 1 ? " network, link " : " networks, link ") + link + " needs one more",
        room == 0 ? "say how large each is: prefix4 = … or prefix6 = …"
                  : "widen it, or keep the networks you write out of it");
    return {};
}

}  // namespace topology
