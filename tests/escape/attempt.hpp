// An attempt to get out of a node: one function, which succeeds on a process that is not sealed.
// It says what it came to; nothing it does harms the machine even when it succeeds.
#pragma once

#include "tests/escape/target.hpp"

#include <functional>
#include <string>
#include <vector>

namespace escape {

enum class Outcome { escaped = 0, held = 1, impossible = 2 };  // also the exit statuses

struct Verdict {
    Outcome outcome;
    std::string how;
};
Verdict escaped(std::string how);
// `errno` and what failed.
Verdict held(const std::string& step);
// Nobody could do it on this kernel or machine, sealed or not; `why` names what is missing.
Verdict impossible(std::string why);

struct Attempt {
    std::string name;
    std::function<Verdict(const Target&)> attempt;
    // The unsealed process that it must succeed in: root of the host, in new namespaces of these
    // kinds (CLONE_NEW*) but no new user namespace, as other lab tools make them …
    int control_namespaces = 0;
    // … and with what else such a process has, done in a mount namespace that goes with it.
    std::function<void(const Target&)> control = {};
    // Against another node of the lab, too. What aims at the machine itself is tried once.
    bool at_neighbour = false;
};

std::vector<Attempt> namespace_attempts();
std::vector<Attempt> mount_attempts();
std::vector<Attempt> device_attempts();
std::vector<Attempt> process_attempts();
std::vector<Attempt> descriptor_attempts();
std::vector<Attempt> channel_attempts();
std::vector<Attempt> group_attempts();
std::vector<Attempt> setting_attempts();
std::vector<Attempt> call_attempts();

}  // namespace escape
