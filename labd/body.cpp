#include "labd/body.hpp"

#include "labd/bundle.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace labd::body {

namespace json = boost::json;

namespace {

constexpr double longest_s = 1e6;

const json::value* member(const json::object& body, const char* key) {
    const json::value* value = body.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

[[noreturn]] void refuse(const char* key, const char* must) {
    throw BadRequest(std::string("\"") + key + "\" must be " + must);
}

[[noreturn]] void miss(const char* key) {
    throw BadRequest(std::string("the request lacks \"") + key + "\"");
}

}  // namespace

json::object parse(const std::string& text) {
    json::error_code error;
    json::value value = json::parse(text, error);
    if (error) throw BadRequest("the request is not JSON: " + error.message());
    if (!value.is_object()) throw BadRequest("the request must be an object");
    return std::move(value.get_object());
}

json::object parse(const std::string& text, const std::vector<std::string>& members) {
    json::object body = parse(text);
    for (const auto& [name, value] : body) {
        const std::string key(name);
        if (key == "api" || std::find(members.begin(), members.end(), key) != members.end())
            continue;
        const std::string near = topology::did_you_mean(key, members);
        throw BadRequest("the request has no \"" + key + "\"" + (near.empty() ? "" : ": " + near));
    }
    return body;
}

std::string text(const json::object& body, const char* key) {
    const json::value* value = member(body, key);
    if (value == nullptr) return "";
    if (!value->is_string()) refuse(key, "a string");
    return std::string(value->get_string());
}

bool flag(const json::object& body, const char* key) {
    const json::value* value = member(body, key);
    if (value == nullptr) return false;
    if (!value->is_bool()) refuse(key, "true or false");
    return value->get_bool();
}

std::optional<double> number(const json::object& body, const char* key) {
    const json::value* value = member(body, key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) refuse(key, "a number");
    return value->to_number<double>();
}

std::vector<std::string> texts(const json::object& body, const char* key) {
    std::vector<std::string> out;
    const json::value* value = member(body, key);
    if (value == nullptr) return out;
    if (!value->is_array()) refuse(key, "a list");
    for (const json::value& item : value->get_array()) {
        if (!item.is_string())
            throw BadRequest(std::string("each of \"") + key + "\" must be a string");
        out.emplace_back(item.get_string());
    }
    return out;
}

double duration_s(const json::object& body, const char* key) {
    const json::value* value = member(body, key);
    if (value == nullptr) return 0;
    const double seconds = value->is_number() ? value->to_number<double>() : 0;
    if (!(seconds > 0) || seconds > longest_s)
        refuse(key, "seconds, above 0 and at most a million");
    return seconds;
}

std::string needed_text(const json::object& body, const char* key) {
    if (member(body, key) == nullptr) miss(key);
    return text(body, key);
}

std::vector<std::string> needed_texts(const json::object& body, const char* key) {
    std::vector<std::string> out = texts(body, key);
    if (out.empty()) miss(key);
    return out;
}

}  // namespace labd::body
