// Rows of `ls`, `status` and `links`.
#include "cli/views.hpp"

#include <algorithm>
#include <map>

namespace cli {
namespace {

bool scoped_to_link(const std::string& address) {
    return address.rfind("fe80:", 0) == 0;
}

std::string addresses(const NodeState& node, bool wide) {
    if (node.state == "stopped") return "";  // it has them again when it starts
    std::vector<std::string> shown;
    for (const std::string& a : node.addresses)
        if (wide || !scoped_to_link(a)) shown.push_back(a);
    // Six addresses make a line that wraps: the rest is in -o wide and in `inspect`.
    constexpr std::size_t most = 4;
    if (!wide && shown.size() > most) {
        const std::size_t more = shown.size() - (most - 1);
        shown.resize(most - 1);
        shown.push_back("+" + std::to_string(more));
    }
    return join(shown, " ");
}

std::string services(const NodeState& node, const Style& style) {
    std::vector<std::string> shown;
    for (const ServiceState& s : node.services) {
        const bool well = s.state == "ready" || s.state == "running" || s.state == "exited";
        shown.push_back(well ? s.name : s.name + " (" + style.state(s.state) + ")");
    }
    return join(shown, ", ");
}

std::string impairment(const LinkState& link, std::string_view key) {
    for (const auto& [name, value] : link.impairment)
        if (name == key) return value;
    return "";
}

const InterfaceState* interface_of(const LabState& lab, const LinkState::End& end) {
    const NodeState* node = lab.find(end.node);
    if (node == nullptr) return nullptr;
    for (const InterfaceState& i : node->interfaces)
        if (i.name == end.interface) return &i;
    return nullptr;
}

// Who does what the links are to do, and what nobody does.
std::string impaired_links(const LabState& lab, const Style& style) {
    std::map<std::string, std::vector<std::string>> by;
    std::string out;
    for (const LinkState& link : lab.links) {
        if (!link.impairment.empty()) by[link.back_end].push_back(link.name);
        if (!link.undone.empty())
            out += style.yellow("!") + " link " + link.name + ": this kernel cannot do " +
                   join(link.undone, ", ") + "\n";
    }
    constexpr std::size_t most = 6;
    for (auto& [back_end, names] : by) {
        const std::size_t more = names.size() > most ? names.size() - most : 0;
        names.resize(names.size() - more);
        out += "impaired by " + back_end + ": " + join(names, ", ") +
               (more > 0 ? ", and " + std::to_string(more) + " more" : "") + "\n";
    }
    return out;
}

// What the head line does not say already.
std::string changed_by_hand(const LabState& lab, const Style& style) {
    constexpr std::size_t most = 8;
    std::vector<std::string> drift = lab.drift;
    std::erase_if(
        drift, [&](const std::string& one) { return lab.reason.find(one) != std::string::npos; });
    std::string out;
    for (std::size_t i = 0; i < std::min(drift.size(), most); ++i)
        out += style.yellow("!") + " the lab " + drift[i] + "\n";
    if (drift.size() > most)
        out += style.yellow("!") + " and " + std::to_string(drift.size() - most) +
               " more such things: lab status --json\n";
    for (std::size_t i = 0; i < std::min(lab.added.size(), most); ++i)
        out += style.dim("+") + " by hand: " + lab.added[i] + "\n";
    if (lab.added.size() > most)
        out += style.dim("+") + " and " + std::to_string(lab.added.size() - most) +
               " more by hand: lab up --adopt would take over what a file can say\n";
    return out;
}

}  // namespace

std::string labs_table(const std::vector<LabSummary>& labs, bool wide, const Style& style) {
    std::vector<std::string> header{"NAME", "STATE", "NODES", "LINKS", "AGE", "OWNER", "FILE"};
    if (wide) header.insert(header.end(), {"DESCRIPTION", "REASON"});
    Table table(header);
    for (const LabSummary& lab : labs) {
        std::vector<std::string> row{lab.name,
                                     style.state(lab.state),
                                     std::to_string(lab.nodes),
                                     std::to_string(lab.links),
                                     age(lab.age),
                                     lab.owner,
                                     lab.file};
        if (wide) row.insert(row.end(), {lab.description, lab.reason});
        table.row(std::move(row));
    }
    return table.text(style);
}

std::string status_table(const LabState& lab, const std::vector<std::string>& names, bool wide,
                         const Style& style) {
    std::string out;
    if (!lab.reason.empty() || lab.state != "up")
        out += "lab " + lab.name + " is " + style.state(lab.state) +
               (lab.reason.empty() ? "" : ": " + lab.reason) + "\n";
    std::vector<std::string> header{"NODE",      "KIND",   "STATE",  "PID",
                                    "ADDRESSES", "UPTIME", "DAEMONS"};
    if (wide) header.insert(header.end(), {"LEVEL", "NETNS"});
    Table table(header);
    std::string reasons;
    for (const NodeState& node : lab.nodes) {
        if (!names.empty() && std::find(names.begin(), names.end(), node.name) == names.end())
            continue;
        std::vector<std::string> row{
            node.name,
            node.kind,
            style.state(node.state),
            node.pid ? std::to_string(*node.pid) : "",
            addresses(node, wide),
            node.uptime > 0 && node.state != "stopped" ? age(node.uptime) : "",
            services(node, style)};
        if (wide) row.insert(row.end(), {node.level, node.netns});
        table.row(std::move(row));
        if (!node.reason.empty())
            reasons += style.yellow("!") + " " + node.name + ": " + node.reason + "\n";
        for (const ServiceState& s : node.services)
            if (!s.text.empty() && (s.state == "failed" || s.state == "backoff"))
                reasons +=
                    style.yellow("!") + " " + node.name + "/" + s.name + ": " + s.text + "\n";
    }
    reasons += changed_by_hand(lab, style);
    for (const LinkState& link : lab.links) {
        if (!link.asked.empty())
            reasons += style.yellow("!") + " link " + link.name + ": " + link.asked + "\n";
        if (!link.impaired.empty())
            reasons += style.yellow("!") + " link " + link.name + ": " + link.impaired + "\n";
    }
    return out + table.text(style) + reasons + impaired_links(lab, style);
}

std::string links_table(const LabState& lab, const std::string& node, const Style& style) {
    Table table({"LINK", "STATE", "MTU", "DELAY", "LOSS", "RATE", "BY", "RX", "TX", "ENDS"});
    for (const LinkState& link : lab.links) {
        const auto here = [&](const LinkState::End& e) { return node.empty() || e.node == node; };
        const auto first = std::find_if(link.ends.begin(), link.ends.end(), here);
        if (!node.empty() && first == link.ends.end()) continue;
        // Counters as the first end (or the node asked about) sees them.
        const InterfaceState* seen = first == link.ends.end() ? nullptr : interface_of(lab, *first);
        std::vector<std::string> ends;
        for (const LinkState::End& e : link.ends) ends.push_back(e.node + ":" + e.interface);
        // "down" before a "down, asked for" would say it twice.
        const bool asked = link.asked.rfind(link.state, 0) == 0;
        const std::string state =
            style.state(link.state) + (asked ? link.asked.substr(link.state.size()) : "");
        table.row({link.name, state, link.mtu > 0 ? std::to_string(link.mtu) : "",
                   impairment(link, "delay"), impairment(link, "loss"), impairment(link, "rate"),
                   link.impairment.empty() ? "" : link.back_end,
                   seen != nullptr ? byte_count(seen->rx_bytes) : "",
                   seen != nullptr ? byte_count(seen->tx_bytes) : "", join(ends, " ")});
    }
    return table.text(style);
}

}  // namespace cli
