// The kinds of flags and words that verbs have. It keeps CLI11, which is slow to compile, out of
// the files that list them.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

// Bools are set by the flag alone; a string takes what stands behind "=", "true" without one.
void flag(CLI::App& app, const char* name, bool& to, const char* description);
void flag(CLI::App& app, const char* name, std::string& to, const char* description);
void ignored(CLI::App& app, const char* name);  // allowed, without meaning, not in the help

void valued(CLI::App& app, const char* name, std::string& to, const char* description);
void valued(CLI::App& app, const char* name, unsigned& to, const char* description);
// A number from `least` to `most`.
void counted(CLI::App& app, const char* name, unsigned& to, const char* description, unsigned least,
             unsigned most);
// One value for each time the flag stands there, never the words behind it.
void repeated(CLI::App& app, const char* name, std::vector<std::string>& to,
              const char* description);

// Words without a flag: any number, or one.
void words_of(CLI::App& app, std::vector<std::string>& to);
void word_of(CLI::App& app, const char* name, std::string& to, bool required = false);
// What stands behind the first word is a word, whatever it looks like: `exec -t r1 -- ls -t`.
void all_words_from_the_first(CLI::App& app);

CLI::App& subverb(CLI::App& app, const char* name, const char* description);
bool was_typed(const CLI::App& subverb);

}  // namespace cli
