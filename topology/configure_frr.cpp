// FRR of one node: frr.conf, vtysh.conf, daemons, and one service a daemon. FRR 8.4 (Debian 12).
//
// The daemons run in the foreground and read nothing by themselves: where /etc/frr/frr.conf exists,
// FRR leaves its loading to `vtysh -b`, the only program that knows which line is whose (a daemon
// that is given the file with -f stops at the first `exit` it cannot place). So a job named "frr"
// runs it when all daemons answer. Routes that labd put into the kernel stay: zebra sweeps only
// routes marked with its own protocol numbers.
#include "topology/configure.hpp"
#include "topology/routing.hpp"

#include <algorithm>
#include <sstream>

namespace topology {
namespace {

struct Daemon {
    const char* name;
    const char* word;  // how a line of an own frr.conf begins that needs it
};
// Start order of FRR's own script.
constexpr Daemon daemons[] = {
    {"zebra", ""},
    {"bgpd", "router bgp"},
    {"ripd", "router rip"},
    {"ripngd", "router ripng"},
    {"ospfd", "router ospf"},
    {"ospf6d", "router ospf6"},
    {"isisd", "router isis"},
    {"babeld", "router babel"},
    {"pimd", "ip pim"},
    {"pim6d", "ipv6 pim"},
    {"ldpd", "mpls ldp"},
    {"nhrpd", "ip nhrp"},
    {"eigrpd", "router eigrp"},
    {"sharpd", "sharp"},
    {"pbrd", "pbr-map"},
    {"staticd", "ip route"},
    {"staticd", "ipv6 route"},
    {"bfdd", "bfd"},
    {"fabricd", "router openfabric"},
    {"vrrpd", "vrrp"},
    {"pathd", "segment-routing"},
};

std::string unindented(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t");
    return first == std::string::npos ? "" : line.substr(first);
}

bool begins(const std::string& line, const std::string& word) {
    return line.rfind(word, 0) == 0 && (line.size() == word.size() || line[word.size()] == ' ');
}

void from_lines(const std::string& text, std::set<std::string>& wanted) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        line = unindented(line);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        for (const Daemon& daemon : daemons)
            if (*daemon.word != 0 && begins(line, daemon.word)) wanted.insert(daemon.name);
    }
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

// /etc/frr/daemons of the user: `ospfd=yes`, `ospfd_options="-A 127.0.0.1"`.
void from_daemons(const std::string& text, std::set<std::string>& wanted,
                  std::map<std::string, std::vector<std::string>>& options) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        line = unindented(line);
        const std::size_t equals = line.find('=');
        if (line.empty() || line[0] == '#' || equals == std::string::npos) continue;
        const std::string key = line.substr(0, equals);
        std::string value = line.substr(equals + 1);
        std::string bare;
        for (const char c : value)
            if (c != '"' && c != '\'' && c != '\r') bare += c;
        for (const Daemon& daemon : daemons) {
            if (key == daemon.name && begins(unindented(bare), "yes")) wanted.insert(daemon.name);
            if (key != std::string(daemon.name) + "_options") continue;
            std::vector<std::string> words = words_of(bare);
            // A service that leaves its process could not be watched.
            words.erase(std::remove_if(words.begin(), words.end(),
                                       [](const std::string& word) {
                                           return word == "-d" || word == "--daemon";
                                       }),
                        words.end());
            options[daemon.name] = words;
        }
    }
    // FRR's own script starts these whatever the file says.
    wanted.insert("staticd");
}

File file_of(std::string content, const Node& node) {
    File file;
    file.content = std::move(content);
    file.mode = 0640;
    file.owner = file.group = "frr";
    file.origin = File::Origin::generated;
    file.where = node.where;
    return file;
}

void add_services(Node& node, const std::set<std::string>& wanted,
                  const std::map<std::string, std::vector<std::string>>& options, bool integrated) {
    const auto text = [&](std::string word) { return Text{std::move(word), node.where}; };
    Service job;
    for (const Daemon& daemon : daemons) {
        const std::string name = daemon.name;
        const bool seen = std::any_of(job.after.begin(), job.after.end(), [&](const Text& after) {
            return after.text == node.name + "/" + name;
        });
        if (wanted.count(name) == 0 || seen) continue;
        Service service;
        service.name = name;
        for (const char* word : {"-u", "frr", "-g", "frr", "--log", "stdout"})
            service.argv.push_back(text(word));
        service.argv.insert(service.argv.begin(), text("/usr/lib/frr/" + name));
        const auto own = options.find(name);
        if (own != options.end())
            for (const std::string& word : own->second) service.argv.push_back(text(word));
        else
            for (const char* word : {"-A", "127.0.0.1"}) service.argv.push_back(text(word));
        if (name == "zebra" && node.ecmp && !*node.ecmp)
            for (const char* word : {"-e", "1"}) service.argv.push_back(text(word));
        service.ready = {Ready::Kind::file, "/run/frr/" + name + ".vty"};
        if (name != "zebra") service.after = {text(node.name + "/zebra")};
        job.after.push_back(text(node.name + "/" + name));
        add_service(node, std::move(service));
    }
    if (!integrated) return;
    job.name = "frr";
    job.argv = {text("/usr/bin/vtysh"), text("-b")};
    job.ready.kind = Ready::Kind::exit;
    add_service(node, std::move(job));
}

std::string daemons_file(const std::set<std::string>& wanted) {
    std::string text = "# From labd: the daemons of this node; it starts them itself.\n";
    for (const Daemon& daemon : daemons) {
        const std::string line = std::string(daemon.name) + "=yes\n";
        if (wanted.count(daemon.name) != 0 && text.find("\n" + line) == std::string::npos)
            text += line;
    }
    return text + "vtysh_enable=yes\n";
}

void own_files(Node& node) {
    std::set<std::string> wanted{"zebra"};
    std::map<std::string, std::vector<std::string>> options;
    bool integrated = false;
    const auto listed = node.files.find("/etc/frr/daemons");
    for (auto& [path, file] : node.files) {
        if (path.rfind("/etc/frr/", 0) != 0) continue;
        const std::string name = path.substr(9);
        integrated |= name == "frr.conf";
        if (listed == node.files.end()) {
            for (const Daemon& daemon : daemons)
                if (name == std::string(daemon.name) + ".conf") wanted.insert(daemon.name);
            if (name == "frr.conf" || name == "zebra.conf") from_lines(file.content, wanted);
        }
        if (file.owner == "root" && file.group == "root") {
            file.owner = file.group = "frr";
            file.mode = 0640;
        }
    }
    if (listed != node.files.end())
        from_daemons(listed->second.content, wanted, options);
    else
        node.files.emplace("/etc/frr/daemons", file_of(daemons_file(wanted), node));
    node.files.emplace("/etc/frr/vtysh.conf",
                       file_of(integrated ? "service integrated-vtysh-config\n"
                                          : "no service integrated-vtysh-config\n",
                               node));
    add_services(node, wanted, options, integrated);
}

}  // namespace

void FrrConfig::line(const std::string& interface, std::string text) {
    const auto found = std::find_if(interfaces_.begin(), interfaces_.end(),
                                    [&](const auto& i) { return i.first == interface; });
    if (found != interfaces_.end())
        found->second.push_back(std::move(text));
    else
        interfaces_.push_back({interface, {std::move(text)}});
}

void FrrConfig::block(std::string head, std::vector<std::string> lines) {
    blocks_.push_back({std::move(head), std::move(lines)});
}

std::string FrrConfig::text() const {
    std::string text;
    for (const auto& [interface, lines] : interfaces_) {
        text += "!\ninterface " + interface + "\n";
        for (const std::string& line : lines) text += " " + line + "\n";
        text += "exit\n";
    }
    if (!globals_.empty()) text += "!\n";
    for (const std::string& line : globals_) text += line + "\n";
    for (const auto& [head, lines] : blocks_) {
        text += "!\n" + head + "\n";
        for (const std::string& line : lines) text += " " + line + "\n";
        text += "exit\n";
    }
    return text;
}

void configure_frr(const Speakers& speakers, Node& node, std::size_t index) {
    if (brings_frr(node)) return own_files(node);
    FrrConfig config;
    for (const Port& port : ports_of(speakers.lab, index)) {
        std::string peers;
        for (const End& end : port.segment->ends)
            if (end.node != index && peers.size() < 60)
                peers += (peers.empty() ? "to " : ", ") + speakers.lab.nodes[end.node].name;
        if (!peers.empty()) config.line(port.interface->name, "description " + peers);
    }
    configure_ospf(speakers, index, config);
    configure_isis(speakers, index, config);
    configure_rip(speakers, index, config);
    configure_babel(speakers, index, config);
    configure_bgp(speakers, index, config);

    std::string text = "! " + node.name + " of lab " + speakers.lab.name +
                       ", written by labd. An /etc/frr/frr.conf of your own (files or overlay)\n"
                       "! replaces it whole; frr = \"…\" in the topology adds lines at its end.\n"
                       "frr defaults traditional\n"
                       "hostname " +
                       (node.hostname.empty() ? node.name : node.hostname) +
                       "\nservice integrated-vtysh-config\n" + config.text();
    if (!node.frr.text.empty()) {
        text += "!\n! frr = \"…\" of the topology\n" + node.frr.text;
        if (text.back() != '\n') text += '\n';
    }
    std::set<std::string> wanted = config.daemons();
    wanted.insert("zebra");
    from_lines(node.frr.text, wanted);
    File file = file_of(std::move(text), node);
    file.expand = true;  // the user's lines may name addresses
    node.files.insert_or_assign("/etc/frr/frr.conf", std::move(file));
    node.files.emplace("/etc/frr/vtysh.conf", file_of("service integrated-vtysh-config\n", node));
    node.files.emplace("/etc/frr/daemons", file_of(daemons_file(wanted), node));
    add_services(node, wanted, {}, true);
}

}  // namespace topology
