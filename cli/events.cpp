// `lab events`: what happens in labs, a line each.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/json_field.hpp"
#include "cli/render.hpp"
#include "cli/wire.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>

namespace cli {
namespace {

namespace json = boost::json;

// "2026-01-02T03:04:05.678901234Z" → "03:04:05.678"
std::string clock_of(const std::string& time) {
    constexpr std::size_t begin = 11, length = 12;
    return time.size() > begin + length ? time.substr(begin, length) : time;
}

// "12:00:01.123 link  t  h1  change  interface=eth0 mtu=9000"
std::string line_of(const json::object& event, const Style& style) {
    const std::string type = text(event, "type");
    std::string out = style.dim(clock_of(text(event, "time"))) + " " + type +
                      std::string(type.size() < 8 ? 8 - type.size() : 1, ' ');
    for (const char* key : {"lab", "node", "action"})
        if (const std::string word = text(event, key); !word.empty()) out += word + "  ";
    std::string rest;
    for (const auto& [key, value] : event) {
        const std::string name(key);
        if (name == "seq" || name == "time" || name == "type" || name == "action" ||
            name == "lab" || name == "node" || name == "api")
            continue;
        rest += (rest.empty() ? "" : " ") + name + "=" +
                (value.is_string() ? std::string(value.get_string()) : json::serialize(value));
    }
    return out + rest + "\n";
}

std::string target(const Globals& globals, const EventsOptions& options) {
    std::string query;
    const auto add = [&](const std::string& word) { query += (query.empty() ? "?" : "&") + word; };
    if (!globals.lab.empty()) add("lab=" + encode(globals.lab));
    if (!options.type.empty()) add("type=" + encode(options.type));
    if (!options.since_seq.empty()) add("since=" + encode(options.since_seq));
    if (options.initial) add("initial");
    if (options.follow) add("follow");
    return "/v1/events" + query;
}

// Its events come when it does; a slip of the keyboard waits for ever.
void announce(const Client& client, const std::string& lab) {
    const Answer answer = client.request("GET", "/v1/labs");
    if (answer.status != 200) return;
    std::vector<std::string> names;
    for (const LabSummary& one : parse_labs(answer.body)) names.push_back(one.name);
    if (std::find(names.begin(), names.end(), lab) != names.end()) return;
    const std::string near = topology::did_you_mean(lab, names);
    print_error("notice: lab \"" + lab + "\" is not up" + (near.empty() ? "" : " (" + near + ")") +
                ": waiting for it\n");
}

}  // namespace

int events(const Globals& globals, const EventsOptions& options) {
    const Client client = connect(globals);
    const Style style{globals.color_out};
    const auto show = [&](std::string_view bytes) {
        if (globals.json()) {
            print(std::string(bytes) + "\n");
        } else {
            json::error_code error;
            const json::value event =
                json::parse(json::string_view(bytes.data(), bytes.size()), error);
            if (!error && event.is_object()) print(line_of(event.get_object(), style));
        }
        (void)std::fflush(stdout);
    };
    Answer answer;
    try {
        if (options.follow && !globals.lab.empty() && !globals.quiet) announce(client, globals.lab);
        answer = client.lines("GET", target(globals, options), "", show);
    } catch (const Interrupted&) {
        if (options.follow) return exit_code::ok;  // there is no other way to end it
        throw;
    }
    if (answer.status != 200) throw_failure(answer, "follow the events");
    return exit_code::ok;
}

}  // namespace cli
