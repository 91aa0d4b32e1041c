// isatty, window size, raw mode, and the environment's word on colours.
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace cli {

TerminalSize terminal_size(int fd) {
    winsize size{};
    // A serial line says 0 × 0 (tty_ioctl(4)): keep the customary size then.
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
    return {size.ws_row, size.ws_col};
}

bool wants_color(const std::string& when, int fd) {
    if (when == "always") return true;
    if (when == "never") return false;
    const auto set = [](const char* name) {
        const char* value = std::getenv(name);
        return value != nullptr && *value != '\0';
    };
    if (set("NO_COLOR")) return false;
    if (set("CLICOLOR_FORCE") && std::strcmp(std::getenv("CLICOLOR_FORCE"), "0") != 0) return true;
    const char* term = std::getenv("TERM");
    if (term != nullptr && std::strcmp(term, "dumb") == 0) return false;
    return ::isatty(fd) == 1;
}

RawMode::RawMode(int fd) : fd_(fd) {
    if (::tcgetattr(fd_, &saved_) != 0)
        throw std::system_error(errno, std::generic_category(), "read the terminal's mode");
    enter();
}

RawMode::~RawMode() {
    leave();
}

void RawMode::enter() {
    termios raw = saved_;
    ::cfmakeraw(&raw);
    (void)::tcsetattr(fd_, TCSADRAIN, &raw);  // a vanished terminal shows at the next read
}

void RawMode::leave() {
    (void)::tcsetattr(fd_, TCSADRAIN, &saved_);  // likewise
}

}  // namespace cli
