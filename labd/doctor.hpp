// `lab doctor`: what this machine has of what labs may want, and what would bring the rest.
#pragma once

#include "labd/orphans.hpp"

#include <map>
#include <string>
#include <vector>

namespace labd {

struct DoctorCheck {
    std::string name;  // "kernel: netem"
    bool ok = false;
    bool needed = false;  // without it no lab comes up; else only what the detail names is missing
    std::string detail;   // a sentence: what was found, what it is for
    std::string fix;      // a sentence or a command; empty when ok
};

struct DoctorInput {
    std::string state_dir;
    Belongings known;  // whatever else bears our mark is a leftover
    // Of labs that the host has something for: what of it is not there any more, by "LAB: NODE".
    std::map<std::string, std::string> untied;
    bool tied = false;      // there are such labs
    bool rootless = false;  // labd runs in an ordinary user's namespace: examine_user says the rest
};

// Asks the kernel by doing: makes devices in a namespace of its own, mounts in a user namespace of
// its own, and both go away with it. That may take seconds where modules are loaded for the first
// time, and it changes the calling thread's network namespace for a moment: give it a thread that
// is not the loop's.
std::vector<DoctorCheck> examine(const DoctorInput& input);

// What an ordinary user's own labd needs of the machine and of the user. To be called by that user,
// outside of any user namespace of labd's: inside, the limits of the machine do not show.
std::vector<DoctorCheck> examine_user(const DoctorInput& input);

// As a JSON array of {"name", "ok", "needed", "detail", "fix"}.
std::string to_json(const std::vector<DoctorCheck>& checks);

}  // namespace labd
