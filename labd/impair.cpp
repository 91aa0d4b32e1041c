// `lab impair`: what a link does to packets changes while the lab runs.
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/failure.hpp"
#include "labd/impairments.hpp"
#include "labd/link_back_ends.hpp"
#include "labd/link_named.hpp"
#include "labd/log.hpp"
#include "topology/ends.hpp"
#include "topology/relay_link.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace labd {

namespace asio = boost::asio;

namespace {

// The end that `word` means: NODE or NODE:INTERFACE.
const topology::End& end_meant(const topology::Lab& lab, const topology::Link& link,
                               const std::string& word) {
    const topology::End* found = nullptr;
    std::vector<std::string> names;
    for (const topology::End& end : link.ends) {
        names.push_back(topology::end_name(lab, end));
        if (names.back() != word && lab.nodes[end.node].name != word) continue;
        if (found != nullptr)
            throw UpFailure("bad_request", link.name + " has two ends at " + word,
                            "name one: " + names.back());
        found = &end;
    }
    if (found == nullptr)
        throw UpFailure("bad_request", link.name + " has no end at " + word,
                        "its ends: " + topology::join(names));
    return *found;
}

// "" means every end.
std::string sender(const topology::Lab& lab, const topology::Link& link, const ImpairWish& wish) {
    if (wish.from.empty()) return "";
    const topology::End& from = end_meant(lab, link, wish.from);
    if (!wish.to.empty() && end_meant(lab, link, wish.to) == from)
        throw UpFailure("bad_request", wish.from + " and " + wish.to + " are one end",
                        "from one end of the link to another");
    return topology::end_name(lab, from);
}

// What nothing here can do is not taken: it would change no packet.
void require_doable(const topology::Impairment& before, const topology::Impairment& after) {
    if (after.netem_only && !link_back_ends().netem && after.any())
        throw UpFailure("bad_request", "this kernel has no netem, and the link takes no substitute",
                        "module sch_netem; see lab doctor");
    std::vector<std::string> known = topology::undone(before, link_back_ends()),
                             undone = topology::undone(after, link_back_ends());
    std::erase_if(undone, [&](const std::string& key) {
        return std::find(known.begin(), known.end(), key) != known.end();
    });
    if (undone.empty()) return;
    throw UpFailure("bad_request", "this kernel cannot do " + topology::join(undone, 20),
                    "lab doctor says what would bring it");
}

std::vector<ImpairChange> changes(const topology::Lab& lab, const topology::Link& link,
                                  const Override& over) {
    if (link.ends.size() == 1)
        throw UpFailure("bad_request", "nobody is at the other end of " + link.name);
    std::vector<ImpairChange> out;
    for (const topology::End& end : link.ends) {
        const std::string name = topology::end_name(lab, end);
        if (lab.nodes[end.node].is_outside())
            throw UpFailure("bad_request", link.name + " leads out of the lab",
                            "put a switch between, and impair the link to it");
        if (!over.end.empty() && over.end != name) continue;
        const topology::Impairment& before = lab.at(end).impairment;
        topology::Diagnostics diagnostics;
        out.push_back({name, before, impaired(before, over, diagnostics)});
        for (const topology::Diagnostic& said : diagnostics.all())
            if (said.severity == topology::Severity::error)
                throw UpFailure("bad_request", said.message, said.hint);
            else
                out.back().warnings.push_back(said);
        require_doable(before, out.back().after);
    }
    return out;
}

// Those of its ends that are laid through the relay.
std::set<std::string> relayed_ends(const Lab& lab, const topology::Link& link) {
    std::set<std::string> out;
    for (const topology::End& end : link.ends) {
        const auto space = lab.picture.find(lab.wish.nodes[end.node].name);
        if (space == lab.picture.end()) continue;
        const auto device = space->second.devices.find(lab.wish.at(end).name);
        if (device != space->second.devices.end() &&
            device->second.peer.space == topology::relay_name)
            out.insert(topology::end_name(lab.wish, end));
    }
    return out;
}

// To be laid through the relay takes other interfaces, which routing daemons notice.
void tell_of_relay(const std::set<std::string>& before, const std::set<std::string>& after,
                   std::vector<ImpairChange>& changes) {
    if (changes.empty() || before == after) return;
    topology::Diagnostic said;
    said.severity = topology::Severity::notice;
    said.message =
        "this kernel has no netem: the link has been laid anew, through labd's relay; its "
        "interfaces were away for a moment, and routing sessions over it begin anew";
    said.hint = "it stays so until lab down: the next change cuts nothing";
    changes.back().warnings.push_back(std::move(said));
}

std::string words(const ImpairWish& wish, const std::string& end) {
    std::string out = wish.link;
    if (!end.empty()) out += " from " + end;
    if (wish.clear) out += " clear";
    if (wish.settings != "{}") out += " " + wish.settings;
    return out;
}

}  // namespace

void require_doable(const topology::Lab& wish, const Overrides& before,
                    const Override& impairment) {
    const topology::Lab now = laid_over(wish, before);
    (void)changes(now, link_named(now, impairment.subject), impairment);
}

asio::awaitable<std::vector<ImpairChange>> Engine::impair(std::shared_ptr<Lab> lab, ImpairWish wish,
                                                          Peer caller) {
    const std::string name = lab->name;
    const Turnstile::Pass pass = co_await lab->changing.enter();
    if (find(name) != lab) throw UpFailure("no_such_lab", "lab \"" + name + "\" has gone");
    if (const auto refused = refusal(Verb::impair, caller, name, lab->access))
        refuse(caller, Verb::impair, name, forbidden(*refused, {}));
    const topology::Lab now = laid_over(lab->wish, lab->overrides);
    const topology::Link& link = link_named(now, wish.link);
    Override over;
    over.kind = Override::Kind::impair;
    over.subject = link.name;
    over.end = sender(now, link, wish);
    over.settings = wish.settings;
    over.clear = wish.clear;
    std::vector<ImpairChange> out = changes(now, link, over);
    if (wish.for_s > 0)
        over.until_ns = monotonic_ns() + static_cast<std::int64_t>(std::llround(wish.for_s * 1e9));
    lab->caller = caller;
    AuditEvent event = event_of("impair", "done", *lab);
    event.detail = words(wish, over.end);
    const Overrides before = lab->overrides;
    Overrides next = before;
    put(next, std::move(over));
    drop_idle(next, lab->wish, link.name);
    const std::set<std::string> relayed = relayed_ends(*lab, link_named(lab->wish, link.name));
    std::exception_ptr failure;
    try {
        co_await lay(lab, std::move(next));
        tell_of_relay(relayed, relayed_ends(*lab, link_named(lab->wish, link.name)), out);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        event.outcome = "failed";
        event.detail += ": " + words_of(failure);
        try {
            co_await lay(lab, before);
        } catch (...) {
            log::error(name + ": " + words_of(std::current_exception()));
        }
    }
    audit_.record(caller, event);
    if (failure) rethrow_as_up_failure(failure, {});
    co_return out;
}

}  // namespace labd
