// Links of a running lab that go up and down.
#include "labd/api.hpp"
#include "labd/wire.hpp"

#include <boost/json.hpp>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// So long a flap is down when nobody says otherwise.
constexpr double flap_s = 1;
constexpr double longest_s = 1e6;

std::string op_of(const json::object& body) {
    const json::value* op = body.if_contains("op");
    if (op != nullptr && op->is_string())
        for (const char* known : {"up", "down", "flap"})
            if (op->get_string() == known) return known;
    throw BadRequest("\"op\" must be up, down or flap");
}

double seconds_of(const json::object& body) {
    const json::value* value = body.if_contains("for");
    if (value == nullptr || value->is_null()) return 0;
    const double seconds = value->is_number() ? value->to_number<double>() : 0;
    if (!(seconds > 0) || seconds > longest_s)
        throw BadRequest("\"for\" must be seconds, above 0 and at most a million");
    return seconds;
}

json::object object_of(const std::string& text) {
    json::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw BadRequest("the request is not a JSON object");
    return value.get_object();
}

LinkWish wish_of(const std::string& text) {
    const json::object body = object_of(text);
    LinkWish wish;
    const std::string op = op_of(body);
    wish.up = op == "up";
    wish.back = op == "flap";
    wish.for_s = seconds_of(body);
    if (wish.back && wish.for_s <= 0) wish.for_s = flap_s;
    const json::value* links = body.if_contains("links");
    if (links == nullptr || !links->is_array() || links->get_array().empty())
        throw BadRequest("the request lacks \"links\"");
    for (const json::value& link : links->get_array()) {
        if (!link.is_string()) throw BadRequest("each of \"links\" must be a string");
        wish.links.emplace_back(link.get_string());
    }
    return wish;
}

// Words of JSON that TOML has as well.
std::string toml_of(const json::value& value) {
    if (value.is_object() || value.is_null())
        throw BadRequest("a key of a link is a text, a number, a list, true or false");
    if (value.is_array())
        for (const json::value& item : value.get_array()) (void)toml_of(item);
    return json::serialize(value);
}

// As somebody would write it into the file.
std::string table_of(const json::object& body) {
    const json::value *ends = body.if_contains("endpoints"), *keys = body.if_contains("keys");
    if (ends == nullptr || !ends->is_array() || ends->get_array().empty())
        throw BadRequest("the request lacks \"endpoints\"");
    std::string out = "[[link]]\nendpoints = [";
    for (const json::value& end : ends->get_array()) {
        if (!end.is_string()) throw BadRequest("each of \"endpoints\" must be a string");
        out += (out.back() == '[' ? "" : ", ") + toml_of(end);
    }
    out += "]\n";
    if (keys == nullptr) return out;
    if (!keys->is_object()) throw BadRequest("\"keys\" must be an object");
    for (const auto& [key, value] : keys->get_object()) {
        const std::string name(key);
        if (name.empty() ||
            name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
            throw BadRequest("\"" + name + "\" is no key of a link");
        out += name + " = " + toml_of(value) + "\n";
    }
    return out;
}

}  // namespace

void Api::add_link(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::link);
    if (!held) return;
    const auto work = [](Engine& engine, Exchange to,
                         std::shared_ptr<Lab> changed) -> asio::awaitable<void> {
        LinkEdit edit;
        edit.add = table_of(object_of(to->request().body));
        const UpResult result = co_await engine.edit_links(changed, edit, to->request().peer);
        json::object object = json::parse(result_line(result)).as_object();
        object["toml"] = edit.add;
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange, held));
}

void Api::remove_link(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::link);
    if (!held) return;
    const auto work = [](Engine& engine, Exchange to,
                         std::shared_ptr<Lab> changed) -> asio::awaitable<void> {
        const json::object body = object_of(to->request().body);
        const json::value* link = body.if_contains("link");
        if (link == nullptr || !link->is_string()) throw BadRequest("the request lacks \"link\"");
        LinkEdit edit;
        edit.remove = std::string(link->get_string());
        const UpResult result = co_await engine.edit_links(changed, edit, to->request().peer);
        to->answer(200, result_line(result));
    };
    spawn(exchange, work(engine_, exchange, held));
}

void Api::links(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::link);
    if (!held) return;
    const auto work = [](Engine& engine, Exchange to,
                         std::shared_ptr<Lab> changed) -> asio::awaitable<void> {
        const LinkWish wish = wish_of(to->request().body);
        const std::vector<LinkChange> changes =
            co_await engine.change_links(changed, wish, to->request().peer);
        json::array told;
        for (const LinkChange& change : changes) {
            json::object object;
            object["name"] = change.link;
            object["before"] = change.before ? "up" : "down";
            object["after"] = change.after != wish.back ? "up" : "down";
            told.emplace_back(std::move(object));
        }
        json::object object = wire();
        object["lab"] = changed->name;
        object["links"] = std::move(told);
        if (wish.for_s > 0 && !wish.back)
            object["for"] = wish.for_s;
        else
            object["for"] = nullptr;
        to->answer(200, json::serialize(object));
    };
    spawn(exchange, work(engine_, exchange, held));
}

}  // namespace labd
