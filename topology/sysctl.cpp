// Only what belongs to a namespace of the node may be set: everything else would be the host's
// (D57), and the kernel would refuse it in a user namespace anyway.
#include "topology/sysctl.hpp"

#include "topology/link_ends.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

bool starts(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

// net.* is per network namespace; the rest per IPC namespace (ipc_namespaces(7)).
bool is_the_nodes(std::string_view key) {
    constexpr std::array<std::string_view, 10> ipc{
        "kernel.msgmax",      "kernel.msgmnb",     "kernel.msgmni", "kernel.sem",
        "kernel.shmall",      "kernel.shmmax",     "kernel.shmmni", "kernel.shm_rmid_forced",
        "kernel.auto_msgmni", "kernel.msg_next_id"};
    return starts(key, "net.") || starts(key, "fs.mqueue.") ||
           std::find(ipc.begin(), ipc.end(), key) != ipc.end();
}

// It becomes a path below /proc/sys.
bool well_formed(std::string_view key) {
    const auto fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '/' || c == '_' || c == '-';
    };
    return !key.empty() && key.size() < 256 && std::all_of(key.begin(), key.end(), fine) &&
           key.front() != '.' && key.back() != '.' && key.find("..") == std::string_view::npos &&
           key.find("//") == std::string_view::npos && key.find("./") == std::string_view::npos &&
           key.find("/.") == std::string_view::npos && key.front() != '/';
}

void set(const std::string& key, const Member& member, Node& node, Context& context) {
    const Value& value = member.value;
    if (!well_formed(key)) {
        context.diagnostics.error("D57", member.where, "\"" + key + "\" is no sysctl",
                                  "net.ipv4.tcp_ecn = 1");
        return;
    }
    if (!is_the_nodes(key)) {
        const bool name = key == "kernel.hostname" || key == "kernel.domainname";
        context.diagnostics.error(
            "D57", member.where, "\"" + key + "\" is not this node's to set",
            name ? "hostname = \"…\""
                 : "a node has net.*, fs.mqueue.* and the msg, sem and shm keys of kernel.*");
        return;
    }
    std::string text;
    if (value.is(Value::Type::boolean)) {
        text = value.boolean ? "1" : "0";
    } else if (value.is(Value::Type::integer) || value.is(Value::Type::string)) {
        text = written(value);
    } else {
        context.reader.wrong_type(value, "an integer or a string");
        return;
    }
    if (text.find('\n') != std::string::npos || text.size() > 1024) {
        context.diagnostics.error("VALUE", value.where, "the value of a sysctl is one line");
        return;
    }
    node.sysctl[key] = {text, value.where};
}

void walk(const std::string& head, const Value& table, Node& node, Context& context) {
    for (const Member& member : table.members) {
        std::string part = member.key;
        if (!head.empty() || member.value.is(Value::Type::table))
            std::replace(part.begin(), part.end(), '.', '/');
        const std::string key = head.empty() ? part : head + "." + part;
        if (member.value.is(Value::Type::table))
            walk(key, member.value, node, context);
        else
            set(key, member, node, context);
    }
}

// "eth0" of net.ipv4.conf.eth0.rp_filter, "" of a key that speaks of no interface. A "/" in a part
// is a dot of the name.
std::string interface_of(const std::string& key) {
    std::vector<std::string> parts(1);
    for (const char c : key)
        if (c == '.')
            parts.emplace_back();
        else
            parts.back() += c == '/' ? '.' : c;
    const bool per_interface = parts.size() == 5 && (parts[1] == "ipv4" || parts[1] == "ipv6") &&
                               (parts[2] == "conf" || parts[2] == "neigh");
    return per_interface ? parts[3] : "";
}

}  // namespace

void check_sysctl_interfaces(const Lab& lab, Diagnostics& diagnostics) {
    for (const Node& node : lab.nodes) {
        if (node.sysctl.empty()) continue;
        std::vector<std::string> names;
        for (const Interface& interface : node.interfaces) names.push_back(interface.name);
        for (const auto& [key, value] : node.sysctl) {
            const std::string name = interface_of(key);
            const bool always = name.empty() || name == "all" || name == "default" || name == "lo";
            const bool known = always ||
                               std::find(names.begin(), names.end(), name) != names.end() ||
                               std::any_of(node.vrfs.begin(), node.vrfs.end(),
                                           [&](const Vrf& vrf) { return vrf.name == name; });
            // A bridge of the node's kind has a name of labd's.
            if (!known && !node.is_bridge())
                diagnostics.error("D57", value.second,
                                  node.name + " has no interface \"" + name + "\"",
                                  interface_hint(name, node.name, names));
        }
    }
}

void read_sysctl(const Value& table, Node& node, Context& context) {
    if (context.reader.table(table, "sysctl")) walk("", table, node, context);
}

}  // namespace topology
