// A run of checks as JSON Lines. Values come from nodes: what is no UTF-8 does not get through.
#pragma once

#include "labd/check/run.hpp"
#include "topology/check.hpp"
#include "topology/diagnostic.hpp"

#include <string>

namespace labd::check {

// {"type":"plan","ticket":…,"checks":[{"check":0,"name":…,"subject":…,"file":…,"line":…,"points":…,"hint":…,
// "tags":[…],"within":…,"level":…}]}
std::string plan_line(const std::vector<topology::Check>& checks,
                      const std::vector<std::size_t>& selected, const topology::Sources& sources,
                      std::uint64_t ticket);
std::string begin_line(std::size_t check);
// {"type":"seen","check":0,"ok":false,"elapsed":0.4,"value":…}
std::string seen_line(std::size_t check, bool ok, const Seen& seen);
// {"type":"check","check":0,"result":"passed","elapsed":…,"tries":…,"first_ok":…,"value":…,
// "reason":…,"history":[{"elapsed":…,"value":…}],"metrics":{…}}
// and of a failure whose cause was found "diagnosis":{"node":…,"where":…,"causes":[…],"facts":[…]}
std::string result_line(std::size_t check, const Outcome& outcome);

// {"type":"scenario","steps":[{"step":0,"name":…,"kind":"down","at":…,"for":…,"file":…,"line":…}]}
std::string scenario_line(const std::vector<topology::TimedStep>& steps,
                          const topology::Sources& sources);
// {"type":"step","step":0,"state":"begins","at":10.002}
std::string step_begin_line(std::size_t step, double at_s);
// {"type":"step","step":0,"state":"done" or "failed","at":12.1,"node":…,"text":…}
std::string step_end_line(std::size_t step, double at_s, const StepEnd& end);
// {"type":"sample","step":0,"at":10.5,"metric":"rtt","of":"h1 → h2","value":0.0003}, null: lost
std::string sample_line(std::size_t step, double at_s, const Sample& sample);

struct Counts {
    std::size_t passed = 0, failed = 0, skipped = 0, errors = 0, warnings = 0, failed_steps = 0;
    double points = 0, of = 0;
    void add(const topology::Check& check, const Outcome& outcome);
};
// {"type":"summary","passed":…,"failed":…,"skipped":…,"errors":…,"warnings":…,"failed_steps":…,
// "points":…,"of":…,"elapsed":…}
std::string summary_line(const Counts& counts, double elapsed_s);

}  // namespace labd::check
