// Phase lines.
#include "cli/progress.hpp"

#include "cli/render.hpp"
#include "cli/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace cli {
namespace {

std::string counted(const Phase& phase) {
    return phase.name + " " + std::to_string(phase.done) + "/" + std::to_string(phase.total);
}

}  // namespace

ProgressStyle progress_style(const Globals& globals) {
    if (globals.quiet) return ProgressStyle::none;
    if (globals.verbose) return ProgressStyle::lines;
    const char* term = std::getenv("TERM");
    const bool dumb = term != nullptr && std::strcmp(term, "dumb") == 0;
    if (::isatty(2) == 1 && !dumb) return ProgressStyle::redrawn;
    const char* github = std::getenv("GITHUB_ACTIONS");
    if (github != nullptr && std::strcmp(github, "true") == 0) return ProgressStyle::github;
    return ProgressStyle::lines;
}

std::string Progress::text(const Phase& phase) {
    if (phase.total == 0)
        return verbose_ && style_ == ProgressStyle::lines
                   ? phase.name + "  " + duration(phase.elapsed) + "\n"
                   : "";
    const auto same = [&](const Phase& p) { return p.name == phase.name; };
    const auto known = std::find_if(phases_.begin(), phases_.end(), same);
    const bool was_done = known != phases_.end() && known->done == known->total;
    if (known == phases_.end())
        phases_.push_back(phase);
    else
        *known = phase;
    if (style_ == ProgressStyle::redrawn) {
        std::vector<std::string> parts;
        for (const Phase& p : phases_) parts.push_back(counted(p));
        std::string line = join(parts, "  ");
        const std::size_t room = terminal_size(2).columns - 1;
        // A line that wraps cannot be redrawn: drop finished phases from its front.
        while (parts.size() > 1 && line.size() > room) {
            parts.erase(parts.begin());
            line = join(parts, "  ");
        }
        return "\r\x1b[K" + line.substr(0, room);
    }
    if (style_ == ProgressStyle::none || phase.done < phase.total || was_done) return "";
    const std::string line = counted(phase) + "  " + duration(phase.elapsed) + "\n";
    if (style_ == ProgressStyle::github) return "::group::" + line + "::endgroup::\n";
    return line;
}

void Progress::show(const Phase& phase) {
    const std::string line = text(phase);
    if (line.empty()) return;
    print_error(line);
    drawn_ = style_ == ProgressStyle::redrawn;
}

void Progress::finish() {
    if (drawn_) print_error("\r\x1b[K");
    drawn_ = false;
}

}  // namespace cli
