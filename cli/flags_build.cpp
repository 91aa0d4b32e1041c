// Verbs that build: files in, labs out.
#include "cli/commands.hpp"
#include "cli/flag_kinds.hpp"
#include "cli/setups.hpp"

namespace cli {
namespace {

void add_file(CLI::App& app, FileOptions& options, Line& line) {
    word_of(app, "file", options.file);
    valued(app, "--name", options.name, "call the lab so, whatever the file says");
    repeated(app, "--set", line.typed.set, "K=V: give a variable of [vars] another value");
}

std::function<int()> setup_up(CLI::App& app, Line& line) {
    add_file(app, line.up, line);
    flag(app, "--wait", line.typed.wait, "[=TIME] also wait for routing, 60s unless said");
    flag(app, "--dry-run", line.up.dry_run, "show what would change");
    repeated(app, "--recreate", line.up.recreate, "NODE: make it anew");
    flag(app, "--keep-on-failure", line.up.keep_on_failure, "leave what was built, to look at");
    flag(app, "--renumber", line.up.renumber, "names and addresses as a fresh lab gets them");
    flag(app, "--autostart", line.up.autostart, "it comes back after a boot, until it is down");
    flag(app, "--repair", line.up.repair, "no file: put right what was changed by hand");
    flag(app, "--adopt", line.up.adopt, "print the file that would wish what was changed by hand");
    return [&line] {
        line.up.wait = !line.typed.wait.empty();
        if (line.up.wait && line.typed.wait != "true")
            line.up.wait_seconds = parse_seconds(line.typed.wait);
        return up(line.globals, line.up);
    };
}

std::function<int()> setup_plan(CLI::App& app, Line& line) {
    add_file(app, line.up, line);
    repeated(app, "--recreate", line.up.recreate, "NODE: as if it were made anew");
    flag(app, "--renumber", line.up.renumber, "with names and addresses of a fresh lab");
    flag(app, "--exit-code", line.up.exit_code, "exit 2 when something would change");
    return [&line] { return plan(line.globals, line.up); };
}

std::function<int()> setup_down(CLI::App& app, Line& line) {
    words_of(app, line.down.names);
    flag(app, "--all", line.down.all, "every lab");
    valued(app, "--timeout", line.typed.timeout, "TIME: how long to wait");
    return [&line] {
        if (!line.typed.timeout.empty()) line.down.timeout = parse_seconds(line.typed.timeout);
        return down(line.globals, line.down);
    };
}

std::function<int()> setup_show(CLI::App& app, Line& line) {
    add_file(app, line.show, line);
    flag(app, "--resolved", line.show.resolved, "every address, route and name written out");
    flag(app, "--configs", line.show.configs, "the files made for the daemons");
    return [&line] { return show(line.globals, line.show); };
}

std::function<int()> setup_graph(CLI::App& app, Line& line) {
    add_file(app, line.graph, line);
    valued(app, "-f,--format", line.graph.format, "svg, dot, mermaid or ascii");
    return [&line] { return graph(line.globals, line.graph); };
}

std::function<int()> setup_validate(CLI::App& app, Line& line) {
    words_of(app, line.words);
    valued(app, "--name", line.validate.name, "call the lab so, whatever the file says");
    repeated(app, "--set", line.typed.set, "K=V: give a variable of [vars] another value");
    return [&line] { return validate(line.globals, line.words, line.validate); };
}

std::function<int()> setup_init(CLI::App& app, Line& line) {
    word_of(app, "template", line.init.what);
    word_of(app, "target", line.init.file);
    flag(app, "--list", line.init.list, "the templates there are");
    flag(app, "--force", line.init.force, "overwrite");
    return [&line] { return init(line.globals, line.init); };
}

}  // namespace

void setups_build(Setups& setups) {
    setups.insert({
        {"init", setup_init},
        {"up", setup_up},
        {"plan", setup_plan},
        {"down", setup_down},
        {"validate", setup_validate},
        {"show", setup_show},
        {"graph", setup_graph},
    });
}

}  // namespace cli
