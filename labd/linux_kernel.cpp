// Which steps go to the kernel together, and what their failures are called.
#include "labd/linux_kernel.hpp"

#include "labd/link_back_ends.hpp"
#include "labd/linux_convert.hpp"
#include "labd/relay_client.hpp"
#include "labd/step_words.hpp"
#include "netlink/netns.hpp"

#include <cerrno>

namespace labd {
namespace {

using namespace topology;

// The namespace of a step that happens inside one, nullptr for the others.
const std::string* space_of(const Step& step) {
    if (const auto* s = std::get_if<AddAddress>(&step)) return &s->space;
    if (const auto* s = std::get_if<RemoveAddress>(&step)) return &s->space;
    if (const auto* s = std::get_if<AddRoute>(&step)) return &s->space;
    if (const auto* s = std::get_if<RemoveRoute>(&step)) return &s->space;
    return nullptr;
}

// The steps from `begin` on that go together.
std::size_t run(std::span<const Step> steps, std::size_t begin) {
    std::size_t end = begin + 1;
    const std::string* space = space_of(steps[begin]);
    const bool removal = std::holds_alternative<RemoveVeth>(steps[begin]);
    while (end < steps.size()) {
        const std::string* next = space_of(steps[end]);
        const bool together = space != nullptr
                                  ? next != nullptr && *next == *space
                                  : removal && std::holds_alternative<RemoveVeth>(steps[end]);
        if (!together) break;
        ++end;
    }
    return end - begin;
}

KernelFailure failure(const Step& step, const netlink::Refusal& refusal) {
    const StepWords said = words(step);
    KernelFailure out;
    out.error = refusal.error;
    out.kernel = refusal.text;
    out.message = netlink::sentence({said.verb, said.subject}, refusal);
    return out;
}

}  // namespace

LinuxKernel::LinuxKernel(std::shared_ptr<Hub> hub, std::uint32_t mark,
                         std::shared_ptr<HostTies> ties)
    : hub_(hub ? std::move(hub) : std::make_shared<Hub>()),
      mark_(mark),
      ties_(std::move(ties)),
      back_ends_(link_back_ends()),
      keys_(hub_) {}

LinuxKernel::~LinuxKernel() = default;

void LinuxKernel::adopt(const std::string& space, Space::Kind kind, Fd netns) {
    forget(space);
    Place place;
    place.kind = kind;
    place.netns = std::move(netns);
    try {
        place.nsid = hub_->number(place.netns.get());
        // Index 1 is lo in every namespace.
        netlink::LinkChange up;
        up.up = true;
        if (mark_ != 0) up.group = mark_;
        netlink::Message raise = netlink::change_link(1, up);
        netlink::socket_in(place.netns.get()).request(raise, {"bring up", "lo"});
    } catch (const netlink::Error& e) {
        throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
    }
    spaces_[place.nsid] = space;
    places_.insert_or_assign(space, std::move(place));
}

void LinuxKernel::forget(const std::string& space) {
    const auto found = places_.find(space);
    if (found == places_.end()) return;
    std::erase_if(told_, [&](const auto& entry) { return entry.first.space == space; });
    spaces_.erase(found->second.nsid);
    places_.erase(found);
}

std::int32_t LinuxKernel::listen_to(const std::string& space) try {
    return hub_->listen_to(place(space).netns.get());
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

LinuxKernel::Place& LinuxKernel::place(const std::string& space) {
    const auto found = places_.find(space);
    if (found != places_.end()) return found->second;
    throw netlink::Error({"find", "the network namespace of " + space}, {ENOENT, "", ""});
}

std::vector<netlink::Link> LinuxKernel::list(Place& place) {
    std::vector<netlink::Link> out = netlink::links(hub_->socket(), place.nsid);
    place.indexes.clear();
    place.readings.clear();
    for (const netlink::Link& link : out) {
        place.indexes[link.name] = link.index;
        if (link.name != "lo")
            place.readings[link.name] = {link.up(), link.carrier, link.rx_bytes, link.tx_bytes};
    }
    return out;
}

std::uint32_t LinuxKernel::index(const std::string& space, const std::string& device) {
    Place& where = place(space);
    auto found = where.indexes.find(device);
    if (found == where.indexes.end()) {
        list(where);
        found = where.indexes.find(device);
    }
    if (found != where.indexes.end()) return found->second;
    throw netlink::Error({"find", "interface " + space + ":" + device}, {ENODEV, "", ""});
}

netlink::Socket& LinuxKernel::inside(const std::string& space) {
    Place& where = place(space);
    if (!where.inside) {
        where.inside = netlink::socket_in(where.netns.get());
        visited_.push_back(space);
    }
    return *where.inside;
}

LinuxKernel::Visits::~Visits() {
    for (const std::string& space : kernel_.visited_)
        if (const auto found = kernel_.places_.find(space); found != kernel_.places_.end())
            found->second.inside.reset();
    kernel_.visited_.clear();
}

std::optional<KernelFailure> LinuxKernel::apply(Steps steps) {
    const Visits visits(*this);
    keep_what_falls(steps);
    for (std::size_t begin = 0; begin < steps.size();) {
        const std::size_t count = run(steps, begin);
        const Steps together = steps.subspan(begin, count);
        std::optional<KernelFailure> failed;
        try {
            if (const std::string* space = space_of(together[0]))
                failed = apply_inside(*space, together);
            else if (count > 1)
                remove_together(together);
            else
                execute(together[0]);
        } catch (const netlink::Error& e) {
            failed = failure(together[0], e.refusal());
        }
        if (failed) {
            failed->step += begin;
            raised_.clear();
            addressed_.clear();
            return failed;
        }
        begin += count;
    }
    settle();
    give_back_fallen();
    return std::nullopt;
}

void LinuxKernel::execute(const Step& step) {
    if (const auto* create = std::get_if<CreateVeth>(&step)) return create_veth(*create);
    if (const auto* remove = std::get_if<RemoveVeth>(&step)) {
        leave_relay(Steps(&step, 1));
        remove_device(remove->space, remove->device);
        if (const auto far = places_.find(remove->peer_space); far != places_.end())
            far->second.indexes.erase(remove->peer.name);
        return;
    }
    if (const auto* move = std::get_if<MoveVeth>(&step)) return move_veth(*move);
    if (const auto* create = std::get_if<CreateDevice>(&step)) return create_device(*create);
    if (const auto* remove = std::get_if<RemoveDevice>(&step))
        return remove_device(remove->space, remove->device);
    if (const auto* change = std::get_if<ChangeDevice>(&step)) return change_device(*change);
    if (const auto* change = std::get_if<ChangeGround>(&step)) return change_ground(*change);
    throw std::logic_error("not a kernel step");
}

}  // namespace labd
