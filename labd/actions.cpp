#include "labd/actions.hpp"

#include "labd/lab.hpp"
#include "labd/utf8.hpp"
#include "topology/relay_link.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>

namespace labd {
namespace {

using topology::Action;
using topology::Step;

using LinkNames = std::map<std::pair<std::string, std::string>, std::string>;  // node, interface

LinkNames link_names(const topology::Lab& lab) {
    LinkNames names;
    for (const topology::Node& node : lab.nodes)
        for (const topology::Interface& interface : node.interfaces)
            if (interface.link < lab.links.size())
                names[{node.name, interface.name}] = lab.links[interface.link].name;
    return names;
}

// "" for a step that is not about a link, or about one that no file names.
std::string link_of(const Step& step, const LinkNames& before, const LinkNames& after) {
    const auto find = [](const LinkNames& names, const std::string& space,
                         const std::string& device) {
        const auto found = names.find({space, device});
        return found == names.end() ? std::string() : found->second;
    };
    const auto either = [&](const LinkNames& names, const auto& s) {
        const std::string name = find(names, s.space, s.device.name);
        return name.empty() ? find(names, s.peer_space, s.peer.name) : name;
    };
    if (const auto* made = std::get_if<topology::CreateVeth>(&step)) return either(after, *made);
    if (const auto* gone = std::get_if<topology::RemoveVeth>(&step)) return either(before, *gone);
    if (const auto* moved = std::get_if<topology::MoveVeth>(&step))
        return find(after, moved->space, moved->device.name);
    if (const auto* changed = std::get_if<topology::ChangeDevice>(&step)) {
        // An end of the relay's is told of the end beside it.
        const bool relayed = changed->space == topology::relay_name;
        return relayed ? find(after, changed->to.peer.space, changed->to.peer.device)
                       : find(after, changed->space, changed->to.name);
    }
    return {};
}

// Nothing of the kind was there before: it is created, not updated.
bool is_new(const Step& step, const topology::State& observed) {
    if (std::holds_alternative<topology::WriteHosts>(step)) return observed.hosts.empty();
    const auto held = [&](const std::string& node) {
        const auto found = observed.contents.find(node);
        return found == observed.contents.end() ? nullptr : &found->second;
    };
    if (const auto* file = std::get_if<topology::WriteFile>(&step)) {
        const topology::Contents* contents = held(file->node);
        return contents == nullptr || !contents->files.contains(file->path);
    }
    if (const auto* sysctl = std::get_if<topology::SetSysctl>(&step)) {
        const topology::Contents* contents = held(sysctl->node);
        return contents == nullptr || !contents->sysctl.contains(sysctl->key);
    }
    if (const auto* service = std::get_if<topology::PutService>(&step)) {
        const topology::Contents* contents = held(service->node);
        return contents == nullptr || !contents->services.contains(service->service);
    }
    if (const auto* nft = std::get_if<topology::LoadNft>(&step)) {
        const topology::Contents* contents = held(nft->node);
        return contents == nullptr || contents->nft.empty();
    }
    return false;
}

const topology::Contents& contents_of(const topology::State& state, const std::string& node) {
    static const topology::Contents none;
    const auto found = state.contents.find(node);
    return found == state.contents.end() ? none : found->second;
}

// A setting that is no longer written goes back to what it was.
bool is_gone(const Step& step, const topology::State& desired) {
    const auto* sysctl = std::get_if<topology::SetSysctl>(&step);
    return sysctl != nullptr && !contents_of(desired, sysctl->node).sysctl.contains(sysctl->key);
}

// The values that a step itself does not know.
void tell_contents(const Step& step, const topology::State& desired,
                   const topology::State& observed, Action& action) {
    const auto value = [](const std::map<std::string, std::string>& held,
                          const std::string& key) -> std::optional<std::string> {
        const auto found = held.find(key);
        if (found == held.end()) return std::nullopt;
        return found->second;
    };
    if (const auto* sysctl = std::get_if<topology::SetSysctl>(&step)) {
        const auto from = value(contents_of(observed, sysctl->node).sysctl, sysctl->key);
        const auto to = value(contents_of(desired, sysctl->node).sysctl, sysctl->key);
        action.changes = {{"sysctl." + sysctl->key, from, to}};
        if (from && to) action.detail += " " + *from + " → " + *to;
        if (from && !to) action.detail += " " + *from + " → as before";
        if (!from && to) action.detail += " = " + *to;
    } else if (const auto* nft = std::get_if<topology::LoadNft>(&step);
               nft != nullptr && contents_of(observed, nft->node).nft == by_hand) {
        action.detail = "rules that were loaded are gone";
    } else if (const auto* name = std::get_if<topology::SetHostname>(&step)) {
        const std::string from = contents_of(observed, name->node).hostname;
        const std::string to = contents_of(desired, name->node).hostname;
        action.changes = {{"hostname", from, to}};
        action.detail = from + " → " + to;
    } else if (const auto* file = std::get_if<topology::WriteFile>(&step)) {
        // What no step of labd's has made of it.
        const auto held = value(contents_of(observed, file->node).files, file->path);
        if (held == rights_by_hand) {
            action.changes = {{"file." + file->path, held, "as in the lab's file"}};
            action.detail += " " + *held;
        }
        if (held != by_hand) return;
        action.changes = {{"file." + file->path, by_hand, "as in the lab's file"}};
        action.detail += " changed by hand, kept as " + file->path + "~";
    }
}

// Names and values are what somebody in a node may have made of them.
void make_printable(Action& action) {
    for (std::string* text : {&action.name, &action.detail, &action.reason})
        *text = printable(*text);
    for (Action::Change& change : action.changes) {
        change.path = printable(change.path);
        for (auto* value : {&change.from, &change.to})
            if (*value) *value = printable(**value);
    }
}

}  // namespace

std::vector<Action> actions_of(const std::vector<Step>& steps, const topology::State& desired,
                               const topology::State& observed, const topology::Lab& before,
                               const topology::Lab& after) {
    const LinkNames names_before = link_names(before), names_after = link_names(after);
    std::set<std::string> removed, created;
    for (const Step& step : steps) {
        if (const auto* gone = std::get_if<topology::RemoveSpace>(&step))
            removed.insert(gone->space);
        if (const auto* made = std::get_if<topology::CreateSpace>(&step))
            created.insert(made->space);
    }
    std::vector<Action> actions;
    std::map<std::tuple<std::string, std::string, std::string>, std::size_t> places;
    for (const Step& step : steps) {
        Action action = topology::describe(step);
        if (const std::string link = link_of(step, names_before, names_after); !link.empty()) {
            // A link has two ends: which one is part of what changes.
            for (Action::Change& change : action.changes)
                change.path = action.name + "." + change.path;
            action.detail =
                action.detail.empty() ? action.name : action.name + ": " + action.detail;
            action.name = link;
        }
        if (is_new(step, observed)) action.op = "create";
        if (const auto* gone = std::get_if<topology::RemoveSpace>(&step);
            gone != nullptr && created.contains(gone->space))
            continue;
        if (const auto* made = std::get_if<topology::CreateSpace>(&step);
            made != nullptr && removed.contains(made->space)) {
            action.op = "recreate";
            action.reason = topology::restart_reason(desired, observed, made->space);
        }
        if (is_gone(step, desired)) action.op = "delete";
        tell_contents(step, desired, observed, action);
        make_printable(action);
        // A LAN is one link, however many veths it is made of.
        if (action.kind == "link") {
            const auto [place, first] =
                places.try_emplace({action.op, action.kind, action.name}, actions.size());
            if (!first) {
                actions[place->second].detail += ", " + action.detail;
                for (Action::Change& change : action.changes)
                    actions[place->second].changes.push_back(std::move(change));
                continue;
            }
        }
        actions.push_back(std::move(action));
    }
    return actions;
}

}  // namespace labd
