// What programs in nodes have written, on its way to somebody's terminal: it may colour its words,
// and nothing else. A terminal obeys escapes, and a node is not to command the terminal of whoever
// reads its log.
#pragma once

#include <string>
#include <string_view>

namespace cli {

class TerminalText {
  public:
    // Whole lines, made visible() but for their tabs and colours (SGR, ECMA-48), which end with
    // them. The rest of the bytes stays until its line is whole.
    std::string take(std::string_view bytes);
    std::string rest();

  private:
    std::string open_;
};

}  // namespace cli
