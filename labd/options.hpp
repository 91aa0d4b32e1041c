// labd's command line.
#pragma once

#include "labd/log.hpp"

#include <optional>
#include <string>
#include <vector>

namespace labd {

struct Options {
    // These three are an ordinary user's own when such a one starts labd (user_folders.hpp).
    std::string run_dir = "/run/labd";
    std::string state_dir = "/var/lib/labd";
    std::string log_dir = "/var/log/labd";
    std::string netns_dir = "/run/netns";
    std::string socket;  // default: RUN/labd.sock
    std::string init;    // lab-init; see find_init
    std::size_t labs_per_user = 64;
    std::size_t nodes_per_user = 5000;
    bool doctor = false;      // only say what is in an ordinary user's way
    bool foreground = false;  // stay attached to the terminal, or to whoever supervises
    log::Level log_level = log::Level::info;
};

struct ParsedOptions {
    std::optional<Options> options;  // nothing: print `text` and exit with `status`
    int status = 0;                  // 0 after --help and --version (stdout), 2 otherwise (stderr)
    std::string text;
};

// Paths come out absolute, because a daemon changes its working directory.
ParsedOptions parse_options(const std::vector<std::string>& arguments);

// lab-init: `given` when not empty, else beside the binary `self`, else in ../libexec/labd relative
// to it (an installed pair). Throws with the places it looked at.
std::string find_init(const std::string& given, const std::string& self);

// /proc/self/exe, also after the file was replaced by a newer one.
std::string own_binary();

}  // namespace labd
