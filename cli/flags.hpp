// What each verb accepts: its flags and words, and where they are kept. The verbs' own stand in
// flags_*.cpp, a file for each group of the front page.
#pragma once

#include "cli/options.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

// As typed; turned into Globals when parsing is over.
struct Typed {
    std::string format, color = "auto", wait;
    bool json = false, wide = false, version = false;
    std::vector<std::string> set;
    std::string timeout;
};

struct Line {
    Globals globals;
    Typed typed;
    UpOptions up;
    DownOptions down;
    ExecOptions exec;
    VtyshOptions vtysh;
    LogsOptions logs;
    StatusOptions status;
    PingOptions ping;
    CheckOptions check;
    TestOptions test;
    GradeOptions grade;
    WaitOptions wait;
    ShowOptions show;
    GraphOptions graph;
    InspectOptions inspect;
    AuditOptions audit;
    NsOptions ns;
    InitOptions init;
    LinkOptions link;
    EventsOptions events;
    bool dry_run = false;
    FileOptions validate;
    std::vector<std::string> words;
    std::string word;
};

// The verbs that stand among `words`, with their flags, bound to `line`; the one that was typed is
// put into `chosen`.
void build(CLI::App& app, Line& line, const std::vector<std::string>& words,
           std::function<int()>& chosen);

// A word as it has to be given to the parser, see flag_kinds.cpp.
std::string shielded(const std::string& word);

std::vector<std::string> flag_names(const CLI::App& app);  // --set, -e, …

// The same from outside: flags of a verb, or with "" those before it.
std::vector<std::string> flags_of(const std::string& verb);
bool takes_value(const std::string& verb, const std::string& flag);
std::string flags_page(const std::string& verb);  // "  -e,--env  what it does" lines

// "30s", "500ms", "2m", "1.5" (seconds). Throws Failure usage.
double parse_seconds(const std::string& text);

}  // namespace cli
