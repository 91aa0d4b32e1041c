// Verbs that act on nodes.
#include "cli/capture.hpp"
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/flag_kinds.hpp"
#include "cli/impair.hpp"
#include "cli/setups.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <string_view>

namespace cli {
namespace {

Setup setup_life(const char* what) {
    return [what](CLI::App& app, Line& line) -> std::function<int()> {
        words_of(app, line.words);
        return [&line, what] { return life(line.globals, what, line.words); };
    };
}

std::function<int()> setup_exec(CLI::App& app, Line& line) {
    ExecOptions& o = line.exec;
    flag(app, "-t,--tty", o.tty, "a terminal (by itself when both ends are terminals)");
    flag(app, "-T,--no-tty", o.no_tty, "no terminal");
    flag(app, "-n", o.no_stdin, "the command reads end of file");
    ignored(app, "-i");  // for hands used to docker: stdin is always there
    valued(app, "-u,--user", o.user, "USER in the node");
    valued(app, "-w,--workdir", o.dir, "DIR in the node");
    repeated(app, "-e,--env", o.env, "K=V: a variable of the command");
    valued(app, "--timeout", line.typed.timeout, "TIME: end it then, exit 124");
    valued(app, "--parallel", o.parallel, "N: so many nodes at a time (64)");
    words_of(app, o.words);
    // From NODE on everything is the command's: `exec -t r1 -- ls -t`.
    all_words_from_the_first(app);
    return [&line] {
        if (line.exec.words.empty())
            throw Failure("usage", "in which node?", "lab exec NODE -- COMMAND");
        if (!line.typed.timeout.empty()) line.exec.timeout = parse_seconds(line.typed.timeout);
        return exec(line.globals, line.exec);
    };
}

// "10MB", "512k", "1G": decimal, as sizes of files are.
std::uint64_t parse_size(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    std::string unit(end, text.data() + text.size());
    if (unit.ends_with('B')) unit.pop_back();
    static const std::map<std::string_view, double> units{
        {"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}};
    const auto known = units.find(unit);
    constexpr double least = 1e5;  // two halves with a header each, and a few packets
    if (error != std::errc() || known == units.end() || !(value * known->second >= least) ||
        value * known->second > 1e15)
        throw Failure("usage", "\"" + text + "\" is no size", "10MB, 1G; 100k at least");
    return static_cast<std::uint64_t>(value * known->second);
}

std::function<int()> setup_capture(CLI::App& app, Line& line) {
    // Its own: nobody else asks for them.
    const auto kept = std::make_shared<CaptureOptions>();
    CaptureOptions& o = *kept;
    valued(app, "-w,--write", o.file, "FILE for pcapng, - for stdout; without it lines (tcpdump)");
    valued(app, "-f,--filter", o.filter, "FILTER as tcpdump has it; or as the last words");
    counted(app, "-c,--count", o.count, "N packets, then end", 1U, 4'000'000'000U);
    counted(app, "-s,--snaplen", o.snaplen, "BYTES of each packet (all)", 1U, 262144U);
    valued(app, "--ring", o.ring, "SIZE: keep only the newest packets, so much of them");
    flag(app, "--wireshark", o.wireshark, "into Wireshark's window, as they come");
    words_of(app, o.words);
    return [kept, &line] {
        CaptureOptions& typed = *kept;
        if (!typed.ring.empty()) typed.ring_bytes = parse_size(typed.ring);
        if (typed.ring_bytes > 0 && (typed.file.empty() || typed.file == "-" || typed.wireshark))
            throw Failure("usage", "--ring needs -w FILE", "lab capture r1 -w FILE --ring 10MB");
        if (typed.wireshark && !typed.file.empty())
            throw Failure("usage", "--wireshark and -w are two different things",
                          "tee(1) makes two of one: -w -");
        return capture(line.globals, typed);
    };
}

std::function<int()> setup_link(CLI::App& app, Line& line) {
    valued(app, "--for", line.link.for_text, "TIME: then it goes back by itself (a flap: 1s)");
    flag(app, "--between", line.link.between, "every link between two sets of nodes: a partition");
    words_of(app, line.link.words);
    return [&line] {
        if (!line.link.for_text.empty()) line.link.seconds = parse_seconds(line.link.for_text);
        return link(line.globals, line.link);
    };
}

std::function<int()> setup_impair(CLI::App& app, Line& line) {
    const auto kept = std::make_shared<ImpairOptions>();
    for (const ImpairFlag& one : impair_flags())
        valued(app, (std::string("--") + one.key).c_str(), kept->settings[one.key], one.help);
    valued(app, "--dir", kept->direction, "A→B (or A:B): only what A sends to B; both without it");
    valued(app, "--for", kept->for_text, "TIME: then it goes back by itself");
    flag(app, "--clear", kept->clear, "away with everything, then what is said here");
    flag(app, "--show", kept->show, "only show what is there");
    words_of(app, kept->words);
    return [kept, &line] {
        std::erase_if(kept->settings, [](const auto& setting) { return setting.second.empty(); });
        if (!kept->for_text.empty()) kept->seconds = parse_seconds(kept->for_text);
        return impair(line.globals, *kept);
    };
}

std::function<int()> setup_ping(CLI::App& app, Line& line) {
    word_of(app, "from", line.ping.from);
    word_of(app, "to", line.ping.to);
    counted(app, "-c,--count", line.ping.count, "N echo requests for each pair (1)", 1U, 1000U);
    flag(app, "-4", line.ping.ipv4, "IPv4 only");
    flag(app, "-6", line.ping.ipv6, "IPv6 only");
    valued(app, "--parallel", line.ping.parallel, "N pairs at a time (64)");
    return [&line] { return ping(line.globals, line.ping); };
}

}  // namespace

void setups_act(Setups& setups) {
    setups.insert({
        {"stop", setup_life("stop")},
        {"start", setup_life("start")},
        {"restart", setup_life("restart")},
        {"pause", setup_life("pause")},
        {"resume", setup_life("resume")},
        {"link", setup_link},
        {"impair", setup_impair},
        {"capture", setup_capture},
        {"exec", setup_exec},
        {"shell",
         [](CLI::App& app, Line& line) {
             word_of(app, "NODE", line.word, true);
             return [&line] { return shell(line.globals, line.word); };
         }},
        {"vtysh",
         [](CLI::App& app, Line& line) {
             word_of(app, "ROUTER", line.vtysh.node, true);
             repeated(app, "-c", line.vtysh.commands, "COMMAND: run it and leave");
             return [&line] { return vtysh(line.globals, line.vtysh); };
         }},
        {"ping", setup_ping},
    });
}

}  // namespace cli
