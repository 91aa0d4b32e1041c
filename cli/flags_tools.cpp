// Tools beside the labs.
#include "cli/commands.hpp"
#include "cli/flag_kinds.hpp"
#include "cli/setups.hpp"

namespace cli {
namespace {

std::function<int()> setup_gc(CLI::App& app, Line& line) {
    flag(app, "--dry-run", line.dry_run, "only say what would go");
    return [&line] { return gc(line.globals, line.dry_run); };
}

}  // namespace

void setups_tools(Setups& setups) {
    setups.insert({
        {"doctor", [](CLI::App&, Line& line) { return [&line] { return doctor(line.globals); }; }},
        {"gc", setup_gc},
        {"completion",
         [](CLI::App& app, Line& line) {
             word_of(app, "shell", line.word);
             return [&line] { return completion(line.word); };
         }},
        {"version",
         [](CLI::App&, Line& line) { return [&line] { return version(line.globals); }; }},
        {"help",
         [](CLI::App& app, Line& line) {
             word_of(app, "topic", line.word);
             return [&line] { return help(line.globals, line.word); };
         }},
    });
}

}  // namespace cli
