// `lab link`: links that go down and up while the lab runs on.
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/link_words.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

namespace cli {
namespace {

namespace json = boost::json;

constexpr const char* link_usage = "lab link LINK up|down|flap; add A B; rm LINK";

void tell(const std::string& body, const std::string& op, const LinkOptions& options) {
    json::error_code error;
    const json::value told = json::parse(body, error);
    if (error || !told.is_object()) throw Failure("internal", "labd's answer is not a JSON object");
    for (const json::value& link : told.at("links").as_array()) {
        const std::string name(link.at("name").as_string()), before(link.at("before").as_string()),
            after(link.at("after").as_string());
        std::string line = name + ": ";
        if (op == "flap")
            line += before + " → down → " + after;
        else if (before == after)
            line += after + " already";
        else
            line += before + " → " + after;
        if (op != "flap" && options.seconds > 0) line += ", for " + options.for_text;
        print(line + "\n");
    }
}

// "mtu=1400", "mac=…": numbers, true, false and lists as they are, all else as a text.
void put_key(json::object& keys, const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string value = word.substr(equals + 1);
    json::error_code error;
    json::value parsed = json::parse(value, error);
    if (error || parsed.is_object() || parsed.is_null()) parsed = json::string(value);
    keys[word.substr(0, equals)] = std::move(parsed);
}

int edited(const Globals& globals, const Answer& answer, const std::string& what, char sign) {
    if (answer.status != 200) throw_failure(answer, what);
    json::error_code error;
    const json::value told = json::parse(answer.body, error);
    if (error || !told.is_object()) throw Failure("internal", "labd's answer is not a JSON object");
    if (globals.json()) {
        print(answer.body + "\n");
        return exit_code::ok;
    }
    if (globals.quiet) return exit_code::ok;
    for (const json::value& action : told.at("actions").as_array())
        if (action.at("kind").as_string() == "link")
            print(std::string(1, sign) + " link " + std::string(action.at("name").as_string()) +
                  "\n");
    if (const json::value* toml = told.as_object().if_contains("toml"))
        print("until the next lab up; in the file it would be:\n" + std::string(toml->as_string()));
    else
        print("until the next lab up, which brings it back if the file has it\n");
    return exit_code::ok;
}

int add(const Globals& globals, const std::vector<std::string>& words) {
    json::array ends;
    json::object keys;
    for (const std::string& word : words)
        if (word.find('=') != std::string::npos)
            put_key(keys, word);
        else
            ends.emplace_back(word);
    if (ends.size() < 2)
        throw Failure("usage", "a link between what?",
                      "lab link add r1 r2, add r1:wan r2 mtu=1400");
    const Live live = live_lab(globals);
    const json::object body{{"api", 1}, {"endpoints", ends}, {"keys", keys}};
    return edited(globals,
                  live.client.request("POST", "/v1/labs/" + encode(live.name) + "/links/add",
                                      json::serialize(body)),
                  "add a link", '+');
}

int remove(const Globals& globals, const std::vector<std::string>& words) {
    const Live live = live_lab(globals);
    const std::vector<std::string> names = links_meant(live.lab, words);
    if (names.size() > 1)
        throw Failure("usage", "they are joined by " + join(names, ", ") + ": which one?",
                      "lab link rm " + names.front());
    const json::object body{{"api", 1}, {"link", names.front()}};
    return edited(globals,
                  live.client.request("POST", "/v1/labs/" + encode(live.name) + "/links/remove",
                                      json::serialize(body)),
                  "remove " + names.front(), '-');
}

}  // namespace

int link(const Globals& globals, const LinkOptions& options) {
    std::vector<std::string> words = options.words;
    if (words.empty()) throw Failure("usage", "which link?", link_usage);
    const std::string first = words.front();
    if (!options.between && (first == "add" || first == "rm")) {
        words.erase(words.begin());
        return first == "add" ? add(globals, words) : remove(globals, words);
    }
    const std::string op = words.back();
    words.pop_back();
    if (op != "up" && op != "down" && op != "flap")
        throw Failure("usage", "\"" + op + "\" is nothing that a link does", link_usage);
    const Live live = live_lab(globals);
    if (options.between && words.size() != 2)
        throw Failure("usage", "--between takes two sets of nodes", link_usage);
    const std::vector<std::string> names =
        options.between ? links_between(live, words[0], words[1]) : links_meant(live.lab, words);
    json::object body{{"api", 1}, {"op", op}, {"links", json::value_from(names)}};
    if (options.seconds > 0) body["for"] = options.seconds;
    const Answer answer = live.client.request("POST", "/v1/labs/" + encode(live.name) + "/links",
                                              json::serialize(body));
    if (answer.status != 200) throw_failure(answer, "take " + join(names, ", ") + " " + op);
    if (globals.json())
        print(answer.body + "\n");
    else if (!globals.quiet)
        tell(answer.body, op, options);
    return exit_code::ok;
}

}  // namespace cli
