#include "cli/json_field.hpp"

#include "cli/error.hpp"

#include <boost/json.hpp>

namespace cli {

boost::json::object parse_object(std::string_view body, boost::json::monotonic_resource& memory) {
    boost::json::error_code error;
    boost::json::value parsed =
        boost::json::parse(boost::json::string_view(body.data(), body.size()), error, &memory);
    if (error || !parsed.is_object())
        throw Failure("internal", "labd's answer is not a JSON object");
    return std::move(parsed.as_object());
}

std::string text(const boost::json::object& from, const char* key) {
    const boost::json::value* v = from.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

double number(const boost::json::object& from, const char* key) {
    const boost::json::value* v = from.if_contains(key);
    return v != nullptr && v->is_number() ? v->to_number<double>() : 0;
}

}  // namespace cli
