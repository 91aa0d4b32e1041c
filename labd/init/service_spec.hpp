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
    // A job that configures these services: one that comes back after its end knows nothing of what
    // the job once told it, so the job runs again.
    std::vector<std::string> configures;
};

// Throws Failure for a wrong port or regular expression, so that labd hears of it at once.
void check(const ServiceSpec& spec);

}  // namespace labd::init
