// See adopt.hpp. Only what differs from what labd asked for is looked at, so that whatever a lab
// does by itself (a link that is down for a while, a node that sleeps) stays out of its file.
#include "topology/adopt.hpp"

#include "topology/learned.hpp"
#include "topology/plan_parts.hpp"
#include "topology/relay_link.hpp"
#include "topology/resolved.hpp"

#include <algorithm>

namespace topology {
namespace {

// What labd itself leaves unsaid when it writes IPv6 routes (desired_network.cpp).
constexpr std::uint32_t ipv6_metric = 1024;

RouteKey key_of(const Route& route) {
    RouteKey key{route.destination.network(), route.table, route.metric};
    if (key.destination.ip.family == Family::ipv6 && key.metric == 0) key.metric = ipv6_metric;
    return key;
}

// Its own commands may have set addresses and routes; a file that says both would do it twice.
bool sets_its_own(const Node& node) {
    return !node.exec.empty() ||
           std::any_of(node.services.begin(), node.services.end(),
                       [](const Service& service) { return !service.generated; });
}

// What an end sends, put together again from who does it: the device itself, and its peer or the
// relay's end beside it.
Impairment put_together(const Impairment& sends, const Impairment& beside) {
    Impairment out = beside;
    out.seed.reset();  // random when somebody has changed the rest
    out.netem_only = false;
    const auto take = [](auto& to, const auto& from) {
        if (from != std::decay_t<decltype(from)>{}) to = from;
    };
    take(out.delay_ns, sends.delay_ns);
    take(out.jitter_ns, sends.jitter_ns);
    take(out.distribution, sends.distribution);
    take(out.keep_order, sends.keep_order);
    take(out.loss, sends.loss);
    take(out.corrupt, sends.corrupt);
    take(out.duplicate, sends.duplicate);
    take(out.reorder, sends.reorder);
    take(out.rate_bits, sends.rate_bits);
    take(out.burst_bytes, sends.burst_bytes);
    take(out.limit_packets, sends.limit_packets);
    take(out.queue, sends.queue);
    return out;
}

// What differs between the two becomes the end's, the rest of it stays.
void take_differences(const Impairment& asked, const Impairment& seen, Impairment& to) {
    const auto take = [&](auto Impairment::*key) {
        if (asked.*key != seen.*key) to.*key = seen.*key;
    };
    take(&Impairment::delay_ns);
    take(&Impairment::jitter_ns);
    take(&Impairment::distribution);
    take(&Impairment::keep_order);
    take(&Impairment::loss);
    take(&Impairment::corrupt);
    take(&Impairment::duplicate);
    take(&Impairment::reorder);
    take(&Impairment::rate_bits);
    take(&Impairment::burst_bytes);
    take(&Impairment::limit_packets);
    take(&Impairment::queue);
    // The kernel keeps these without any delay; a file does not.
    if (to.delay_ns == 0) to.jitter_ns = 0, to.reorder = {};
}

std::string in_a_line(const Impairment& impairment) {
    std::string out;
    for (const auto& [key, value] : impairment_words(impairment))
        out += (out.empty() ? "" : ", ") + key + " " + value;
    return out.empty() ? "nothing" : out;
}

class Adopter {
  public:
    Adopter(const Lab& wish, const State& desired, const Found& found)
        : desired_(desired), found_(found) {
        out_.lab = wish;
    }

    Adopted adopt() {
        for (Node& node : out_.lab.nodes) {
            const auto now = found_.nodes.find(node.name);
            const auto asked = desired_.spaces.find(node.name);
            if (asked == desired_.spaces.end()) continue;
            if (now == found_.nodes.end()) {
                left(node.name + " is not running: lab up --repair starts it");
                continue;
            }
            interfaces(node, asked->second, now->second);
            addresses(node, "lo", node.loopbacks, asked->second, now->second);
            routes(node, asked->second, now->second);
            ground(node, asked->second, now->second);
            sysctls(node, now->second);
            files(node, now->second);
        }
        for (const std::size_t link : lost_) drop(link);
        return std::move(out_);
    }

  private:
    void taken(std::string what) { out_.taken.push_back(std::move(what)); }
    void left(std::string what) { out_.left.push_back(std::move(what)); }

    void interfaces(Node& node, const Space& asked, const Found::Node& now) {
        for (Interface& interface : node.interfaces) {
            const auto wished = asked.devices.find(interface.name);
            const auto seen = now.space.devices.find(interface.name);
            const std::string place = node.name + ":" + interface.name;
            if (wished == asked.devices.end()) continue;
            if (seen == now.space.devices.end() || seen->second.index != wished->second.index) {
                // It stands on others, and is made again with them.
                if (!interface.is_end())
                    left(place + " is not there: lab up --repair");
                else if (lost_.insert(interface.link).second)
                    taken("link " + out_.lab.links[interface.link].name + " goes: " + place +
                          " is not there");
                continue;
            }
            device(interface, place, wished->second, seen->second);
            if (interface.is_end()) impairment(node, interface, wished->second, now);
            addresses(node, interface.name, interface.addresses, asked, now);
        }
        for (const auto& [name, device] : now.space.devices)
            if (device.kind == Device::Kind::veth && !asked.devices.contains(name))
                left(node.name + ":" + name + " is no interface of the file's");
        for (const auto& [name, device] : asked.devices)
            if (device.kind == Device::Kind::bridge &&
                (!now.space.devices.contains(name) || now.space.devices.at(name) != device))
                left(name + " of " + node.name + " is not as labd made it: lab up --repair");
    }

    void device(Interface& interface, const std::string& place, const Device& wished,
                const Device& seen) {
        // 0 and no MAC: the host's own, whatever they are.
        if (wished.mtu != 0 && seen.mtu != wished.mtu) {
            taken(place + " mtu " + std::to_string(wished.mtu) + " → " + std::to_string(seen.mtu));
            interface.mtu = seen.mtu;
        }
        if (wished.mac != Mac{} && seen.mac != wished.mac) {
            taken(place + " mac " + wished.mac.text() + " → " + seen.mac.text());
            interface.mac = seen.mac;
            interface.mac_explicit = true;
        }
        if (seen.up != wished.up) {
            taken(place + " " + (wished.up ? "up → down" : "down → up"));
            interface.up = seen.up;
        }
        if (seen.master != wished.master || seen.port != wished.port ||
            seen.habits != wished.habits || seen.vlans != wished.vlans)
            left(place + " is not the port that labd made it: lab up --repair");
    }

    const Device* seen_at(const DeviceEnd& end) const {
        const auto space = found_.nodes.find(end.space);
        if (space == found_.nodes.end()) return nullptr;
        const auto device = space->second.space.devices.find(end.device);
        return device == space->second.space.devices.end() ? nullptr : &device->second;
    }

    void impairment(const Node& node, Interface& interface, const Device& wished,
                    const Found::Node& now) {
        const Device& seen = now.space.devices.at(interface.name);
        const Device *asked_beside = find_device(desired_, wished.peer),
                     *seen_beside = seen_at(wished.peer);
        const std::string place = node.name + ":" + interface.name;
        // A cable that leads elsewhere, or a relay that is dead: not what somebody has wished.
        if (asked_beside != nullptr && (seen_beside == nullptr || seen.peer != wished.peer ||
                                        (wished.peer.space == relay_name && !seen_beside->up)))
            return;
        Impairment sends = seen.sends;
        if (const auto foreign = now.queues.find(interface.name); foreign != now.queues.end()) {
            if (!foreign->second.unknown.empty())
                return left(place + " has a queue discipline " + foreign->second.unknown +
                            ", which no key says");
            if (sets_its_own(node))
                return left(place + " sends by queue disciplines of others, perhaps of its own " +
                            "exec or run: " + in_a_line(foreign->second.sends));
            sends = foreign->second.sends;
        }
        const Impairment nothing;
        const auto& asked_receives = asked_beside == nullptr ? nothing : asked_beside->receives;
        const auto& seen_receives = asked_beside == nullptr ? nothing : seen_beside->receives;
        const Impairment asked = put_together(wished.sends, asked_receives);
        const Impairment is = put_together(in_words_of(wished.sends, sends),
                                           in_words_of(asked_receives, seen_receives));
        if (asked == is) return;
        taken(place + " sends " + in_a_line(asked) + " → " + in_a_line(is));
        take_differences(asked, is, interface.impairment);
    }

    static std::set<Prefix> held(const std::map<std::string, std::set<Prefix>>& by_device,
                                 const std::string& device) {
        const auto found = by_device.find(device);
        return found == by_device.end() ? std::set<Prefix>{} : found->second;
    }

    void addresses(const Node& node, const std::string& device, std::vector<Prefix>& list,
                   const Space& asked, const Found::Node& now) {
        const std::string place = node.name + ":" + device;
        const std::set<Prefix> wished = held(asked.addresses, device),
                               ours = held(now.space.addresses, device),
                               others = held(now.addresses, device);
        for (const Prefix& address : wished) {
            if (ours.contains(address) || others.contains(address)) continue;
            taken(place + " - " + address.text());
            std::erase(list, address);
        }
        for (const Prefix& address : others) {
            const bool known = wished.contains(address) ||
                               std::find(list.begin(), list.end(), address) != list.end();
            if (known || learned(node, device, address.ip.family)) continue;
            if (sets_its_own(node)) {
                left(place + " has " + address.text() + ", perhaps by its own exec or run");
                continue;
            }
            taken(place + " + " + address.text());
            list.push_back(address);
        }
    }

    static bool learned(const Node& node, const std::string& device, Family family) {
        return std::any_of(node.interfaces.begin(), node.interfaces.end(), [&](const Interface& i) {
            return i.name == device && learns(i, family);
        });
    }

    static bool leads_by(const Interface& interface, const Route::Hop& hop) {
        if (!hop.dev.empty()) return hop.dev == interface.name;
        return hop.via && std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                      [&](const Prefix& p) { return p.contains(*hop.via); });
    }

    // The kernel has taken it away with what it needs, and brings nothing back by itself.
    bool fell_with_interface(const Node& node, const Route& route) const {
        return std::any_of(node.interfaces.begin(), node.interfaces.end(), [&](const Interface& i) {
            return !i.up && !lost_.contains(i.link) &&
                   std::any_of(route.hops.begin(), route.hops.end(),
                               [&](const Route::Hop& hop) { return leads_by(i, hop); });
        });
    }

    void routes(Node& node, const Space& asked, const Found::Node& now) {
        std::map<RouteKey, Route> others;
        for (const Route& route : now.routes) others[key_of(route)] = route;
        for (const auto& [key, route] : asked.routes) {
            const auto seen = now.space.routes.find(key);
            if (seen != now.space.routes.end() && serves(route, seen->second)) continue;
            if (seen == now.space.routes.end() && !others.contains(key) &&
                fell_with_interface(node, route))
                continue;
            taken(node.name + " - " + route_texts({route}).front());
            std::erase_if(node.routes, [gone = key](const Route& r) { return key_of(r) == gone; });
            if (seen != now.space.routes.end()) add_route(node, seen->second);
        }
        const bool learning = learns(node);
        for (const auto& [key, route] : others) {
            const auto wished = asked.routes.find(key);
            if (wished != asked.routes.end() && now.space.routes.contains(key)) continue;
            const std::string words = route_texts({route}).front();
            const bool named =
                std::all_of(route.hops.begin(), route.hops.end(), [&](const Route::Hop& hop) {
                    return hop.dev == "lo" || now.space.devices.contains(hop.dev);
                });
            if (!named)
                left(node.name + " has a route by an interface that is not the file's: " + words);
            else if (sets_its_own(node) || learning)
                left(node.name + " has " + words + ", perhaps by its own exec, run or DHCP");
            else
                add_route(node, route);
        }
    }

    void add_route(Node& node, Route route) {
        route.origin = Route::Origin::written;
        if (route.destination.ip.family == Family::ipv6 && route.metric == ipv6_metric)
            route.metric = 0;
        for (const std::string& words : route_texts({route})) taken(node.name + " + " + words);
        node.routes.push_back(std::move(route));
    }

    // Forwarding is a node's kind, and the rest nobody wishes to be so.
    void ground(const Node& node, const Space& asked, const Found::Node& now) {
        const Ground is = heeded(asked.ground, now.space.ground);
        if (is == asked.ground) return;
        const Action said = describe(ChangeGround{node.name, asked.ground, is});
        left(node.name + " stands otherwise (" + said.detail + "): lab up --repair");
    }

    void files(const Node& node, const Found::Node& now) {
        if (!now.hostname.empty())
            left(node.name + " calls itself " + now.hostname + ": lab up --repair");
        for (const auto& [path, state] : now.files) {
            if (state == StrayFile::rights) {
                left(node.name + " has " + path + " of another mode or owner: lab up --repair");
                continue;
            }
            const bool gone = state == StrayFile::gone;
            left(node.name + " has " + (gone ? "no " : "another ") + path +
                 (gone ? " any more"
                       : ": lab exec " + node.name + " cat " + path + " shows what to take over"));
        }
    }

    void sysctls(Node& node, const Found::Node& now) {
        const auto contents = desired_.contents.find(node.name);
        if (contents == desired_.contents.end()) return;
        for (const auto& [key, value] : now.sysctl) {
            const auto wished = contents->second.sysctl.find(key);
            if (wished == contents->second.sysctl.end()) {
                taken(node.name + " + " + key + " = " + value);
                node.sysctl[key] = {value, node.where};
                continue;
            }
            if (wished->second == value) continue;
            const auto written = node.sysctl.find(key);
            if (written == node.sysctl.end()) {
                left(node.name + " has " + key + " = " + value + ", which follows from other keys");
                continue;
            }
            taken(node.name + " " + key + " " + wished->second + " → " + value);
            written->second.first = value;
        }
    }

    // Every place that counts links or interfaces counts one less from there on.
    void drop(std::size_t index) {
        Lab& lab = out_.lab;
        // Those before it have gone already: the set is in order.
        index -= dropped_++;
        const auto at = lab.links.begin() + static_cast<std::ptrdiff_t>(index);
        std::vector<End> ends = at->ends;
        // What stands on an end goes with it.
        for (std::size_t n = 0; n < lab.nodes.size(); ++n)
            for (std::size_t i = 0; i < lab.nodes[n].interfaces.size(); ++i)
                if (const Interface& own = lab.nodes[n].interfaces[i];
                    own.link == index && !own.is_end())
                    ends.push_back({n, i});
        std::sort(ends.rbegin(), ends.rend());
        lab.links.erase(at);
        for (Segment& segment : lab.segments) {
            std::erase(segment.links, index);
            for (std::size_t& link : segment.links) link -= link > index ? 1 : 0;
        }
        for (const End& end : ends) drop(end);
        for (Node& node : lab.nodes)
            for (Interface& interface : node.interfaces)
                interface.link -= interface.link != npos && interface.link > index ? 1 : 0;
    }

    void drop(const End& gone) {
        Lab& lab = out_.lab;
        Node& node = lab.nodes[gone.node];
        // Also those that the wish has and nobody looked for: the link was down for a while.
        std::erase_if(node.routes, [&](const Route& route) {
            return std::any_of(route.hops.begin(), route.hops.end(), [&](const Route::Hop& hop) {
                return leads_by(node.interfaces[gone.interface], hop);
            });
        });
        node.interfaces.erase(node.interfaces.begin() +
                              static_cast<std::ptrdiff_t>(gone.interface));
        const auto moved = [&](End& end) {
            if (end.node == gone.node && end.interface > gone.interface) --end.interface;
        };
        for (Link& link : lab.links)
            for (End& end : link.ends) moved(end);
        for (Segment& segment : lab.segments) {
            std::erase(segment.ends, gone);
            for (End& end : segment.ends) moved(end);
        }
    }

    const State& desired_;
    const Found& found_;
    Adopted out_;
    std::set<std::size_t> lost_;
    std::size_t dropped_ = 0;
};

}  // namespace

Adopted adopt(const Lab& wish, const State& desired, const Found& found) {
    return Adopter(wish, desired, found).adopt();
}

}  // namespace topology
