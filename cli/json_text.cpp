// The only transformations that labd's JSON undergoes on its way to the user.
#include "cli/json_text.hpp"

#include "cli/error.hpp"
#include "cli/json_field.hpp"
#include "cli/json_print.hpp"
#include "topology/ends.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cli {
namespace {

namespace json = boost::json;

using Memory = json::monotonic_resource;

const json::array& array_of(const json::object& from, const char* key) {
    static const json::array none;
    const json::value* v = from.if_contains(key);
    return v != nullptr && v->is_array() ? v->get_array() : none;
}

json::object lab_of(std::string_view body, Memory& memory) {
    json::object top = parse_object(body, memory);
    json::value* lab = top.if_contains("lab");
    if (lab == nullptr || !lab->is_object())
        throw Failure("internal", "labd's answer holds no lab");
    return std::move(lab->get_object());
}

std::string name_of(const json::object& item) {
    const json::value* name = item.if_contains("name");
    return name != nullptr && name->is_string() ? std::string(name->get_string()) : std::string();
}

std::string name_of(const json::value& item) {
    return item.is_object() ? name_of(item.get_object()) : std::string();
}

std::string as_lines(const json::array& list) {
    std::string out;
    for (const json::value& item : list) out += compact(item);
    return out;
}

json::object with_api(const json::object& inner) {
    json::object out(inner.storage());
    out["api"] = 1;
    for (const auto& [key, value] : inner) out[key] = value;
    return out;
}

const json::value* named(const json::array& list, const std::string& name) {
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const json::value& v) { return name_of(v) == name; });
    return found == list.end() ? nullptr : &*found;
}

// A link by its name, by "r2--r1" or "r2--r1-2" the other way round, or by one of its ends
// "r1:eth1".
const json::value* find_link(const json::array& links, const std::string& what) {
    if (const json::value* link = named(links, what)) return link;
    for (const std::string& other : topology::turned(what))
        if (const json::value* link = named(links, other)) return link;
    const std::size_t colon = what.find(':');
    if (colon == what.npos) return nullptr;
    for (const json::value& link : links) {
        if (!link.is_object()) continue;
        for (const json::value& end : array_of(link.get_object(), "ends")) {
            if (!end.is_object()) continue;
            const json::value* node = end.get_object().if_contains("node");
            const json::value* device = end.get_object().if_contains("interface");
            if (node != nullptr && device != nullptr && *node == what.substr(0, colon).c_str() &&
                *device == what.substr(colon + 1).c_str())
                return &link;
        }
    }
    return nullptr;
}

}  // namespace

std::string listing_json(std::string_view body, const char* key, bool lines) {
    Memory memory;
    const json::object top = parse_object(body, memory);
    const json::array& list = array_of(top, key);
    if (lines) return as_lines(list);
    return compact(json::object{{"api", 1}, {key, list}});
}

std::string part_json(std::string_view body, const char* key, const std::vector<std::string>& names,
                      bool lines) {
    Memory memory;
    const json::object lab = lab_of(body, memory);
    json::array list(lab.storage());
    for (const json::value& item : array_of(lab, key))
        if (names.empty() || std::find(names.begin(), names.end(), name_of(item)) != names.end())
            list.push_back(item);
    if (lines) return as_lines(list);
    json::object out(lab.storage());
    out["api"] = 1;
    out["lab"] = name_of(lab);
    for (const char* about : {"state", "reason", "owner", "shared", "drift", "added"})
        if (const json::value* v = lab.if_contains(about)) out[about] = *v;
    out[key] = std::move(list);
    return compact(out);
}

std::string inspect_json(std::string_view body, const std::string& what, const std::string& pointer,
                         bool nice) {
    Memory memory;
    const json::object lab = lab_of(body, memory);
    json::value chosen = with_api(lab);
    if (!what.empty()) {
        const json::array &nodes = array_of(lab, "nodes"), &links = array_of(lab, "links");
        const json::value* found = named(nodes, what);
        if (found == nullptr) found = find_link(links, what);
        if (found == nullptr) {
            std::vector<std::string> names;
            for (const json::array* list : {&nodes, &links})
                for (const json::value& v : *list) names.push_back(name_of(v));
            const std::string near = topology::did_you_mean(what, names);
            const bool link = what.find("--") != what.npos || what.find(':') != what.npos;
            throw Failure(
                link ? "no_such_link" : "no_such_node",
                "no node or link \"" + what + "\" in this lab",
                near.empty() ? "`lab status -q` lists nodes, `lab links -q` links" : near);
        }
        chosen = with_api(found->get_object());
    }
    if (!pointer.empty()) {
        json::error_code error;
        const json::value* at = chosen.find_pointer(pointer, error);
        if (error || at == nullptr)
            throw Failure("usage", "nothing at \"" + pointer + "\"",
                          "a JSON pointer looks like /nodes/0/addresses");
        const json::value there = *at;
        if (there.is_string()) return std::string(there.get_string()) + "\n";
        chosen = there;
    }
    return nice ? pretty(chosen) : compact(chosen);
}

}  // namespace cli
