// Few routes instead of many. A chain of 1,000 routers has 1,000 networks to reach from each of its
// routers; told one by one that is a million routes, told as blocks about twenty a router.
#include "topology/number.hpp"
#include "topology/routing.hpp"

#include <algorithm>

namespace topology {
namespace {

// Below this, one route a network: what a person reads in `ip route` is what the file says.
constexpr std::size_t readable = 64;
// No block grows beyond this, so that a router never gets a default route that nobody asked for.
unsigned widest(Family family) {
    return family == Family::ipv4 ? 12 : 48;
}

// Left-aligned, so that bit 127 is the first bit of both families.
Number key(const Prefix& prefix) {
    return first_number(prefix) << (128 - prefix.ip.bits());
}

unsigned common_bits(Number a, Number b) {
    const Number differ = a ^ b;
    const auto high = static_cast<std::uint64_t>(differ >> 64);
    const auto low = static_cast<std::uint64_t>(differ);
    if (high != 0) return static_cast<unsigned>(__builtin_clzll(high));
    return low != 0 ? 64 + static_cast<unsigned>(__builtin_clzll(low)) : 128;
}

}  // namespace

Destinations::Destinations(std::vector<Prefix> prefixes) : prefixes_(std::move(prefixes)) {
    std::sort(prefixes_.begin(), prefixes_.end());
    prefixes_.erase(std::unique(prefixes_.begin(), prefixes_.end()), prefixes_.end());
    branches_.reserve(prefixes_.size() * 2);
    if (!prefixes_.empty()) (void)build(0, prefixes_.size());
    state_.resize(branches_.size());
    covering_.resize(branches_.size());
}

// A path-compressed binary trie of prefixes_[first, last); answers the index of its root.
std::int32_t Destinations::build(std::size_t first, std::size_t last) {
    const Prefix& lowest = prefixes_[first];
    const unsigned common =
        std::min<unsigned>(lowest.length, common_bits(key(lowest), key(prefixes_[last - 1])));
    Branch branch;
    branch.prefix = Prefix{lowest.ip, static_cast<std::uint8_t>(common)}.network();
    if (lowest.length == common) branch.destination = static_cast<std::int32_t>(first++);
    const auto begin = prefixes_.begin();
    const auto middle = std::partition_point(
        begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last),
        [&](const Prefix& p) { return (key(p) >> (127 - common) & 1) == 0; });
    const auto split = static_cast<std::size_t>(middle - begin);
    if (first < split) branch.left = build(first, split);
    if (split < last) branch.right = build(split, last);
    branches_.push_back(branch);
    return static_cast<std::int32_t>(branches_.size() - 1);
}

void Destinations::aggregate(const std::vector<std::int32_t>& values,
                             const std::function<void(const Prefix&, std::int32_t)>& emit) {
    if (prefixes_.size() < readable) {
        for (std::size_t d = 0; d < prefixes_.size(); ++d)
            if (values[d] >= 0) emit(prefixes_[d], values[d]);
        return;
    }
    // state: the one id of everything below; `connected` when nothing below matters (the kernel's
    // own routes to connected networks are longer than any block), `unreachable` when the block
    // cannot be told in one route, what is below it has been told already. covering: the narrowest
    // branch that holds all of it.
    const auto tell = [&](std::int32_t state, std::int32_t covering) {
        if (state >= 0) emit(branches_[static_cast<std::size_t>(covering)].prefix, state);
    };
    for (std::size_t b = 0; b < branches_.size(); ++b) {
        const Branch& branch = branches_[b];
        const auto self = static_cast<std::int32_t>(b);
        const auto below = [&](std::int32_t child) {
            return child < 0 ? connected : state_[static_cast<std::size_t>(child)];
        };
        std::int32_t state = below(branch.left), other = below(branch.right);
        std::int32_t covering =
            state == connected ? -1 : covering_[static_cast<std::size_t>(branch.left)];
        if (other != connected) {
            const std::int32_t others = covering_[static_cast<std::size_t>(branch.right)];
            if (state == connected) {
                state = other;
                covering = others;
            } else if (state == other && state >= 0 &&
                       branch.prefix.length >= widest(branch.prefix.ip.family)) {
                covering = self;
            } else {
                tell(state, covering);
                tell(other, others);
                state = unreachable;
            }
        }
        if (branch.destination >= 0) {
            const std::int32_t own = values[static_cast<std::size_t>(branch.destination)];
            if (state != own) tell(state, covering);
            state = own;
            covering = self;
        }
        state_[b] = state;
        covering_[b] = covering;
    }
    if (!branches_.empty()) tell(state_.back(), covering_.back());
}

}  // namespace topology
