// Reading one check's values, with the sentences about what is wrong with them.
#include "topology/check_fields.hpp"

#include "topology/node_set.hpp"
#include "topology/units.hpp"

#include <regex.h>

#include <algorithm>
#include <charconv>

namespace topology {
namespace {

bool is_late(const std::string& text) {
    return text.find('\x01') != std::string::npos;
}

// "10.0.0.999", "fd00::zz": meant as an address, and none.
bool is_spoilt_address(const std::string& text) {
    const bool four = std::count(text.begin(), text.end(), '.') == 3 &&
                      text.find_first_not_of("0123456789.") == std::string::npos;
    const bool six = std::count(text.begin(), text.end(), ':') >= 2;
    return (four || six) && !Ip::parse(text.substr(0, text.find('%')));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

void add_once(std::vector<std::string>& list, const std::string& name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

std::optional<double> parse_plain(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

const Value* CheckFields::option(std::string_view key) const {
    if (subject_.value.is(Value::Type::table))
        if (const Value* inner = subject_.value.find(key)) return inner;
    // The check's own name is no part of what it asks.
    return key == "name" || key == "node" ? nullptr : check_.find(key);
}

std::vector<std::string> CheckFields::set(const Value& value) {
    std::vector<std::string> names;
    const std::vector<Value> single =
        value.is(Value::Type::array) ? std::vector<Value>{} : std::vector<Value>{value};
    for (const Value& item : value.is(Value::Type::array) ? value.items : single) {
        if (item.is(Value::Type::array)) {
            for (const std::string& name : set(item)) add_once(names, name);
            continue;
        }
        const std::optional<std::string> text = reader.string(item);
        // Nothing is left of an expression that was wrong, and has been told.
        if (!text || (item.computed && text->empty())) continue;
        const auto found = find_nodes(*text, item.where, item.computed, nodes_,
                                      "a " + key() + " check", reader.diagnostics);
        if (!found) continue;
        for (const SetMember& member : *found) add_once(names, nodes_.seeds[member.node].name);
    }
    return names;
}

std::vector<std::string> CheckFields::nodes() {
    const Value* node = option("node");
    if (node != nullptr) return set(*node);
    if (subject().is(Value::Type::table))
        reader.diagnostics.error("VALUE", where(), "\"" + key() + "\" does not say on which node",
                                 key() + " = { node = \"r1\", … }");
    else
        reader.wrong_type(subject(), "a table", key() + " = { node = \"r1\", … }");
    return {};
}

std::string CheckFields::one_node(const Value& value) {
    const std::vector<std::string> names = set(value);
    if (names.size() > 1)
        reader.diagnostics.error("VALUE", value.where, "\"" + key() + "\" starts at one node",
                                 "a check for each of them");
    return names.empty() ? std::string() : names.front();
}

std::vector<Text> CheckFields::targets(const Value& value) {
    std::vector<Text> out;
    const auto add = [&](std::string text, const Where& where) {
        if (std::none_of(out.begin(), out.end(), [&](const Text& t) { return t.text == text; }))
            out.push_back({std::move(text), where});
    };
    const std::vector<Value> single =
        value.is(Value::Type::array) ? std::vector<Value>{} : std::vector<Value>{value};
    for (const Value& item : value.is(Value::Type::array) ? value.items : single) {
        if (item.is(Value::Type::array)) {
            for (Text& one : targets(item)) add(std::move(one.text), one.where);
            continue;
        }
        const std::optional<std::string> text = reader.string(item);
        if (!text || (item.computed && text->empty())) continue;
        // 10.0.0.1, fd00::1 and www.example.net are no names of nodes.
        const bool foreign = is_late(*text) || (text->find_first_of("[*@") == std::string::npos &&
                                                text->find_first_of(".:") != std::string::npos);
        if (foreign && !is_late(*text) && is_spoilt_address(*text)) {
            reader.diagnostics.error("VALUE", item.where, "\"" + *text + "\" is no address",
                                     "a node, 10.0.0.1, fd00::1 or a name like www.example.net");
            continue;
        }
        if (foreign) {
            add(*text, item.where);
            continue;
        }
        for (const std::string& name : set(item)) add(name, item.where);
    }
    return out;
}

const std::vector<Value>* CheckFields::list(std::size_t least, std::size_t most,
                                            const char* example) {
    const Value& value = subject();
    if (value.is(Value::Type::array) && value.items.size() >= least && value.items.size() <= most)
        return &value.items;
    if (!value.is(Value::Type::array))
        reader.wrong_type(value, "a list", example);
    else
        reader.diagnostics.error(
            "VALUE", value.where,
            "\"" + key() + "\" takes " +
                (least == most ? std::to_string(least) : "at least " + std::to_string(least)) +
                " items, found " + std::to_string(value.items.size()),
            example);
    return nullptr;
}

std::optional<Text> CheckFields::scalar(const Value& value) {
    switch (value.type) {
        case Value::Type::string:
        case Value::Type::integer:
        case Value::Type::real:
        case Value::Type::boolean:
            return Text{written(value), value.where};
        default:
            reader.wrong_type(value, "a string or a number");
            return std::nullopt;
    }
}

std::optional<Text> CheckFields::text(std::string_view key) {
    const Value* value = option(key);
    return value == nullptr ? std::nullopt : scalar(*value);
}

std::string CheckFields::word(std::string_view key) {
    const Value* value = option(key);
    return value == nullptr ? "" : reader.string(*value).value_or("");
}

std::optional<std::uint32_t> CheckFields::number(std::string_view key, std::int64_t least,
                                                 std::int64_t most) {
    const Value* value = option(key);
    if (value == nullptr) return std::nullopt;
    if (value->is(Value::Type::string) && value->text.find_first_of("<>=!") == 0) {
        const std::string word(key);
        reader.diagnostics.error("VALUE", value->where,
                                 "\"" + word + "\" is one number, and no bound",
                                 word + " = " + std::to_string(std::max<std::int64_t>(least, 1)) +
                                     "; not = true turns a check round");
        return std::nullopt;
    }
    const auto number = reader.integer(key, *value, least, most);
    if (!number) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

bool CheckFields::flag(std::string_view key) {
    const Value* value = option(key);
    return value != nullptr && reader.boolean(*value).value_or(false);
}

std::vector<Text> CheckFields::texts(std::string_view key) {
    std::vector<Text> out;
    const Value* value = option(key);
    if (value == nullptr) return out;
    if (!value->is(Value::Type::array)) {
        if (auto one = scalar(*value)) out.push_back(std::move(*one));
        return out;
    }
    for (const Value& item : value->items)
        if (auto one = scalar(item)) out.push_back(std::move(*one));
    return out;
}

std::optional<double> CheckFields::seconds(std::string_view key) {
    const Value* value = option(key);
    return value == nullptr ? std::nullopt : reader.seconds(*value, "s");
}

FamilyWish CheckFields::family() {
    const Value* value = option("family");
    if (value == nullptr) return FamilyWish::prefer;
    const auto word = reader.word("family", *value, {"ipv4", "ipv6", "both", "prefer"});
    if (word == "ipv4") return FamilyWish::ipv4;
    if (word == "ipv6") return FamilyWish::ipv6;
    return word == "both" ? FamilyWish::both : FamilyWish::prefer;
}

TextMatch CheckFields::match(const Value& value) {
    TextMatch out;
    const std::optional<Text> text = scalar(value);
    if (!text) return out;
    out.text = *text;
    if (!text->text.starts_with("~")) return out;
    out.regex = true;
    out.text.text = std::string(trimmed(std::string_view(text->text).substr(1)));
    // A late reference is part of no pattern yet; its text has no special characters but dots.
    regex_t compiled;
    const int error = ::regcomp(&compiled, out.text.text.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error == 0) {
        ::regfree(&compiled);
        return out;
    }
    char words[128];
    ::regerror(error, &compiled, words, sizeof words);
    reader.diagnostics.error("VALUE", value.where,
                             "\"" + out.text.text + "\" is no regular expression: " + words,
                             "POSIX extended, as grep -E has it");
    return out;
}

std::optional<TextMatch> CheckFields::match(std::string_view key) {
    const Value* value = option(key);
    if (value == nullptr) return std::nullopt;
    return match(*value);
}

std::optional<Bound> CheckFields::bound(const Value& value, Parse parse, const char* example) {
    const std::optional<Text> written_text = scalar(value);
    if (!written_text) return std::nullopt;
    Bound bound;
    bound.text = written_text->text;
    std::string_view rest = trimmed(bound.text);
    struct Sign {
        std::string_view sign;
        Bound::Side side;
    };
    for (const Sign& s : {Sign{"<=", Bound::Side::at_most}, Sign{">=", Bound::Side::at_least},
                          Sign{"<", Bound::Side::less}, Sign{">", Bound::Side::more},
                          Sign{"=", Bound::Side::equal}}) {
        if (!rest.starts_with(s.sign)) continue;
        bound.side = s.side;
        rest = trimmed(rest.substr(s.sign.size()));
        break;
    }
    const std::optional<double> number = parse(rest);
    if (!number) {
        reader.diagnostics.error("VALUE", value.where, "\"" + bound.text + "\" is no bound",
                                 example);
        return std::nullopt;
    }
    bound.value = *number;
    return bound;
}

std::optional<Bound> CheckFields::bound(std::string_view key, Parse parse, const char* example) {
    const Value* value = option(key);
    return value == nullptr ? std::nullopt : bound(*value, parse, example);
}

}  // namespace topology
