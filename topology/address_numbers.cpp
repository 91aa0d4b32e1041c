// Which number an end gets inside its network (language.md 6.4).
#include "topology/address.hpp"

#include <algorithm>
#include <set>

namespace topology {
namespace {

// One network of a segment while its numbers are given out.
class Network {
  public:
    Network() = default;
    explicit Network(const Prefix& prefix)
        : family_(prefix.ip.family),
          length_(prefix.length),
          base_(first_number(prefix)),
          last_(last_number(prefix)) {}

    unsigned host_bits() const { return (family_ == Family::ipv4 ? 32U : 128U) - length_; }
    void take(const Ip& ip) { taken_.insert(to_number(ip)); }

    // The address with this number; nullopt when it is taken, reserved or outside.
    std::optional<Ip> free(std::uint64_t number) const {
        const Number offset = family_ == Family::ipv4 ? Number{number} : as_digits(number);
        if (offset > last_ - base_) return std::nullopt;
        if (host_bits() >= 2) {
            if (offset == 0) return std::nullopt;
            if (family_ == Family::ipv4 && offset == last_ - base_) return std::nullopt;
        }
        if (taken_.count(base_ + offset) != 0) return std::nullopt;
        return to_ip(family_, base_ + offset);
    }
    bool can_give(const Ip& ip) const {
        const Number value = to_number(ip);
        if (ip.family != family_ || value < base_ || value > last_) return false;
        if (host_bits() >= 2 && (value == base_ || (family_ == Family::ipv4 && value == last_)))
            return false;
        return taken_.count(value) == 0;
    }
    // The number that an address written here stands for.
    std::optional<std::uint64_t> number_of(const Ip& ip) const {
        const Number value = to_number(ip);
        if (ip.family != family_ || value < base_ || value > last_) return std::nullopt;
        std::uint64_t number = 0;
        if (family_ == Family::ipv4) return static_cast<std::uint64_t>(value - base_);
        if (!from_digits(value - base_, number)) return std::nullopt;
        return number;
    }
    // No number above this can be free.
    std::uint64_t highest() const {
        if (family_ == Family::ipv4) return static_cast<std::uint64_t>(last_ - base_);
        return host_bits() > 16 ? 99999 : static_cast<std::uint64_t>(last_ - base_);
    }
    Prefix prefix(const Ip& ip) const { return Prefix{ip, static_cast<std::uint8_t>(length_)}; }
    std::string text() const { return make_prefix(family_, base_, length_).text(); }

  private:
    Family family_ = Family::ipv4;
    unsigned length_ = 0;
    Number base_ = 0, last_ = 0;
    std::set<Number> taken_;
};

struct Want {
    Interface* interface = nullptr;
    std::string name;  // "h1.eth0"
    bool router = false;
    bool ipv4 = false, ipv6 = false;
    const Numbering::Interface* running = nullptr;
};

class Numberer {
  public:
    Numberer(Lab& lab, const Segment& segment, bool point_to_point, const Numbering& running,
             Diagnostics& diagnostics)
        : point_to_point_(point_to_point), diagnostics_(diagnostics) {
        if (segment.ipv4) v4_.emplace(*segment.ipv4);
        if (segment.ipv6) v6_.emplace(*segment.ipv6);
        for (const End& end : segment.ends) {
            Interface& interface = lab.at(end);
            const Node& node = lab.nodes[end.node];
            for (const auto& [address, where] : interface.explicit_addresses) {
                auto& network = address.ip.family == Family::ipv4 ? v4_ : v6_;
                if (network) network->take(address.ip);
            }
            if (!takes_addresses(node)) continue;
            Want want;
            want.interface = &interface;
            want.name = node.name + "." + interface.name;
            want.router = is_router_end(node);
            want.running = running.find(node.name, interface.name);
            want.ipv4 = v4_ && mode_of(interface, Family::ipv4) == AddressMode::automatic &&
                        !has_explicit(interface, Family::ipv4);
            want.ipv6 = v6_ && mode_of(interface, Family::ipv6) == AddressMode::automatic &&
                        !has_explicit(interface, Family::ipv6);
            wants_.push_back(want);
        }
        small_ = (v4_ && v4_->host_bits() < 5) || (v6_ && v6_->host_bits() < 5);
    }

    void run() {
        for (Want& want : wants_) keep(want);
        // /31 and /127 have no number of their own to speak of: first end even, second odd.
        if (v4_ && v4_->host_bits() <= 1) pairs(*v4_, &Want::ipv4);
        if (v6_ && v6_->host_bits() <= 1) pairs(*v6_, &Want::ipv6);
        // An end whose other family is written keeps that number: 10.0.0.5 goes with ::5.
        for (Want& want : wants_) follow(want);
        if (small_) {
            std::uint64_t next = 1;
            for (const bool router : {true, false})
                for (Want& want : wants_)
                    if (want.router == router || point_to_point_) next = give(want, next);
            return;
        }
        std::uint64_t router = 1, other = 11;
        for (Want& want : wants_) {
            if (!want.ipv4 && !want.ipv6) continue;  // written, or running
            if (want.router && router <= 10) {
                const std::uint64_t number = search(want, router);
                if (number <= 10) {
                    router = give(want, number);
                    continue;
                }
                router = 11;
            }
            other = give(want, other);
        }
    }

  private:
    void hold(Want& want, const Network& network, const Ip& ip) {
        want.interface->addresses.push_back(network.prefix(ip));
    }

    // What it has already it keeps.
    void keep(Want& want) {
        if (want.running == nullptr) return;
        for (const Prefix& held : want.running->addresses) {
            const bool v4 = held.ip.family == Family::ipv4;
            bool& wanted = v4 ? want.ipv4 : want.ipv6;
            if (!wanted) continue;
            Network& network = v4 ? *v4_ : *v6_;
            if (!network.can_give(held.ip)) continue;
            network.take(held.ip);
            hold(want, network, held.ip);
            wanted = false;
        }
    }

    void pairs(Network& network, bool Want::*wanted) {
        std::vector<Want*> order;
        for (Want& want : wants_) order.push_back(&want);
        if (!point_to_point_)
            std::stable_sort(order.begin(), order.end(),
                             [](const Want* a, const Want* b) { return a->router && !b->router; });
        std::uint64_t position = 0;
        for (Want* want : order) {
            if (want->*wanted) {
                auto ip = network.free(position);
                if (!ip) ip = network.free(1 - std::min<std::uint64_t>(position, 1));
                if (ip) {
                    network.take(*ip);
                    hold(*want, network, *ip);
                } else {
                    full(network, *want);
                }
                want->*wanted = false;
            }
            ++position;
        }
    }

    void follow(Want& want) {
        for (const auto& [address, where] : want.interface->explicit_addresses) {
            const bool v4 = address.ip.family == Family::ipv4;
            bool& wanted = v4 ? want.ipv6 : want.ipv4;
            if (!wanted || !v4_ || !v6_) continue;
            const auto number = (v4 ? *v4_ : *v6_).number_of(address.ip);
            Network& network = v4 ? *v6_ : *v4_;
            if (!number) continue;
            if (const auto ip = network.free(*number)) {
                network.take(*ip);
                hold(want, network, *ip);
                wanted = false;
            }
        }
    }

    // The first number from `from` on that is free in every family the end wants.
    std::uint64_t search(const Want& want, std::uint64_t from) const {
        std::uint64_t last = ~std::uint64_t{0};
        if (want.ipv4) last = std::min(last, v4_->highest());
        if (want.ipv6) last = std::min(last, v6_->highest());
        for (std::uint64_t number = from; (want.ipv4 || want.ipv6) && number <= last; ++number)
            if ((!want.ipv4 || v4_->free(number)) && (!want.ipv6 || v6_->free(number)))
                return number;
        return ~std::uint64_t{0};
    }

    // Gives the end the first free number from `from` on; answers where the next one starts.
    std::uint64_t give(Want& want, std::uint64_t from) {
        if (!want.ipv4 && !want.ipv6) return from;
        const std::uint64_t number = search(want, from);
        if (number == ~std::uint64_t{0}) {
            full(want.ipv4 ? *v4_ : *v6_, want);
            return from;
        }
        for (Network* network : {want.ipv4 ? &*v4_ : nullptr, want.ipv6 ? &*v6_ : nullptr}) {
            if (network == nullptr) continue;
            const Ip ip = *network->free(number);
            network->take(ip);
            hold(want, *network, ip);
        }
        want.ipv4 = want.ipv6 = false;
        return number + 1;
    }

    void full(const Network& network, const Want& want) {
        if (full_) return;  // once a network
        full_ = true;
        diagnostics_.error("D30", want.interface->where,
                           "network " + network.text() + " has no room left for " + want.name,
                           "a wider prefix, or fewer ends on it");
    }

    std::optional<Network> v4_, v6_;
    std::vector<Want> wants_;
    bool small_ = false, point_to_point_ = false, full_ = false;
    Diagnostics& diagnostics_;
};

}  // namespace

void number_ends(Lab& lab, const Segment& segment, bool point_to_point, const Numbering& running,
                 Diagnostics& diagnostics) {
    Numberer(lab, segment, point_to_point, running, diagnostics).run();
}

}  // namespace topology
