// One word at a time: flags after "-", values after flags, else what the verb takes.
#include "cli/candidates.hpp"

#include "cli/embedded.hpp"
#include "cli/flags.hpp"
#include "cli/help_pages.hpp"
#include "cli/verbs.hpp"

#include <algorithm>

namespace cli {
namespace {

std::vector<std::string> values_of(const std::string& flag, const std::function<Names()>& names) {
    if (flag == "-L" || flag == "--lab") return names().labs;
    if (flag == "--recreate") return names().nodes;
    if (flag == "-o" || flag == "--output") return {"table", "wide", "json", "jsonl", "name"};
    if (flag == "--color") return {"auto", "always", "never"};
    if (flag == "-f" || flag == "--format") return {"svg", "dot", "mermaid", "ascii"};
    return {};
}

std::vector<std::string> strings(const std::vector<std::string_view>& views) {
    return {views.begin(), views.end()};
}

std::vector<std::string> argument(const Verb& verb, std::size_t place,
                                  const std::function<Names()>& names) {
    const auto with = [](std::vector<std::string> list, const std::vector<std::string>& more) {
        list.insert(list.end(), more.begin(), more.end());
        return list;
    };
    switch (verb.argument) {
        case Argument::none:
        case Argument::file:
            return {};
        case Argument::labs:
            return names().labs;
        case Argument::node:
            return place == 0 ? names().nodes : std::vector<std::string>{};
        case Argument::nodes:
            return with(names().nodes, {"all", "@host", "@router"});
        case Argument::node_command:
            return place == 0 ? with(names().nodes, {"all"}) : std::vector<std::string>{};
        case Argument::node_or_link: {
            const Names all = names();
            return with(all.nodes, all.links);
        }
        case Argument::link: {
            const Names all = names();
            return with(with(all.links, all.nodes), {"up", "down", "flap", "add", "rm"});
        }
        case Argument::impaired_link: {
            const Names all = names();
            return with(all.links, all.nodes);
        }
        case Argument::service: {
            const Names all = names();
            return with(all.nodes, all.services);
        }
        case Argument::templates:
            return place == 0 ? strings(embedded_names("templates")) : std::vector<std::string>{};
        case Argument::shells:
            return {"bash"};
        case Argument::topics:
            return with(verb_names(), help_topics());
    }
    return {};
}

}  // namespace

std::vector<std::string> candidates(const std::vector<std::string>& words,
                                    const std::function<Names()>& names) {
    const std::string cursor = words.empty() ? "" : words.back();
    const Verb* verb = nullptr;
    std::size_t place = 0;  // among the verb's own words
    std::string flag;       // whose value the cursor is
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const bool own_words =
            verb != nullptr && verb->argument == Argument::node_command && place > 0;
        if (own_words) return {};  // the rest of `exec` is another program's line
        if (words[i].rfind("-", 0) == 0 &&
            takes_value(verb == nullptr ? "" : verb->name, words[i])) {
            if (i + 2 == words.size()) flag = words[i];
            ++i;
        } else if (words[i].rfind("-", 0) == 0) {
            continue;
        } else if (verb == nullptr) {
            verb = find_verb(words[i]);
            if (verb == nullptr) return {};
        } else {
            ++place;
        }
    }
    std::vector<std::string> all;
    if (!flag.empty())
        all = values_of(flag, names);
    else if (cursor.rfind("-", 0) == 0)
        all = flags_of(verb == nullptr ? "" : verb->name);
    else if (verb == nullptr)
        for (const Verb& v : verbs()) all.emplace_back(v.name);
    else
        all = argument(*verb, place, names);
    std::erase_if(all, [&](const std::string& word) { return word.rfind(cursor, 0) != 0; });
    return all;
}

}  // namespace cli
