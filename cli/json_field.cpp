#include "cli/json_field.hpp"

#include <boost/json.hpp>

namespace cli {

std::string text(const boost::json::object& from, const char* key) {
    const boost::json::value* v = from.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

double number(const boost::json::object& from, const char* key) {
    const boost::json::value* v = from.if_contains(key);
    return v != nullptr && v->is_number() ? v->to_number<double>() : 0;
}

}  // namespace cli
