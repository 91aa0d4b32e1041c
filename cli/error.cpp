#include "cli/error.hpp"

#include <array>
#include <utility>

namespace cli {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 19> exits{{
    {"usage", exit_code::usage},
    {"invalid_topology", exit_code::usage},
    {"bad_request", exit_code::usage},
    {"invalid_condition", exit_code::usage},
    {"no_checks", exit_code::no_checks},
    {"no_such_lab", exit_code::absent},
    {"no_such_node", exit_code::absent},
    {"no_such_link", exit_code::absent},
    {"no_such_interface", exit_code::absent},
    {"no_such_service", exit_code::absent},
    {"build_failed", exit_code::failed},
    {"failed", exit_code::failed},
    {"busy", exit_code::failed},
    {"timeout", exit_code::timed_out},
    {"interrupted", exit_code::interrupted},
    {"exec_failed", exit_code::own},
    {"unreachable", exit_code::infrastructure},
    {"forbidden", exit_code::infrastructure},
    {"limit", exit_code::infrastructure},
}};

}  // namespace

int exit_of(std::string_view code) {
    for (const auto& [name, exit] : exits)
        if (name == code) return exit;
    return exit_code::infrastructure;
}

Failure::Failure(std::string name, std::string text, std::string advice)
    : exit(exit_of(name)),
      code(std::move(name)),
      message(std::move(text)),
      hint(std::move(advice)) {}

}  // namespace cli
