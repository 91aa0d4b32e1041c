// What gives a verb its flags and words, and returns what to run when they have been read. One file
// for each group of the front page.
#pragma once

#include "cli/flags.hpp"

#include <functional>
#include <map>
#include <string>

namespace cli {

using Setup = std::function<std::function<int()>(CLI::App&, Line&)>;
using Setups = std::map<std::string, Setup>;

void setups_build(Setups& setups);
void setups_look(Setups& setups);
void setups_act(Setups& setups);
void setups_test(Setups& setups);
void setups_tools(Setups& setups);

}  // namespace cli
