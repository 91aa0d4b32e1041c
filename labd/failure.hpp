// Failures of `up` in the words of the wire: what, where in the file, what to do.
#pragma once

#include "labd/engine.hpp"

#include <exception>
#include <optional>

namespace labd {

// A step that could not be done: the sentence, and the line of the file that asked for it.
struct StepFailure : std::runtime_error {
    StepFailure(const std::string& message, topology::Where line, std::string what_to_do = "")
        : std::runtime_error(message), where(line), hint(std::move(what_to_do)) {}
    topology::Where where;
    std::string hint;
    std::string code = "build_failed";
    // Inside of the text that stands at `where`, if it does stand there and not in a file.
    struct Within {
        std::string text;  // of its line
        std::uint32_t line = 0, column = 0, length = 1;
    };
    std::optional<Within> within;
};

// A ruleset that nft has refused, `said`, with the place of its first complaint.
StepFailure refused_ruleset(const topology::Node& node, const std::string& said, int status);

StepFailure step_failure(const topology::Lab& lab, const topology::Step& step,
                         const KernelFailure& failure);
UpFailure invalid_topology(const topology::Resolved& resolved);
UpFailure forbidden(const Refusal& refusal, const topology::Sources& sources);
[[noreturn]] void rethrow_as_up_failure(std::exception_ptr error, const topology::Sources& sources);

// The sentence of what was thrown.
std::string words_of(std::exception_ptr error);

// What `work` throws without a line gets this one.
boost::asio::awaitable<void> located(topology::Where where, boost::asio::awaitable<void> work);

// Between waits: throws when the client has gone or another node has failed.
void give_up_if(const Progress& progress);

// The line that asked for a node, or for its interface; line 0 when nothing did.
topology::Where where_of(const topology::Lab& lab, const std::string& node,
                         const std::string& device = "");

}  // namespace labd
