// The JSON body of a request: its members, or a BadRequest that names the one that is wrong. A
// member that is null counts as missing.
#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace labd::body {

// Throws BadRequest when the text is not a JSON object.
boost::json::object parse(const std::string& text);
// The same of a request that has these members and "api", and no others: one that nobody knows is a
// slip of the keyboard, and what it was to say would not be done.
boost::json::object parse(const std::string& text, const std::vector<std::string>& members);

std::string text(const boost::json::object& body, const char* key);  // "" when missing
bool flag(const boost::json::object& body, const char* key);         // false when missing
std::optional<double> number(const boost::json::object& body, const char* key);
std::vector<std::string> texts(const boost::json::object& body, const char* key);
// How long something is to last, in seconds; 0 = it says nothing, and it is for good.
double duration_s(const boost::json::object& body, const char* key);

// As above, and missing or empty is a mistake.
std::string needed_text(const boost::json::object& body, const char* key);
std::vector<std::string> needed_texts(const boost::json::object& body, const char* key);

}  // namespace labd::body
