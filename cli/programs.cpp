// D5 of language.md §12.
#include "cli/programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

namespace cli {
namespace {

using topology::Diagnostic;

// PATH of a node.
constexpr std::array folders{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/",
                             "/usr/bin/",        "/sbin/",          "/bin/"};

// Programs whose package has another name.
std::string package_of(const std::string& program) {
    static constexpr std::array<std::pair<std::string_view, const char*>, 14> known{
        {{"ping", "iputils-ping"},
         {"bird", "bird2"},
         {"birdc", "bird2"},
         {"vtysh", "frr"},
         {"zebra", "frr"},
         {"nft", "nftables"},
         {"dnsmasq", "dnsmasq-base"},
         {"ip", "iproute2"},
         {"tc", "iproute2"},
         {"dig", "bind9-dnsutils"},
         {"nc", "netcat-openbsd"},
         {"wg", "wireguard-tools"},
         {"tshark", "tshark"},
         {"arping", "iputils-arping"}}};
    for (const auto& [name, package] : known)
        if (name == program) return package;
    return program;
}

bool brings(const topology::Node& node, const std::string& path) {
    return node.files.find(path) != node.files.end();
}

bool found_in(const topology::Node& node, const std::string& program, const CanRun& host) {
    if (node.root) return true;  // a directory of the host that only labd opens
    if (program.find('/') != program.npos) return brings(node, program) || host(program);
    return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
        return brings(node, folder + program) || host(folder + program);
    });
}

Diagnostic missing(const std::string& program, const topology::Where& where,
                   topology::Severity severity, const std::string& package) {
    Diagnostic d;
    d.severity = severity;
    d.code = "D5";
    d.where = where;
    d.message = "\"" + program + "\" is not installed";
    d.hint = "apt install " + package;
    return d;
}

// The program of a service: its first word, when a shell would look for exactly that.
std::string program_of(const topology::Service& service) {
    const auto& argv = service.argv;
    if (argv.empty()) return "";
    const bool shell = argv.size() == 3 && argv[0].text == "/bin/sh" && argv[1].text == "-c";
    if (!shell) return argv[0].text;
    const std::string& line = argv[2].text;
    const std::string word = line.substr(0, line.find_first_of(" \t\n"));
    static const std::set<std::string> builtin{
        "exec", "cd",      "while", "for",   "if",     "export", "set",
        ".",    "trap",    "until", "umask", "ulimit", "eval",   "read",
        "type", "command", "case",  "wait",  ":",      "{",      "("};
    const bool plain = word.find_first_of("$`'\"=;|&<>(){}[]*?~\\\x01") == word.npos;
    return plain && builtin.count(word) == 0 ? word : "";
}

}  // namespace

bool can_run(const std::string& path) {
    return ::access(path.c_str(), X_OK) == 0;
}

std::vector<Diagnostic> missing_programs(const topology::Lab& lab, const CanRun& host) {
    std::vector<Diagnostic> all;
    std::set<std::string> said;
    for (const topology::Text& need : lab.needs) {
        const bool there = std::any_of(
            lab.nodes.begin(), lab.nodes.end(),
            [&](const topology::Node& node) { return found_in(node, need.text, host); });
        if (!there && said.insert(need.text).second)
            all.push_back(
                missing(need.text, need.where, topology::Severity::error, package_of(need.text)));
    }
    for (const topology::Node& node : lab.nodes)
        for (const topology::Service& service : node.services) {
            const std::string program = program_of(service);
            // A path below the node's own folders may be made by its `exec` lines.
            const bool elsewhere =
                program.find('/') != program.npos && program.rfind("/usr/", 0) != 0;
            if (program.empty() || elsewhere || found_in(node, program, host)) continue;
            const bool frr = program.rfind("/usr/lib/frr/", 0) == 0;
            const std::string name = program.substr(program.rfind('/') + 1);
            const auto severity =
                service.generated ? topology::Severity::error : topology::Severity::warning;
            if (said.insert(program).second)
                all.push_back(
                    missing(name, service.where, severity, frr ? "frr" : package_of(name)));
        }
    return all;
}

}  // namespace cli
