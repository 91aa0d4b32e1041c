// GET /v1/events: what happened, from a number on, and what there is.
#include "labd/api.hpp"
#include "labd/json_text.hpp"
#include "labd/picture.hpp"
#include "labd/wire.hpp"
#include "topology/suggest.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// What the client asked for, of what it may see: that a lab comes and goes everybody may.
struct Filter {
    std::string lab, type;
    Peer peer;
    Engine* engine = nullptr;

    bool takes(const Event& event) const {
        if (!lab.empty() && event.lab != lab) return false;
        if (!type.empty() && event.type != type) return false;
        if (peer.is_master() || event.type == "lab") return true;
        const std::shared_ptr<Lab> held = engine->find(event.lab);
        return held && held->access.allows(peer, rule(Verb::status).right);
    }
};

// Everything as it is now, as events of action "state". All have the number of the last event, so
// that whoever goes on from there misses nothing.
class Initial {
  public:
    Initial(http::Exchange& exchange, const Filter& filter, std::uint64_t seq)
        : exchange_(exchange), filter_(filter), seq_(seq) {}

    // `drift`: with the names that are missing, which nobody tells of as they go.
    void tell(const Lab& lab, const std::vector<topology::Action>& drift) {
        const json::object short_form = brief(lab, true);  // degraded, when somebody has changed it
        say("lab", lab.name, "",
            {{"state", std::string(short_form.at("state").as_string())},
             {"reason", std::string(short_form.at("reason").as_string())}});
        for (std::size_t i = 0; i < lab.wish.nodes.size(); ++i) tell_node(lab, i);
        for (const topology::Link& link : lab.wish.links) {
            bool is_up = true;
            for (const topology::End& end : link.ends) is_up = is_up && end_is_up(lab, end);
            say("link", lab.name, "", {{"link", link.name}, {"state", is_up ? "up" : "down"}});
        }
        for (const topology::Action& action : drift)
            say("drift", lab.name, node_of_action(action), {{"text", drift_words(action)}});
    }

  private:
    void tell_node(const Lab& lab, std::size_t index) {
        const topology::Node& node = lab.wish.nodes[index];
        std::string reason;
        const std::string state = state_of(node, lab, reason);
        say("node", lab.name, node.name, {{"state", state}, {"reason", reason}});
        if (const auto live = lab.nodes.find(node.name); live != lab.nodes.end())
            for (const auto& [name, status] : live->second.services)
                say("service", lab.name, node.name,
                    {{"service", name}, {"state", word(status.state)}});
        if (const auto space = lab.picture.find(node.name); space != lab.picture.end())
            for (const auto& [device, addresses] : space->second.addresses)
                for (const topology::Prefix& address : addresses)
                    say("address", lab.name, node.name,
                        {{"interface", device}, {"address", address.text()}});
    }

    static bool end_is_up(const Lab& lab, const topology::End& end) {
        const auto space = lab.picture.find(lab.wish.nodes[end.node].name);
        if (space == lab.picture.end()) return false;
        const auto device = space->second.devices.find(lab.wish.at(end).name);
        return device != space->second.devices.end() && device->second.up;
    }

    void say(const char* type, const std::string& lab, const std::string& node,
             const Events::Fields& fields) {
        if (!filter_.takes({seq_, type, "state", lab, node, ""})) return;
        json::object line;
        line["seq"] = seq_;
        line["type"] = type;
        line["action"] = "state";
        line["lab"] = lab;
        if (!node.empty()) line["node"] = node;
        for (const auto& [key, value] : fields)
            if (!value.empty()) line[key] = value;
        exchange_.line(json::serialize(line));
    }

    http::Exchange& exchange_;
    const Filter& filter_;
    std::uint64_t seq_;
};

// A filter that nothing can pass would look like a quiet lab. Who waits may wait for a lab to come.
struct Refused {
    unsigned status;
    std::string body;
};
std::optional<Refused> refuse_filter(const Filter& filter, bool follow) {
    const std::vector<std::string>& types = event_types();
    if (!filter.type.empty() && std::find(types.begin(), types.end(), filter.type) == types.end()) {
        const std::string near = topology::did_you_mean(filter.type, types);
        return Refused{400, error_json("bad_request", "no event is of type \"" + filter.type + "\"",
                                       (near.empty() ? "" : near + " ") +
                                           "types: " + topology::join(types, types.size()))};
    }
    if (follow || filter.lab.empty() || filter.engine->find(filter.lab)) return std::nullopt;
    for (const Event& event : filter.engine->events().since(0).events)
        if (event.lab == filter.lab) return std::nullopt;
    return Refused{404,
                   error_json("no_such_lab",
                              "there is no lab \"" + filter.lab + "\", and no event of one is kept",
                              "lab ls lists those that are up")};
}

std::optional<std::uint64_t> number_of(const std::string& text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

}  // namespace

void Api::events(Exchange exchange) {
    const auto& query = exchange->request().query;
    const auto asked = [&](const char* key) {
        const auto found = query.find(key);
        return found == query.end() ? std::string() : found->second;
    };
    const Filter filter{asked("lab"), asked("type"), exchange->request().peer, &engine_};
    const bool follow = query.contains("follow"), initial = query.contains("initial");
    std::optional<std::uint64_t> since;
    if (query.contains("since")) {
        since = number_of(asked("since"));
        if (!since) {
            exchange->answer(400, error_json("bad_request", "\"since\" must be a number"));
            return;
        }
    }
    if (const auto refused = refuse_filter(filter, follow)) {
        exchange->answer(refused->status, refused->body);
        return;
    }
    const auto work = [](Api& api, Exchange to, Filter wanted, std::optional<std::uint64_t> from,
                         bool with_state, bool on) -> asio::awaitable<void> {
        std::vector<std::shared_ptr<Lab>> labs;
        std::map<std::string, std::vector<topology::Action>> drift;
        if (with_state)
            for (const auto& [name, lab] : api.engine_.labs())
                if (wanted.lab.empty() || wanted.lab == name) labs.push_back(lab);
        for (const std::shared_ptr<Lab>& lab : labs)
            drift[lab->name] = co_await api.engine_.drift(lab);
        // From here on nothing waits: what happens meanwhile comes after this.
        const Events& all = api.engine_.events();
        // Who names no number hears what comes; who does not wait for more hears all that is kept.
        const std::uint64_t first = from.value_or(on || with_state ? all.last() : 0);
        to->begin_lines(200);
        const Events::Since past = all.since(first);
        if (past.lost > 0)
            to->line(json::serialize(json::object{{"seq", first + past.lost},
                                                  {"type", "gap"},
                                                  {"action", "lost"},
                                                  {"events", past.lost}}));
        for (const Event& event : past.events)
            if (wanted.takes(event)) to->line(event.json);
        Initial state(*to, wanted, all.last());
        for (const std::shared_ptr<Lab>& lab : labs)
            if (api.engine_.find(lab->name) == lab) state.tell(*lab, drift[lab->name]);
        if (!on) {
            to->end_lines();
            co_return;
        }
        // The subscription lives as long as its client.
        auto held = std::make_shared<Events::Subscription>();
        *held = api.engine_.events().subscribe([to, wanted](const Event& event) {
            if (wanted.takes(event)) to->line(event.json);
        });
        to->on_gone([held] { held->reset(); });
    };
    spawn(exchange, work(*this, exchange, filter, since, initial, follow));
}

}  // namespace labd
