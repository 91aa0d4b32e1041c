// See read.hpp.
#include "topology/read.hpp"

#include "topology/suggest.hpp"
#include "topology/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace topology {
namespace {

using Parse = std::optional<double> (*)(std::string_view);

// What others call it.
std::string_view our_word(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> others{
        {{"lacp", "802.3ad"},
         {"LACP", "802.3ad"},
         {"active-standby", "active-backup"},
         {"wg", "wireguard"},
         {"ospfv2", "ospf"}}};
    for (const auto& [other, ours] : others)
        if (other == word) return ours;
    return word;
}

// "10Mbps" in our unit: "10mbit".
std::string in_our_units(const std::string& text, const std::string& unit) {
    std::size_t digits = 0;
    while (digits < text.size() &&
           ((text[digits] >= '0' && text[digits] <= '9') || text[digits] == '.'))
        ++digits;
    const std::string number = text.substr(0, digits);
    if (!is_bare_number(number)) return "20" + unit;
    std::size_t at = text.find_first_not_of(' ', digits);
    const char first = at == std::string::npos ? '\0' : text[at];
    const char lower = first >= 'A' && first <= 'Z' ? static_cast<char>(first - 'A' + 'a') : first;
    std::string_view units = "s ms us ns h";
    if (unit == "mbit") units = "bit kbit gbit";
    if (unit == "MB") units = "B KB GB";
    if (unit == "%") units = "";
    while (!units.empty()) {
        const std::string_view one = units.substr(0, units.find(' '));
        if ((one.front() | 0x20) == lower) return number + std::string(one);
        units.remove_prefix(std::min(one.size() + 1, units.size()));
    }
    return number + unit;
}

std::optional<double> quantity(const Reader& reader, const Value& value, Parse parse,
                               const std::string& what, const std::string& unit) {
    const bool number = value.is(Value::Type::integer) || value.is(Value::Type::real);
    if (number || (value.is(Value::Type::string) && is_bare_number(value.text))) {
        reader.diagnostics.error("D23", value.where, what + " needs a unit",
                                 "\"" + written(value) + unit + "\"");
        return std::nullopt;
    }
    if (!value.is(Value::Type::string)) {
        reader.wrong_type(value, "a string", "\"20" + unit + "\"");
        return std::nullopt;
    }
    const std::optional<double> result = parse(value.text);
    if (!result)
        reader.diagnostics.error("D23", value.where, "\"" + value.text + "\" is not " + what,
                                 unit == "%" && value.text.starts_with("-")
                                     ? "\"0%\" to \"100%\""
                                     : "\"" + in_our_units(value.text, unit) + "\"");
    return result;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<unsigned> mask_length(std::string_view text) {
    const std::optional<Ip> mask = Ip::parse(text);
    if (!mask || mask->family != Family::ipv4 || mask->bytes[0] == 0) return std::nullopt;
    unsigned length = 0;
    bool over = false;
    for (unsigned bit = 0; bit < 32; ++bit) {
        const bool set = (mask->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
        if (set && over) return std::nullopt;
        over |= !set;
        length += set;
    }
    return length;
}

void Reader::wrong_type(const Value& value, std::string_view expected, std::string hint) const {
    diagnostics.error(
        "TYPE", value.where,
        "expected " + std::string(expected) + ", found " + std::string(type_name(value.type)),
        std::move(hint));
}

std::optional<std::string> Reader::string(const Value& value) const {
    if (value.is(Value::Type::string)) return value.text;
    const bool scalar = !value.is(Value::Type::array) && !value.is(Value::Type::table);
    wrong_type(value, "a string", scalar ? "\"" + written(value) + "\"" : "");
    return std::nullopt;
}

std::optional<Text> Reader::text(const Value& value) const {
    std::optional<std::string> result = string(value);
    if (!result) return std::nullopt;
    return Text{std::move(*result), value.where};
}

std::optional<bool> Reader::boolean(const Value& value) const {
    if (value.is(Value::Type::boolean)) return value.boolean;
    if (value.is(Value::Type::string) && value.computed &&
        (value.text == "true" || value.text == "false"))
        return value.text == "true";
    const bool quoted =
        value.is(Value::Type::string) && (value.text == "true" || value.text == "false");
    wrong_type(value, "true or false", quoted ? value.text + " without quotes" : "");
    return std::nullopt;
}

std::optional<std::int64_t> Reader::integer(std::string_view key, const Value& value,
                                            std::int64_t least, std::int64_t most,
                                            std::string_view code) const {
    std::optional<std::int64_t> number;
    if (value.is(Value::Type::integer)) {
        number = value.integer;
    } else if (value.is(Value::Type::string)) {
        number = parse_integer(value.text);
        if (!number || !value.computed) {
            wrong_type(value, "an integer", number ? value.text + " without quotes" : "");
            return std::nullopt;
        }
    } else {
        wrong_type(value, "an integer");
        return std::nullopt;
    }
    if (*number < least || *number > most) {
        diagnostics.error(code, value.where,
                          "\"" + std::string(key) + "\" is " + std::to_string(least) + " to " +
                              std::to_string(most) + ", not " + std::to_string(*number));
        return std::nullopt;
    }
    return number;
}

std::optional<std::string> Reader::word(std::string_view key, const Value& value,
                                        const std::vector<std::string_view>& words) const {
    std::optional<std::string> text = string(value);
    if (!text) return std::nullopt;
    for (const std::string_view w : words)
        if (*text == w) return text;
    std::string all;
    for (const std::string_view w : words) all += (all.empty() ? "" : " ") + std::string(w);
    std::string hint = did_you_mean(our_word(*text), words);
    hint += (hint.empty() ? "" : " ") + std::string("one of: ") + all;
    diagnostics.error("VALUE", value.where,
                      "\"" + std::string(key) + "\" cannot be \"" + *text + "\"", hint);
    return std::nullopt;
}

const std::vector<Value>* Reader::list(std::string_view key, const Value& value,
                                       std::string_view code) const {
    if (value.is(Value::Type::array)) return &value.items;
    std::string hint;
    if (value.is(Value::Type::string) && value.text.find('\n') == std::string::npos)
        hint = std::string(key) + " = [\"" + value.text + "\"]";
    if (code == "TYPE")
        wrong_type(value, "a list", hint);
    else
        diagnostics.error(code, value.where, std::string(key) + " is a list", hint);
    return nullptr;
}

std::vector<Text> Reader::texts(std::string_view key, const Value& value) const {
    std::vector<Text> result;
    if (const std::vector<Value>* items = list(key, value))
        for (const Value& item : *items)
            if (std::optional<Text> one = text(item)) result.push_back(std::move(*one));
    return result;
}

bool Reader::table(const Value& value, std::string_view what) const {
    if (value.is(Value::Type::table)) return true;
    diagnostics.error(
        "TYPE", value.where,
        std::string(what) + " is a table, found " + std::string(type_name(value.type)));
    return false;
}

std::optional<Prefix> Reader::address(const std::string& text, Where where, bool host) const {
    if (const std::optional<Prefix> prefix = Prefix::parse(text)) {
        if (host || !prefix->ip.is_loopback()) return prefix;
        diagnostics.error(
            "D31", where,
            prefix->ip.text() + " is everybody's own, on lo: no interface can have it",
            "an address of one host, such as \"10.0.0.1/24\"");
        return std::nullopt;
    }
    const std::size_t cut = text.find_first_of("/ ");
    const auto mask = cut == std::string::npos ? std::nullopt : mask_length(text.substr(cut + 1));
    if (mask && Ip::parse(text.substr(0, cut)))
        diagnostics.error("VALUE", where, "the length of a network is a number of bits",
                          "\"" + text.substr(0, cut) + "/" + std::to_string(*mask) + "\"");
    else if (const std::optional<Ip> ip = Ip::parse(text))
        diagnostics.error("VALUE", where, "\"" + text + "\" needs the length of its network",
                          "\"" + text +
                              (ip->family == Family::ipv4 ? (host ? "/32\"" : "/24\"")
                                                          : (host ? "/128\"" : "/64\"")));
    else
        diagnostics.error("VALUE", where, "\"" + text + "\" is not an address with a length",
                          "\"10.0.0.1/24\" or \"fd00::1/64\"");
    return std::nullopt;
}

std::vector<std::pair<Prefix, Where>> Reader::addresses(const Value& value, bool host) const {
    std::vector<std::pair<Prefix, Where>> result;
    const std::vector<Value> single =
        value.is(Value::Type::array) ? std::vector<Value>{} : std::vector<Value>{value};
    for (const Value& item : value.is(Value::Type::array) ? value.items : single) {
        const std::optional<std::string> text = string(item);
        if (!text) continue;
        if (const std::optional<Prefix> prefix = address(*text, item.where, host))
            result.emplace_back(*prefix, item.where);
    }
    return result;
}

std::vector<std::pair<Prefix, Where>> Reader::networks(const Value& value) const {
    std::vector<std::pair<Prefix, Where>> result = addresses(value);
    for (auto& [prefix, where] : result) {
        if (!prefix.has_host_bits()) continue;
        diagnostics.error("D73", where, prefix.text() + " is an address, not a network",
                          prefix.network().text());
        prefix = prefix.network();
    }
    return result;
}

std::optional<double> Reader::seconds(const Value& value, const char* unit) const {
    return quantity(*this, value, parse_seconds, "a time", unit);
}

std::optional<double> Reader::bits(const Value& value) const {
    return quantity(*this, value, parse_bits, "a rate", "mbit");
}

std::optional<double> Reader::bytes(const Value& value) const {
    return quantity(*this, value, parse_bytes, "a size", "MB");
}

std::optional<double> Reader::percent(const Value& value) const {
    return quantity(*this, value, parse_percent, "a share", "%");
}

}  // namespace topology
