// `lab impair`: delay, loss, rate and the rest of a link that runs.
#include "cli/impair.hpp"

#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/link_words.hpp"
#include "cli/live.hpp"
#include "cli/render.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace cli {
namespace {

namespace json = boost::json;

constexpr const char* impair_usage = "lab impair LINK --delay 20ms --loss 1%; --clear; --show";

json::value number_or_text(const std::string& word) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc() && end == word.data() + word.size()) return number;
    if (word == "true" || word == "false") return word == "true";
    return json::string(word);
}

// "codel target=2ms limit=100": as a table of the topology file.
json::value table_of(const char* key, const std::string& text) {
    std::istringstream words(text);
    std::string name, word;
    words >> name;
    json::object table{{key, name}};
    while (words >> word) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Failure("usage", "\"" + word + "\" is no KEY=VALUE", name + " KEY=VALUE…");
        table[word.substr(0, equals)] = number_or_text(word.substr(equals + 1));
    }
    if (table.size() == 1) return json::string(name);
    return table;
}

json::value value_of(const std::string& key, const std::string& text) {
    // Nothing of a delay or of losses is none; of these it would be all or nothing.
    if (text == "0" && (key == "rate" || key == "limit" || key == "burst"))
        throw Failure("usage", key + " cannot be 0",
                      "--" + key + " off takes it away; lab link LINK down cuts a link");
    if (text == "0" && key != "seed") return false;
    if (text == "off" || text == "none" || text == "no") return false;
    if (key == "limit" || key == "seed") return number_or_text(text);
    if (key == "loss") return table_of("model", text);
    if (key == "queue") return table_of("kind", text);
    return json::string(text);
}

// "delay=20ms" among the words is a setting, as in the topology file.
ImpairOptions with_settings(ImpairOptions options) {
    std::vector<std::string> words, keys;
    for (const ImpairFlag& flag : impair_flags()) keys.emplace_back(flag.key);
    for (std::string& word : options.words) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos) {
            words.push_back(std::move(word));
            continue;
        }
        const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            throw Failure("usage", "\"" + key + "\" is nothing that happens to packets",
                          topology::did_you_mean(key, keys));
        if (value.empty()) throw Failure("usage", key + " needs a value", impair_usage);
        options.settings[key] = value;
    }
    options.words = std::move(words);
    return options;
}

// The end that sends, and where to; "" when it is not said.
std::pair<std::string, std::string> direction(const LinkState& link, const std::string& word) {
    for (const char* arrow : {"→", "->"})
        if (const std::size_t at = word.find(arrow); at != std::string::npos)
            return {word.substr(0, at), word.substr(at + std::string(arrow).size())};
    for (const LinkState::End& end : link.ends)
        if (word == end.node || word == end.node + ":" + end.interface) return {word, ""};
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos)
        throw Failure("usage", "\"" + word + "\" is no direction", "--dir h1→r1, or h1:r1");
    return {word.substr(0, colon), word.substr(colon + 1)};
}

std::string words_of(const json::object& impairment) {
    std::string out;
    for (const auto& [key, value] : impairment)
        out += (out.empty() ? "" : ", ") + std::string(key) + " " + std::string(value.as_string());
    return out.empty() ? "nothing" : out;
}

void tell(const json::object& told, const ImpairOptions& options) {
    for (const json::value& end : told.at("ends").as_array()) {
        std::string line = std::string(end.at("end").as_string()) +
                           " sends: " + words_of(end.at("before").as_object()) + " → " +
                           words_of(end.at("after").as_object());
        if (options.seconds > 0) line += ", for " + options.for_text;
        print(line + "\n");
        for (const json::value& said : end.at("warnings").as_array())
            print_error("! " + std::string(end.at("end").as_string()) + ": " +
                        std::string(said.at("message").as_string()) + " (" +
                        std::string(said.at("hint").as_string()) + ")\n");
    }
}

const LinkState& link_of(const LabState& lab, const std::string& name) {
    return *std::find_if(lab.links.begin(), lab.links.end(),
                         [&](const LinkState& link) { return link.name == name; });
}

std::string direction_words(const LinkState& link, const LinkState::End& end) {
    std::string out = end.node + ":" + end.interface + " →";
    for (const LinkState::End& other : link.ends)
        if (&other != &end && link.ends.size() == 2)
            out += " " + other.node + ":" + other.interface;
    return out;
}

int show(const Globals& globals, const ImpairOptions& options) {
    const Live live = live_lab(globals);
    std::vector<std::string> names;
    if (!options.words.empty()) names = links_meant(live.lab, options.words);
    Table table({"LINK", "DIRECTION", "BY", "IMPAIRMENT"});
    json::array told;
    for (const LinkState& link : live.lab.links) {
        if (!names.empty() && std::find(names.begin(), names.end(), link.name) == names.end())
            continue;
        for (const LinkState::End& end : link.ends) {
            std::string words;
            json::object object;
            for (const auto& [key, value] : end.impairment) {
                words += (words.empty() ? "" : ", ") + key + " " + value;
                object[key] = value;
            }
            told.emplace_back(json::object{{"link", link.name},
                                           {"end", end.node + ":" + end.interface},
                                           {"backend", link.back_end},
                                           {"impairment", object}});
            if (words.empty() && names.empty()) continue;
            const std::string undone =
                link.undone.empty() ? "" : " (not done here: " + join(link.undone, ", ") + ")";
            table.row({link.name, direction_words(link, end), link.back_end, words + undone});
        }
    }
    if (globals.json())
        print(json::serialize(told) + "\n");
    else
        print(table.text(Style{globals.color_out}));
    return exit_code::ok;
}

}  // namespace

const std::vector<ImpairFlag>& impair_flags() {
    static const std::vector<ImpairFlag> flags{
        {"delay", "TIME each way, 20ms"},
        {"jitter", "TIME by which the delay varies"},
        {"distribution", "of the jitter: uniform, normal, pareto, paretonormal"},
        {"order", "keep: jitter lets nothing overtake"},
        {"loss", "SHARE, 1%; or 'gemodel p=1% r=10%', '4state p13=1%'"},
        {"corrupt", "SHARE with a wrong bit"},
        {"duplicate", "SHARE that comes twice"},
        {"reorder", "SHARE sent at once though others are delayed"},
        {"rate", "BITS a second, 10mbit"},
        {"burst", "BYTES sent at once at that rate"},
        {"limit", "PACKETS that wait"},
        {"queue", "fq_codel, codel, cake, fifo, …; or 'codel target=2ms'"},
        {"seed", "NUMBER that random loss follows"},
    };
    return flags;
}

int impair(const Globals& globals, const ImpairOptions& asked) {
    const ImpairOptions options = with_settings(asked);
    if (options.show) return show(globals, options);
    if (options.words.empty()) throw Failure("usage", "which link?", impair_usage);
    if (options.settings.empty() && !options.clear)
        throw Failure("usage", "what shall happen to its packets?", impair_usage);
    const Live live = live_lab(globals);
    const std::vector<std::string> names = links_meant(live.lab, options.words);
    if (names.size() > 1)
        throw Failure("usage", "they are joined by " + join(names, ", ") + ": which one?",
                      "lab impair " + names.front() + " …");
    json::object settings;
    for (const auto& [key, text] : options.settings) settings[key] = value_of(key, text);
    json::object body{{"api", 1}, {"link", names.front()}, {"settings", settings}};
    if (options.clear) body["clear"] = true;
    if (!options.direction.empty()) {
        const auto [from, to] = direction(link_of(live.lab, names.front()), options.direction);
        body["from"] = from;
        if (!to.empty()) body["to"] = to;
    }
    if (options.seconds > 0) body["for"] = options.seconds;
    const Answer answer = live.client.request(
        "POST", "/v1/labs/" + encode(live.name) + "/links/impair", json::serialize(body));
    if (answer.status != 200) throw_failure(answer, "impair " + names.front());
    json::error_code error;
    const json::value told = json::parse(answer.body, error);
    if (error || !told.is_object()) throw Failure("internal", "labd's answer is not a JSON object");
    if (globals.json())
        print(answer.body + "\n");
    else if (!globals.quiet)
        tell(told.get_object(), options);
    return exit_code::ok;
}

}  // namespace cli
