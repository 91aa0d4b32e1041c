// From a request's target to a handler. Pure: bytes in, a match out; the bytes are a client's.
#pragma once

#include "labd/api/http.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labd::http {

struct Target {
    std::vector<std::string> segments;  // "/v1/labs" is {"v1", "labs"}, decoded
    std::map<std::string, std::string> query;
};

// "/v1/labs/a%2Db?follow&lines=10", or the same after "http://host". Nothing when an escape is
// broken or stands for a control byte, or when it is no path at all.
std::optional<Target> parse_target(std::string_view text);

struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string> path;  // the pattern's {names}
    std::string allowed;  // without a route: methods that this path has, "GET, PUT"
};

Match find_route(const std::vector<Route>& routes, std::string_view method, const Target& target);

}  // namespace labd::http
