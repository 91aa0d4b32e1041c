// `exec`, `run` and `env`: what is started in a node, as written.
#pragma once

#include "topology/context.hpp"
#include "topology/model.hpp"

#include <map>
#include <string>

namespace topology {

void read_exec(const Value& value, Node& node, Context& context);
// Names services, lets a later layer replace one of the same name, reports D55 and D56.
void read_run(const Value& value, Node& node, Context& context);
void read_env(const Value& value, std::map<std::string, Text>& env, Context& context);

// "tcp 80", "file /run/x", "notify": nullopt when it is none of them.
std::optional<Ready> parse_ready(const std::string& text);

}  // namespace topology
