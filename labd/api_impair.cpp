// What a running link does to packets.
#include "labd/api.hpp"
#include "labd/body.hpp"
#include "labd/impairments.hpp"
#include "labd/wire.hpp"
#include "topology/keys.hpp"

#include <boost/json.hpp>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

bool is_setting(const json::value& value) {
    if (value.is_object()) {
        for (const auto& member : value.get_object())
            if (member.value().is_object() || !is_setting(member.value())) return false;
        return true;
    }
    return value.is_string() || value.is_int64() || value.is_bool();
}

json::object settings_of(const json::object& body) {
    const json::value* settings = body.if_contains("settings");
    if (settings == nullptr) return {};
    if (!settings->is_object()) throw BadRequest("\"settings\" must be an object");
    for (const auto& [key, value] : settings->get_object()) {
        if (!topology::is_impairment_key(key))
            throw BadRequest("\"" + std::string(key) + "\" is nothing that happens to packets");
        if (!is_setting(value))
            throw BadRequest("\"" + std::string(key) +
                             "\" is a text, a number, true, false or a table");
    }
    return settings->get_object();
}

ImpairWish impair_wish_of(const json::object& body) {
    ImpairWish wish;
    wish.link = body::needed_text(body, "link");
    wish.from = body::text(body, "from");
    wish.to = body::text(body, "to");
    wish.clear = body::flag(body, "clear");
    wish.for_s = body::duration_s(body, "for");
    const json::object settings = settings_of(body);
    if (settings.empty() && !wish.clear) throw BadRequest("the request changes nothing");
    wish.settings = json::serialize(settings);
    return wish;
}

}  // namespace

void Api::impair(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::impair);
    if (!held) return;
    const auto work = [](Engine& engine, Exchange to,
                         std::shared_ptr<Lab> changed) -> asio::awaitable<void> {
        const ImpairWish wish = impair_wish_of(
            body::parse(to->request().body, {"link", "from", "to", "settings", "clear", "for"}));
        const std::vector<ImpairChange> changes =
            co_await engine.impair(changed, wish, to->request().peer);
        json::array ends;
        for (const ImpairChange& change : changes) {
            json::object object;
            object["end"] = change.end;
            object["before"] = to_json(change.before);
            object["after"] = to_json(change.after);
            json::array warnings;
            for (const topology::Diagnostic& said : change.warnings)
                warnings.emplace_back(json::object{{"message", said.message}, {"hint", said.hint}});
            object["warnings"] = std::move(warnings);
            ends.emplace_back(std::move(object));
        }
        json::object object = wire();
        object["lab"] = changed->name;
        object["link"] = wish.link;
        object["ends"] = std::move(ends);
        if (wish.for_s > 0)
            object["for"] = wish.for_s;
        else
            object["for"] = nullptr;
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange, held));
}

}  // namespace labd
