// What came of the [[step]] tables of one run, as plain values: the stream of labd goes in.
#pragma once

#include "cli/render.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cli {

struct Experiment {
    struct Step {
        std::string name, kind, file;
        unsigned line = 0;
        double at = 0;
    };
    struct Told {  // a step that begins or ends
        std::size_t step = 0;
        enum class State { begins, done, failed } state = State::begins;
        double at = 0;
        std::string node, text;
    };
    struct Sample {
        std::size_t step = 0;
        double at = 0;
        std::string metric, of;       // "rtt", "h1 → h2"
        std::optional<double> value;  // none: lost
    };
    std::vector<Step> steps;
    std::vector<Told> told;
    std::vector<Sample> samples;

    std::size_t failures() const;
};

// One line of the stream, if it is of a step; true when it is news of one (told.back()).
bool take_step_line(Experiment& experiment, const boost::json::object& line);

// "  10.0 s  r1--r2 down"; of commands what they said last. "" of what is not worth a line.
std::string step_text(const Experiment& experiment, const Experiment::Told& told,
                      const Style& style);
// "rtt h1 → h2: 100 samples, 0.31 ms on average, 2 lost", a line for each.
std::string samples_text(const Experiment& experiment);

}  // namespace cli
