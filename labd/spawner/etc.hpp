#pragma once

#include "labd/init/accounts.hpp"

#include <string>

namespace labd::spawner {

// What the template's /etc has instead of the host's: locked passwords, the lab's hosts, own
// directories of the routing daemons, the prompt. Throws Failure.
void write_own_etc(int etc, const Accounts& accounts, const std::string& passwd,
                   const std::string& group);

}  // namespace labd::spawner
