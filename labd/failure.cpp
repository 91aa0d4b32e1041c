#include "labd/failure.hpp"

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
        told.where = failure.where;
        told.sources = sources;
        throw told;
    } catch (const std::exception& failure) {
        UpFailure told("build_failed", failure.what());
        told.sources = sources;
        throw told;
    }
}

}  // namespace labd
