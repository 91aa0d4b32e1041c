// Subjects that send packets: who reaches whom, which way, how fast.
#include "topology/check_fields.hpp"
#include "topology/units.hpp"

#include <algorithm>

namespace topology {
namespace {

// [FROM, TO], each a set, a list of sets, an address.
struct Ends {
    std::vector<std::string> from;
    std::vector<Text> to;
};

Ends read_ends(CheckFields& fields, const char* example) {
    Ends ends;
    if (const auto* items = fields.list(2, 2, example)) {
        ends.from = fields.set((*items)[0]);
        ends.to = fields.targets((*items)[1]);
    }
    return ends;
}

void read_ping_options(CheckFields& fields, subject::Ping& ping) {
    ping.family = fields.family();
    ping.loss = fields.bound("loss", parse_percent, "loss = \"< 1%\"");
    if (ping.loss && ping.loss->value > 100)
        fields.reader.diagnostics.error("VALUE", fields.option("loss")->where,
                                        "no more than 100% of the packets are lost",
                                        "loss = \"< 1%\"");
    ping.rtt = fields.bound("rtt", parse_seconds, "rtt = \"< 30ms\"");
    // A share of one packet says nothing.
    ping.count = fields.number("count", 1, 1000).value_or(ping.loss ? 20 : 1);
    ping.size = fields.number("size", 0, 65507);
}

// "h2:80", "[fd00::1]:80": what stands before the last colon, and the port.
std::optional<std::pair<std::string, std::uint16_t>> split_port(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    const auto port = parse_integer(std::string_view(text).substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return std::nullopt;
    std::string host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']' &&
                           host.find(':') != std::string::npos;
    if (bracketed) host = host.substr(1, host.size() - 2);
    return std::pair{host, static_cast<std::uint16_t>(*port)};
}

}  // namespace

subject::Ping read_ping(CheckFields& fields) {
    subject::Ping ping;
    Ends ends = read_ends(fields, "ping = [\"h1\", \"h2\"]");
    ping.from = std::move(ends.from);
    ping.to = std::move(ends.to);
    read_ping_options(fields, ping);
    if (ping.from.size() == 1 && ping.to.size() == 1 && ping.from.front() == ping.to.front().text)
        fields.reader.diagnostics.error("VALUE", fields.subject().where,
                                        ping.from.front() + " would ping itself",
                                        "two different nodes");
    return ping;
}

// `true`: every node with an address; else the set that must reach each other.
subject::Ping read_all_reachable(CheckFields& fields) {
    subject::Ping ping;
    ping.whole_lab = true;
    const Value& value = fields.subject();
    if (!value.is(Value::Type::boolean)) {
        ping.from = fields.set(value);
        if (ping.from.size() == 1)
            fields.reader.diagnostics.error("VALUE", value.where,
                                            ping.from.front() + " alone has nobody to reach",
                                            "all-reachable = [\"h1\", \"h2\"], or true");
        for (const std::string& name : ping.from) ping.to.push_back({name, value.where});
    } else if (!value.boolean) {
        fields.reader.diagnostics.error("VALUE", value.where, "all-reachable = false asks nothing",
                                        "not = true beside it turns a check round");
    }
    read_ping_options(fields, ping);
    return ping;
}

subject::Connect read_connect(CheckFields& fields) {
    subject::Connect connect;
    connect.udp = fields.key() == "udp";
    const std::string example = fields.key() + " = [\"h1\", \"h2:80\"]";
    connect.family = fields.family();
    const auto* items = fields.list(2, 2, example.c_str());
    if (items == nullptr) return connect;
    connect.from = fields.set((*items)[0]);
    const std::optional<std::string> place = fields.reader.string((*items)[1]);
    if (!place) return connect;
    const auto split = split_port(*place);
    if (!split) {
        fields.reader.diagnostics.error("VALUE", (*items)[1].where,
                                        "\"" + *place + "\" does not end in a port", example);
        return connect;
    }
    Value host = (*items)[1];
    host.text = split->first;
    connect.to = fields.targets(host);
    connect.port = split->second;
    return connect;
}

subject::Http read_http(CheckFields& fields) {
    subject::Http http;
    http.family = fields.family();
    http.status = fields.number("status", 100, 599).value_or(200);
    http.body = fields.match("body");
    const char* example = "http = [\"h1\", \"http://h2/\"]";
    const auto* items = fields.list(2, 2, example);
    if (items == nullptr) return http;
    http.from = fields.set((*items)[0]);
    if (const auto url = fields.reader.text((*items)[1])) http.url = *url;
    const bool plain = http.url.text.starts_with("http://") && http.url.text.size() > 7;
    if (http.url.text.starts_with("https://"))
        fields.reader.diagnostics.error("VALUE", (*items)[1].where, "a http check speaks no TLS",
                                        "run = { node = \"h1\", cmd = \"curl -fk https://…\" }");
    else if (!plain)
        fields.reader.diagnostics.error("VALUE", (*items)[1].where,
                                        "\"" + http.url.text + "\" is no http:// address", example);
    return http;
}

subject::Dns read_dns(CheckFields& fields) {
    subject::Dns dns;
    dns.nodes = fields.nodes();
    if (const auto name = fields.text("name")) dns.name = *name;
    if (dns.name.text.empty())
        fields.reader.diagnostics.error("VALUE", fields.where(), "which name is asked for?",
                                        "dns = { node = \"h1\", name = \"www.example.net\" }");
    if (const Value* type = fields.option("type"))
        dns.type =
            fields.reader
                .word("type", *type, {"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT", "SRV"})
                .value_or("A");
    dns.is = fields.texts("is");
    dns.server = fields.text("server");
    return dns;
}

subject::Path read_path(CheckFields& fields) {
    subject::Path path;
    path.family = fields.family();
    if (const Value* via = fields.option("via")) path.via = fields.set(*via);
    if (const Value* not_via = fields.option("not-via")) path.not_via = fields.set(*not_via);
    for (const std::string& both : path.not_via)
        if (std::find(path.via.begin(), path.via.end(), both) != path.via.end())
            fields.reader.diagnostics.error("VALUE", fields.option("not-via")->where,
                                            both + " is in \"via\" and in \"not-via\"",
                                            "one of them");
    if (const Value* ecmp = fields.option("ecmp")) {
        const auto word = fields.reader.word("ecmp", *ecmp, {"any", "all"});
        if (word) path.ecmp = *word == "all" ? subject::Path::Ecmp::all : subject::Path::Ecmp::any;
    }
    const auto* items = fields.list(2, 64, "path = [\"h1\", \"r1\", \"h2\"]");
    if (items == nullptr) return path;
    path.from = fields.one_node(items->front());
    const std::vector<Text> last = fields.targets(items->back());
    if (last.size() > 1)
        fields.reader.diagnostics.error("VALUE", items->back().where,
                                        "a path ends at one node or address");
    if (!last.empty()) path.to = last.front();
    // With via or not-via the two ends stand alone, and what lies between is left open.
    if (fields.option("via") != nullptr || fields.option("not-via") != nullptr) {
        if (items->size() > 2)
            fields.reader.diagnostics.error("VALUE", fields.subject().where,
                                            "a whole path and \"via\" in one check",
                                            "path = [\"h1\", \"h2\"] beside via or not-via");
        return path;
    }
    for (std::size_t i = 1; i + 1 < items->size(); ++i)
        path.hops.push_back(fields.one_node((*items)[i]));
    path.hops.push_back(path.to.text);
    return path;
}

subject::Throughput read_throughput(CheckFields& fields) {
    subject::Throughput throughput;
    throughput.family = fields.family();
    throughput.rate = fields.bound("rate", parse_bits, "rate = \"> 700mbit\"");
    throughput.time_s = fields.seconds("time").value_or(3);
    if (throughput.time_s < 1 || throughput.time_s > 3600)
        fields.reader.diagnostics.error("VALUE", fields.option("time")->where,
                                        "\"time\" is 1s to an hour", "time = \"3s\"");
    if (const Value* proto = fields.option("proto"))
        throughput.udp = fields.reader.word("proto", *proto, {"tcp", "udp"}) == "udp";
    const auto* items = fields.list(2, 2, "throughput = [\"h1\", \"h2\"]");
    if (items == nullptr) return throughput;
    throughput.from = fields.one_node((*items)[0]);
    throughput.to = {fields.one_node((*items)[1]), (*items)[1].where};
    return throughput;
}

}  // namespace topology
