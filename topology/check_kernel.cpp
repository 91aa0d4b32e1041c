// Subjects that are looked up in a node's kernel, in its routing daemons and among its processes.
#include "topology/check_fields.hpp"
#include "topology/suggest.hpp"
#include "topology/units.hpp"

#include <algorithm>

namespace topology {
namespace {

void require_text(CheckFields& fields, const Text& text, const char* key, const char* example) {
    if (text.text.empty())
        fields.reader.diagnostics.error(
            "VALUE", fields.where(), "\"" + fields.key() + "\" does not say its " + key, example);
}

// What `false` asks, nobody asks: `not` turns a check round.
void refuse_false(CheckFields& fields) {
    const Value& value = fields.subject();
    if (value.is(Value::Type::boolean) && !value.boolean)
        fields.reader.diagnostics.error("VALUE", value.where,
                                        fields.key() + " = false asks nothing",
                                        "not = true beside it turns a check round");
}

bool holds_reference(const Text& text) {
    return text.text.find('\x01') != std::string::npos;
}

// As ip-route(8) has them, or a number.
void require_protocol(CheckFields& fields, const std::string& word) {
    static const std::vector<std::string_view> words{
        "redirect", "kernel", "boot", "static", "ra",  "zebra", "bird",   "dhcp",
        "babel",    "bgp",    "isis", "ospf",   "rip", "eigrp", "zstatic"};
    const bool number = word.size() <= 3 && word.find_first_not_of("0123456789") == word.npos &&
                        (word.empty() || std::stoul(word) <= 255);
    if (number || std::find(words.begin(), words.end(), word) != words.end()) return;
    const std::string near = did_you_mean(word, words);
    fields.reader.diagnostics.error(
        "VALUE", fields.option("proto")->where, "no route has the protocol \"" + word + "\"",
        near.empty() ? "kernel, static, ospf, bgp, isis, rip, …" : near);
}

// "10.0.0.0/24", "default", or something late that is looked at when it is known.
Text read_prefix(CheckFields& fields, const char* example) {
    Text prefix = fields.text("prefix").value_or(Text{"", fields.where()});
    require_text(fields, prefix, "prefix", example);
    if (prefix.text.empty() || prefix.text == "default" ||
        prefix.text.find('\x01') != std::string::npos)
        return prefix;
    const auto network = Prefix::parse(prefix.text);
    if (!network && !Ip::parse(prefix.text))
        fields.reader.diagnostics.error("VALUE", prefix.where,
                                        "\"" + prefix.text + "\" is not a network",
                                        "\"10.0.0.0/24\", \"fd00::/64\" or \"default\"");
    else if (network && network->has_host_bits())
        fields.reader.diagnostics.error("D73", prefix.where,
                                        prefix.text + " is an address, not a network",
                                        network->network().text());
    return prefix;
}

// "65001:10", "1:2:3", or a well-known one.
void read_communities(CheckFields& fields, subject::ProtocolRoute& route) {
    static const std::vector<std::string_view> names{"no-export", "no-advertise",      "local-AS",
                                                     "no-peer",   "graceful-shutdown", "accept-own",
                                                     "blackhole"};
    const Value* option = fields.option("communities");
    for (const Text& one : fields.texts("communities")) {
        const bool numbers = one.text.find(':') != std::string::npos &&
                             one.text.find_first_not_of("0123456789:") == std::string::npos;
        if (!numbers && std::find(names.begin(), names.end(), one.text) == names.end())
            fields.reader.diagnostics.error("VALUE", option->where,
                                            "\"" + one.text + "\" is no community",
                                            "communities = [\"65001:10\", \"no-export\"]");
        route.communities.push_back(one.text);
    }
}

}  // namespace

subject::Route read_route(CheckFields& fields) {
    subject::Route route;
    route.nodes = fields.nodes();
    route.prefix = read_prefix(fields, "route = { node = \"r1\", prefix = \"10.0.3.0/24\" }");
    if (const Value* via = fields.option("via")) {
        const std::vector<Text> one = fields.targets(*via);
        if (one.size() > 1)
            fields.reader.diagnostics.error("VALUE", via->where, "\"via\" is one neighbour");
        if (!one.empty()) route.via = one.front();
    }
    route.dev = fields.word("dev");
    route.proto = fields.word("proto");
    require_protocol(fields, route.proto);
    route.metric = fields.number("metric", 0, UINT32_MAX);
    route.table = fields.number("table", 1, UINT32_MAX).value_or(254);
    route.absent = fields.flag("absent");
    return route;
}

subject::Address read_address(CheckFields& fields) {
    subject::Address address;
    address.nodes = fields.nodes();
    address.dev = fields.word("dev");
    address.is = fields.texts("is");
    if (address.is.empty())
        fields.reader.diagnostics.error("VALUE", fields.where(), "which address should be there?",
                                        "address = { node = \"h1\", is = \"10.0.0.1/24\" }");
    for (const Text& is : address.is)
        if (!holds_reference(is) && !Prefix::parse(is.text) && !Ip::parse(is.text))
            fields.reader.diagnostics.error("VALUE", is.where, "\"" + is.text + "\" is no address",
                                            "\"10.0.0.1/24\" or \"10.0.0.1\"");
    return address;
}

subject::Link read_link(CheckFields& fields) {
    subject::Link link;
    link.nodes = fields.nodes();
    link.dev = fields.word("dev");
    require_text(fields, {link.dev, {}}, "interface",
                 "link = { node = \"r1\", dev = \"eth0\", is = \"up\" }");
    if (const Value* is = fields.option("is"))
        link.up = fields.reader.word("is", *is, {"up", "down"}) != "down";
    link.mtu = fields.number("mtu", 68, 65535);
    return link;
}

subject::Neighbor read_neighbor(CheckFields& fields) {
    subject::Neighbor neighbor;
    neighbor.nodes = fields.nodes();
    neighbor.dev = fields.word("dev");
    if (const Value* is = fields.option("is")) {
        const std::vector<Text> one = fields.targets(*is);
        if (!one.empty()) neighbor.is = one.front();
    } else {
        require_text(fields, {}, "neighbour", "neighbor = { node = \"h1\", is = \"r1\" }");
    }
    return neighbor;
}

subject::Neighbors read_neighbors(CheckFields& fields) {
    subject::Neighbors neighbors;
    neighbors.protocol = fields.key() == "bgp-neighbors"    ? Protocol::bgp
                         : fields.key() == "isis-neighbors" ? Protocol::isis
                                                            : Protocol::ospf;
    const std::string word = neighbors.protocol == Protocol::bgp    ? "established"
                             : neighbors.protocol == Protocol::isis ? "up"
                                                                    : "full";
    neighbors.nodes = fields.nodes();
    neighbors.family = fields.family();
    const std::string example = word + " = 2";
    neighbors.count = fields.bound(word, parse_plain, example.c_str());
    if (const Value* with = fields.option("with")) neighbors.with = fields.set(*with);
    if (!neighbors.count && neighbors.with.empty() && fields.subject().is(Value::Type::table) &&
        fields.option(word) == nullptr && fields.option("with") == nullptr)
        neighbors.count = Bound{Bound::Side::at_least, 1, ">= 1"};
    return neighbors;
}

subject::ProtocolRoute read_protocol_route(CheckFields& fields) {
    subject::ProtocolRoute route;
    route.protocol = fields.key() == "bgp-route"    ? Protocol::bgp
                     : fields.key() == "rip-route"  ? Protocol::rip
                     : fields.key() == "isis-route" ? Protocol::isis
                                                    : Protocol::ospf;
    route.nodes = fields.nodes();
    route.prefix = read_prefix(fields, "bgp-route = { node = \"r1\", prefix = \"10.0.3.0/24\" }");
    if (const Value* via = fields.option("via")) {
        const std::vector<Text> one = fields.targets(*via);
        if (!one.empty()) route.via = one.front();
    }
    if (const Value* path = fields.option("aspath")) {
        route.aspath.emplace();
        if (const auto* items = fields.reader.list("aspath", *path))
            for (const Value& item : *items)
                if (const auto asn = fields.reader.integer("aspath", item, 0, UINT32_MAX))
                    route.aspath->push_back(static_cast<std::uint32_t>(*asn));
    }
    route.med = fields.number("med", 0, UINT32_MAX);
    route.local_pref = fields.number("local-pref", 0, UINT32_MAX);
    route.metric = fields.number("metric", 0, UINT32_MAX);
    read_communities(fields, route);
    if (const Value* hop = fields.option("next-hop")) {
        const std::vector<Text> one = fields.targets(*hop);
        if (one.size() > 1)
            fields.reader.diagnostics.error("VALUE", hop->where, "\"next-hop\" is one neighbour");
        if (!one.empty()) route.next_hop = one.front();
    }
    if (const Value* origin = fields.option("origin"))
        route.origin =
            fields.reader.word("origin", *origin, {"IGP", "EGP", "incomplete"}).value_or("");
    route.absent = fields.flag("absent");
    return route;
}

subject::Run read_run(CheckFields& fields) {
    subject::Run run;
    run.nodes = fields.nodes();
    const Value* cmd = fields.option("cmd");
    if (cmd == nullptr)
        fields.reader.diagnostics.error("VALUE", fields.where(), "which command should run?",
                                        "run = { node = \"h1\", cmd = \"ip route\" }");
    else if (cmd->is(Value::Type::string))
        run.argv = {{"/bin/sh", cmd->where}, {"-c", cmd->where}, {cmd->text, cmd->where}};
    else if (const auto* items = fields.reader.list("cmd", *cmd))
        for (const Value& item : *items)
            if (auto text = fields.scalar(item)) run.argv.push_back(std::move(*text));
    const bool empty =
        cmd != nullptr &&
        (cmd->is(Value::Type::string) ? cmd->text.find_first_not_of(" \t\n") == std::string::npos
                                      : cmd->is(Value::Type::array) && cmd->items.empty());
    if (empty && !cmd->computed)
        fields.reader.diagnostics.error("VALUE", cmd->where, "\"cmd\" is no command",
                                        "run = { node = \"h1\", cmd = \"ip route\" }");
    run.input = fields.text("stdin").value_or(Text{});
    run.exit = fields.number("exit", 0, 255).value_or(0);
    run.stdout_ = fields.match("stdout");
    run.has_json = fields.option("json") != nullptr;
    run.json = fields.word("json");
    if (!run.json.empty() && run.json.front() != '/')
        fields.reader.diagnostics.error("VALUE", fields.option("json")->where,
                                        "\"" + run.json + "\" is no JSON pointer",
                                        "json = \"/key/0\"; \"\" means the whole");
    run.is = fields.text("is");
    if (run.is && !run.has_json)
        fields.reader.diagnostics.error("VALUE", fields.option("is")->where,
                                        "\"is\" in a run check goes with \"json\"",
                                        "stdout = \"…\" compares the whole output");
    return run;
}

subject::Process read_process(CheckFields& fields) {
    subject::Process process;
    process.nodes = fields.nodes();
    process.name = fields.word("name");
    require_text(fields, {process.name, {}}, "name",
                 "process = { node = \"r1\", name = \"ospfd\" }");
    return process;
}

subject::File read_file(CheckFields& fields) {
    subject::File file;
    file.nodes = fields.nodes();
    file.path = fields.text("path").value_or(Text{});
    require_text(fields, file.path, "path", "file = { node = \"h1\", path = \"/etc/hosts\" }");
    if (!file.path.text.empty() && file.path.text.front() != '/')
        fields.reader.diagnostics.error("D54", file.path.where,
                                        "\"" + file.path.text + "\" is not absolute",
                                        "\"/" + file.path.text + "\"");
    file.contains = fields.text("contains");
    file.is = fields.match("is");
    file.absent = fields.flag("absent");
    return file;
}

subject::Sysctl read_sysctl(CheckFields& fields) {
    subject::Sysctl sysctl;
    sysctl.nodes = fields.nodes();
    sysctl.key = fields.word("key");
    const char* example = "sysctl = { node = \"r1\", key = \"net.ipv4.ip_forward\", is = 1 }";
    require_text(fields, {sysctl.key, {}}, "key", example);
    if (sysctl.key.find("..") != std::string::npos || sysctl.key.find('/') != std::string::npos)
        fields.reader.diagnostics.error("VALUE", fields.where(),
                                        "\"" + sysctl.key + "\" is no sysctl", example);
    sysctl.is = fields.text("is").value_or(Text{});
    require_text(fields, sysctl.is, "value", example);
    return sysctl;
}

subject::NoLoops read_no_loops(CheckFields& fields) {
    (void)fields.reader.boolean(fields.subject());
    refuse_false(fields);
    return {};
}

// `true`: every node.
subject::NoDrops read_no_drops(CheckFields& fields) {
    subject::NoDrops drops;
    refuse_false(fields);
    if (!fields.subject().is(Value::Type::boolean)) drops.nodes = fields.set(fields.subject());
    return drops;
}

subject::Converged read_converged(CheckFields& fields) {
    subject::Converged converged;
    refuse_false(fields);
    if (!fields.subject().is(Value::Type::boolean) && !fields.subject().is(Value::Type::table))
        fields.reader.wrong_type(fields.subject(), "true or a table",
                                 "converged = { quiet = \"2s\" }");
    converged.quiet_s = fields.seconds("quiet").value_or(2);
    return converged;
}

}  // namespace topology
