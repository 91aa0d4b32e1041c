// One node as [nodes.NAME], with all that it has.
#include "topology/isolation.hpp"
#include "topology/masquerade.hpp"
#include "topology/resolved.hpp"
#include "topology/routing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>

namespace topology {
namespace {

const char* kind_word(Kind kind) {
    constexpr std::array words{"host", "router", "switch", "hub", "nat", "external", "bare"};
    return words[static_cast<std::size_t>(kind)];
}

std::vector<std::string> texts(const std::vector<Text>& list) {
    std::vector<std::string> out;
    out.reserve(list.size());
    for (const Text& text : list) out.push_back(text.text);
    return out;
}

std::string command(const std::vector<Text>& argv) {
    if (argv.size() == 3 && argv[0].text == "/bin/sh" && argv[1].text == "-c")
        return toml_string(argv[2].text);
    return toml_list(texts(argv));
}

std::string table_of(const std::map<std::string, Text>& values) {
    TomlTable table;
    for (const auto& [key, value] : values) table.text(key, value.text);
    return table.inline_();
}

std::string ready_text(const Ready& ready) {
    constexpr std::array words{"started", "tcp", "udp", "file", "log", "exec", "notify", "exit"};
    const std::string word = words[static_cast<std::size_t>(ready.kind)];
    return ready.argument.empty() ? word : word + " " + ready.argument;
}

const char* signal_word(int number) {
    switch (number) {
        case SIGINT:
            return "INT";
        case SIGQUIT:
            return "QUIT";
        case SIGHUP:
            return "HUP";
        case SIGKILL:
            return "KILL";
        case SIGUSR1:
            return "USR1";
        case SIGUSR2:
            return "USR2";
        case SIGWINCH:
            return "WINCH";
        default:
            return "TERM";
    }
}

std::string service_text(const Service& service) {
    TomlTable table;
    table.text("name", service.name);
    table.raw("cmd", command(service.argv));
    if (service.ready.kind != Ready::Kind::started) table.text("ready", ready_text(service.ready));
    if (!service.after.empty()) table.raw("after", toml_list(texts(service.after)));
    if (service.restart == Service::Restart::always) table.text("restart", "always");
    if (service.restart == Service::Restart::no) table.text("restart", "no");
    if (!service.env.empty()) table.raw("env", table_of(service.env));
    if (!service.user.empty()) table.text("user", service.user);
    if (service.dir != "/") table.text("dir", service.dir);
    if (service.stop_signal != SIGTERM) table.text("stop", signal_word(service.stop_signal));
    if (service.grace_ms != 2000) table.text("grace", std::to_string(service.grace_ms) + "ms");
    return table.inline_();
}

void add_list(std::string& out, const std::string& key, const std::vector<std::string>& items) {
    if (items.empty()) return;
    out += key + " = [\n";
    for (const std::string& item : items) out += "  " + item + ",\n";
    out += "]\n";
}

// Everything is written down now, so nobody computes it again.
void routing(const Node& node, TomlTable& table) {
    constexpr std::array words{"static", "ospf", "isis", "bgp", "rip",
                               "babel",  "none", "frr",  "bird"};
    if (!node.forwards()) return;
    std::vector<std::string> list;
    for (const Routing protocol : protocols(node))
        if (protocol != Routing::static_) list.push_back(words[static_cast<std::size_t>(protocol)]);
    if (list.empty()) list.push_back("none");
    if (list.size() == 1)
        table.text("routing", list.front());
    else
        table.raw("routing", toml_list(list));
    if (node.asn) table.raw("asn", std::to_string(*node.asn));
    if (node.area) table.raw("area", std::to_string(*node.area));
    if (node.route_reflector) table.raw("rr", "true");
    if (node.announce != std::vector<std::string>{"connected"})
        table.raw("announce", toml_list(node.announce));
    if (node.ecmp) table.raw("ecmp", *node.ecmp ? "true" : "false");
    if (!(node.timers == Timers{})) table.raw("timers", toml_timers(node.timers));
    if (!node.frr.text.empty()) table.text("frr", node.frr.text);
}

void isolation(const Node& node, TomlTable& table) {
    if (node.level) table.text("level", level_word(*node.level));
    if (node.root) table.text("root", node.root->text);
    if (node.clock) {
        TomlTable clock;
        clock.text("boottime", std::to_string(node.clock->boottime_ns) + "ns");
        clock.text("monotonic", std::to_string(node.clock->monotonic_ns) + "ns");
        table.raw("clock", clock.inline_());
    }
    if (node.limits.pids) table.raw("pids", std::to_string(*node.limits.pids));
    if (node.limits.memory_bytes)
        table.text("memory", std::to_string(*node.limits.memory_bytes) + "B");
    if (node.limits.cpu_cores) {
        char text[40];
        const double cores = *node.limits.cpu_cores;
        (void)std::snprintf(text, sizeof text, cores == std::floor(cores) ? "%.0f" : "%.17g",
                            cores);
        table.raw("cpu", text);
    }
}

void shown(const Node& node, TomlTable& table) {
    if (!node.label.empty()) table.text("label", node.label);
    if (!node.labels.empty()) table.raw("labels", toml_list(node.labels));
    if (!node.icon.empty()) table.text("icon", node.icon);
    if (node.position) {
        char text[80];
        (void)std::snprintf(text, sizeof text, "[%.17g, %.17g]", node.position->first,
                            node.position->second);
        table.raw("pos", text);
    }
}

std::string files(const Node& node) {
    std::string out;
    for (const auto& [path, file] : node.files) {
        if (file.origin == File::Origin::generated) continue;
        if (!is_utf8(file.content)) {
            out += "# " + path + ": " + std::to_string(file.content.size()) +
                   " bytes that are no text cannot be said here\n";
            continue;
        }
        TomlTable table;
        table.text("text", file.content);
        char mode[16];
        (void)std::snprintf(mode, sizeof mode, "%04o", file.mode);
        if (file.mode != 0644) table.text("mode", mode);
        if (file.owner != "root" || file.group != "root")
            table.text("owner", file.owner + (file.group.empty() ? "" : ":" + file.group));
        TomlTable line;
        line.raw(path, table.inline_());
        out += line.lines();
    }
    return out.empty() ? out : "[nodes." + node.name + ".files]\n" + out;
}

// By list, or by table where they are told their VLANs.
void add_ports(const Node& node, const Interface& master, TomlTable& table) {
    std::vector<std::string> names;
    TomlTable by_port;
    bool told = false;
    for (const Interface& port : node.interfaces) {
        if (port.master != master.name) continue;
        TomlTable vlans;
        add_vlans(port.vlans, vlans);
        told |= !vlans.empty();
        names.push_back(port.name);
        by_port.raw(port.name, vlans.inline_());
    }
    if (names.empty()) return;
    table.raw("ports", told ? by_port.inline_() : toml_list(names));
}

// What makes it a device of its own.
void add_device(const Node& node, const Interface& interface, TomlTable& table) {
    const DeviceSettings& settings = interface.device;
    const bool tunnel = interface.kind == DeviceKind::vxlan || interface.kind == DeviceKind::gre;
    table.text("type", kind_word(interface.kind));
    if (!settings.lower.empty() && !tunnel) table.text("parent", settings.lower);
    if (settings.id != 0)
        table.raw(interface.kind == DeviceKind::gre ? "key" : "id", std::to_string(settings.id));
    if (settings.local) table.text("local", settings.local->text());
    if (settings.remote) table.text("remote", settings.remote->text());
    if (!settings.mode.empty()) table.text("mode", settings.mode);
    if (!settings.learning) table.raw("learning", "false");
    if (interface.stp) table.raw("stp", "true");
    if (interface.vlan_filtering) table.raw("vlan-filtering", "true");
    add_ports(node, interface, table);
}

// Those that are no ends of links.
std::string interfaces(const Lab& lab, const Node& node) {
    TomlTable lines;
    for (const Interface& interface : node.interfaces) {
        // A bond of links stands with them.
        if (interface.is_end() || (interface.kind == DeviceKind::bond && interface.link != npos) ||
            interface.kind == DeviceKind::uplink)
            continue;
        TomlTable table;
        if (interface.link == npos && !node.is_bridge()) add_device(node, interface, table);
        std::vector<std::string> addresses;
        for (const Prefix& address : interface.addresses) addresses.push_back(address.text());
        if (!addresses.empty()) table.raw("addresses", toml_list(addresses));
        add_end_keys(lab, node, interface, table);
        lines.raw(interface.name, table.inline_());
    }
    return lines.empty() ? "" : "[nodes." + node.name + ".interfaces]\n" + lines.lines();
}

}  // namespace

std::vector<std::string> route_texts(const std::vector<Route>& routes) {
    std::vector<std::string> out;
    for (const Route& route : routes) {
        std::string tail;
        if (route.metric != 0) tail += " metric " + std::to_string(route.metric);
        if (route.table != 254) tail += " table " + std::to_string(route.table);
        if (route.onlink) tail += " onlink";
        if (route.hops.empty()) out.push_back("blackhole " + route.destination.text() + tail);
        for (const Route::Hop& hop : route.hops)
            out.push_back(route.destination.text() + (hop.via ? " via " + hop.via->text() : "") +
                          (hop.dev.empty() ? "" : " dev " + hop.dev) + tail);
    }
    return out;
}

std::string resolved_node(const Lab& lab, const Node& node) {
    TomlTable table;
    table.text("kind", kind_word(node.kind));
    if (node.is_outside()) table.text("device", node.device.text);
    if (node.id) table.raw("id", std::to_string(*node.id));
    if (!node.loopbacks.empty()) {
        std::vector<std::string> list;
        for (const Prefix& loopback : node.loopbacks) list.push_back(loopback.text());
        table.raw("loopback", toml_list(list));
    }
    routing(node, table);
    if (node.kind == Kind::host) table.raw("gateway", "false");
    if (node.stp) {
        TomlTable stp;
        if (node.stp_priority) stp.raw("priority", std::to_string(*node.stp_priority));
        table.raw("stp", node.stp_priority ? stp.inline_() : "true");
    }
    if (node.vlan_filtering) table.raw("vlan-filtering", "true");
    if (!node.svi.empty()) {
        std::string list;
        for (const VlanId id : node.svi) list += (list.empty() ? "" : ", ") + std::to_string(id);
        table.raw("svi", "[" + list + "]");
    }
    if (!node.vrfs.empty()) {
        TomlTable vrfs;
        for (const Vrf& vrf : node.vrfs)
            vrfs.raw(vrf.name, "{ table = " + std::to_string(vrf.table) + " }");
        table.raw("vrfs", vrfs.inline_());
    }
    if (node.mpls) table.raw("mpls", "true");
    isolation(node, table);
    if (node.user != "root") table.text("user", node.user);
    if (!node.hostname.empty() && node.hostname != node.name) table.text("hostname", node.hostname);
    shown(node, table);
    if (!node.dns.empty()) table.raw("dns", toml_list(texts(node.dns)));
    if (!node.wait_for.empty()) table.raw("wait-for", toml_list(texts(node.wait_for)));
    if (!node.env.empty()) table.raw("env", table_of(node.env));
    if (!node.sysctl.empty()) {
        TomlTable sysctl;
        for (const auto& [key, value] : node.sysctl) sysctl.text(key, value.first);
        table.raw("sysctl", sysctl.inline_());
    }
    if (!node.masquerade.empty()) {
        TomlTable masquerade;
        for (const Masquerade& one : node.masquerade)
            masquerade.text(one.interface, one.ipv4 && one.ipv6 ? "both"
                                           : one.ipv4           ? "ipv4"
                                                                : "ipv6");
        table.raw("masquerade", masquerade.inline_());
    }
    if (node.nft) {
        // By its newline a ruleset is told from a path.
        const std::string& rules = node.nft->text;
        table.text("nft", rules.find('\n') == std::string::npos ? rules + "\n" : rules);
    }

    std::string out = "[nodes." + node.name + "]\n" + table.lines();
    std::vector<std::string> lines;
    for (const std::string& route : route_texts(node.routes)) lines.push_back(toml_string(route));
    add_list(out, "routes", lines);
    lines.clear();
    for (const Forward& one : node.forward) lines.push_back(toml_string(forward_text(one)));
    add_list(out, "forward", lines);
    lines.clear();
    for (const Command& one : node.exec) lines.push_back(command(one.argv));
    add_list(out, "exec", lines);
    lines.clear();
    for (const Service& service : node.services)
        if (!service.generated) lines.push_back(service_text(service));
    add_list(out, "run", lines);
    return out + interfaces(lab, node) + files(node);
}

}  // namespace topology
