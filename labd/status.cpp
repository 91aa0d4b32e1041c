#include "labd/status.hpp"

#include "labd/additions.hpp"
#include "labd/impairments.hpp"
#include "labd/picture.hpp"
#include "topology/ends.hpp"
#include "topology/isolation.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <ctime>

namespace labd {

namespace json = boost::json;

namespace {

double age(std::time_t since) {
    // Somebody may have set the clock back.
    return since == 0 ? 0 : std::max(0.0, std::difftime(std::time(nullptr), since));
}

// The interface at the other side of a link with two ends, "r1:eth0"; the link's name for a LAN.
std::string peer_of(const topology::Lab& lab, std::size_t node, const topology::Interface& self) {
    if (!self.is_end()) return "";
    const topology::Link& link = lab.links[self.link];
    if (link.ends.size() == 1) return "";
    if (link.ends.size() > 2) return link.name;
    for (const topology::End& end : link.ends)
        if (end.node != node || &lab.at(end) != &self) return topology::end_name(lab, end);
    return "";
}

using Memory = json::storage_ptr;

json::array texts(const std::vector<topology::Prefix>& list, const Memory& memory) {
    json::array array(memory);
    for (const topology::Prefix& prefix : list) array.emplace_back(prefix.text());
    return array;
}

// Those written, then those learned.
std::vector<topology::Prefix> addresses_of(const Lab& lab, const topology::Node& node,
                                           const topology::Interface& interface) {
    std::vector<topology::Prefix> addresses = interface.addresses;
    if (const auto own = lab.learned.find(node.name); own != lab.learned.end())
        if (const auto on = own->second.find(interface.name); on != own->second.end())
            addresses.insert(addresses.end(), on->second.begin(), on->second.end());
    return addresses;
}

// Of a node's processes, or of what is a network namespace and no process.
std::string container_of(const Lab& lab, const std::string& node) {
    if (const auto live = lab.nodes.find(node); live != lab.nodes.end())
        return live->second.container;
    const auto space = lab.spaces.find(node);
    return space == lab.spaces.end() ? "" : space->second.container;
}

json::array interfaces(const Lab& lab, std::size_t index, const Readings& readings,
                       const Memory& memory) {
    const topology::Node& node = lab.wish.nodes[index];
    const auto space = readings.find(node.name);
    json::array array(memory);
    for (const topology::Interface& interface : node.interfaces) {
        InterfaceReading reading;
        reading.up = reading.carrier = interface.up;
        if (space != readings.end()) {
            // One that somebody has deleted is down, whatever the file says.
            const auto found = space->second.find(interface.name);
            reading = found != space->second.end() ? found->second : InterfaceReading{};
        }
        json::object object(memory);
        object["name"] = interface.name;
        object["index"] = interface.index;
        object["mac"] = interface.mac.text();
        object["mtu"] = interface.mtu;
        object["up"] = reading.up;
        object["carrier"] = reading.carrier;
        object["addresses"] = texts(addresses_of(lab, node, interface), memory);
        const bool on_link = interface.link < lab.wish.links.size();
        object["link"] = on_link ? lab.wish.links[interface.link].name : "";
        object["peer"] = peer_of(lab.wish, index, interface);
        object["rx_bytes"] = reading.rx_bytes;
        object["tx_bytes"] = reading.tx_bytes;
        array.emplace_back(std::move(object));
    }
    return array;
}

json::object limits(const topology::Limits& asked, const Memory& memory) {
    json::object object(memory);
    if (asked.pids) object["pids"] = *asked.pids;
    if (asked.memory_bytes) object["memory"] = *asked.memory_bytes;
    if (asked.cpu_cores) object["cpu"] = *asked.cpu_cores;
    return object;
}

json::object node_object(const Lab& lab, std::size_t index, const Readings& readings,
                         const Memory& memory) {
    const topology::Node& node = lab.wish.nodes[index];
    const auto found = lab.nodes.find(node.name);
    const LiveNode* live = found == lab.nodes.end() ? nullptr : &found->second;
    std::string reason;
    json::object object(memory);
    object["name"] = node.name;
    object["kind"] = node.kind_name;
    object["state"] = state_of(node, lab, reason);
    object["reason"] = reason;
    if (live != nullptr && live->door)
        object["pid"] = live->init.pid;
    else
        object["pid"] = nullptr;
    object["netns"] = node.is_outside() ? std::string() : lab.netns_name(node.name);
    object["container"] = container_of(lab, node.name);
    object["level"] = topology::level_word(lab.wish.level_of(node));
    object["root"] = node.root ? json::value(node.root->text) : json::value(nullptr);
    object["limits"] = limits(node.limits, memory);
    object["hostname"] = node.hostname;
    object["label"] = node.label;
    // A switch has run since the lab has; what is off has not run at all.
    const bool quiet_switch = !node.has_process() && object["state"] == "running";
    object["uptime"] = live != nullptr ? age(live->born) : quiet_switch ? age(lab.since) : 0.0;
    json::array addresses = texts(node.loopbacks, memory);
    for (const topology::Interface& interface : node.interfaces)
        for (const topology::Prefix& address : addresses_of(lab, node, interface))
            addresses.emplace_back(address.text());
    object["addresses"] = std::move(addresses);
    object["interfaces"] = interfaces(lab, index, readings, memory);
    json::array services(memory);
    if (live != nullptr)
        for (const auto& [name, status] : live->services) {
            json::object service(memory);
            service["name"] = name;
            service["state"] = word(status.state);
            service["pid"] = status.pid;
            service["restarts"] = status.restarts;
            service["status"] = status.wait_status;
            service["text"] = status.text;
            services.emplace_back(std::move(service));
        }
    object["services"] = std::move(services);
    json::object exec(memory);
    exec["done"] = live != nullptr ? live->contents.exec.size() : 0;
    exec["total"] = node.exec.size();
    object["exec"] = std::move(exec);
    return object;
}

// What was asked of the link beside its file, for a while; null for nothing.
json::value asked(const Lab& lab, const topology::Link& link) {
    const Override* over = state_of_link(lab.overrides, link.name);
    if (over == nullptr) return nullptr;
    json::object object;
    object["state"] = over->kind == Override::Kind::up ? "up" : "down";
    object["by"] = over->by_check ? "check" : "user";
    if (over->until_ns)
        object["remaining"] =
            std::max(0.0, static_cast<double>(*over->until_ns - monotonic_ns()) / 1e9);
    else
        object["remaining"] = nullptr;
    return object;
}

// Whether its impairments are not those of its file, and until when; null when they are.
json::value impaired(const Lab& lab, const topology::Link& link) {
    json::object object;
    for (const Override& over : lab.overrides) {
        if (over.kind != Override::Kind::impair || over.subject != link.name) continue;
        object["by"] = over.by_check ? "check" : "user";
        if (over.until_ns)
            object["remaining"] =
                std::max(0.0, static_cast<double>(*over.until_ns - monotonic_ns()) / 1e9);
        else
            object["remaining"] = nullptr;
    }
    return object.empty() ? json::value(nullptr) : json::value(std::move(object));
}

// `laid`: the wish with what was asked beside it.
json::object link_object(const Lab& lab, const topology::Lab& laid, std::size_t index,
                         const Readings& readings, const Memory& memory) {
    const topology::Link &link = lab.wish.links[index], &laid_link = laid.links[index];
    json::object object(memory);
    object["name"] = link.name;
    bool any_down = false, any_missing = false;
    std::uint32_t mtu = 0;
    json::array ends(memory);
    for (const topology::End& end : link.ends) {
        const topology::Node& node = lab.wish.nodes[end.node];
        const topology::Interface& interface = lab.wish.at(end);
        mtu = mtu == 0 ? interface.mtu : std::min(mtu, interface.mtu);
        json::object told(memory);
        told["node"] = node.name;
        told["interface"] = interface.name;
        told["impairment"] = to_json(laid.at(end).impairment);
        ends.emplace_back(std::move(told));
        const auto space = readings.find(node.name);
        if (space == readings.end()) continue;
        const auto found = space->second.find(interface.name);
        if (found == space->second.end())
            any_missing = true;
        else if (!found->second.up)
            any_down = true;
    }
    object["state"] = any_missing ? "degraded" : any_down ? "down" : "up";
    object["mtu"] = mtu;
    object["ends"] = std::move(ends);
    object["impairment"] = impairment_of_link(laid, laid_link);
    object["backend"] = back_end_of_link(laid, laid_link);
    object["undone"] = undone_of_link(laid, laid_link);
    object["asked"] = asked(lab, link);
    object["impaired"] = impaired(lab, link);
    return object;
}

}  // namespace

std::string state_of(const topology::Node& node, const Lab& lab, std::string& reason) {
    if (node.is_outside()) return "running";
    if (!node.has_process()) return lab.spaces.contains(node.name) ? "running" : "stopped";
    const auto found = lab.nodes.find(node.name);
    if (found == lab.nodes.end()) return "stopped";
    const LiveNode& live = found->second;
    if (!live.failure.empty()) {
        reason = live.failure;
        return "failed";
    }
    if (live.paused) return "paused";
    for (const auto& [name, status] : live.services)
        if (status.state == protocol::ServiceState::failed) {
            reason = name + ": " + (status.text.empty() ? "failed" : status.text);
            return "degraded";
        }
    if (!live.waiting_for.empty()) {
        reason = "waits for " + live.waiting_for;
        return "waiting";
    }
    if (!live.started) return "starting";
    for (const auto& [name, status] : live.services)
        if (status.state == protocol::ServiceState::starting ||
            status.state == protocol::ServiceState::backoff) {
            reason = name + " is " + word(status.state);
            return "starting";
        }
    return "running";
}

namespace {

// What somebody has changed by hand makes a lab degraded; `count` of such things, this one first.
std::string changed_by_hand(const topology::Action& first, std::size_t count) {
    const std::string more = count > 1 ? " and " + std::to_string(count - 1) + " more" : "";
    return "the lab " + drift_words(first) + more + "; lab up puts it right";
}

json::object as_it_was_left(const Lab& lab, bool may_see) {
    json::object object;
    object["name"] = lab.name;
    const bool barren = lab.state == LabState::up && lab.has_lost_spawner();
    const std::string reason = barren ? lost_spawner : lab.reason;
    object["state"] = word(barren ? LabState::degraded : lab.state);
    object["reason"] = may_see ? reason : "";
    object["nodes"] = lab.wish.nodes.size();
    object["links"] = lab.wish.links.size();
    object["age"] = age(lab.since);
    object["autostart"] = lab.autostart;
    object["owner"] = user_name(lab.access.owner);
    object["file"] = may_see ? lab.bundle.source : "";
    object["description"] = may_see ? lab.wish.description : "";
    return object;
}

}  // namespace

json::object brief(const Lab& lab, bool may_see) {
    json::object object = as_it_was_left(lab, may_see);
    if (object["state"] == "up" && !lab.drift.empty()) {
        object["state"] = "degraded";
        if (may_see)
            object["reason"] = changed_by_hand(lab.drift.begin()->second, lab.drift.size());
    }
    return object;
}

json::object whole(const Lab& lab, const Readings& readings, json::monotonic_resource& resource) {
    const Memory memory(&resource);
    json::object object(as_it_was_left(lab, true), memory);
    json::array shared(memory);
    for (const Grant& grant : lab.access.grants) {
        json::object told(memory);
        told[grant.group ? "group" : "user"] = grant.name;
        told["right"] = topology::word(grant.right);
        shared.emplace_back(std::move(told));
    }
    object["shared"] = std::move(shared);
    object["level"] = topology::level_word(lab.wish.level);
    json::array nodes(memory), links(memory);
    for (std::size_t i = 0; i < lab.wish.nodes.size(); ++i)
        nodes.emplace_back(node_object(lab, i, readings, memory));
    const topology::Lab laid_copy =
        lab.overrides.empty() ? topology::Lab{} : laid_over(lab.wish, lab.overrides);
    const topology::Lab& laid = lab.overrides.empty() ? lab.wish : laid_copy;
    for (std::size_t i = 0; i < lab.wish.links.size(); ++i)
        links.emplace_back(link_object(lab, laid, i, readings, memory));
    object["nodes"] = std::move(nodes);
    object["links"] = std::move(links);
    return object;
}

void tell_drift(json::object& lab, const std::vector<topology::Action>& drift) {
    json::array list;
    for (const topology::Action& action : drift) list.emplace_back(drift_words(action));
    // A name that is missing keeps nothing in the lab from working.
    const auto worst = std::find_if(drift.begin(), drift.end(),
                                    [](const auto& action) { return action.kind != "name"; });
    if (worst != drift.end() && lab["state"] == "up") {
        lab["state"] = "degraded";
        lab["reason"] = changed_by_hand(*worst, list.size());
    }
    lab["drift"] = std::move(list);
}

void tell_additions(json::object& lab, const std::vector<topology::Action>& additions) {
    json::array list;
    for (const topology::Action& action : additions) list.emplace_back(addition_words(action));
    lab["added"] = std::move(list);
}

}  // namespace labd
