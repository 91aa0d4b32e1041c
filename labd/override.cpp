#include "labd/override.hpp"

#include "topology/back_end.hpp"
#include "topology/ends.hpp"
#include "topology/impairment_keys.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>

namespace labd {

namespace json = boost::json;

namespace {

using topology::Link;

topology::Value value_of(const json::value& value) {
    using topology::Value;
    if (value.is_object()) {
        Value out = Value::table({});
        for (const auto& [key, member] : value.get_object())
            out.members.push_back({std::string(key), {}, value_of(member)});
        return out;
    }
    if (value.is_string()) return Value::string(std::string(value.get_string()), {});
    Value out;
    out.type = value.is_int64() ? Value::Type::integer : Value::Type::boolean;
    out.integer = value.is_int64() ? value.get_int64() : 0;
    out.boolean = value.is_bool() && value.get_bool();
    return out;
}

bool is_end(const topology::Lab& lab, const topology::End& end, const std::string& name) {
    return name.empty() || topology::end_name(lab, end) == name;
}

void lay_over(topology::Lab& wish, const Override& over) {
    const Link* link =
        over.kind == Override::Kind::stop ? nullptr : topology::find_link(wish, over.subject);
    if (link == nullptr) return;
    const auto index = static_cast<std::size_t>(link - wish.links.data());
    topology::Diagnostics seen_before;  // when it was asked for
    for (const topology::End& end : link->ends) {
        if (over.kind == Override::Kind::impair) {
            topology::Interface& interface = wish.at(end);
            if (is_end(wish, end, over.end))
                interface.impairment = impaired(interface.impairment, over, seen_before);
            continue;
        }
        // What stands on an end goes with it.
        for (topology::Interface& interface : wish.nodes[end.node].interfaces)
            if (interface.link == index) interface.up = over.kind == Override::Kind::up;
    }
}

// That these ends will be impaired so that it takes the relay: it is there from the start, since to
// lay a link through it later cuts what goes over that.
void foresee(topology::Lab& wish, const std::vector<std::string>& links,
             const std::vector<std::string>& ends, const std::string& settings,
             const topology::BackEnds& kernel) {
    Override over;
    over.settings = settings;
    topology::Diagnostics seen_before;
    for (const std::string& name : links) {
        const Link* link = topology::find_link(wish, name);
        if (link == nullptr || link->ends.size() < 2) continue;
        for (const topology::End& end : link->ends) {
            const std::string word = topology::end_name(wish, end);
            topology::Interface& interface = wish.at(end);
            const bool meant =
                ends.empty() || std::find(ends.begin(), ends.end(), word) != ends.end();
            if (meant && topology::back_end_of(impaired(interface.impairment, over, seen_before),
                                               kernel) == topology::BackEnd::relay)
                interface.relayed = true;
        }
    }
}

bool impairs(const topology::Check& check) {
    return check.during && check.during->kind == topology::Fault::Kind::impair;
}

bool impairs(const topology::TimedStep& step) {
    return step.kind == topology::TimedStep::Kind::impair;
}

bool impairs_later(const topology::Lab& wish) {
    const auto any = [](const auto& list) {
        return std::any_of(list.begin(), list.end(), [](const auto& one) { return impairs(one); });
    };
    return any(wish.checks) || any(wish.steps);
}

void foresee(topology::Lab& wish, const topology::BackEnds& kernel) {
    for (const topology::Check& check : wish.checks)
        if (impairs(check))
            foresee(wish, check.during->links, check.during->ends, check.during->settings, kernel);
    for (const topology::TimedStep& step : wish.steps)
        if (impairs(step)) foresee(wish, step.links, step.ends, step.settings, kernel);
}

}  // namespace

std::int64_t monotonic_ns() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

topology::Impairment impaired(const topology::Impairment& before, const Override& over,
                              topology::Diagnostics& diagnostics) {
    json::error_code error;
    const topology::Value settings = value_of(json::parse(over.settings, error));
    std::vector<const topology::Member*> members;
    for (const topology::Member& member : settings.members) members.push_back(&member);
    return topology::read_impairment(members, diagnostics,
                                     over.clear ? topology::Impairment{} : before);
}

topology::Lab laid_over(const topology::Lab& wish, const Overrides& overrides) {
    topology::Lab out = wish;
    for (const Override& over : overrides) lay_over(out, over);
    return out;
}

topology::State desired_with(const topology::Lab& wish, const Overrides& overrides,
                             const topology::BackEnds& kernel) {
    const bool foreseen = !kernel.netem && impairs_later(wish);
    if (overrides.empty() && !foreseen) return topology::desired(wish, kernel);
    topology::Lab laid = laid_over(wish, overrides);
    if (foreseen) foresee(laid, kernel);
    return topology::desired(laid, kernel);
}

std::set<std::string> places_of(const topology::Lab& wish, const Overrides& overrides) {
    std::set<std::string> out;
    for (const Override& over : overrides) {
        if (over.kind == Override::Kind::stop) continue;
        const Link* link = topology::find_link(wish, over.subject);
        if (link == nullptr) continue;
        for (const topology::End& end : link->ends) out.insert(wish.nodes[end.node].name);
        // What an end sends may be lost where it arrives.
        if (link->ends.size() != 2) out.insert(topology::fabric_name);
    }
    return out;
}

bool covered(const Overrides& all, const Overrides& other) {
    return std::all_of(all.begin(), all.end(), [&](const Override& one) {
        return std::any_of(other.begin(), other.end(),
                           [&](const Override& o) { return o.subject == one.subject; });
    });
}

const Override* state_of_link(const Overrides& overrides, const std::string& link) {
    const Override* found = nullptr;
    for (const Override& over : overrides)
        if (over.subject == link &&
            (over.kind == Override::Kind::up || over.kind == Override::Kind::down))
            found = &over;
    return found;
}

void put(Overrides& overrides, Override over) {
    const auto impairs = [&](const Override& other) {
        return other.kind == Override::Kind::impair && other.subject == over.subject;
    };
    const auto last = std::find_if(overrides.rbegin(), overrides.rend(), impairs);
    const bool follows =
        last != overrides.rend() && !last->until_ns && !last->by_check && last->end == over.end;
    if (!over.until_ns && !over.by_check && follows) {
        if (!over.clear) {
            json::error_code error;
            json::value before = json::parse(last->settings, error),
                        now = json::parse(over.settings, error);
            if (before.is_object() && now.is_object())
                for (const auto& [key, value] : now.get_object()) before.get_object()[key] = value;
            over.settings = json::serialize(before);
            over.clear = last->clear;
        }
        overrides.erase(std::next(last).base());
    }
    overrides.push_back(std::move(over));
}

void drop_idle(Overrides& overrides, const topology::Lab& wish, const std::string& link) {
    const auto is_of_it = [&](const Override& over) {
        return over.kind == Override::Kind::impair && over.subject == link;
    };
    const auto passes = [&](const Override& over) {
        return is_of_it(over) && (over.until_ns || over.by_check);
    };
    const Link* wished = topology::find_link(wish, link);
    if (wished == nullptr || std::any_of(overrides.begin(), overrides.end(), passes)) return;
    const topology::Lab now = laid_over(wish, overrides);
    for (const topology::End& end : wished->ends)
        if (now.at(end).impairment != wish.at(end).impairment) return;
    std::erase_if(overrides, is_of_it);
}

std::string to_json(const Overrides& overrides) {
    json::array list;
    for (const Override& over : overrides) {
        json::object object;
        object["kind"] = static_cast<std::int64_t>(over.kind);
        object["subject"] = over.subject;
        object["by_check"] = over.by_check;
        if (over.until_ns) object["until_ns"] = *over.until_ns;
        if (over.kind == Override::Kind::impair) {
            object["end"] = over.end;
            object["settings"] = over.settings;
            object["clear"] = over.clear;
        }
        list.emplace_back(std::move(object));
    }
    json::object object;
    object["list"] = std::move(list);
    return json::serialize(object);
}

Overrides parse_overrides(const std::string& text) {
    Overrides out;
    json::error_code error;
    const json::value value = json::parse(text, error);
    const json::object* object = value.if_object();
    const json::value* list = object == nullptr ? nullptr : object->if_contains("list");
    if (error || list == nullptr || !list->is_array()) return out;
    for (const json::value& item : list->get_array()) {
        const json::object* entry = item.if_object();
        if (entry == nullptr) continue;
        const json::value *kind = entry->if_contains("kind"),
                          *subject = entry->if_contains("subject"),
                          *check = entry->if_contains("by_check"),
                          *until = entry->if_contains("until_ns");
        if (kind == nullptr || !kind->is_int64() || subject == nullptr || !subject->is_string())
            continue;
        if (kind->get_int64() < 0 ||
            kind->get_int64() > static_cast<std::int64_t>(Override::Kind::impair))
            continue;
        Override over;
        over.kind = static_cast<Override::Kind>(kind->get_int64());
        over.subject = std::string(subject->get_string());
        over.by_check = check != nullptr && check->is_bool() && check->get_bool();
        if (until != nullptr && until->is_int64()) over.until_ns = until->get_int64();
        if (const json::value* end = entry->if_contains("end"); end != nullptr && end->is_string())
            over.end = std::string(end->get_string());
        if (const json::value* set = entry->if_contains("settings");
            set != nullptr && set->is_string())
            over.settings = std::string(set->get_string());
        if (const json::value* clear = entry->if_contains("clear");
            clear != nullptr && clear->is_bool())
            over.clear = clear->get_bool();
        out.push_back(std::move(over));
    }
    return out;
}

}  // namespace labd
