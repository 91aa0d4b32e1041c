#include "labd/picture.hpp"

#include "topology/uplink.hpp"

namespace labd {
namespace {

using topology::Device;
using topology::Space;

void compare_devices(const Space& before, const Space& after, std::vector<SpaceChange>& out) {
    for (const auto& [name, device] : before.devices)
        if (!after.devices.contains(name)) out.push_back({"link", "remove", name, {}});
    for (const auto& [name, device] : after.devices) {
        const auto was = before.devices.find(name);
        if (was == before.devices.end()) {
            out.push_back({"link", "add", name, {{"state", device.up ? "up" : "down"}}});
            continue;
        }
        const topology::Action said =
            topology::describe(topology::ChangeDevice{"", was->second, device});
        if (said.changes.empty()) continue;
        SpaceChange change{"link", "change", name, {}};
        for (const topology::Action::Change& one : said.changes) {
            change.values.emplace_back(one.path + ".from", one.from.value_or(""));
            change.values.emplace_back(one.path, one.to.value_or(""));
        }
        if (was->second.up != device.up) change.action = device.up ? "up" : "down";
        out.push_back(std::move(change));
    }
}

void compare_addresses(const Space& before, const Space& after, std::vector<SpaceChange>& out) {
    const auto missing = [&](const Space& here, const Space& there, const char* action) {
        for (const auto& [device, addresses] : here.addresses)
            for (const topology::Prefix& address : addresses) {
                const auto held = there.addresses.find(device);
                if (held == there.addresses.end() || !held->second.contains(address))
                    out.push_back({"address", action, device, {{"address", address.text()}}});
            }
    };
    missing(before, after, "remove");
    missing(after, before, "add");
}

void compare_routes(const Space& before, const Space& after, std::vector<SpaceChange>& out) {
    const auto missing = [&](const Space& here, const Space& there, const char* action) {
        for (const auto& [key, route] : here.routes) {
            const auto held = there.routes.find(key);
            if (held != there.routes.end() && held->second == route) continue;
            const topology::Action said = topology::describe(topology::AddRoute{"", route});
            const std::string device = route.hops.empty() ? "" : route.hops.front().dev;
            out.push_back({"route", action, device, {{"route", said.detail}}});
        }
    };
    missing(before, after, "remove");
    missing(after, before, "add");
}

// The rest of it is told as drift.
void compare_ground(const Space& before, const Space& after, std::vector<SpaceChange>& out) {
    if (before.ground.loopback != after.ground.loopback) {
        const auto state = [](const Space& space) { return space.ground.loopback ? "up" : "down"; };
        out.push_back(
            {"link", state(after), "lo", {{"state.from", state(before)}, {"state", state(after)}}});
    }
    const auto missing = [&](const Space& here, const Space& there, const char* action) {
        for (const auto& [device, addresses] : here.ground.routes)
            for (const topology::Prefix& address : addresses) {
                const auto other = there.ground.routes.find(device);
                if (other != there.ground.routes.end() && other->second.contains(address)) continue;
                const std::string route = address.network().text() + " dev " + device;
                out.push_back({"route", action, device, {{"route", route}}});
            }
    };
    missing(after, before, "remove");
    missing(before, after, "add");
}

}  // namespace

std::vector<SpaceChange> changes_of(const Space& before, const Space& after) {
    std::vector<SpaceChange> out;
    if (before == after) return out;  // mostly, and to compare words takes longer
    compare_devices(before, after, out);
    compare_addresses(before, after, out);
    compare_routes(before, after, out);
    compare_ground(before, after, out);
    return out;
}

std::string link_name(const topology::Lab& lab, const std::string& node,
                      const std::string& interface) {
    const topology::Node* found = lab.find(node);
    if (found == nullptr) return "";
    for (const topology::Interface& one : found->interfaces)
        if (one.name == interface && one.link < lab.links.size()) return lab.links[one.link].name;
    return "";
}

std::vector<topology::Action> ties_as_one(std::vector<topology::Action> drift,
                                          const topology::Lab& wish) {
    const auto is_about = [](const topology::Action& action, const std::string& node,
                             const std::string& device) {
        return action.name == node + ":" + device ||
               (action.kind == "route" && action.name == node &&
                (" " + action.detail + " ").find(" dev " + device + " ") != std::string::npos);
    };
    for (const topology::Node& node : wish.nodes) {
        if (node.kind != topology::Kind::nat) continue;
        const std::string device = topology::uplink_name;
        const bool lost = std::any_of(drift.begin(), drift.end(), [&](const auto& action) {
            return action.kind == "device" && action.name == node.name + ":" + device;
        });
        if (!lost) continue;
        const std::size_t before = drift.size();
        std::erase_if(drift,
                      [&](const auto& action) { return is_about(action, node.name, device); });
        topology::Action one;
        one.op = "lose", one.kind = "nat", one.name = node.name;
        one.detail = std::to_string(before - drift.size()) + " differences";
        drift.push_back(std::move(one));
    }
    return drift;
}

std::string drift_words(const topology::Action& action) {
    if (action.op == "lose")
        return "has lost what the host holds for " + action.name + " (" + action.detail +
               "; lab doctor says what)";
    const std::string what = action.kind + " " + action.name;
    if (action.op == "create")
        return "lacks " + what + (action.detail.empty() ? "" : " (" + action.detail + ")");
    if (action.op == "delete")
        return "has, unasked, " + what + (action.detail.empty() ? "" : " (" + action.detail + ")");
    std::string values;
    for (const topology::Action::Change& change : action.changes)
        values += (values.empty() ? "" : ", ") + change.path + " is " +
                  change.from.value_or("nothing") + ", wished " + change.to.value_or("nothing");
    if (values.empty()) values = action.reason.empty() ? action.detail : action.reason;
    return "differs in " + what + (values.empty() ? "" : " (" + values + ")");
}

std::string node_of_action(const topology::Action& action) {
    if (action.kind == "link" || action.kind == "hosts") return "";
    return action.name.substr(0, action.name.find(':'));
}

}  // namespace labd
