// What a running node cannot become without being born again: its level, its root, its kind.
#include "topology/plan.hpp"

#include <string_view>

namespace topology {
namespace {

std::vector<std::string> words_of(std::string_view birth) {
    constexpr std::string_view between = ", ";
    std::vector<std::string> out;
    for (std::size_t at = 0; at < birth.size();) {
        const std::size_t end = std::min(birth.find(between, at), birth.size());
        out.emplace_back(birth.substr(at, end - at));
        at = end + between.size();
    }
    return out;
}

// "kind host" and "kind router" → "kind host → router".
std::string change_of(const std::string& from, const std::string& to) {
    const std::size_t space = to.find(' ');
    const bool same_key = space != to.npos && from.compare(0, space + 1, to, 0, space + 1) == 0;
    return from + " → " + (same_key ? to.substr(space + 1) : to);
}

std::string difference(const std::string& wish, const std::string& there) {
    if (there.empty()) return "as asked";
    const std::vector<std::string> from = words_of(there), to = words_of(wish);
    if (from.size() != to.size()) return there + " → " + wish;
    std::string out;
    for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i] != to[i]) out += (out.empty() ? "" : ", ") + change_of(from[i], to[i]);
    return out;
}

}  // namespace

std::string restart_reason(const State& desired, const State& observed, const std::string& space) {
    const auto there = observed.spaces.find(space), wished = desired.spaces.find(space);
    if (there == observed.spaces.end()) return "";
    if (wished == desired.spaces.end()) return "not wished";
    if (wished->second.kind != there->second.kind)
        return wished->second.kind == Space::Kind::node ? "it gets processes"
                                                        : "it has no processes any more";
    const auto contents = desired.contents.find(space);
    if (contents == desired.contents.end()) return "";
    const auto alive = observed.contents.find(space);
    const auto sleeper = observed.asleep.find(space);
    if (alive == observed.contents.end() && sleeper == observed.asleep.end())
        return "its init is gone";
    const std::string& birth =
        alive != observed.contents.end() ? alive->second.birth : sleeper->second;
    if (birth == contents->second.birth) return "";
    return difference(contents->second.birth, birth);
}

}  // namespace topology
