// labd's log: one line per event on stderr. Under systemd the line starts with <N>, the priority
// that the journal understands (sd-daemon(3)), and the journal adds the time; elsewhere the line
// starts with the time. Library code does not log; labd does, once, where it handles the error.
#pragma once

#include <string>
#include <string_view>

namespace labd::log {

enum class Level { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // as syslog's

// Everything above it is left out. Default: info.
void set_level(Level level);
// "error", "warning", "notice", "info", "debug"; false: none of them.
bool parse_level(std::string_view text, Level& level);

void write(Level level, std::string_view text);
inline void error(std::string_view text) {
    write(Level::error, text);
}
inline void warning(std::string_view text) {
    write(Level::warning, text);
}
inline void notice(std::string_view text) {
    write(Level::notice, text);
}
inline void info(std::string_view text) {
    write(Level::info, text);
}
inline void debug(std::string_view text) {
    write(Level::debug, text);
}

// What write() puts out, without the newline. `time` is empty under systemd. Control bytes are
// escaped and long texts cut: a name from a node must not start a line of its own.
std::string format(Level level, std::string_view text, std::string_view time);

}  // namespace labd::log
