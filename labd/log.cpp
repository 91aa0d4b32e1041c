// Lines on stderr, one write(2) each: threads and processes do not mix theirs.
#include "labd/log.hpp"

#include "labd/events.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>

namespace labd::log {
namespace {

constexpr std::array<std::string_view, 8> names{"",        "",       "",     "error",
                                                "warning", "notice", "info", "debug"};
constexpr std::size_t longest = 4096;

std::atomic<Level> threshold{Level::info};  // the kernel thread logs too

// systemd sets JOURNAL_STREAM where stderr is the journal's; INVOCATION_ID alone is inherited by a
// shell in a unit, whose stderr may be a file.
bool under_systemd() {
    static const bool is = std::getenv("JOURNAL_STREAM") && std::getenv("INVOCATION_ID");
    return is;
}

}  // namespace

void set_level(Level level) {
    threshold = level;
}

bool parse_level(std::string_view text, Level& level) {
    const auto found = std::find(names.begin() + 3, names.end(), text);
    if (found == names.end()) return false;
    level = static_cast<Level>(found - names.begin());
    return true;
}

std::string format(Level level, std::string_view text, std::string_view time) {
    static constexpr std::string_view hex = "0123456789abcdef";
    const auto number = static_cast<std::size_t>(level);
    std::string out;
    if (time.empty())
        out = "<" + std::to_string(number) + ">";
    else
        out = std::string(time) + " " + std::string(names[number]) + ": ";
    const bool cut = text.size() > longest;
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        } else {
            out += c;
        }
    }
    if (cut) out += "… (" + std::to_string(text.size()) + " bytes)";
    return out;
}

void write(Level level, std::string_view text) {
    if (level > threshold) return;
    std::string time;
    if (!under_systemd()) {
        timespec now{};
        (void)::clock_gettime(CLOCK_REALTIME, &now);  // cannot fail
        time = rfc3339(now);
    }
    const std::string line = format(level, text, time) + "\n";
    // Nobody is left to hear that the log cannot be written.
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

}  // namespace labd::log
