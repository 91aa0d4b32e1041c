#include "topology/ground.hpp"

#include "topology/model.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace topology {
namespace {

using Forwarding = Ground::Forwarding;

bool speaks_of(const std::vector<Text>& words, std::string_view what) {
    return std::any_of(words.begin(), words.end(),
                       [&](const Text& word) { return word.text.find(what) != std::string::npos; });
}

bool speaks_of_any(const Node& node, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view what) { return speaks_of(node, what); });
}

bool speaks_ipv6(const Node& node) {
    return std::any_of(node.interfaces.begin(), node.interfaces.end(), [](const Interface& i) {
        return i.ipv6 == AddressMode::slaac || i.ipv6 == AddressMode::link_local ||
               std::any_of(i.addresses.begin(), i.addresses.end(),
                           [](const Prefix& p) { return p.ip.family == Family::ipv6; });
    });
}

}  // namespace

bool speaks_of(const Node& node, std::string_view what) {
    const auto& [exec, services, files, sysctl] =
        std::tie(node.exec, node.services, node.files, node.sysctl);
    return std::any_of(exec.begin(), exec.end(),
                       [&](const Command& c) { return speaks_of(c.argv, what); }) ||
           std::any_of(services.begin(), services.end(),
                       [&](const Service& s) { return speaks_of(s.argv, what); }) ||
           std::any_of(files.begin(), files.end(),
                       [&](const auto& f) {
                           return f.second.origin != File::Origin::generated &&
                                  f.second.content.find(what) != std::string::npos;
                       }) ||
           std::any_of(sysctl.begin(), sysctl.end(), [&](const auto& setting) {
               return setting.first.find(what) != std::string::npos;
           });
}

std::string BornRule::text() const {
    return "rule " + std::to_string(priority) + " of " +
           (family == Family::ipv4 ? "IPv4" : "IPv6") + ", to table " + std::to_string(table);
}

const char* word(Forwarding forwarding) {
    static constexpr std::array words{"open", "off", "on", "partly on"};
    return words.at(static_cast<std::size_t>(forwarding));
}

Ground ground_of(const Node& node) {
    Ground out;
    // A bare node is as the kernel makes it; and where there is no process, nobody routes.
    if (!node.has_process() || node.kind == Kind::bare) return out;
    out.own_rules = speaks_of(node, "rule");
    out.own_link_local =
        !speaks_ipv6(node) || speaks_of_any(node, {"disable_ipv6", "addr_gen_mode", "addrgenmode",
                                                   "fe80", "scope link", "flush"});
    out.own_loopback = speaks_of_any(node, {"dev lo", "disable_ipv6"});
    // As ip-link(8) and ifconfig(8) say it.
    out.own_flags = speaks_of_any(node, {"arp off", "multicast off", "-arp", "-multicast"});
    // net.ipv4.ip_forward, net.ipv6.conf.all.forwarding; "ip forwarding" of FRR.
    if (speaks_of(node, "ip_forward") || speaks_of(node, "forwarding")) return out;
    out.ipv4 = out.ipv6 = node.forwards() ? Forwarding::on : Forwarding::off;
    return out;
}

std::vector<Prefix> born_loopbacks() {
    static const std::vector<Prefix> out{*Prefix::parse("127.0.0.1/8"), *Prefix::parse("::1/128")};
    return out;
}

Ground heeded(const Ground& wish, Ground seen) {
    const auto heed = [](Forwarding wished, Forwarding& there) {
        if (wished == Forwarding::open || there == Forwarding::open) there = wished;
    };
    heed(wish.ipv4, seen.ipv4);
    heed(wish.ipv6, seen.ipv6);
    if (wish.own_rules) seen.rules.clear();
    seen.own_rules = wish.own_rules;
    if (wish.own_link_local) seen.no_link_local.clear();
    seen.own_link_local = wish.own_link_local;
    if (wish.own_loopback) seen.loopbacks.clear();
    seen.own_loopback = wish.own_loopback;
    if (wish.own_flags) seen.no_arp.clear(), seen.no_multicast.clear();
    seen.own_flags = wish.own_flags;
    return seen;
}

}  // namespace topology
