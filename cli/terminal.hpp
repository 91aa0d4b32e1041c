// The terminal that the user sits at: is there one, how big is it, and its raw mode.
#pragma once

#include <termios.h>

#include <optional>
#include <string>

namespace cli {

struct TerminalSize {
    unsigned rows = 24, columns = 80;
};
TerminalSize terminal_size(int fd);

// --color, NO_COLOR, CLICOLOR_FORCE, TERM=dumb and isatty, in that order (no-color.org).
bool wants_color(const std::string& when, int fd);

// Keys go through byte by byte while this lives; the old mode comes back on every way out.
class RawMode {
  public:
    explicit RawMode(int fd);  // throws std::system_error
    ~RawMode();
    RawMode(const RawMode&) = delete;
    RawMode& operator=(const RawMode&) = delete;
    void enter();
    void leave();

  private:
    int fd_;
    termios saved_{};
};

}  // namespace cli
