// What programs in nodes have written, on its way to somebody's terminal: it may colour its words,
// and nothing else. A terminal obeys escapes, and a node is not to command the terminal of whoever
// reads its log.
#pragma once

#include <string>
#include <string_view>

namespace cli {

class TerminalText {
  public:
    // The same text with control characters in caret notation (cat -v), apart from line ends, tabs
    // and colours (SGR, ECMA-48); these end with their line. What may go on in the next bytes stays
    // until then.
    std::string take(std::string_view bytes);
    std::string rest();

  private:
    void byte(char c, std::string& out);
    void end_line(std::string& out);

    std::string open_;  // an escape, or a letter of two bytes, that has begun
    bool coloured_ = false;
};

}  // namespace cli
