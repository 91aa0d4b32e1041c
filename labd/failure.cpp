#include "labd/failure.hpp"

#include <algorithm>
#include <regex>
#include <sstream>

namespace labd {

topology::Where where_of(const topology::Lab& lab, const std::string& node,
                         const std::string& device) {
    const topology::Node* found = lab.find(node);
    if (found == nullptr) return {};
    for (const topology::Interface& interface : found->interfaces)
        if (interface.name == device) {
            if (interface.where.line != 0) return interface.where;
            if (interface.link < lab.links.size()) return lab.links[interface.link].where;
        }
    return found->where;
}

namespace {

// The line that asked for a step.
struct Place {
    const topology::Lab& lab;
    topology::Where operator()(const topology::CreateVeth& s) const {
        const topology::Where where = where_of(lab, s.space, s.device.name);
        return where.line != 0 ? where : where_of(lab, s.peer_space, s.peer.name);
    }
    topology::Where operator()(const topology::CreateDevice& s) const {
        return where_of(lab, s.space, s.device.name);
    }
    topology::Where operator()(const topology::ChangeDevice& s) const {
        return where_of(lab, s.space, s.to.name);
    }
    topology::Where operator()(const topology::AddAddress& s) const {
        return where_of(lab, s.space, s.device);
    }
    topology::Where operator()(const topology::AddRoute& s) const {
        return s.route.where.line != 0 ? s.route.where : where_of(lab, s.space);
    }
    topology::Where operator()(const topology::CreateSpace& s) const {
        return where_of(lab, s.space);
    }
    topology::Where operator()(const topology::ChangeGround& s) const {
        return where_of(lab, s.space);
    }
    topology::Where operator()(const auto&) const { return {}; }
};

}  // namespace

StepFailure step_failure(const topology::Lab& lab, const topology::Step& step,
                         const KernelFailure& failure) {
    std::string message = failure.message;
    if (!failure.kernel.empty() && message.find(failure.kernel) == std::string::npos)
        message += " (kernel: " + failure.kernel + ")";
    return StepFailure(message, std::visit(Place{lab}, step));
}

UpFailure invalid_topology(const topology::Resolved& resolved) {
    UpFailure failure("invalid_topology", "the topology has mistakes");
    failure.sources = resolved.sources;
    failure.diagnostics = resolved.diagnostics.all();
    for (const topology::Diagnostic& d : failure.diagnostics)
        if (d.severity == topology::Severity::error) {
            failure.where = d.where;
            failure.hint = d.hint;
            break;
        }
    return failure;
}

UpFailure forbidden(const Refusal& refusal, const topology::Sources& sources) {
    UpFailure failure("forbidden", refusal.message, refusal.hint);
    failure.where = refusal.where;
    failure.sources = sources;
    return failure;
}

std::string words_of(std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

namespace {

std::string line_at(const std::string& text, std::uint32_t number) {
    std::istringstream lines(text);
    std::string line;
    for (std::uint32_t i = 0; i < number; ++i)
        if (!std::getline(lines, line)) return "";
    return line;
}

// Where a place inside of a text is in the file: behind its quotes, which a line may end.
topology::Where place_of(const StepFailure& failure, const topology::Sources& sources) {
    const topology::Where& value = failure.where;
    if (!failure.within || value.line == 0 || value.file >= sources.size()) return value;
    const StepFailure::Within& at = *failure.within;
    const std::string& file = sources[value.file].text;
    const std::string first = line_at(file, value.line);
    if (value.column == 0 || value.column > first.size()) return value;
    const std::string token = first.substr(value.column - 1);
    const bool many = token.starts_with("'''") || token.starts_with("\"\"\"");
    const std::uint32_t quotes = many ? 3 : 1;
    const bool below = many && token.size() == quotes;  // the text begins in the next line
    topology::Where where = value;
    where.line = value.line + at.line - (below ? 0 : 1);
    where.column = at.column + (where.line == value.line ? value.column - 1 + quotes : 0);
    where.length = at.length;
    // Escapes, a file of its own, variables: then the value is place enough.
    const std::size_t begins = where.column - at.column;
    const std::string there = line_at(file, where.line);
    return there.size() >= begins && there.compare(begins, at.text.size(), at.text) == 0 &&
                   !at.text.empty()
               ? where
               : value;
}

}  // namespace

StepFailure refused_ruleset(const topology::Node& node, const std::string& said, int status) {
    const topology::Where where = node.nft ? node.nft->where : node.where;
    const std::string hint = status == 127 ? "apt install nftables" : "";
    // "/run/lab/ruleset.nft:4:46-51: Error: syntax error, unexpected accept"
    static const std::regex complaint(
        R"(ruleset\.nft:(\d{1,6}):(\d{1,6})-(\d{1,6}): Error: ([^\n]*))");
    std::smatch found;
    if (!node.nft || !std::regex_search(said, found, complaint))
        return {node.name + ": the nft ruleset was not taken: " + said, where, hint};
    const auto number = [&](std::size_t i) {
        return static_cast<std::uint32_t>(std::stoul(found[i].str()));
    };
    StepFailure::Within within;
    within.line = number(1) - 1;  // "flush ruleset" stands before it
    within.column = number(2);
    within.length = std::max(number(3), within.column) - within.column + 1;
    within.text = line_at(node.nft->text, within.line);
    StepFailure failure(
        node.name + ": nft: " + found[4].str() +
            (within.text.empty() ? ""
                                 : ": line " + std::to_string(within.line) + " of its ruleset"),
        where, hint);
    failure.within = within;
    return failure;
}

void rethrow_as_up_failure(std::exception_ptr error, const topology::Sources& sources) {
    try {
        std::rethrow_exception(error);
    } catch (UpFailure& failure) {
        failure.sources = sources;
        throw failure;
    } catch (const JournalError& failure) {
        // Nothing of the file is wrong, and another time it may go well.
        throw UpFailure("internal", failure.what(),
                        "the file of the lab is not to blame: make room there, then lab up again");
    } catch (const StepFailure& failure) {
        UpFailure told(failure.code, failure.what(), failure.hint);
        told.where = place_of(failure, sources);
        told.sources = sources;
        throw told;
    } catch (const std::exception& failure) {
        UpFailure told("build_failed", failure.what());
        told.sources = sources;
        throw told;
    }
}

}  // namespace labd
