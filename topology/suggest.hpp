// "Did you mean …": the nearest word, for every place that knows a list of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topology {

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, "" when none is near enough to be what was meant.
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// `did you mean "delay"?`, or "" when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// The same among numbered things: "h9" beside h1 and h2 is no slip of the keyboard, it is one more.
std::string did_you_mean_name(std::string_view word, std::vector<std::string> names);

// "a, b and c"; after `most` of them "and 12 more".
std::string join(const std::vector<std::string>& words, std::size_t most = 8);

}  // namespace topology
