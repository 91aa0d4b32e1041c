// Only what belongs to a namespace of the node may be set: everything else would be the host's
// (D57), and the kernel would refuse it in a user namespace anyway.
#include "topology/sysctl.hpp"

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

}  // namespace

void read_sysctl(const Value& table, Node& node, Context& context) {
    if (context.reader.table(table, "sysctl")) walk("", table, node, context);
}

}  // namespace topology
