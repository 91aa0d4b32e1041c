// Steps in words, for `lab plan` and `up --json`.
#include "topology/plan.hpp"
#include "topology/relay_link.hpp"

#include <utility>

namespace topology {
namespace {

bool is_nobodys(const std::string& space) {
    return space == fabric_name || space == relay_name;
}

// "h1:eth0 – r1:eth0"; ends in the fabric and at the relay are nobody's and stay unsaid.
std::string link_name(const std::string& space, const Device& device, const std::string& peer_space,
                      const Device& peer) {
    std::string a = space + ":" + device.name, b = peer_space + ":" + peer.name;
    if (is_nobodys(space) && is_nobodys(peer_space))
        return "implied LAN " + (space == fabric_name ? device : peer).master;
    if (is_nobodys(space)) return b;
    if (is_nobodys(peer_space) || peer_space.empty()) return a;
    return a + " – " + b;
}

// Where the far end of a cable is plugged in.
std::string place_name(const std::string& space, const Device& device) {
    if (!is_nobodys(space)) return space + ":" + device.name;
    return device.master.empty() ? "nothing" : "implied LAN " + device.master;
}

std::string device_name(const std::string& space, const Device& device) {
    return space == fabric_name ? "implied LAN " + device.name : space + ":" + device.name;
}

// A bridge is called so; any other kind is said beside the name.
std::string action_kind(const Device& device) {
    return device.kind == Device::Kind::bridge ? "bridge" : "device";
}

std::string settings_text(const Device& device) {
    if (device.kind == Device::Kind::bridge) return "";
    std::string out = kind_word(device.kind);
    const DeviceSettings& settings = device.settings;
    if (!settings.outside.empty()) out += " " + settings.outside + " of the host";
    if (settings.id != 0) out += " " + std::to_string(settings.id);
    if (!settings.mode.empty()) out += " " + settings.mode;
    if (!settings.lower.empty()) out += " on " + settings.lower;
    if (settings.local) out += " from " + settings.local->text();
    if (settings.remote) out += " to " + settings.remote->text();
    if (device.kind == Device::Kind::wireguard)
        out += " at port " + std::to_string(device.wireguard.port);
    for (const Ip& ip : device.floods) out += " to " + ip.text();
    for (const auto& [end, peer] : device.wireguard.peers) out += " to " + end;
    return out;
}

Action space_action(const std::string& op, const std::string& space, Space::Kind kind) {
    if (space == relay_name) return {op, "link", "relay", ""};
    if (kind == Space::Kind::fabric) return {op, "bridge", "implied LANs", ""};
    return {op, "node", space, ""};
}

std::string hop_text(const Route::Hop& hop) {
    std::string out;
    if (hop.via) out += " via " + hop.via->text();
    if (!hop.dev.empty()) out += " dev " + hop.dev;
    return out;
}

std::string route_text(const Route& route) {
    std::string out = route.destination.text();
    if (route.destination.is_default())
        out = route.destination.ip.family == Family::ipv4 ? "default" : "default (IPv6)";
    if (route.hops.empty()) return out + " blackhole";
    for (std::size_t i = 0; i < route.hops.size(); ++i)
        out += (i == 0 ? "" : " and") + hop_text(route.hops[i]);
    return out;
}

using Changes = std::vector<Action::Change>;

std::string on_or_off(bool on) {
    return on ? "on" : "off";
}

std::optional<std::string> some(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

// Key by key; `of` is put before the words of what arrives. What labd works out by itself is not
// said, unless it differs alone.
void say_impairments(const Impairment& from, const Impairment& to, const std::string& of,
                     Changes& out) {
    using Words = std::vector<std::pair<std::string, std::string>>;
    const auto shown = [](Impairment i) {
        i.seed.reset();
        return impairment_words(i);
    };
    const auto find = [](const Words& words, const std::string& key) -> std::optional<std::string> {
        for (const auto& [name, value] : words)
            if (name == key) return value;
        return std::nullopt;
    };
    const Words before = shown(from), after = shown(to);
    for (const auto& [key, value] : before)
        if (const auto now = find(after, key); now != value) out.push_back({of + key, value, now});
    for (const auto& [key, value] : after)
        if (!find(before, key)) out.push_back({of + key, {}, value});
    if (before == after && from.seed != to.seed && from.seed && to.seed)
        out.push_back({of + "seed", std::to_string(*from.seed), std::to_string(*to.seed)});
}

// "10, 20 untagged"
std::optional<std::string> vlans_text(const PortVlans& vlans) {
    std::string out;
    for (const auto& [id, way] : vlans)
        out += (out.empty() ? "" : ", ") + std::to_string(id) + (way.untagged ? " untagged" : "");
    return some(out);
}

template <class Number>
std::string number_or_default(const std::optional<Number>& number) {
    return number ? std::to_string(*number) : "the kernel's";
}

// "192.0.2.1:51820 for 10.0.0.2/32, 10.0.7.0/24"
std::string peer_text(const WireguardPeer& peer) {
    const bool ipv6 = peer.address && peer.address->family == Family::ipv6;
    std::string out = peer.address ? peer.address->text() : "somewhere";
    out = (ipv6 ? "[" + out + "]" : out) + ":" + std::to_string(peer.port) + " for";
    for (const Prefix& network : peer.allowed)
        out += (network == *peer.allowed.begin() ? " " : ", ") + network.text();
    return out;
}

void say_wireguard(const Wireguard& from, const Wireguard& to, Changes& out) {
    if (from.foreign_key != to.foreign_key)
        out.push_back({"key", from.foreign_key ? "a foreign one" : "its own",
                       to.foreign_key ? "a foreign one" : "its own"});
    if (from.port != to.port)
        out.push_back({"udp-port", std::to_string(from.port), std::to_string(to.port)});
    for (const auto& [end, peer] : from.peers) {
        const auto kept = to.peers.find(end);
        if (kept == to.peers.end())
            out.push_back({"peer " + end, peer_text(peer), {}});
        else if (peer != kept->second)
            out.push_back({"peer " + end, peer_text(peer), peer_text(kept->second)});
    }
    for (const auto& [end, peer] : to.peers)
        if (!from.peers.contains(end)) out.push_back({"peer " + end, {}, peer_text(peer)});
}

std::optional<std::string> addresses_text(const std::set<Ip>& addresses) {
    std::string out;
    for (const Ip& ip : addresses) out += (out.empty() ? "" : ", ") + ip.text();
    return some(out);
}

Changes changes_of(const Device& from, const Device& to) {
    Changes out;
    const auto say = [&](const char* path, const auto& a, const auto& b, auto text) {
        if (a != b) out.push_back({path, text(a), text(b)});
    };
    const auto number = [](auto n) { return std::to_string(n); };
    say("mtu", from.mtu, to.mtu, number);
    say("mac", from.mac, to.mac, [](const Mac& mac) { return mac.text(); });
    say("state", from.up, to.up, [](bool up) { return std::string(up ? "up" : "down"); });
    say("bridge", from.master, to.master, some);
    say("stp", from.stp, to.stp, on_or_off);
    say("ageing", from.ageing_s, to.ageing_s, number);
    say("stp-priority", from.stp_priority, to.stp_priority,
        [](const auto& priority) { return std::to_string(priority.value_or(32768)); });
    say("vlan-filtering", from.vlan_filtering, to.vlan_filtering, on_or_off);
    say("vlans", from.vlans, to.vlans, vlans_text);
    say("isolated", from.port.isolated, to.port.isolated, on_or_off);
    say("learning", from.port.learning, to.port.learning, on_or_off);
    say("hairpin", from.port.hairpin, to.port.hairpin, on_or_off);
    say("guard", from.port.guard, to.port.guard, on_or_off);
    say("port-cost", from.port.cost, to.port.cost, number_or_default<std::uint16_t>);
    say("port-priority", from.port.priority, to.port.priority, number_or_default<std::uint8_t>);
    say("port", from.habits.forwards, to.habits.forwards,
        [](bool forwards) { return std::string(forwards ? "open" : "closed"); });
    say("flood", from.habits.floods, to.habits.floods, on_or_off);
    say("flood-multicast", from.habits.floods_multicast, to.habits.floods_multicast, on_or_off);
    say("flood-broadcast", from.habits.floods_broadcast, to.habits.floods_broadcast, on_or_off);
    say("ipv6", from.quiet, to.quiet, [](bool quiet) { return on_or_off(!quiet); });
    say("floods", from.floods, to.floods, addresses_text);
    say_wireguard(from.wireguard, to.wireguard, out);
    say_impairments(from.sends, to.sends, "", out);
    say_impairments(from.receives, to.receives, "arriving ", out);
    return out;
}

// "mtu 1500 → 9000, state up → down"
std::string in_words(const Changes& changes) {
    std::string out;
    for (const Action::Change& change : changes)
        out += (out.empty() ? "" : ", ") + change.path + " " + change.from.value_or("none") +
               " → " + change.to.value_or("none");
    return out;
}

// "lo down → up, ipv4-forwarding off → on"
Changes changes_of(const Ground& from, const Ground& to) {
    Changes out;
    const auto say = [&](const char* path, const auto& a, const auto& b, auto text) {
        if (a != b) out.push_back({path, text(a), text(b)});
    };
    say("lo", from.loopback, to.loopback, [](bool up) { return std::string(up ? "up" : "down"); });
    const auto forwarding = [](Ground::Forwarding f) { return std::string(word(f)); };
    say("ipv4-forwarding", from.ipv4, to.ipv4, forwarding);
    say("ipv6-forwarding", from.ipv6, to.ipv6, forwarding);
    const auto lost = [&](const char* path, const auto& before, const auto& after) {
        for (const std::string& device : before)
            if (!after.contains(device)) out.push_back({device + "." + path, "off", "on"});
    };
    lost("arp", from.no_arp, to.no_arp);
    lost("multicast", from.no_multicast, to.no_multicast);
    for (const std::string& device : from.no_link_local)
        if (!to.no_link_local.contains(device))
            out.push_back({"link-local address dev " + device, "gone", "there"});
    for (const BornRule& rule : from.rules) out.push_back({rule.text(), "gone", "there"});
    for (const Prefix& address : from.loopbacks)
        out.push_back({"address " + address.text() + " dev lo", "gone", "there"});
    for (const auto& [device, addresses] : from.routes)
        for (const Prefix& address : addresses)
            out.push_back(
                {"route " + address.network().text() + " dev " + device, "gone", "there"});
    return out;
}

Action device_action(const std::string& kind, const std::string& name, const Device& from,
                     const Device& to) {
    Changes changes = changes_of(from, to);
    return {"update", kind, name, in_words(changes), "", std::move(changes)};
}

// Told of the end beside it, whose sending it is.
Action relay_action(Device from, Device to) {
    for (Device* device : {&from, &to}) device->sends = std::exchange(device->receives, {});
    const bool begins = !from.up && to.up;
    from.up = to.up;
    Action out = device_action("link", to.peer.space + ":" + to.peer.device, from, to);
    if (!begins) return out;
    out.changes.push_back({"relayed", "no", "yes"});
    out.detail = in_words(out.changes);
    return out;
}

struct Describe {
    Action operator()(const CreateSpace& s) const {
        return space_action("create", s.space, s.kind);
    }
    Action operator()(const RemoveSpace& s) const {
        return space_action("delete", s.space, s.kind);
    }
    Action operator()(const CreateVeth& s) const {
        return {"create", "link", link_name(s.space, s.device, s.peer_space, s.peer), ""};
    }
    Action operator()(const RemoveVeth& s) const {
        return {"delete", "link", link_name(s.space, s.device, s.peer_space, s.peer), ""};
    }
    Action operator()(const MoveVeth& s) const {
        const std::string name = s.space + ":" + s.device.name;
        const std::string from = place_name(s.from_space, s.from),
                          to = place_name(s.to_space, s.to);
        return {"update", "link",
                name,     "plugged from " + from + " into " + to,
                "",       {{"peer", from, to}}};
    }
    Action operator()(const CreateDevice& s) const {
        return {"create", action_kind(s.device), device_name(s.space, s.device),
                settings_text(s.device)};
    }
    Action operator()(const RemoveDevice& s) const {
        return {"delete", action_kind(s.device), device_name(s.space, s.device),
                settings_text(s.device)};
    }
    Action operator()(const ChangeDevice& s) const {
        if (s.to.kind == Device::Kind::bridge)
            return device_action("bridge", device_name(s.space, s.to), s.from, s.to);
        if (s.to.kind != Device::Kind::veth)
            return device_action("device", device_name(s.space, s.to), s.from, s.to);
        if (s.space == relay_name) return relay_action(s.from, s.to);
        return device_action("link", s.space + ":" + s.to.name, s.from, s.to);
    }
    Action operator()(const ChangeGround& s) const {
        Changes changes = changes_of(s.from, s.to);
        return {"update", "node", s.space, in_words(changes), "", std::move(changes)};
    }
    Action operator()(const AddAddress& s) const {
        const std::string text = s.address.text();
        return {"create", "address", s.space + ":" + s.device, text, "", {{"addresses", {}, text}}};
    }
    Action operator()(const RemoveAddress& s) const {
        const std::string text = s.address.text();
        return {"delete", "address", s.space + ":" + s.device, text, "", {{"addresses", text, {}}}};
    }
    Action operator()(const AddRoute& s) const {
        const std::string text = route_text(s.route);
        return {"create", "route", s.space, text, "", {{"routes", {}, text}}};
    }
    Action operator()(const RemoveRoute& s) const {
        const std::string text = route_text(s.route);
        return {"delete", "route", s.space, text, "", {{"routes", text, {}}}};
    }
    Action operator()(const WriteHosts&) const { return {"update", "hosts", "/etc/hosts", ""}; }
    Action operator()(const WriteFile& s) const { return {"update", "file", s.node, s.path}; }
    Action operator()(const RemoveFile& s) const { return {"delete", "file", s.node, s.path}; }
    Action operator()(const SetSysctl& s) const { return {"update", "sysctl", s.node, s.key}; }
    Action operator()(const StopNode& s) const { return {"update", "node", s.node, "stop"}; }
    Action operator()(const StartNode& s) const { return {"update", "node", s.node, "start"}; }
    Action operator()(const SetHostname& s) const { return {"update", "hostname", s.node, ""}; }
    Action operator()(const LoadNft& s) const { return {"update", "nft", s.node, ""}; }
    Action operator()(const SetLimits& s) const { return {"update", "limits", s.node, ""}; }
    Action operator()(const RunExec& s) const {
        return {"create", "exec", s.node, "line " + std::to_string(s.index + 1)};
    }
    Action operator()(const PutService& s) const {
        return {"update", "service", s.node, s.service};
    }
    Action operator()(const RemoveService& s) const {
        return {"delete", "service", s.node, s.service};
    }
};

}  // namespace

Action describe(const Step& step) {
    return std::visit(Describe{}, step);
}

}  // namespace topology
