// Files, programs, settings: as digests, so that a plan is small and sees every change.
#include "topology/desired.hpp"
#include "topology/isolation.hpp"
#include "topology/masquerade.hpp"
#include "topology/stages.hpp"

#include <algorithm>

namespace topology {
namespace {

// Parts told apart: ("ab", "c") is not ("a", "bc").
class Words {
  public:
    Words& add(std::string_view word) {
        text_ += std::to_string(word.size());
        text_ += ':';
        text_ += word;
        return *this;
    }
    Words& add(std::uint64_t number) { return add(std::to_string(number)); }
    template <class T>
    requires std::is_enum_v<T> Words& add(T value) {
        return add(static_cast<std::uint64_t>(value));
    }
    Words& add(const std::vector<Text>& texts) {
        add(texts.size());
        for (const Text& text : texts) add(text.text);
        return *this;
    }
    std::string digest() const { return topology::digest(text_); }

  private:
    std::string text_;
};

std::string digest_of(const File& file) {
    return Words()
        .add(file.content)
        .add(file.expand ? "expand" : "")
        .add(file.mode)
        .add(file.owner)
        .add(file.group)
        .digest();
}

// With what it gets from its node: a changed `env` or `user` there starts it anew, too.
std::string digest_of(const Node& node, const Service& service,
                      const std::map<std::string, std::string>& files) {
    Words out;
    std::map<std::string, std::string> env;
    for (const auto& [key, value] : node.env) env[key] = value.text;
    for (const auto& [key, value] : service.env) env[key] = value.text;
    out.add(service.argv).add(service.ready.kind).add(service.ready.argument);
    out.add(service.after).add(service.restart).add(env.size());
    for (const auto& [key, value] : env) out.add(key).add(value);
    out.add(service.user.empty() ? node.user : service.user);
    out.add(service.dir).add(static_cast<std::uint64_t>(service.stop_signal));
    out.add(service.grace_ms);
    // What its command line names.
    if (service.generated)
        for (const auto& [path, digest] : files)
            if (std::any_of(service.argv.begin(), service.argv.end(),
                            [&file = path](const Text& word) {
                                return word.text.find(file) != std::string::npos;
                            }))
                out.add(path).add(digest);
    // Routing daemons that labd starts read these at their start only. Their main configuration
    // is not among them: they are told to read it again, and their neighbours stay.
    if (service.generated)
        for (const auto& [path, digest] : files)
            if ((path.starts_with("/etc/frr/") || path.starts_with("/etc/bird/")) &&
                path != "/etc/frr/frr.conf" && path != "/etc/bird/bird.conf")
                out.add(path).add(digest);
    return out.digest();
}

const char* word(Kind kind) {
    constexpr const char* words[] = {"host", "router", "switch", "hub", "nat", "external", "bare"};
    return words[static_cast<std::size_t>(kind)];
}

const char* word(Level level) {
    constexpr const char* words[] = {"open", "lab", "strict"};
    return words[static_cast<std::size_t>(level)];
}

// In words, so that a plan can say what of it is another one now.
std::string birth_of(const Lab& lab, const Node& node) {
    std::string clock = "the host's";
    if (node.clock)
        clock = std::to_string(node.clock->boottime_ns) + "/" +
                std::to_string(node.clock->monotonic_ns) + " ns";
    return std::string("kind ") + word(node.kind) + ", level " + word(lab.level_of(node)) +
           ", root " + (node.root ? node.root->text : "the host's") + ", clock " + clock;
}

// Labels are taken in at every end; those of WireGuard carry IP and nothing else.
void add_mpls(const Node& node, std::map<std::string, std::string>& sysctl) {
    // As many as FRR's own guide tells to allow. The kernel has a table of them, 8 bytes each.
    sysctl["net.mpls.platform_labels"] = "100000";
    for (const Interface& interface : node.interfaces)
        if (interface.link != npos && interface.master.empty() &&
            interface.kind != DeviceKind::wireguard)
            sysctl["net/mpls/conf/" + interface.name + "/input"] = "1";
}

Contents contents_of(const Lab& lab, const Node& node) {
    Contents out;
    for (const auto& [path, file] : node.files) out.files[path] = digest_of(file);
    for (const Command& command : node.exec) out.exec.push_back(Words().add(command.argv).digest());
    for (const Service& service : node.services)
        out.services[service.name] = digest_of(node, service, out.files);
    // The kernel of a router listens to other routers only when it is told so twice.
    for (const Interface& interface : node.interfaces)
        if (interface.ipv6 == AddressMode::slaac)
            out.sysctl["net/ipv6/conf/" + interface.name + "/accept_ra"] =
                node.forwards() ? "2" : "1";
    if (node.mpls) add_mpls(node, out.sysctl);
    for (const auto& [key, value] : node.sysctl) out.sysctl[key] = value.first;
    if (const std::string rules = nft_ruleset(lab, node); !rules.empty()) out.nft = digest(rules);
    out.limits = limits_text(node.limits);
    out.hostname = node.hostname;
    out.birth = birth_of(lab, node);
    return out;
}

}  // namespace

void desired_contents(const Lab& lab, State& state) {
    for (const Node& node : lab.nodes)
        if (node.has_process()) state.contents[node.name] = contents_of(lab, node);
    state.hosts = digest(hosts_file(lab));
}

}  // namespace topology
