// D5 of language.md §12.
#include "cli/programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <sstream>
#include <string_view>

namespace cli {
namespace {

using topology::Diagnostic;

// PATH of a node.
constexpr std::array folders{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/",
                             "/usr/bin/",        "/sbin/",          "/bin/"};

constexpr std::array<std::string_view, 5> system_folders{"/usr/", "/bin/", "/sbin/", "/lib/",
                                                         "/lib64/"};

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

// What a node has from the host, /bin and the like being links into it.
bool is_of_the_system(const std::string& path) {
    return std::any_of(system_folders.begin(), system_folders.end(),
                       [&](std::string_view folder) { return path.starts_with(folder); });
}

bool is_plain(std::string_view word) {
    return word.find_first_of("$`'\"=;|&<>(){}[]*?~\\\x01") == word.npos;
}

// "A=1", which is said before a program.
bool is_assignment(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos || equals == 0 || !is_plain(word.substr(equals + 1))) return false;
    return std::all_of(
        word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
        [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

// The program of a service: its first word, when a shell would look for exactly that.
std::string program_of(const topology::Service& service) {
    const auto& argv = service.argv;
    if (argv.empty()) return "";
    const bool shell = argv.size() == 3 && argv[0].text == "/bin/sh" && argv[1].text == "-c";
    if (!shell) return argv[0].text;
    static const std::set<std::string> builtin{
        "exec",  "cd",    "while", "for",    "if",   "export",   "set",     ".",
        "trap",  "until", "umask", "ulimit", "eval", "read",     "type",    "command",
        "case",  "wait",  ":",     "{",      "(",    "exit",     "return",  "break",
        "local", "unset", "shift", "alias",  "jobs", "readonly", "getopts", "continue"};
    std::istringstream line(argv[2].text);
    std::string word;
    bool behind_exec = false;
    while (line >> word) {
        if (is_assignment(word)) continue;
        // `exec -a NAME` and redirections are for whoever knows what he does.
        if (word != "exec" || behind_exec) break;
        behind_exec = true;
    }
    const bool plain = is_plain(word) && !(behind_exec && word.starts_with('-'));
    return plain && !builtin.contains(word) ? word : "";
}

// Below the node's own folders there is what `files` puts there, and what its own commands make.
bool is_made_there(const topology::Lab& lab, const topology::Node& node, const std::string& program,
                   const CanRun& host) {
    if (!program.starts_with('/') || node.root || !node.exec.empty() || brings(node, program))
        return true;
    return lab.level_of(node) == topology::Level::open && host(program);
}

Diagnostic not_there(const std::string& program, const topology::Node& node,
                     const topology::Where& where) {
    Diagnostic d;
    d.severity = topology::Severity::warning;
    d.code = "D5";
    d.where = where;
    d.message = node.name + " has no " + program;
    d.hint = "files = { \"" + program + "\" = … } puts it there";
    return d;
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
            const bool elsewhere = program.find('/') != program.npos && !is_of_the_system(program);
            if (elsewhere) {
                if (!is_made_there(lab, node, program, host) &&
                    said.insert(node.name + program).second)
                    all.push_back(not_there(program, node, service.where));
                continue;
            }
            if (program.empty() || found_in(node, program, host)) continue;
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
