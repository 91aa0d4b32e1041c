// What an `up` has done or would do, as a sentence, as a list of steps and as JSON.
#pragma once

#include "cli/render.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cli {

struct UpAction {
    struct Change {
        std::string path;
        std::optional<std::string> from, to;  // absent: there was none, or will be none
    };
    std::string op, kind, name, detail;
    std::string reason;  // why a node is made anew
    std::vector<Change> changes;
};

// A name or number that an edit has kept and a fresh lab would give otherwise.
struct KeptNumber {
    std::string what, is, fresh;
};

struct UpResult {
    std::string lab;
    std::vector<UpAction> actions;
    std::vector<KeptNumber> kept;
    double elapsed = 0;
    std::size_t nodes = 0, links = 0;
};

// "lab two-hosts up: 3 nodes, 2 links in 41 ms"; "two-hosts: nothing to do"; what changed.
std::string result_text(const UpResult& result, bool verbose, const Style& style);
std::string result_json(const UpResult& result);

// Every step, then "2 to add, 1 to change, 0 to destroy", then what an edit has kept.
std::string plan_text(const UpResult& result, const Style& style);
std::string plan_json(const UpResult& result);

}  // namespace cli
