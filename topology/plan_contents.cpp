// Files, settings, rules and programs of the nodes.
#include "topology/plan_parts.hpp"

#include <algorithm>

namespace topology {
namespace {

using Digests = std::map<std::string, std::string>;

// What `there` lacks or has otherwise.
template <class F>
void for_new(const Digests& wish, const Digests& there, F each) {
    for (const auto& [key, value] : wish) {
        const auto found = there.find(key);
        if (found == there.end() || found->second != value) each(key);
    }
}

template <class F>
void for_gone(const Digests& wish, const Digests& there, F each) {
    for (const auto& entry : there)
        if (!wish.contains(entry.first)) each(entry.first);
}

// Lines that have run do not run again, wherever they stand now.
void run_new_lines(const std::string& node, const Contents& wish, const Contents& there,
                   std::vector<Step>& out) {
    std::vector<std::string> ran = there.exec;
    for (std::size_t i = 0; i < wish.exec.size(); ++i) {
        const auto found = std::find(ran.begin(), ran.end(), wish.exec[i]);
        if (found == ran.end())
            out.push_back(RunExec{node, i});
        else
            ran.erase(found);
    }
}

bool is_plugged_over(const std::vector<Step>& steps, const std::string& node,
                     const std::string& device) {
    return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
        const auto* moved = std::get_if<MoveVeth>(&step);
        return moved != nullptr && moved->space == node && moved->device.name == device;
    });
}

}  // namespace

// "net.ipv4.conf.eth0.rp_filter", or with slashes.
std::string device_of_sysctl(const std::string& key) {
    const char separator = key.find('/') == key.npos ? '.' : '/';
    std::vector<std::string> words(1);
    for (const char c : key) {
        if (c == separator)
            words.emplace_back();
        else
            words.back() += c;
    }
    if (words.size() != 5 || words[0] != "net" || (words[2] != "conf" && words[2] != "neigh"))
        return "";
    return words[3] == "all" || words[3] == "default" || words[3] == "lo" ? "" : words[3];
}

void plan_contents(const State& wish, const State& seen, const std::set<std::string>& doomed,
                   std::vector<Step>& out) {
    // A lab that goes takes its hosts file along.
    if (wish.hosts != seen.hosts && !wish.spaces.empty()) out.push_back(WriteHosts{wish.hosts});

    const auto for_nodes = [&](auto each) {
        for (const auto& [node, contents] : wish.contents) {
            const auto there = seen.contents.find(node);
            const bool fresh = there == seen.contents.end() || doomed.contains(node) ||
                               !seen.spaces.contains(node);
            Contents newborn;  // it is born with its name and its limits
            newborn.hostname = contents.hostname;
            newborn.limits = contents.limits;
            each(node, contents, fresh ? newborn : there->second);
        }
    };
    using Name = const std::string&;
    using Part = const Contents&;
    for_nodes([&](Name node, Part want, Part have) {
        for_gone(want.services, have.services, [&](Name service) {
            out.push_back(RemoveService{node, service});
        });
    });
    for_nodes([&](Name node, Part want, Part have) {
        // A new node is born with them.
        if (want.limits != have.limits) out.push_back(SetLimits{node});
    });
    for_nodes([&](Name node, Part want, Part have) {
        for_gone(want.files, have.files, [&](Name path) { out.push_back(RemoveFile{node, path}); });
        for_new(want.files, have.files, [&](Name path) { out.push_back(WriteFile{node, path}); });
    });
    for_nodes([&](Name node, Part want, Part have) {
        if (want.hostname != have.hostname) out.push_back(SetHostname{node});
    });
    for_nodes([&](Name node, Part want, Part have) {
        for_gone(want.sysctl, have.sysctl, [&](Name key) { out.push_back(SetSysctl{node, key}); });
        for (const auto& [key, value] : want.sysctl) {
            const auto held = have.sysctl.find(key);
            // An interface that is made anew has its settings yet to get.
            const std::string device = device_of_sysctl(key);
            if (held == have.sysctl.end() || held->second != value ||
                (!device.empty() && makes(out, {node, device})))
                out.push_back(SetSysctl{node, key});
        }
    });
    for_nodes([&](Name node, Part want, Part have) {
        if (want.nft != have.nft) out.push_back(LoadNft{node});
    });
    for_nodes([&](Name node, Part want, Part have) { run_new_lines(node, want, have, out); });
    for_nodes([&](Name node, Part want, Part have) {
        for_new(want.services, have.services, [&](Name service) {
            out.push_back(PutService{node, service});
        });
        // A DHCP client listens to the interface that was there when it started, and has asked the
        // network that its cable led to then.
        for (const auto& [service, digest] : want.services) {
            const auto held = have.services.find(service);
            const std::string device =
                service.starts_with("dhcp-") ? service.substr(sizeof "dhcp-" - 1) : "";
            if (held != have.services.end() && held->second == digest && !device.empty() &&
                (makes(out, {node, device}) || is_plugged_over(out, node, device)))
                out.push_back(PutService{node, service});
        }
    });
}

}  // namespace topology
