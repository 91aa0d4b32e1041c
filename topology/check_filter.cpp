// A recursive descent over words: or < and < not < word.
#include "topology/check_filter.hpp"

#include <algorithm>
#include <cctype>

namespace topology {
namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
    };
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '(' || c == ')') {
            end();
            if (c == '(' || c == ')') words.emplace_back(1, c);
        } else {
            word += c;
        }
    }
    end();
    return words;
}

class Expression {
  public:
    Expression(const std::vector<std::string>& words, std::string text)
        : words_(words), text_(std::move(text)) {}

    std::optional<bool> value() {
        const bool out = any();
        return ok_ && at_ == words_.size() ? std::optional(out) : std::nullopt;
    }

  private:
    bool next(const char* word) {
        if (at_ < words_.size() && lower(words_[at_]) == word) return ++at_, true;
        return false;
    }
    bool any() {
        bool out = all();
        while (next("or")) out = all() || out;
        return out;
    }
    bool all() {
        bool out = one();
        while (next("and")) out = one() && out;
        return out;
    }
    bool one() {
        if (++depth_ > 100) return ok_ = false;
        if (next("not")) return !one();
        if (next("(")) {
            const bool out = any();
            ok_ = ok_ && next(")");
            return out;
        }
        std::string phrase;
        for (; at_ < words_.size(); ++at_) {
            const std::string word = lower(words_[at_]);
            if (word == "and" || word == "or" || word == "not" || word == "(" || word == ")") break;
            phrase += (phrase.empty() ? "" : " ") + word;
        }
        ok_ = ok_ && !phrase.empty();
        return text_.find(phrase) != std::string::npos;
    }

    const std::vector<std::string>& words_;
    std::string text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool ok_ = true;
};

}  // namespace

std::optional<std::vector<std::size_t>> select(const std::vector<Check>& checks,
                                               const CheckFilter& filter) {
    const std::vector<std::string> words = words_of(filter.expression);
    // Also where there are no checks to try it on.
    if (!words.empty() && !Expression(words, "").value()) return std::nullopt;
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < checks.size(); ++i) {
        const Check& check = checks[i];
        std::string text = lower(check.name) + "\n" + check.key;
        for (const std::string& tag : check.tags) text += "\n" + lower(tag);
        const bool tagged =
            filter.tags.empty() ||
            std::any_of(check.tags.begin(), check.tags.end(), [&](const std::string& tag) {
                return std::find(filter.tags.begin(), filter.tags.end(), tag) != filter.tags.end();
            });
        if (tagged && (words.empty() || *Expression(words, text).value())) out.push_back(i);
    }
    return out;
}

}  // namespace topology
