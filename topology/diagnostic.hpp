// What is wrong with what the user wrote, as values: collected, never thrown, all shown at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

enum class Severity { error, warning, notice };

// A place in a source file. line and column count from 1; line 0 means "nowhere in particular".
// `file` indexes Sources; columns count bytes; length is the number of bytes the caret underlines.
struct Where {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 1;

    bool operator==(const Where&) const { return true; }  // a place is no part of a value
};

struct Diagnostic {
    Severity severity = Severity::error;
    Where where;
    std::string code;     // "D14" of `lab help topology`; stable, for tests and machines
    std::string message;  // one sentence, no full stop
    std::string hint;     // what to do, may be empty
};

// The texts that places refer to. File 0 is the topology file itself.
struct SourceFile {
    std::string name;  // as the user would write it
    std::string text;
};
using Sources = std::vector<SourceFile>;

class Diagnostics {
  public:
    void error(std::string_view code, Where where, std::string message, std::string hint = "");
    void warning(std::string_view code, Where where, std::string message, std::string hint = "");
    void notice(std::string_view code, Where where, std::string message, std::string hint = "");

    bool failed() const;  // at least one error
    const std::vector<Diagnostic>& all() const { return list_; }
    void sort();  // by file, line, column; exact duplicates removed

  private:
    std::vector<Diagnostic> list_;
};

// "two.lab.toml:4:11: error: unknown node "h9" in a link", the source line, a caret, the hint.
// `color` writes ANSI colours.
std::string render(const Diagnostic& diagnostic, const Sources& sources, bool color);
// All errors first in file order, at most `limit` of them, then a line that says how many more.
std::string render(const std::vector<Diagnostic>& diagnostics, const Sources& sources, bool color,
                   std::size_t limit = 20);

}  // namespace topology
