// Damerau–Levenshtein distance in its "optimal string alignment" form: a swapped pair of letters,
// the commonest slip of the keyboard, counts as one.
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

std::string without_digits(std::string_view text) {
    std::string result;
    for (const char c : text)
        if (c < '0' || c > '9') result += c;
    return result;
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    // Two slips in a long word, one in a short one: more is another word.
    constexpr std::size_t longest = 64;
    if (word.empty() || word.size() > longest) return "";
    const std::size_t most = word.size() <= 4 ? 1 : word.size() <= 8 ? 2 : 3;
    std::size_t best = most + 1;
    std::string_view found;
    for (const std::string_view candidate : candidates) {
        const std::size_t longer = std::max(candidate.size(), word.size());
        if (longer - std::min(candidate.size(), word.size()) > most) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best && distance < candidate.size()) {
            best = distance;
            found = candidate;
        }
    }
    if (!found.empty()) return std::string(found);
    const std::string lower = lower_case(word);
    return lower == word ? "" : nearest(lower, candidates);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    return nearest(word, std::vector<std::string_view>(candidates.begin(), candidates.end()));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
    const std::string found = nearest(word, candidates);
    return found.empty() ? "" : "did you mean \"" + found + "\"?";
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    return did_you_mean(word, std::vector<std::string_view>(candidates.begin(), candidates.end()));
}

std::string did_you_mean_name(std::string_view word, std::vector<std::string> names) {
    const std::string letters = without_digits(word);
    std::erase_if(names, [&](const std::string& name) { return without_digits(name) == letters; });
    return did_you_mean(word, names);
}

std::string join(const std::vector<std::string>& words, std::size_t most) {
    std::string result;
    const std::size_t shown = std::min(words.size(), most);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) result += i + 1 == words.size() ? " and " : ", ";
        result += words[i];
    }
    if (words.size() > shown) result += " and " + std::to_string(words.size() - shown) + " more";
    return result;
}

}  // namespace topology
