// By table, because one word means several things: "command" is `run` of a node, `cmd` of a
// service.
#include "topology/other_words.hpp"

#include <algorithm>
#include <vector>

namespace topology {
namespace {

using Words = std::vector<std::string_view>;

struct Meaning {
    Words others;
    std::string_view ours;  // "": nothing of ours is it, and `what` says why
    std::string_view what;
};

const std::vector<Meaning>& of_addresses_and_wires() {
    static const std::vector<Meaning> meanings{
        {{"ip", "ips", "address", "addr", "ip-address", "ip-addresses", "inet"},
         "addresses",
         "addresses = \"10.0.0.1/24\", or a list"},
        {{"gw", "default-gateway", "default-gw", "default-route", "nexthop", "next-hop"},
         "gateway",
         "where the default route leads, gateway = \"r1\""},
        {{"mac-address", "hwaddr", "ether", "ethernet"}, "mac", "mac = \"02:00:00:00:00:01\""},
        {{"bw", "bandwidth", "speed", "throughput"}, "rate", "rate = \"10mbit\""},
        {{"latency", "lat", "rtt", "ping"}, "delay", "each way, delay = \"10ms\""},
        {{"packet-loss", "plr", "drop", "drop-rate"}, "loss", "loss = \"1%\""},
        {{"max-queue-size", "queue-size", "queue-length", "qlen", "txqueuelen", "buffer"},
         "limit",
         "packets that wait, limit = 1000"},
        {{"qdisc", "aqm", "scheduler"}, "queue", "queue = \"fq_codel\""},
        {{"metric", "weight"}, "cost", "what routing prefers less, cost = 100"},
        {{"vlan-id", "vid", "access", "access-vlan"}, "vlan", "the access VLAN, vlan = 10"},
        {{"trunk", "tagged", "allowed", "allowed-vlans"}, "vlans", "a trunk, vlans = [10, 20]"},
        {{"untagged", "pvid", "native-vlan"}, "native", "what goes untagged on a trunk"},
        {{"subnet", "network", "cidr", "net"}, "prefix", "prefix = \"10.0.1.0/24\""},
    };
    return meanings;
}

const std::vector<Meaning>& of_nodes() {
    static const std::vector<Meaning> meanings{
        {{"cmd", "command", "commands", "entrypoint", "service", "services", "daemon", "daemons",
          "process", "program", "start"},
         "run",
         "programs that are kept alive; exec = [\"…\"] runs a command once, at birth"},
        {{"script", "scripts", "startup", "init", "setup", "post-start", "on-start", "bootstrap"},
         "exec",
         "commands that run once, at birth; run = [\"…\"] keeps a program alive"},
        {{"mem", "ram", "mem-limit", "memory-limit"}, "memory", "memory = \"64MB\""},
        {{"cpus", "cores", "vcpu", "vcpus", "cpu-limit", "cpu-quota"}, "cpu", "cores, cpu = 0.5"},
        {{"pids-limit", "processes", "max-processes"}, "pids", "pids = 100"},
        {{"type", "role", "class", "device-type", "extends"}, "kind", "kind = \"router\""},
        {{"environment", "variables"}, "env", "env = { A = \"1\" }"},
        {{"route", "static-routes"}, "routes", "routes = [\"default via r1\"]"},
        {{"default-gateway", "gw"}, "gateway", "where the default route leads"},
        {{"as", "asnum", "as-number", "local-as"}, "asn", "asn = 65001"},
        {{"protocol", "protocols", "igp", "module", "modules"}, "routing", "routing = \"ospf\""},
        {{"nameserver", "nameservers", "resolver", "resolvers"}, "dns", "dns = [\"h9\"]"},
        {{"mount", "mounts", "copy", "configs"}, "files", "files = { \"/etc/x\" = \"x.conf\" }"},
        {{"depends-on", "needs", "after"}, "wait-for", "wait-for = [\"r1.ready\"]"},
        {{"nics", "ifaces", "ethernets", "intfs", "devices"},
         "interfaces",
         "devices inside the node, interfaces = { d0 = { type = \"dummy\" } }; its links are "
         "links"},
        {{"group", "groups", "tags"}, "labels", "labels = { group = \"core\" }"},
        {{"name", "title"}, "label", "what pictures show"},
        {{"nat", "snat", "masq"}, "masquerade", "out of these interfaces, masquerade = [\"wan\"]"},
        {{"neighbors", "neighbor", "neighbours", "neighbour", "bgp-peers"},
         "",
         "labd finds the neighbours: routers on one link with the same routing, as \"bgp\""},
        {{"router-id", "routerid"},
         "",
         "the router id is the loopback: loopback = \"10.0.0.7/32\", or id = 7"},
        {{"firewall", "iptables", "nftables"}, "nft", "nft = \"rules.nft\""},
        {{"vrf", "table"}, "vrfs", "vrfs = [\"red\"]"},
    };
    return meanings;
}

const std::vector<Meaning>& of_links() {
    static const std::vector<Meaning> meanings{
        {{"from", "to", "source", "target", "src", "dst", "destination", "left", "right", "nodes",
          "interfaces", "between", "peer", "peers", "members", "hosts", "node1", "node2",
          "connect"},
         "endpoints",
         "both ends in one list, endpoints = [\"h1\", \"r1\"]"},
        {{"kind"}, "type", "a tunnel's, type = \"gre\"; a link of its own has none"},
        {{"label", "title", "id"}, "name", "name = \"uplink\""},
    };
    return meanings;
}

const std::vector<Meaning>& of_files() {
    static const std::vector<Meaning> meanings{
        {{"node", "hosts", "routers", "switches", "devices", "services", "machines"},
         "nodes",
         "a table, [nodes], and below it r1 = \"router\""},
        {{"edges", "edge", "connections", "wires", "networks", "endpoints", "cables"},
         "links",
         "links = [[\"h1\", \"r1\"]]"},
        {{"topology"}, "nodes", "[nodes], links and the rest stand at the top of the file"},
        {{"tests", "test", "checks", "validate", "validation"}, "check", "[[check]], one each"},
        {{"variables", "params", "parameters", "values"}, "vars", "[vars], and ${x} to use one"},
        {{"title", "lab", "lab-name"}, "name", "name = \"two-hosts\""},
        {{"includes", "import", "imports"}, "include", "include = [\"common.toml\"]"},
        {{"requires", "requirements"}, "needs", "programs that must be installed"},
        {{"scenario", "steps", "timeline"}, "step", "[[step]], one each"},
    };
    return meanings;
}

const std::vector<Meaning>& of_services() {
    static const std::vector<Meaning> meanings{
        {{"command", "exec", "run", "program", "argv", "args", "entrypoint", "start"},
         "cmd",
         "cmd = \"iperf3 -s\""},
        {{"environment"}, "env", "env = { A = \"1\" }"},
        {{"cwd", "workdir", "working-dir", "working-directory", "directory", "chdir"},
         "dir",
         "dir = \"/srv\""},
        {{"depends-on", "requires", "wait-for", "needs", "wants"}, "after", "after = [\"db\"]"},
        {{"healthcheck", "health", "readiness", "readiness-probe", "probe", "wait", "port", "test"},
         "ready",
         "how it is seen to be ready, ready = \"tcp 80\""},
        {{"stop-signal", "signal", "kill-signal"}, "stop", "stop = \"INT\""},
        {{"stop-grace-period", "timeout", "stop-timeout"}, "grace", "grace = \"5s\""},
        {{"uid", "run-as", "username"}, "user", "user = \"nobody\""},
    };
    return meanings;
}

const std::vector<Meaning>& of_file_values() {
    static const std::vector<Meaning> meanings{
        {{"content", "contents", "data", "inline"}, "text", "text = '''…'''"},
        {{"path", "source", "src", "file"}, "from", "from = \"r1.conf\", beside the topology"},
        {{"permissions", "perm", "perms", "chmod"}, "mode", "mode = \"0600\""},
        {{"user", "chown", "uid"}, "owner", "owner = \"nobody\""},
    };
    return meanings;
}

const std::vector<Meaning>& of_stars() {
    static const std::vector<Meaning> meanings{
        {{"center", "centre", "middle", "root", "core"},
         "hub",
         "star = { hub = \"sw\", to = \"h[1-3]\" }"},
        {{"leaves", "leafs", "leaf", "spokes", "spoke", "rays", "arms", "ends"},
         "to",
         "star = { hub = \"sw\", to = \"h[1-3]\" }"},
    };
    return meanings;
}

// "stopGracePeriod" and "stop_grace_period" → "stop-grace-period".
std::string in_our_spelling(std::string_view key) {
    std::string result;
    for (const char c : key) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !result.empty() && result.back() != '-') result += '-';
        result += upper ? static_cast<char>(c - 'A' + 'a') : c == '_' ? '-' : c;
    }
    return result;
}

}  // namespace

std::string other_tools_word(std::string_view key, const KeyTable& known) {
    std::vector<const std::vector<Meaning>*> lists;
    const auto of = [&](std::initializer_list<const KeyTable*> tables, const auto& meanings) {
        if (std::find(tables.begin(), tables.end(), &known) != tables.end())
            lists.push_back(&meanings);
    };
    of({&node_keys(), &kind_keys()}, of_nodes());
    of({&link_keys(), &link_default_keys()}, of_links());
    of({&file_keys()}, of_files());
    of({&service_keys()}, of_services());
    of({&file_value_keys()}, of_file_values());
    of({&star_keys()}, of_stars());
    of({&node_keys(), &kind_keys(), &link_keys(), &link_default_keys(), &end_keys(),
        &interface_keys()},
       of_addresses_and_wires());
    const std::string word = in_our_spelling(key);
    const auto has = [](const Words& words, std::string_view one) {
        return std::find(words.begin(), words.end(), one) != words.end();
    };
    for (const std::vector<Meaning>* list : lists)
        for (const Meaning& meaning : *list)
            if (has(meaning.others, word) && meaning.ours.empty())
                return std::string(meaning.what);
            else if (has(meaning.others, word) && has(known.keys, meaning.ours))
                return "did you mean \"" + std::string(meaning.ours) + "\"? " +
                       std::string(meaning.what);
    return word != key && has(known.keys, word) ? "did you mean \"" + word + "\"?" : "";
}

}  // namespace topology
