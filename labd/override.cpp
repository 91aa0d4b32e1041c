#include "labd/override.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>

namespace labd {

namespace json = boost::json;

namespace {

using topology::Link;

const Link* find_link(const topology::Lab& lab, const std::string& name) {
    for (const Link& link : lab.links)
        if (link.name == name) return &link;
    return nullptr;
}

void lay_over(topology::Lab& wish, const Override& over) {
    if (over.kind == Override::Kind::stop) return;
    if (const Link* link = find_link(wish, over.subject))
        for (const topology::End& end : link->ends)
            wish.at(end).up = over.kind == Override::Kind::up;
}

}  // namespace

std::int64_t monotonic_ns() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

topology::State desired_with(const topology::Lab& wish, const Overrides& overrides) {
    if (overrides.empty()) return topology::desired(wish);
    topology::Lab laid = wish;
    for (const Override& over : overrides) lay_over(laid, over);
    return topology::desired(laid);
}

std::set<std::string> places_of(const topology::Lab& wish, const Overrides& overrides) {
    std::set<std::string> out;
    for (const Override& over : overrides) {
        if (over.kind == Override::Kind::stop) continue;
        if (const Link* link = find_link(wish, over.subject))
            for (const topology::End& end : link->ends) out.insert(wish.nodes[end.node].name);
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
        if (over.subject == link && over.kind != Override::Kind::stop) found = &over;
    return found;
}

std::string to_json(const Overrides& overrides) {
    json::array list;
    for (const Override& over : overrides) {
        json::object object;
        object["kind"] = static_cast<std::int64_t>(over.kind);
        object["subject"] = over.subject;
        object["by_check"] = over.by_check;
        if (over.until_ns) object["until_ns"] = *over.until_ns;
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
            kind->get_int64() > static_cast<std::int64_t>(Override::Kind::stop))
            continue;
        Override over;
        over.kind = static_cast<Override::Kind>(kind->get_int64());
        over.subject = std::string(subject->get_string());
        over.by_check = check != nullptr && check->is_bool() && check->get_bool();
        if (until != nullptr && until->is_int64()) over.until_ns = until->get_int64();
        out.push_back(std::move(over));
    }
    return out;
}

}  // namespace labd
