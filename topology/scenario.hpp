// A [[step]]: what happens at a time of an experiment, as plain values. labd/check/scenario.* plays
// them, one after the other, on a lab that runs.
#pragma once

#include "topology/text.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace topology {

// What is written down again and again while the experiment goes on.
struct Measure {
    enum class Kind {
        rtt,         // of pings from each of `from` to each of `to`: seconds, and percent lost
        throughput,  // what each end of `links` sends: bits per second
        routes       // how many the kernels of `from` hold
    } kind = Kind::rtt;
    std::vector<std::string> from;
    std::vector<Text> to;
    std::vector<std::string> links;
    bool operator==(const Measure&) const = default;
};

struct TimedStep {
    enum class Kind {
        up,
        down,
        flap,
        stop,
        start,
        kill,
        impair,
        clear,
        run,
        check,
        sample
    } kind = Kind::run;
    std::string name;                // written, or made of what it does
    double at_s = 0;                 // since the experiment began
    double for_s = 0;                // then it goes back; 0: until a later step, or the end
    double every_s = 1;              // of flap: from one fall to the next; of sample: of readings
    std::vector<std::string> links;  // up, down, flap, impair, clear
    std::vector<std::string> ends;   // impair, clear: as Fault::ends
    std::string settings;            // impair: as Fault::settings
    std::vector<std::string> nodes;  // stop, start, kill, run
    std::string process;             // kill
    std::vector<Text> argv;          // run: a string in the file is {"/bin/sh", "-c", STRING}
    std::size_t check = 0;           // Lab::checks: asked when the step comes, not before
    Measure measure;                 // sample
    std::string toml;                // as Check::toml
    Where where;
    bool operator==(const TimedStep&) const = default;
};

// Everything in a step that may hold late references.
void for_each_text(TimedStep& step, const std::function<void(Text&)>& visit);

}  // namespace topology
