// Links of a running lab that go up and down.
#include "labd/api.hpp"
#include "labd/body.hpp"
#include "labd/wire.hpp"

#include <boost/json.hpp>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// So long a flap is down when nobody says otherwise.
constexpr double flap_s = 1;

LinkWish link_wish_of(const json::object& body) {
    const std::string op = body::text(body, "op");
    if (op != "up" && op != "down" && op != "flap")
        throw BadRequest("\"op\" must be up, down or flap");
    LinkWish wish;
    wish.up = op == "up";
    wish.back = op == "flap";
    wish.for_s = body::duration_s(body, "for");
    if (wish.back && wish.for_s <= 0) wish.for_s = flap_s;
    wish.links = body::needed_texts(body, "links");
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
    std::string out = "[[link]]\nendpoints = [";
    for (const std::string& end : body::needed_texts(body, "endpoints"))
        out += (out.back() == '[' ? "" : ", ") + json::serialize(json::value(end));
    out += "]\n";
    const json::value* keys = body.if_contains("keys");
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
        edit.add = table_of(body::parse(to->request().body, {"endpoints", "keys"}));
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
        LinkEdit edit;
        edit.remove = body::needed_text(body::parse(to->request().body, {"link"}), "link");
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
        const LinkWish wish = link_wish_of(body::parse(to->request().body, {"op", "links", "for"}));
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
