// See asked_about.hpp.
#include "labd/check/asked_about.hpp"

#include "topology/learned.hpp"

#include <algorithm>
#include <type_traits>

namespace labd::check {
namespace {

using namespace topology::subject;
using topology::AddressMode;
using topology::Family;
using topology::FamilyWish;

struct Needy {
    std::vector<std::string> nodes;
    FamilyWish family = FamilyWish::prefer;
    std::string dev = {};  // "": any
};

// Those that must have addresses for the check to be asked at all.
Needy needy_of(const topology::Check& check) {
    return std::visit(
        [](const auto& s) -> Needy {
            using Type = std::decay_t<decltype(s)>;
            if constexpr (std::is_same_v<Type, Ping> || std::is_same_v<Type, Connect>) {
                Needy out{s.from, s.family};
                for (const topology::Text& to : s.to) out.nodes.push_back(to.text);
                return out;
            } else if constexpr (std::is_same_v<Type, Throughput> || std::is_same_v<Type, Path>) {
                return {{s.from, s.to.text}, s.family};
            } else if constexpr (std::is_same_v<Type, Address>) {
                const bool six = !s.is.empty() && s.is.front().text.find(':') != std::string::npos;
                return {s.nodes, six ? FamilyWish::ipv6 : FamilyWish::ipv4, s.dev};
            } else {
                return {};
            }
        },
        check.subject);
}

// "h1's eth0 waits for …, and …".
std::string waits(const topology::Lab& lab, const topology::Node& node,
                  const topology::Interface& interface, Family family) {
    const topology::Segment* segment =
        interface.segment < lab.segments.size() ? &lab.segments[interface.segment] : nullptr;
    const std::string wire =
        interface.link < lab.links.size() ? lab.links[interface.link].name : "its wire";
    const bool listens = family == Family::ipv6 && interface.ipv6 == AddressMode::slaac;
    const bool given =
        segment != nullptr && (listens ? segment->ra.has_value() : segment->dhcp.has_value());
    const std::string who = node.name + "'s " + interface.name + " waits for ";
    if (listens)
        return who + "a router to advertise itself (ipv6 = \"slaac\"), and " +
               (given ? "nothing has come on " + wire
                      : "by the file none does on " + wire + " (ra = true on the link)");
    return who + "an address by DHCP (" + (family == Family::ipv4 ? "ipv4" : "ipv6") +
           " = \"dhcp\"), and " +
           (given ? "none has been given on " + wire
                  : "by the file nobody gives any on " + wire + " (dhcp = true on the link)");
}

}  // namespace

std::set<std::string> nodes_asked(const topology::Check& check) {
    const std::vector<std::string>* nodes = nullptr;
    if (const auto* s = std::get_if<Neighbors>(&check.subject)) nodes = &s->nodes;
    if (const auto* s = std::get_if<ProtocolRoute>(&check.subject)) nodes = &s->nodes;
    if (const auto* s = std::get_if<Route>(&check.subject)) nodes = &s->nodes;
    return nodes == nullptr ? std::set<std::string>() : std::set(nodes->begin(), nodes->end());
}

bool about_routing(const topology::Check& check) {
    return std::holds_alternative<Neighbors>(check.subject) ||
           std::holds_alternative<ProtocolRoute>(check.subject) ||
           std::holds_alternative<Route>(check.subject);
}

std::vector<std::string> unaddressed(const topology::Check& check, const topology::Lab& lab) {
    const Needy needy = needy_of(check);
    std::vector<std::string> out;
    for (const topology::Node& node : lab.nodes) {
        if (std::find(needy.nodes.begin(), needy.nodes.end(), node.name) == needy.nodes.end())
            continue;
        for (const topology::Interface& interface : node.interfaces) {
            if (!needy.dev.empty() && interface.name != needy.dev) continue;
            for (const auto& [family, other] : {std::pair(Family::ipv4, FamilyWish::ipv6),
                                                std::pair(Family::ipv6, FamilyWish::ipv4)}) {
                const auto& held = interface.addresses;
                const bool has =
                    std::any_of(held.begin(), held.end(), [wanted = family](const auto& address) {
                        return address.ip.family == wanted && !address.ip.is_link_local();
                    });
                if (!has && needy.family != other && topology::learns(interface, family))
                    out.push_back(waits(lab, node, interface, family));
            }
        }
    }
    return out;
}

}  // namespace labd::check
