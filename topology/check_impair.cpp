// See check_impair.hpp. The settings stay what they are in the file: what they do not name is as it
// is when the fault comes, which the file alone does not know.
#include "topology/check_impair.hpp"

#include "topology/ends.hpp"
#include "topology/impairment_keys.hpp"
#include "topology/keys.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

namespace topology {
namespace {

std::string json_string(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        char escaped[8];
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20) {
            (void)std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

// Of what read_impairment() takes: texts, numbers, truth values and tables of them. A number that
// came out of ${…} is one.
std::string json_value(const Value& value) {
    if (value.is(Value::Type::table)) {
        std::string out;
        for (const Member& member : value.members)
            out +=
                (out.empty() ? "" : ",") + json_string(member.key) + ":" + json_value(member.value);
        return "{" + out + "}";
    }
    if (!value.is(Value::Type::string)) return written(value);
    const bool number = value.computed && !value.text.empty() && value.text.size() < 18 &&
                        std::all_of(value.text.begin(), value.text.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    return number ? std::to_string(std::stoll(value.text)) : json_string(value.text);
}

// "loss 5%, no delay"
std::string in_words(const std::vector<const Member*>& members) {
    Diagnostics told;  // with the values that packets get
    std::string out;
    const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    for (const auto& [key, value] : impairment_words(read_impairment(members, told)))
        add(key + " " + value);
    for (const Member* member : members)
        if (member->value.is_false()) add("no " + member->key);
    return out;
}

// The end of each link that `from` means.
void read_from(const Value& from, const Lab& lab, Fault& fault, Diagnostics& diagnostics) {
    const auto word = Reader(diagnostics).string(from);
    if (!word) return;
    for (const std::string& name : fault.links) {
        const Link& link = *find_link(lab, name);
        std::vector<std::string> meant, all;
        for (const End& end : link.ends) {
            all.push_back(end_name(lab, end));
            if (all.back() == *word || lab.nodes[end.node].name == *word)
                meant.push_back(all.back());
        }
        if (meant.size() == 1) {
            fault.ends.push_back(meant.front());
            continue;
        }
        diagnostics.error("VALUE", from.where,
                          name + (meant.empty() ? " has no end at " : " has two ends at ") + *word,
                          "its ends: " + join(all));
        return;
    }
}

// What is wrong with the settings is said once, whatever they are about.
void check_settings(const std::vector<const Member*>& members, const Lab& lab, const Fault& fault,
                    Diagnostics& diagnostics) {
    const std::size_t told = diagnostics.all().size();
    for (std::size_t i = 0; i < fault.links.size(); ++i)
        for (const End& end : find_link(lab, fault.links[i])->ends) {
            if (!fault.ends.empty() && fault.ends[i] != end_name(lab, end)) continue;
            (void)read_impairment(members, diagnostics, lab.at(end).impairment);
            if (diagnostics.all().size() != told) return;
        }
}

}  // namespace

void read_impair(const Value& table, const Member& action, bool clear, const Lab& lab, Fault& fault,
                 Diagnostics& diagnostics) {
    fault.kind = Fault::Kind::impair;
    std::vector<const Member*> members;
    std::string settings;
    for (const Member& member : table.members) {
        if (!is_impairment_key(member.key)) continue;
        members.push_back(&member);
        settings += (settings.empty() ? "" : ",") + json_string(member.key) + ":" +
                    json_value(member.value);
    }
    fault.settings = "{" + settings + "}";
    if (clear && !members.empty())
        return diagnostics.error("D1", members.front()->where,
                                 "\"" + members.front()->key + "\" means nothing beside \"clear\"",
                                 members.front()->key + " = false with \"impair\" takes one away");
    if (!clear && members.empty())
        return diagnostics.error("VALUE", action.where,
                                 "\"impair\" does not say what happens to the packets",
                                 "impair = [\"r1\", \"r2\"], loss = \"5%\" (or delay, rate, …)");
    for (const std::string& name : fault.links)
        if (find_link(lab, name)->ends.size() < 2)
            return diagnostics.error("VALUE", action.value.where,
                                     "nobody is at the other end of " + name,
                                     "impairments are of what goes over a link");
    if (const Value* from = table.find("from")) {
        read_from(*from, lab, fault, diagnostics);
        if (fault.ends.size() != fault.links.size()) return;
        fault.text += " from " + from->text;
    }
    check_settings(members, lab, fault, diagnostics);
    fault.text += clear ? " without impairments" : " at " + in_words(members);
}

void refuse_settings(const Value& table, Diagnostics& diagnostics) {
    for (const Member& member : table.members)
        if (is_impairment_key(member.key) || member.key == "from")
            diagnostics.error("D1", member.where,
                              "\"" + member.key + "\" means nothing without \"impair\"",
                              "impair = [\"r1\", \"r2\"] beside it");
}

}  // namespace topology
