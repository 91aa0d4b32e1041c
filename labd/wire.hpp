// Requests and answers of the API in JSON: the shapes that clients see.
#pragma once

#include "labd/engine.hpp"
#include "labd/node_door.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace labd {

unsigned http_status(const std::string& code);

// {"api":1}, to be filled.
boost::json::object wire();

// The last line of an `up`: {"type":"result", …} or {"type":"error", …}.
std::string result_line(const UpResult& result);
std::string error_line(const UpFailure& failure);

// The body of an exec. The node's own `env` comes first, so that the request's wins. Throws
// BadRequest.
SessionRequest parse_session(const std::string& text, const topology::Node& node);

}  // namespace labd
