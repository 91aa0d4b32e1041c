// Commands in nodes, seen from the client: one with our own streams, or many with collected lines.
#pragma once

#include "cli/frames.hpp"
#include "labd/fd.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

// How a command in a node ended.
struct Outcome {
    enum class How { ended, failed, lost, timed_out } how = How::lost;
    int wait_status = 0;  // ended
    int error = 0;        // failed: errno
    std::string text;     // failed: a sentence

    int exit_status() const;  // 0…127, 128+n, or 125/126/127
    int signal() const;       // 0 = not killed
};

// Turns `ended` and `failed` into an outcome; nullopt for other frames.
std::optional<Outcome> outcome_of(const Received& frame);

// Puts `fd` into non-blocking mode.
void unblock(int fd);

struct RelayOptions {
    bool tty = false;       // the session has a pty: one stream each way, raw keys
    bool no_stdin = false;  // the command reads end of file
    double timeout = 0;     // seconds
    int in = 0, out = 1, err = 2;
};

// One command with our own streams, until it ends. Signals that come to us meanwhile go to it; a
// closed stdout closes its pipe. Throws Failure when the session speaks nonsense.
Outcome relay(labd::Fd connection, const RelayOptions& options);

// One of many commands, or a stream of logs.
struct Job {
    std::string node;
    std::function<labd::Fd()> open;  // may throw Failure: reported as that job's outcome
};
struct JobResult {
    Outcome outcome;
    double seconds = 0;
};
struct ManyOptions {
    std::size_t parallel = 64;
    double timeout = 0;  // seconds, for each
    bool forward_signals = false;
    // stream 1 or 2, bytes as they come.
    std::function<void(std::size_t job, int stream, std::string_view bytes)> output;
};
std::vector<JobResult> run_many(const std::vector<Job>& jobs, const ManyOptions& options);

}  // namespace cli
