// The flags that every verb has, and what help and completion ask about the others.
#include "cli/flags.hpp"

#include "cli/error.hpp"
#include "cli/flag_kinds.hpp"
#include "cli/setups.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <map>

namespace cli {
namespace {

void add_globals(CLI::App& app, Line& line) {
    valued(app, "-L,--lab", line.globals.lab,
           "the lab (else LAB_NAME, this folder's, the only one)");
    valued(app, "-S,--socket", line.globals.socket, "labd's socket (else LAB_SOCKET)");
    valued(app, "-o,--output", line.typed.format, "table, wide, json, jsonl or name");
    flag(app, "--json", line.typed.json, "same as -o json");
    app.add_flag("-q,--quiet", line.globals.quiet, "names only; no progress");
    flag(app, "-v,--verbose", line.globals.verbose, "say more");
    valued(app, "--color", line.typed.color, "auto, always or never");
    flag(app, "--no-start", line.globals.no_start, "do not start labd when it does not answer");
}

const Setups& setups() {
    static const Setups table = [] {
        Setups all;
        setups_build(all);
        setups_look(all);
        setups_act(all);
        setups_test(all);
        setups_tools(all);
        return all;
    }();
    return table;
}

}  // namespace

void build(CLI::App& app, Line& line, const std::vector<std::string>& words,
           std::function<int()>& chosen) {
    app.set_help_flag("-h,--help", "this page");
    add_globals(app, line);
    flag(app, "--version", line.typed.version, "versions of lab and labd");
    app.require_subcommand(0, 1);
    for (const Verb& verb : verbs()) {
        // To make the flags of every verb takes as long as everything else that a short command
        // does.
        if (std::none_of(words.begin(), words.end(), [&](const std::string& word) {
                return word == verb.name || (*verb.alias != '\0' && word == verb.alias);
            }))
            continue;
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        if (*verb.alias != '\0') sub->alias(verb.alias);
        std::function<int()> run_it = setups().at(verb.name)(*sub, line);
        const std::size_t own = sub->get_options().size();
        // On every verb, too, and not by CLI11's fallthrough: that would take a node called "up"
        // for the verb.
        add_globals(*sub, line);
        const std::vector<CLI::Option*> options = sub->get_options();
        for (std::size_t i = own; i < options.size(); ++i) options[i]->group("");
        sub->final_callback([&chosen, run_it] { chosen = run_it; });
    }
}

std::vector<std::string> flag_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
}

std::vector<std::string> flags_of(const std::string& verb) {
    CLI::App app("lab");
    Line line;
    std::function<int()> chosen;
    build(app, line, {verb}, chosen);
    return flag_names(verb.empty() ? app : *app.get_subcommand(verb));
}

bool takes_value(const std::string& verb, const std::string& flag) {
    CLI::App app("lab");
    Line line;
    std::function<int()> chosen;
    build(app, line, {verb}, chosen);
    const CLI::App& at = verb.empty() ? app : *app.get_subcommand(verb);
    const CLI::Option* option = at.get_option_no_throw(flag);
    return option != nullptr && option->get_items_expected_max() > 0;
}

std::string flags_page(const std::string& verb) {
    CLI::App app("lab");
    Line line;
    std::function<int()> chosen;
    build(app, line, {verb}, chosen);
    std::vector<std::pair<std::string, std::string>> rows;
    std::size_t widest = 0;
    const CLI::App& at = verb.empty() ? app : *app.get_subcommand(verb);
    for (const CLI::Option* option : at.get_options()) {
        if (option->get_group().empty() || option->get_positional()) continue;
        rows.emplace_back(option->get_name(false, true), option->get_description());
        widest = std::max(widest, rows.back().first.size());
    }
    std::string out;
    for (const auto& [name, text] : rows)
        out += "  " + name + std::string(widest - name.size() + 2, ' ') + text + "\n";
    return out;
}

double parse_seconds(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    static const std::map<std::string_view, double> units{
        {"", 1}, {"s", 1}, {"ms", 0.001}, {"m", 60}, {"h", 3600}};
    const auto known = units.find(unit);
    if (error != std::errc() || known == units.end() || value <= 0 || value > 1e6)
        throw Failure("usage", "\"" + text + "\" is no time", "30s, 500ms or 2m");
    return value * known->second;
}

}  // namespace cli
