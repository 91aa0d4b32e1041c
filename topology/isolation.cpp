#include "topology/isolation.hpp"

#include "topology/keys.hpp"
#include "topology/suggest.hpp"
#include "topology/units.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace topology {
namespace {

constexpr std::uint64_t least_memory_bytes = 1 << 20;
constexpr double least_cores = 0.01, most_cores = 4096;
constexpr double most_clock_s = 100.0 * 365 * 86400;

bool is_empty(const Value& value) {
    return value.is_false() || (value.is(Value::Type::array) && value.items.empty());
}

// A time that may have a sign: "-30s".
std::optional<std::int64_t> read_offset(const Value& value, const Context& context) {
    Value unsigned_part = value;
    double sign = 1;
    if (value.is(Value::Type::string) && !value.text.empty() &&
        (value.text.front() == '-' || value.text.front() == '+')) {
        if (value.text.front() == '-') sign = -1;
        unsigned_part.text.erase(0, 1);
    }
    const std::optional<double> seconds = context.reader.seconds(unsigned_part, "s");
    if (!seconds) return std::nullopt;
    if (*seconds > most_clock_s) {
        context.diagnostics.error("VALUE", value.where, "a clock differs by 100 years at most");
        return std::nullopt;
    }
    return std::llround(sign * *seconds * 1e9);
}

void read_clock(const Value& value, Node& node, Context& context) {
    if (value.is_false()) return;
    if (!value.is(Value::Type::table)) {
        context.reader.wrong_type(value, "a table", "clock = { boottime = \"24h\" }");
        return;
    }
    refuse_unknown_keys(value, KeyTable{"clock", {"boottime", "monotonic"}}, context.diagnostics);
    Clock clock = node.clock.value_or(Clock{});
    if (const Value* boottime = value.find("boottime"))
        clock.boottime_ns = read_offset(*boottime, context).value_or(0);
    if (const Value* monotonic = value.find("monotonic"))
        clock.monotonic_ns = read_offset(*monotonic, context).value_or(0);
    node.clock = clock;
}

// Every kind but one is each node's own anyway.
void read_namespaces(const Value& value, Node& node, Context& context) {
    if (is_empty(value)) return;
    for (const Text& kind : context.reader.texts("namespaces", value)) {
        if (kind.text == "time") {
            node.clock = node.clock.value_or(Clock{});
            continue;
        }
        constexpr std::array own{"user", "net", "pid", "uts", "mnt", "ipc", "cgroup"};
        const bool known = std::find(own.begin(), own.end(), kind.text) != own.end();
        context.diagnostics.error("VALUE", kind.where,
                                  known ? "every node has its own " + kind.text + " namespace"
                                        : "there is no kind of namespace \"" + kind.text + "\"",
                                  "the one to ask for is \"time\"");
    }
}

void read_root(const Value& value, Node& node, Context& context) {
    if (value.is_false()) return;
    const std::optional<Text> path = context.reader.text(value);
    if (!path) return;
    if (path->text.empty() || path->text.find('\0') != std::string::npos ||
        path->text.size() > 4000)
        context.diagnostics.error("VALUE", value.where, "root is the path of a directory",
                                  "root = \"/srv/roots/debian\"");
    else if (path->text.find_first_not_of('/') == std::string::npos)
        context.diagnostics.error(
            "D75", value.where, "the host's own root would show the node all of its secrets",
            "without root a node sees the host's /usr and nothing else of it");
    else
        node.root = *path;
}

void read_memory(const Value& value, Node& node, Context& context) {
    if (value.is_false()) return;
    const std::optional<double> bytes = context.reader.bytes(value);
    if (!bytes) return;
    if (*bytes < static_cast<double>(least_memory_bytes) || *bytes > 1e15)
        context.diagnostics.error("VALUE", value.where, "memory is 1 MiB to 1,000,000 GB",
                                  "\"64MB\"");
    else
        node.limits.memory_bytes = static_cast<std::uint64_t>(*bytes);
}

void read_cpu(const Value& value, Node& node, Context& context) {
    if (value.is_false()) return;
    double cores = value.real;
    const bool whole =
        value.is(Value::Type::integer) || (value.computed && parse_integer(value.text));
    if (whole) {
        const auto number = context.reader.integer("cpu", value, INT64_MIN, INT64_MAX);
        cores = static_cast<double>(number.value_or(0));
    } else if (!value.is(Value::Type::real)) {
        const auto percent =
            value.is(Value::Type::string) ? parse_percent(value.text) : std::nullopt;
        char share[32] = "0.5";
        if (percent) (void)std::snprintf(share, sizeof share, "%g", *percent / 100);
        context.reader.wrong_type(value, "a number of cores", std::string("cpu = ") + share);
        return;
    }
    if (!(cores >= least_cores && cores <= most_cores))
        context.diagnostics.error("VALUE", value.where, "cpu is 0.01 to 4096 cores", "cpu = 0.5");
    else
        node.limits.cpu_cores = cores;
}

}  // namespace

const char* level_word(Level level) {
    constexpr std::array words{"open", "lab", "strict"};
    return words[static_cast<std::size_t>(level)];
}

std::optional<Level> read_level(const Value& value, Context& context) {
    const auto word = context.reader.word("level", value, {"open", "lab", "strict"});
    if (!word) return std::nullopt;
    return *word == "open" ? Level::open : *word == "strict" ? Level::strict : Level::lab;
}

bool read_isolation_key(const Member& member, Node& node, Context& context) {
    const Value& value = member.value;
    const std::string& key = member.key;
    if (key == "level") {
        node.level = read_level(value, context);
        node.level_where = value.where;
    } else if (key == "root") {
        read_root(value, node, context);
    } else if (key == "clock") {
        read_clock(value, node, context);
    } else if (key == "namespaces") {
        read_namespaces(value, node, context);
    } else if (key == "pids") {
        // Two: the node's init is one of them.
        if (value.is_false()) return true;
        if (const auto pids = context.reader.integer("pids", value, 2, 4194304))
            node.limits.pids = static_cast<std::uint32_t>(*pids);
    } else if (key == "memory") {
        read_memory(value, node, context);
    } else if (key == "cpu") {
        read_cpu(value, node, context);
    } else {
        return false;
    }
    return true;
}

void warn_of_open_nodes(const Lab& lab, Diagnostics& diagnostics) {
    std::vector<std::string> names;
    Where where;
    for (const HostNeed& need : host_needs(lab)) {
        if (need.kind != HostNeed::Kind::open_level) continue;
        if (names.empty()) where = need.where;
        names.push_back(need.node);
    }
    if (names.empty()) return;
    diagnostics.warning("D74", where,
                        "no boundary: root in " + join(names, 5) + " is root of this host",
                        "level = \"lab\", the default, seals it");
}

std::string limits_text(const Limits& limits) {
    std::string out;
    const auto say = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    if (limits.pids) say("pids " + std::to_string(*limits.pids));
    if (limits.memory_bytes) say("memory " + std::to_string(*limits.memory_bytes) + " B");
    if (limits.cpu_cores) {
        char text[32];
        (void)std::snprintf(text, sizeof text, "cpu %g", *limits.cpu_cores);
        say(text);
    }
    return out;
}

std::vector<HostNeed> host_needs(const Lab& lab) {
    std::vector<HostNeed> needs;
    for (const Node& node : lab.nodes) {
        if (!node.has_process()) continue;
        if (lab.level_of(node) == Level::open)
            needs.push_back({HostNeed::Kind::open_level, node.name, "",
                             node.level ? node.level_where : lab.level_where});
        if (node.root)
            needs.push_back(
                {HostNeed::Kind::host_directory, node.name, node.root->text, node.root->where});
    }
    return needs;
}

}  // namespace topology
