// The checks of a running lab, one after the other: each is tried at once, then whenever the kernel
// of a node that it looks at has changed, then by timer, until it is true (and has been for as long
// as it must) or its time is over.
#pragma once

#include "labd/check/evidence.hpp"
#include "labd/check/question.hpp"
#include "labd/engine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace labd::check {

struct Seen {
    double at_s = 0;    // since the check began
    std::string value;  // what was seen then, and from then on
};

struct Outcome {
    enum class Result {
        passed,
        failed,
        skipped,   // a check that it comes after has not passed
        error,     // it could not be asked: not the network's fault
        cancelled  // the client has gone
    } result = Result::failed;
    double elapsed_s = 0;
    std::size_t tries = 0;
    std::optional<double> first_ok_s;
    std::string value;          // what was seen last
    std::string reason;         // of skipped, error, and of a fault: in words
    std::vector<Seen> history;  // values that differ from the one before
    std::map<std::string, double> metrics;
    Diagnosis diagnosis;       // of failed
    std::optional<Flow> flow;  // of failed: the packets of a part that was not true
};
const char* word(Outcome::Result result);

struct StepEnd {
    bool ok = true;
    std::string node, text;  // where, and what it said or what is wrong
};

struct Sample {
    std::string metric, of;       // "rtt" of "h1 → h2"
    std::optional<double> value;  // none: lost
};

struct Listener {
    std::function<void(std::size_t check)> begins = [](std::size_t) {};
    // A value that differs from the one before.
    std::function<void(std::size_t check, bool ok, const Seen&)> seen = [](auto...) {};
    std::function<void(std::size_t check, const Outcome&)> ended = [](auto...) {};
};

// What an experiment tells, with times in seconds since it began.
struct StepListener {
    std::function<void(std::size_t step, double at_s)> begins = [](auto...) {};
    // Of a command what it said and how it ended; of all else nothing but trouble.
    std::function<void(std::size_t step, double at_s, const StepEnd&)> ended = [](auto...) {};
    std::function<void(std::size_t check, const Outcome&)> checked = [](auto...) {};
    std::function<void(std::size_t step, double at_s, const Sample&)> sampled = [](auto...) {};
};

struct EchoBeat;
struct Echoing;
struct Flapping;
struct Stage;

class Run {
  public:
    Run(boost::asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab);

    // `checks` in order; `selected`: which of them. Faults that they put in are out again when it
    // returns, whatever has happened. Throws for what is wrong with labd or the lab as a whole.
    boost::asio::awaitable<void> all(std::vector<topology::Check> checks,
                                     std::vector<std::size_t> selected, bool fail_fast,
                                     Listener listener);
    // The same checks again and again, each tried once, whenever a kernel of the lab has changed
    // something and otherwise by timer, until cancel(): a listener hears what differs from before.
    // Checks that break something are not among them.
    boost::asio::awaitable<void> follow(std::vector<topology::Check> checks,
                                        std::vector<std::size_t> selected, Listener listener);
    // The steps of an experiment, each at its time; `checks` are those that they name. What they
    // have changed is as before when it returns, whatever has happened.
    boost::asio::awaitable<void> play(std::vector<topology::TimedStep> steps,
                                      std::vector<topology::Check> checks, StepListener listener);
    // The client has gone: ends as soon as all is as it was.
    void cancel();
    // It waits for its turn to break something, so that nothing of it has to be mended.
    bool queued() const;

  private:
    struct State;
    struct Trying;
    boost::asio::awaitable<Outcome> one(const topology::Check& check);
    boost::asio::awaitable<Outcome> asked(const topology::Check& check, Trying trying);
    boost::asio::awaitable<Outcome> until_true(const topology::Check& check, Trying trying);
    boost::asio::awaitable<Outcome> with_fault(const topology::Check& check);
    // fault.cpp
    boost::asio::awaitable<void> break_it(const topology::Fault& fault);
    boost::asio::awaitable<void> kill_process(std::string node, std::string process);
    boost::asio::awaitable<void> services_back(std::string node, std::int64_t killed);
    boost::asio::awaitable<void> flap(const topology::Fault& fault,
                                      std::shared_ptr<Flapping> state);
    // scenario.cpp
    boost::asio::awaitable<void> act(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> give_up(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> break_for_a_while(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> flap_for_a_while(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> command_in(std::shared_ptr<Stage> stage, std::size_t index,
                                            std::string node);
    // sample.cpp
    boost::asio::awaitable<void> sample(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> sample_pairs(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> echo(std::shared_ptr<Echoing> pair, EchoBeat& beat);
    boost::asio::awaitable<void> sample_links(std::shared_ptr<Stage> stage, std::size_t index);
    boost::asio::awaitable<void> sample_routes(std::shared_ptr<Stage> stage, std::size_t index,
                                               std::string node);
    boost::asio::awaitable<void> lay_faults(std::shared_ptr<Stage> stage);
    // Until then, or sooner when the client has gone or the experiment is over.
    boost::asio::awaitable<void> pause_until(std::shared_ptr<Stage> stage,
                                             std::chrono::steady_clock::time_point until);

    // quiet.cpp
    boost::asio::awaitable<Outcome> until_quiet(const topology::Check& check, Trying trying);
    boost::asio::awaitable<Verdict> try_once(const topology::Check& check, Trying trying);
    boost::asio::awaitable<void> hear(Ask ask, Heard& to);
    boost::asio::awaitable<void> read(std::string node, Answers& to);

    boost::asio::io_context& loop_;
    Engine& engine_;
    std::shared_ptr<Lab> lab_;
    std::shared_ptr<State> state_;
};

}  // namespace labd::check
