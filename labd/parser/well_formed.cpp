#include "labd/parser/well_formed.hpp"

#include "topology/names.hpp"
#include "topology/queue.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <variant>

namespace labd::parser {
namespace {

using topology::End;
using topology::Interface;
using topology::Lab;
using topology::Node;

// language.md §13.
constexpr std::size_t most_nodes = 10'000, most_links = 50'000, most_interfaces = 256,
                      most_ports = 1'023, longest_hostname = 64, most_checks = 50'000;
constexpr double longest_check_s = 86'400;
constexpr std::int64_t longest_delay_ns = 60'000'000'000;

bool leads_somewhere(const Lab& lab, const End& end) {
    return end.node < lab.nodes.size() && end.interface < lab.nodes[end.node].interfaces.size();
}

template <class List>
bool all_lead_somewhere(const Lab& lab, const List& ends) {
    return std::all_of(ends.begin(), ends.end(),
                       [&](const End& end) { return leads_somewhere(lab, end); });
}

template <class List>
bool all_below(const List& indexes, std::size_t size) {
    return std::all_of(indexes.begin(), indexes.end(), [size](std::size_t i) { return i < size; });
}

bool no_control_byte(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool fits(const topology::Impairment& impairment) {
    const auto is_delay = [](std::int64_t ns) { return ns >= 0 && ns <= longest_delay_ns; };
    if (!is_delay(impairment.delay_ns) || !is_delay(impairment.jitter_ns)) return false;
    if (!impairment.queue) return true;
    const topology::QueueKind* kind = topology::find_queue(impairment.queue->kind);
    return kind != nullptr &&
           std::all_of(impairment.queue->options.begin(), impairment.queue->options.end(),
                       [&](const auto& set) { return kind->find(set.first) != nullptr; });
}

// The interface is the one that its link's end speaks of, or none does.
bool fits(const Lab& lab, const Interface& interface) {
    if (!topology::interface_name_trouble(interface.name).empty()) return false;
    if (interface.segment != topology::npos && interface.segment >= lab.segments.size())
        return false;
    if (!fits(interface.impairment)) return false;
    if (!interface.is_end())
        return interface.kind != topology::DeviceKind::veth &&
               (interface.link == topology::npos || interface.link < lab.links.size());
    if (interface.link >= lab.links.size()) return false;
    if (interface.end >= lab.links[interface.link].ends.size()) return false;
    return &lab.at(lab.links[interface.link].ends[interface.end]) == &interface;
}

bool fits(const Lab& lab, const Node& node) {
    if (!topology::is_name(node.name) || topology::is_reserved_node_name(node.name)) return false;
    if (node.hostname.size() > longest_hostname || !no_control_byte(node.hostname)) return false;
    if (node.interfaces.size() > (node.is_bridge() ? most_ports : most_interfaces)) return false;
    std::set<std::string> names;
    for (const Interface& interface : node.interfaces)
        if (!fits(lab, interface) || !names.insert(interface.name).second) return false;
    names.clear();
    for (const topology::Service& service : node.services)
        if (!topology::is_service_name(service.name) || service.argv.empty() ||
            !names.insert(service.name).second)
            return false;
    return std::none_of(node.exec.begin(), node.exec.end(),
                        [](const topology::Command& line) { return line.argv.empty(); });
}

bool is_time(double seconds) {
    return seconds >= 0 && seconds <= longest_check_s;  // nor is it a NaN
}

// Of what comes again and again: it must leave time in between.
bool is_period(double seconds) {
    return seconds >= 0.01 && is_time(seconds);
}

// Of what happens to links: for each of them one end, or for none.
bool fits(const std::vector<std::string>& links, const std::vector<std::string>& ends) {
    return ends.empty() || ends.size() == links.size();
}

bool fits(const topology::Check& check) {
    if (!is_time(check.within_s) || !is_time(check.hold_s) || !is_time(check.every_s)) return false;
    if (check.during &&
        (!is_period(check.during->every_s) || !fits(check.during->links, check.during->ends)))
        return false;
    if (const auto* quiet = std::get_if<topology::subject::Converged>(&check.subject))
        return is_time(quiet->quiet_s);
    if (const auto* speed = std::get_if<topology::subject::Throughput>(&check.subject))
        return is_time(speed->time_s);
    return true;
}

bool fits(const Lab& lab, const topology::TimedStep& step) {
    return is_time(step.at_s) && is_time(step.for_s) && is_period(step.every_s) &&
           fits(step.links, step.ends) &&
           (step.kind != topology::TimedStep::Kind::check || step.check < lab.checks.size());
}

}  // namespace

bool well_formed(const Lab& lab) {
    if (!topology::is_name(lab.name)) return false;
    if (lab.nodes.empty() || lab.nodes.size() > most_nodes || lab.links.size() > most_links)
        return false;
    for (const topology::Link& link : lab.links)
        if (link.ends.empty() || !all_lead_somewhere(lab, link.ends)) return false;
    for (const topology::Segment& segment : lab.segments)
        if (!all_lead_somewhere(lab, segment.ends) || !all_below(segment.links, lab.links.size()) ||
            !all_below(segment.switches, lab.nodes.size()))
            return false;
    std::set<std::string> names;
    for (const Node& node : lab.nodes)
        if (!names.insert(node.name).second || !fits(lab, node)) return false;
    return lab.checks.size() <= most_checks &&
           std::all_of(lab.checks.begin(), lab.checks.end(),
                       [](const topology::Check& check) { return fits(check); }) &&
           lab.steps.size() <= most_checks &&
           std::all_of(lab.steps.begin(), lab.steps.end(),
                       [&](const topology::TimedStep& step) { return fits(lab, step); });
}

}  // namespace labd::parser
