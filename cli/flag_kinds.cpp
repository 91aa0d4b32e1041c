#include "cli/flag_kinds.hpp"

#include "cli/flags.hpp"

#include <CLI/CLI.hpp>

namespace cli {
namespace {

// CLI11 takes words such as "[a,b]" apart at their commas; `shielded` ones it leaves whole.
constexpr char shield = '\x01';

CLI::Option* whole(CLI::Option* option) {
    return option->transform(CLI::Validator(
        [](std::string& word) {
            if (!word.empty() && word.front() == shield) word.erase(0, 1);
            return std::string();
        },
        ""));
}

}  // namespace

void flag(CLI::App& app, const char* name, bool& to, const char* description) {
    app.add_flag(name, to, description);
}

void flag(CLI::App& app, const char* name, std::string& to, const char* description) {
    app.add_flag(name, to, description);
}

void ignored(CLI::App& app, const char* name) {
    app.add_flag(name)->group("");
}

void valued(CLI::App& app, const char* name, std::string& to, const char* description) {
    whole(app.add_option(name, to, description)
              ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast));
}

void valued(CLI::App& app, const char* name, unsigned& to, const char* description) {
    app.add_option(name, to, description)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void counted(CLI::App& app, const char* name, unsigned& to, const char* description, unsigned least,
             unsigned most) {
    app.add_option(name, to, description)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->check(CLI::Range(least, most));
}

void repeated(CLI::App& app, const char* name, std::vector<std::string>& to,
              const char* description) {
    whole(app.add_option(name, to, description)
              ->expected(1)
              ->allow_extra_args(false)
              ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
}

void words_of(CLI::App& app, std::vector<std::string>& to) {
    whole(app.add_option("words", to)->group(""));
}

void word_of(CLI::App& app, const char* name, std::string& to, bool required) {
    whole(app.add_option(name, to)->required(required)->group(""));
}

void all_words_from_the_first(CLI::App& app) {
    app.positionals_at_end();
}

CLI::App& subverb(CLI::App& app, const char* name, const char* description) {
    return *app.add_subcommand(name, description);
}

bool was_typed(const CLI::App& subverb) {
    return subverb.parsed();
}

std::string shielded(const std::string& word) {
    const bool list = word.size() > 1 && word.front() == '[' && word.back() == ']';
    return list ? shield + word : word;
}

}  // namespace cli
