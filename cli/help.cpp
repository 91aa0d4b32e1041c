// `lab help`: the front page, a page for each verb, and pages on topics.
#include "cli/commands.hpp"
#include "cli/embedded.hpp"
#include "cli/error.hpp"
#include "cli/flags.hpp"
#include "cli/help_pages.hpp"
#include "cli/render.hpp"
#include "cli/verbs.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <cctype>

namespace cli {
namespace {

std::string padded(std::string_view text, std::size_t columns) {
    std::string out(text);
    const std::size_t w = width(out);
    out.append(w < columns ? columns - w : 1, ' ');
    return out;
}

}  // namespace

std::string front_page(const Style& style) {
    std::string out = "lab " + style.dim("[FLAGS]") +
                      " VERB …   networks of Linux namespaces from a ten-line TOML file\n";
    std::string_view group;
    for (std::size_t i = 0; i < verbs().size();) {
        const Verb& verb = verbs()[i];
        const bool first = group != verb.group;
        group = verb.group;
        std::string names = verb.name;
        for (++i; i < verbs().size() && verbs()[i].beside; ++i)
            names += std::string(" ") + verbs()[i].name;
        out += style.bold(padded(first ? verb.group : "", 7)) + padded(names, 20) +
               (*verb.row != '\0' ? verb.row : verb.summary) + "\n";
    }
    out += "Start here: lab init && lab up && lab ping; then lab help topology, lab help flags\n";
    return out;
}

std::string verb_page(const Verb& verb, const Style& style) {
    std::string out = "Usage: " + style.bold("lab " + std::string(verb.name));
    if (*verb.synopsis != '\0') out += std::string(" ") + verb.synopsis;
    out += "\n" + std::string(verb.summary) + "\n";
    if (*verb.alias != '\0') out += "Also: lab " + std::string(verb.alias) + "\n";
    const std::string flags = flags_page(verb.name);
    if (!flags.empty()) out += "\n" + style.bold("Flags") + "\n" + flags;
    out += "\n" + style.bold("Examples") + "\n";
    std::string_view rest(verb.examples);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        out += "  " + std::string(rest.substr(0, end)) + "\n";
        rest.remove_prefix(end + 1);
    }
    return out + "\nFlags of every verb: lab help flags\n";
}

namespace {

bool of_a_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

// As a word of its own, in any case.
bool mentions(std::string_view text, std::string_view word) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    for (auto at = text.begin();; ++at) {
        at = std::search(at, text.end(), word.begin(), word.end(), same);
        if (at == text.end()) return false;
        const auto end = at + static_cast<std::ptrdiff_t>(word.size());
        if ((at == text.begin() || !of_a_word(*(at - 1))) &&
            (end == text.end() || !of_a_word(*end)))
            return true;
    }
}

// The paragraphs of all pages that speak of a word which has no page of its own.
std::string told_elsewhere(const std::string& word, const Style& style) {
    std::string out;
    for (const std::string_view name : embedded_names("pages")) {
        std::string_view rest = embedded("pages/" + std::string(name) + ".txt");
        std::string found;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find("\n\n"), rest.size());
            const std::string_view paragraph = rest.substr(0, end);
            if (mentions(paragraph, word)) found += "\n" + std::string(paragraph) + "\n";
            rest.remove_prefix(std::min(end + 2, rest.size()));
        }
        if (found.empty()) continue;
        while (found.ends_with("\n\n")) found.pop_back();
        out += (out.empty() ? "" : "\n") +
               style.bold("\"" + word + "\" in `lab help " + std::string(name) + "`") + "\n" +
               found;
    }
    return out;
}

}  // namespace

std::vector<std::string> help_topics() {
    std::vector<std::string> topics{"flags"};
    for (const std::string_view name : embedded_names("pages")) topics.emplace_back(name);
    return topics;
}

int help(const Globals& globals, const std::string& topic) {
    const Style style{globals.color_out};
    if (topic.empty()) {
        print(front_page(style));
        return exit_code::ok;
    }
    if (topic == "flags") {
        print(style.bold("Flags of every verb") + "\n" + flags_page(""));
        return exit_code::ok;
    }
    if (const Verb* verb = find_verb(topic)) {
        print(verb_page(*verb, style));
        return exit_code::ok;
    }
    const std::string_view page = embedded("pages/" + topic + ".txt");
    if (page.empty()) {
        if (const std::string found = told_elsewhere(topic, style); !found.empty()) {
            print(found);
            return exit_code::ok;
        }
        std::vector<std::string> known = verb_names();
        for (std::string& t : help_topics()) known.push_back(std::move(t));
        const std::string near = topology::did_you_mean(topic, known);
        throw Failure("usage", "there is no help on \"" + topic + "\"",
                      near.empty() ? "topics: " + join(help_topics(), ", ") : near);
    }
    print(page);
    return exit_code::ok;
}

}  // namespace cli
