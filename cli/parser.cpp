// From words to a verb, and from a failure to sentences and an exit code. CLI11's own codes
// (100 … 127) would collide with those of commands in nodes: every parse error is 2 here.
#include "cli/parser.hpp"

#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/flags.hpp"
#include "cli/render.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "topology/suggest.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <functional>
#include <map>
#include <system_error>

namespace cli {
namespace {

Format parse_format(const std::string& text) {
    static const std::map<std::string, Format> known{
        {"table", Format::table}, {"wide", Format::wide}, {"json", Format::json},
        {"jsonl", Format::jsonl}, {"name", Format::name}, {"sarif", Format::sarif}};
    const auto found = known.find(text);
    if (found == known.end())
        throw Failure("usage", "no output format \"" + text + "\"",
                      "-o table, wide, json, jsonl or name");
    return found->second;
}

std::string from_environment(const std::string& typed, const char* variable) {
    const char* value = std::getenv(variable);
    return !typed.empty() || value == nullptr ? typed : std::string(value);
}

void settle(Line& line) {
    Globals& g = line.globals;
    const Typed& typed = line.typed;
    if (typed.color != "auto" && typed.color != "always" && typed.color != "never")
        throw Failure("usage", "no colour mode \"" + typed.color + "\"",
                      "--color auto, always or never");
    g.color_out = wants_color(typed.color, 1);
    g.color_err = wants_color(typed.color, 2);
    const std::string format = typed.wide ? "wide" : from_environment(typed.format, "LAB_OUTPUT");
    if (!format.empty()) g.format = parse_format(format);
    if (typed.json) g.format = Format::json;
    if (g.quiet && typed.format.empty() && !typed.json) g.format = Format::name;
    g.lab = from_environment(g.lab, "LAB_NAME");
    g.socket = from_environment(g.socket, "LAB_SOCKET");
    for (const std::string& word : typed.set) {
        const std::size_t equals = word.find('=');
        if (equals == word.npos || equals == 0)
            throw Failure("usage", "--set " + word + " is not K=V", "--set leaves=4");
        for (FileOptions* o : std::initializer_list<FileOptions*>{&line.up, &line.show, &line.graph,
                                                                  &line.validate, &line.test})
            o->set[word.substr(0, equals)] = word.substr(equals + 1);
    }
}

// The sentence for words that nothing accepts.
Failure unknown_words(const CLI::App& app) {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    const CLI::App& at = chosen.empty() ? app : *chosen.front();
    // What stands before the verb is left over at the top.
    const std::vector<std::string> left = at.remaining().empty() ? app.remaining() : at.remaining();
    const std::string word = left.empty() ? "" : left.front();
    const std::string verb = chosen.empty() ? "" : " " + at.get_name();
    if (word.size() > 1 && word.front() == '-') {
        const std::string flag = word.substr(0, word.find('='));
        std::string hint = topology::did_you_mean(flag, flag_names(at));
        if (hint.empty())
            hint = "lab" + (verb.empty() ? " --help" : " help" + verb) + " lists them";
        return {"usage", "`lab" + verb + "` has no flag " + flag, hint};
    }
    if (!chosen.empty() && !at.remaining().empty())
        return {"usage", "`lab" + verb + "` does not take \"" + word + "\"",
                "lab help" + verb + " shows what it takes"};
    if (word.find(".toml") != word.npos)
        return {"usage", "\"" + word + "\" is no verb", "lab up " + word};
    std::string hint = topology::did_you_mean(word, verb_names());
    return {"usage", "no verb \"" + word + "\"", hint.empty() ? "lab --help lists them" : hint};
}

// "NODE is missing: lab shell NODE". CLI11 knows no name of words that stand by themselves.
std::string missing_word(const CLI::App& verb) {
    for (const CLI::Option* option : verb.get_options())
        if (option->get_required() && option->count() == 0)
            return option->get_single_name() + " is missing: lab " + verb.get_name() + " " +
                   option->get_single_name();
    return "a word is missing";
}

std::string sentence(const CLI::ParseError& error, const CLI::App& verb,
                     const std::string& last_word) {
    const std::string said = error.what();  // "--lab: 1 required TEXT missing"
    if (error.get_name() == "RequiredError" && said.front() == ' ') return missing_word(verb);
    if (error.get_name() == "ConversionError")
        return "a flag was given a value that it cannot take" +
               (said.empty() ? "" : " (" + said + ")");
    if (error.get_name() == "ArgumentMismatch")
        // Flags that every verb has are hidden in those of a verb, and hidden ones have no name.
        return (said.front() == ':' ? last_word : said.substr(0, said.find(':'))) +
               " needs a value";
    return said;
}

bool asks_for_json(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        const std::string& w = words[i];
        if (w == "--json" || w == "-ojson" || w == "--output=json") return true;
        if ((w == "-o" || w == "--output") && i + 1 < words.size() && words[i + 1] == "json")
            return true;
    }
    return false;
}

int dispatch(const std::vector<std::string>& words, Line& line) {
    CLI::App app("lab");
    std::function<int()> chosen;
    build(app, line, words, chosen);
    try {
        std::vector<std::string> reversed;  // as CLI11 wants them
        for (auto word = words.rbegin(); word != words.rend(); ++word)
            reversed.push_back(shielded(*word));
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        const std::vector<CLI::App*> subs = app.get_subcommands();
        if (subs.empty() && !app.remaining().empty()) throw unknown_words(app);
        return help(line.globals, subs.empty() ? "" : subs.front()->get_name());
    } catch (const CLI::ExtrasError&) {
        throw unknown_words(app);
    } catch (const CLI::ParseError& error) {
        const std::vector<CLI::App*> subs = app.get_subcommands();
        const CLI::App& verb = subs.empty() ? app : *subs.front();
        // A flag that is none may stand where the missing word was meant.
        if (error.get_name() == "RequiredError" && !verb.remaining().empty())
            throw unknown_words(app);
        throw Failure("usage", sentence(error, verb, words.empty() ? "" : words.back()),
                      subs.empty() ? "lab --help" : "lab help " + subs.front()->get_name());
    }
    settle(line);
    const std::vector<CLI::App*> subs = app.get_subcommands();
    if (line.globals.format == Format::sarif &&
        (subs.empty() || subs.front()->get_name() != "validate"))
        throw Failure("usage", "-o sarif is for mistakes in files", "lab validate -o sarif FILE");
    if (line.typed.version) return version(line.globals);
    return chosen ? chosen() : help(line.globals, "");
}

int report(const Failure& failure, const std::vector<std::string>& words, const Globals& globals) {
    if (globals.json() || asks_for_json(words))
        print(render_json(failure));
    else
        print_error(render(failure, globals.color_err));
    return failure.exit;
}

}  // namespace

int run(const std::vector<std::string>& words) {
    // The part of completion that scripts call; its words are not ours to parse.
    Line line;
    int code = exit_code::infrastructure;
    try {
        if (!words.empty() && words.front() == "__complete") {
            settle(line);
            return complete(line.globals, {words.begin() + 1, words.end()});
        }
        code = dispatch(words, line);
    } catch (const Failure& failure) {
        code = report(failure, words, line.globals);
    } catch (const std::system_error& error) {
        code = report(Failure("internal", error.what()), words, line.globals);
    }
    if (!finish_output() && code == exit_code::ok) {
        print_error("lab: the output could not be written\n");
        return exit_code::infrastructure;
    }
    return code;
}

}  // namespace cli
