// Ranges, globs, kinds and lists, resolved against a list of names.
#include "cli/nodes.hpp"

#include "cli/error.hpp"
#include "cli/render.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>

namespace cli {
namespace {

constexpr std::size_t range_limit = 10'000;

// Splits at commas that stand outside brackets.
std::vector<std::string> split_list(std::string_view words) {
    std::vector<std::string> out(1);
    int depth = 0;
    for (const char c : words) {
        if (c == '[') ++depth;
        if (c == ']') --depth;
        if (c == ',' && depth == 0)
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

std::optional<long> digits(std::string_view text) {
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

// One item between commas of a range: "x", "7", "1-3", "01-12".
void add_items(std::string_view item, std::vector<std::string>& out) {
    const std::size_t dash = item.find('-');
    const std::string_view low = item.substr(0, dash);
    const auto first = digits(low);
    const auto last = dash == item.npos ? first : digits(item.substr(dash + 1));
    if (dash == 1 && item.size() == 3 && (!first || !last))
        throw Failure("usage", "\"" + std::string(item) + "\" is no range: ranges are of numbers",
                      "h[1-3], and letters one by one: h[a,b,c]");
    if (dash == item.npos || !first || !last) {
        out.emplace_back(item);
        return;
    }
    if (*last - *first + 1 < 0 || *last - *first >= static_cast<long>(range_limit))
        throw Failure("usage", "the range [" + std::string(item) + "] counts backwards or too far",
                      "[1-3] counts up; [1-0] means none");
    const bool padded = low.size() > 1 && low.front() == '0';
    for (long i = *first; i <= *last; ++i) {
        std::string text = std::to_string(i);
        if (padded && text.size() < low.size()) text.insert(0, low.size() - text.size(), '0');
        out.push_back(std::move(text));
    }
}

// `*` any run of characters, `[*]` a run of digits.
bool matches(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern.rfind("[*]", 0) == 0) {
        std::size_t n = 0;
        while (n < name.size() && name[n] >= '0' && name[n] <= '9') ++n;
        for (; n > 0; --n)
            if (matches(pattern.substr(3), name.substr(n))) return true;
        return false;
    }
    if (pattern.front() == '*') {
        for (std::size_t n = 0; n <= name.size(); ++n)
            if (matches(pattern.substr(1), name.substr(n))) return true;
        return false;
    }
    return !name.empty() && pattern.front() == name.front() &&
           matches(pattern.substr(1), name.substr(1));
}

[[noreturn]] void throw_unknown(const std::vector<KnownNode>& known, const std::string& word,
                                const std::vector<std::string>& missing) {
    std::vector<std::string> names;
    for (const KnownNode& n : known) names.push_back(n.name);
    if (missing.size() == 1 && missing.front() == word) {
        const std::string near = topology::nearest(word, names);
        std::vector<std::string> some(
            names.begin(),
            names.begin() + static_cast<long>(std::min<std::size_t>(names.size(), 12)));
        if (some.size() < names.size()) some.emplace_back("…");
        throw Failure(
            "no_such_node", "no node \"" + word + "\" in this lab",
            near.empty() ? "nodes: " + join(some, " ") : "did you mean \"" + near + "\"?");
    }
    throw Failure("no_such_node",
                  "\"" + word + "\" names " + join(missing, ", ") + ", which " +
                      (missing.size() == 1 ? "does" : "do") + " not exist",
                  "[*] takes those that do");
}

// The names that one word means; an empty answer is the caller's to refuse.
std::set<std::string> meant(const std::vector<KnownNode>& known, const std::string& word) {
    std::set<std::string> out;
    if (word == "all") {
        for (const KnownNode& n : known) out.insert(n.name);
    } else if (word.front() == '@') {
        const std::string kind = word.substr(1);
        for (const KnownNode& n : known)
            if (std::find(n.kinds.begin(), n.kinds.end(), kind) != n.kinds.end())
                out.insert(n.name);
    } else {
        std::vector<std::string> missing;
        for (const std::string& item : expand_range(word)) {
            const bool pattern = item.find('*') != item.npos;
            bool found = false;
            for (const KnownNode& n : known)
                if (pattern ? matches(item, n.name) : item == n.name)
                    out.insert(n.name), found = true;
            if (!found && !pattern) missing.push_back(item);
        }
        if (!missing.empty()) throw_unknown(known, word, missing);
    }
    return out;
}

}  // namespace

bool is_set(std::string_view words) {
    return words == "all" || words.find_first_of("[]*,@") != words.npos;
}

std::vector<std::string> expand_range(std::string_view word) {
    std::size_t open = word.find('[');
    if (open != word.npos && word.substr(open, 3) == "[*]") open = word.find('[', open + 3);
    if (open == word.npos) return {std::string(word)};
    const std::size_t close = word.find(']', open);
    if (close == word.npos)
        throw Failure("usage", "\"" + std::string(word) + "\" has no closing \"]\"");
    std::vector<std::string> items;
    for (const std::string& item : split_list(word.substr(open + 1, close - open - 1)))
        add_items(item, items);
    std::vector<std::string> out;
    const std::string head(word.substr(0, open));
    for (const std::string& tail : expand_range(word.substr(close + 1)))
        for (const std::string& item : items) out.push_back(head + item + tail);
    // The last range varies fastest.
    if (items.size() > 1 && out.size() > items.size()) {
        std::vector<std::string> ordered;
        const std::size_t tails = out.size() / items.size();
        for (std::size_t i = 0; i < items.size(); ++i)
            for (std::size_t t = 0; t < tails; ++t) ordered.push_back(out[t * items.size() + i]);
        out = std::move(ordered);
    }
    if (out.size() > range_limit)
        throw Failure("usage", "\"" + std::string(word) + "\" names more than 10,000 nodes");
    return out;
}

std::vector<std::string> select_nodes(const std::vector<KnownNode>& known, std::string_view words) {
    std::set<std::string> chosen;
    for (const std::string& word : split_list(words)) {
        if (word.empty())
            throw Failure("usage", "a node's name is missing in \"" + std::string(words) + "\"");
        const std::set<std::string> some = meant(known, word);
        if (some.empty()) throw Failure("no_such_node", "\"" + word + "\" matches no node");
        chosen.insert(some.begin(), some.end());
    }
    std::vector<std::string> out;
    for (const KnownNode& n : known)
        if (chosen.count(n.name) > 0) out.push_back(n.name);
    return out;
}

}  // namespace cli
