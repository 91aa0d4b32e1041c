// GET /v1/events: what happened, from a number on, and what there is.
#include "labd/api.hpp"
#include "labd/json_text.hpp"
#include "labd/picture.hpp"
#include "labd/wire.hpp"

#include <boost/json.hpp>

#include <charconv>
#include <optional>

namespace labd {

namespace json = boost::json;

namespace {

// What the client asked for, of what it may see: that a lab comes and goes everybody may.
struct Filter {
    std::string lab, type;
    Peer peer;
    const Engine* engine = nullptr;

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

    void tell(const Lab& lab) {
        say("lab", lab.name, "", {{"state", word(lab.state)}, {"reason", lab.reason}});
        for (std::size_t i = 0; i < lab.wish.nodes.size(); ++i) tell_node(lab, i);
        for (const topology::Link& link : lab.wish.links) {
            bool is_up = true;
            for (const topology::End& end : link.ends) is_up = is_up && end_is_up(lab, end);
            say("link", lab.name, "", {{"link", link.name}, {"state", is_up ? "up" : "down"}});
        }
        for (const auto& [key, action] : lab.drift)
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
    const Events& all = engine_.events();
    // Who names no number hears what comes; who does not wait for more hears all that is kept.
    std::uint64_t since = follow || initial ? all.last() : 0;
    if (query.contains("since")) {
        const auto number = number_of(asked("since"));
        if (!number) {
            exchange->answer(400, error_json("bad_request", "\"since\" must be a number"));
            return;
        }
        since = *number;
    }
    exchange->begin_lines(200);
    const Events::Since past = all.since(since);
    if (past.lost > 0)
        exchange->line(json::serialize(json::object{{"seq", since + past.lost},
                                                    {"type", "gap"},
                                                    {"action", "lost"},
                                                    {"events", past.lost}}));
    for (const Event& event : past.events)
        if (filter.takes(event)) exchange->line(event.json);
    if (initial) {
        Initial state(*exchange, filter, all.last());
        for (const auto& [name, lab] : engine_.labs())
            if (filter.lab.empty() || filter.lab == name) state.tell(*lab);
    }
    if (!follow) return exchange->end_lines();

    // The subscription lives as long as its client.
    auto held = std::make_shared<Events::Subscription>();
    *held = engine_.events().subscribe([exchange, filter](const Event& event) {
        if (filter.takes(event)) exchange->line(event.json);
    });
    exchange->on_gone([held] { held->reset(); });
}

}  // namespace labd
