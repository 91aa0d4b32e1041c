// Verbs that look.
#include "cli/commands.hpp"
#include "cli/flag_kinds.hpp"
#include "cli/setups.hpp"

namespace cli {
namespace {

std::function<int()> setup_logs(CLI::App& app, Line& line) {
    word_of(app, "where", line.logs.where);
    flag(app, "-f,--follow", line.logs.follow, "go on as more is said");
    valued(app, "-n,--lines", line.logs.lines, "N: the last N lines");
    return [&line] { return logs(line.globals, line.logs); };
}

std::function<int()> setup_events(CLI::App& app, Line& line) {
    flag(app, "-f,--follow", line.events.follow, "go on as more happens");
    flag(app, "--initial-state", line.events.initial, "begin with how everything is now");
    valued(app, "--since-seq", line.events.since_seq, "N: what came after number N");
    valued(app, "--type", line.events.type,
           "TYPE: only lab, node, link, address, route, service, exec or drift");
    return [&line] { return events(line.globals, line.events); };
}

std::function<int()> setup_audit(CLI::App& app, Line& line) {
    valued(app, "--node", line.audit.node, "NODE: what was done in it");
    valued(app, "--who", line.audit.who, "USER: what they did");
    valued(app, "--verb", line.audit.verb, "up, down, exec, node, connect, adopt, labd, …");
    valued(app, "--since", line.audit.since, "TIME: 5m, 2h, or 2026-01-31T12:00 (UTC)");
    valued(app, "-n,--lines", line.audit.lines, "N: the last N records");
    flag(app, "--verify", line.audit.verify, "is the log as it was written? exit 1 if not");
    return [&line] { return audit(line.globals, line.audit); };
}

std::function<int()> setup_ns(CLI::App& app, Line& line) {
    words_of(app, line.ns.nodes);
    flag(app, "--tree", line.ns.tree, "user namespaces below one another, with what they own");
    CLI::App& enter = subverb(app, "enter", "a command where `ip netns` finds the nodes");
    words_of(enter, line.ns.nodes);
    all_words_from_the_first(enter);
    return [&line, &enter] {
        return was_typed(enter) ? ns_enter(line.globals, line.ns.nodes) : ns(line.globals, line.ns);
    };
}

}  // namespace

void setups_look(Setups& setups) {
    setups.insert({
        {"ls", [](CLI::App&, Line& line) { return [&line] { return ls(line.globals); }; }},
        {"status",
         [](CLI::App& app, Line& line) {
             words_of(app, line.status.nodes);
             flag(app, "--wide", line.typed.wide, "same as -o wide");
             flag(app, "--watch", line.status.watch, "stay, and show it anew as things happen");
             return [&line] { return status(line.globals, line.status); };
         }},
        {"links",
         [](CLI::App& app, Line& line) {
             word_of(app, "node", line.word);
             return [&line] { return links(line.globals, line.word); };
         }},
        {"inspect",
         [](CLI::App& app, Line& line) {
             word_of(app, "what", line.inspect.what);
             valued(app, "-f,--pointer", line.inspect.pointer,
                    "POINTER: only this part (RFC 6901)");
             return [&line] { return inspect(line.globals, line.inspect); };
         }},
        {"logs", setup_logs},
        {"ns", setup_ns},
        {"audit", setup_audit},
        {"events", setup_events},
    });
}

}  // namespace cli
