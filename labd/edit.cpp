// Links that are added to a running lab, or taken out of it: an edit of what it was made of, beside
// its file. The next `lab up` makes it what the file says.
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/failure.hpp"

#include <algorithm>

namespace labd {

namespace asio = boost::asio;

namespace {

// The place in the file of the i-th link that is left.
std::size_t place_in_file(const std::set<std::size_t>& gone, std::size_t i) {
    std::size_t place = 0;
    for (;; ++place) {
        if (gone.contains(place)) continue;
        if (i-- == 0) return place;
    }
}

void take_away(const topology::Lab& wish, const std::string& link, topology::Numbering& numbering) {
    const auto found = std::find_if(wish.links.begin(), wish.links.end(),
                                    [&](const topology::Link& l) { return l.name == link; });
    if (found == wish.links.end())
        throw UpFailure("no_such_link", "there is no link \"" + link + "\"",
                        "lab links lists them");
    const auto index = found - wish.links.begin();
    numbering.gone.insert(place_in_file(numbering.gone, static_cast<std::size_t>(index)));
    for (const topology::Numbering::Place& end :
         numbering.links[static_cast<std::size_t>(index)].ends)
        numbering.interfaces.erase(end);
    numbering.links.erase(numbering.links.begin() + index);
}

}  // namespace

asio::awaitable<UpResult> Engine::edit_links(std::shared_ptr<Lab> lab, LinkEdit edit, Peer caller) {
    const auto began = std::chrono::steady_clock::now();
    const std::string name = lab->name;
    const Turnstile::Pass pass = co_await lab->changing.enter();
    if (find(name) != lab) throw UpFailure("no_such_lab", "lab \"" + name + "\" has gone");
    // Who changed it before may have taken the right back.
    if (const auto refused = refusal(Verb::link, caller, name, lab->access))
        refuse(caller, Verb::link, name, forbidden(*refused, {}));
    lab->caller = caller;
    Change change;
    change.fresh = false;
    change.same_file = true;
    change.verb = Verb::link;
    change.caller = std::move(caller);
    change.lab = lab;
    change.asleep = lab->asleep;
    change.overrides = lab->overrides;
    change.bundle = lab->bundle;
    topology::Numbering numbering = topology::numbering_of(lab->wish);
    numbering.gone = topology::parse_numbering(lab->bundle.numbering).gone;
    if (!edit.remove.empty()) take_away(lab->wish, edit.remove, numbering);
    if (!edit.add.empty()) {
        std::string& text = change.bundle.files[change.bundle.main].content;
        if (!text.empty() && text.back() != '\n') text += '\n';
        text += "\n" + edit.add;
    }
    std::erase_if(change.overrides,
                  [&](const Override& over) { return over.subject == edit.remove; });
    change.bundle.numbering = topology::to_text(numbering);
    Bundle copy = change.bundle;
    change.resolved = co_await parser_.resolve(std::move(copy));
    // Of one link that somebody has typed there is one thing to say, and no line to point at.
    for (const topology::Diagnostic& wrong : change.resolved.diagnostics.all())
        if (wrong.severity == topology::Severity::error)
            throw UpFailure("invalid_topology", wrong.message, wrong.hint);
    const UpRequest request;
    co_await compare(change, request);
    auto quiet = std::make_shared<Progress>();
    if (change.steps.empty())
        settle(change);
    else
        co_await carry_out(change, request, quiet);
    co_return told(change, name, began);
}

}  // namespace labd
