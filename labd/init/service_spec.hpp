// What labd wants of one service.
#pragma once

#include "labd/init/command.hpp"
#include "labd/init/loop.hpp"
#include "labd/init/protocol.hpp"

#include <string>
#include <vector>

namespace labd::init {

struct ServiceSpec {
    std::string name;
    Command command;
    protocol::ReadyKind ready = protocol::ReadyKind::started;
    std::string argument;  // port, path, regular expression or command
    protocol::Restart restart = protocol::Restart::on_failure;
    int stop_signal = 15;
    milliseconds grace{2000};
    // What these services know, this one has told them: a job their configuration, a daemon of a
    // suite what it has found out. One that comes back after its end has forgotten it all, so the
    // job runs again, and the daemon starts again.
    std::vector<std::string> configures;
};

// Throws Failure for a wrong port or regular expression, so that labd hears of it at once.
void check(const ServiceSpec& spec);

}  // namespace labd::init
