// How far `up` has come, on stderr: one redrawn line on a terminal, else a line for each phase.
#pragma once

#include "cli/options.hpp"
#include "cli/wire.hpp"

#include <string>
#include <vector>

namespace cli {

enum class ProgressStyle { none, redrawn, lines, github };
ProgressStyle progress_style(const Globals& globals);

class Progress {
  public:
    explicit Progress(ProgressStyle style, bool verbose = false)
        : style_(style), verbose_(verbose) {}
    void show(const Phase& phase);
    // Before other words go to stderr, and at the end.
    void finish();
    // What show() would write: for tests.
    std::string text(const Phase& phase);

  private:
    ProgressStyle style_;
    bool verbose_;  // the stations without steps too
    std::vector<Phase> phases_;
    bool drawn_ = false;
};

}  // namespace cli
