#include "labd/impairments.hpp"

#include "labd/link_back_ends.hpp"
#include "topology/ends.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace labd {

namespace json = boost::json;
using topology::Impairment;

namespace {

std::vector<std::string> undone_at(const topology::Lab& lab, const topology::Link& link) {
    std::vector<std::string> out;
    for (const topology::End& end : link.ends)
        for (std::string& key : topology::undone(lab.at(end).impairment, link_back_ends()))
            if (std::find(out.begin(), out.end(), key) == out.end()) out.push_back(std::move(key));
    return out;
}

}  // namespace

topology::Diagnostics refused_without_netem(const topology::Lab& lab) {
    topology::Diagnostics diagnostics;
    if (link_back_ends().netem) return diagnostics;
    for (const topology::Link& link : lab.links)
        for (const topology::End& end : link.ends)
            if (const topology::Interface& interface = lab.at(end);
                interface.impairment.netem_only && interface.impairment.any())
                diagnostics.error("D67", interface.where,
                                  "this kernel has no netem, and " + topology::end_name(lab, end) +
                                      " takes no substitute",
                                  "module sch_netem, see lab doctor; or without backend");
    return diagnostics;
}

std::string undone_notice(const topology::Lab& lab) {
    std::vector<std::string> keys, links;
    for (const topology::Link& link : lab.links) {
        const std::vector<std::string> here = undone_at(lab, link);
        if (here.empty()) continue;
        links.push_back(link.name);
        for (const std::string& key : here)
            if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
    if (links.empty()) return "";
    return "this kernel cannot do " + topology::join(keys, 20) + " on " + topology::join(links, 4) +
           "; the rest is done (lab doctor says what would bring it)";
}

json::object to_json(const Impairment& impairment) {
    json::object out;
    for (const auto& [key, value] : topology::impairment_words(impairment)) out[key] = value;
    return out;
}

json::object impairment_of_link(const topology::Lab& lab, const topology::Link& link) {
    std::vector<json::object> ends;
    json::object out;
    for (const topology::End& end : link.ends) {
        ends.push_back(to_json(lab.at(end).impairment));
        for (const auto& entry : ends.back()) out[entry.key()] = nullptr;
    }
    for (auto& entry : out) {
        std::vector<std::string> values;
        for (const json::object& end : ends) {
            const json::value* set = end.if_contains(entry.key());
            values.emplace_back(set == nullptr ? "-" : std::string(set->as_string()));
        }
        const bool same =
            std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
        std::string text;
        for (const std::string& value : values) text += (text.empty() ? "" : " / ") + value;
        entry.value() = same ? values.front() : text;
    }
    return out;
}

const char* back_end_of_link(const topology::Lab& lab, const topology::Link& link) {
    // Its ends may need different ones: where one needs the relay, all of it goes through that.
    topology::BackEnd most = topology::BackEnd::none;
    for (const topology::End& end : link.ends)
        most = std::max(most, topology::back_end_of(lab.at(end).impairment, link_back_ends()));
    return topology::word(most);
}

json::array undone_of_link(const topology::Lab& lab, const topology::Link& link) {
    json::array out;
    for (std::string& key : undone_at(lab, link)) out.emplace_back(std::move(key));
    return out;
}

}  // namespace labd
