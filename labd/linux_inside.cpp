// Addresses and routes: many small requests into one namespace, sent together. Measured: a socket
// and a visit cost more than an address, so both are paid once for a namespace.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/marks.hpp"
#include "labd/step_words.hpp"
#include "netlink/netns.hpp"

#include <cerrno>
#include <map>
#include <set>

namespace labd {
namespace {

using namespace topology;

// What is gone already needs no removal.
bool fulfilled(const Step& step, int error) {
    if (std::holds_alternative<RemoveAddress>(step))
        return error == EADDRNOTAVAIL || error == ENODEV;
    if (std::holds_alternative<RemoveRoute>(step)) return error == ESRCH || error == ENODEV;
    return false;
}

bool removes_ipv4(const Step& step) {
    const auto* remove = std::get_if<RemoveAddress>(&step);
    return remove != nullptr && remove->address.ip.family == Family::ipv4;
}

// Removing an IPv4 address also removes the secondary ones of its network, unless
// promote_secondaries is set (net/ipv4/devinet.c): those that nobody wanted gone come back here.
class Keep {
  public:
    Keep(netlink::Socket& socket, std::span<const Step> steps) : socket_(socket) {
        for (const Step& step : steps) {
            if (removes_ipv4(step) && !before_) before_ = netlink::addresses(socket);
        }
    }
    void restore(std::span<const netlink::Address> removed) {
        if (!before_) return;
        const std::vector<netlink::Address> after = netlink::addresses(socket_);
        const auto in = [](const auto& list, const netlink::Address& a) {
            for (const netlink::Address& b : list)
                if (a.index == b.index && a.ip == b.ip && a.length == b.length) return true;
            return false;
        };
        for (const netlink::Address& address : *before_) {
            if (in(after, address) || in(removed, address)) continue;
            netlink::Message again = netlink::add_address(address);
            socket_.request(again, {"restore", "an address that went with another one"});
        }
    }

  private:
    netlink::Socket& socket_;
    std::optional<std::vector<netlink::Address>> before_;
};

}  // namespace

netlink::Message LinuxKernel::inside_message(const Step& step) {
    if (const auto* s = std::get_if<AddAddress>(&step))
        return netlink::add_address(address_of(index(s->space, s->device), s->address));
    if (const auto* s = std::get_if<RemoveAddress>(&step))
        return netlink::remove_address(address_of(index(s->space, s->device), s->address));

    if (const auto* s = std::get_if<AddRoute>(&step))
        return netlink::add_route(route_in(s->space, s->route));
    const auto& s = std::get<RemoveRoute>(step);
    netlink::Route gone = route_in(s.space, s.route);
    // What somebody has appended to an IPv6 route of ours is shown as a hop of it, and is not ours.
    if (gone.hops.size() > 1 && s.route.destination.ip.family == Family::ipv6) gone.protocol = 0;
    return netlink::remove_route(gone);
}

netlink::Route LinuxKernel::route_in(const std::string& space, const Route& route) {
    netlink::Route out;
    out.destination = to_netlink(route.destination.ip);
    out.length = route.destination.length;
    out.metric = route.metric;
    out.table = route.table;
    out.protocol = marks::protocol;
    for (const Route::Hop& hop : route.hops) {
        netlink::Route::Hop& to = out.hops.emplace_back();
        if (hop.via) to.via = to_netlink(*hop.via);
        if (!hop.dev.empty()) to.index = index(space, hop.dev);
        to.onlink = route.onlink;
    }
    return out;
}

bool LinuxKernel::take_over(Steps steps) try {
    const Visits visits(*this);
    std::map<std::string, std::map<std::string, std::set<Prefix>>> addresses;
    std::map<std::string, std::set<RouteKey>> routes;
    bool taken = false;
    // In a node that is still to come nobody has set anything.
    const auto here = [&](const std::string& space) { return places_.contains(space); };
    const auto take = [&](const std::string& space, netlink::Message message) {
        inside(space).request(message, {"take over", "what was set by hand in " + space});
        taken = true;
    };
    for (const Step& step : steps) {
        if (const auto* s = std::get_if<AddAddress>(&step); s != nullptr && here(s->space)) {
            if (!addresses.contains(s->space)) addresses[s->space] = learned(s->space);
            for (const Prefix& found : addresses[s->space][s->device]) {
                const std::uint32_t device = index(s->space, s->device);
                if (found == s->address)
                    take(s->space, netlink::replace_address(address_of(device, found)));
                else if (found.ip == s->address.ip)  // its network would lead past the right one
                    take(s->space, netlink::remove_address(address_of(device, found)));
            }
        } else if (const auto* r = std::get_if<AddRoute>(&step); r != nullptr && here(r->space)) {
            if (!routes.contains(r->space))
                for (const Route& found : handwritten(r->space))
                    routes[r->space].insert({found.destination, found.table, found.metric});
            if (routes[r->space].contains({r->route.destination, r->route.table, r->route.metric}))
                take(r->space, netlink::replace_route(route_in(r->space, r->route)));
        }
    }
    return taken;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), e.what(), e.refusal().text});
}

std::optional<KernelFailure> LinuxKernel::apply_inside(const std::string& space, Steps steps) {
    const auto fail = [&](std::size_t step, const netlink::Refusal& refusal) {
        const StepWords said = words(steps[step]);
        return KernelFailure{step, refusal.error,
                             netlink::sentence({said.verb, said.subject}, refusal), refusal.text};
    };
    // A name that is not there fails before anything behind it is sent.
    std::vector<netlink::Message> messages;
    std::vector<std::size_t> step_of;  // of each message
    std::optional<KernelFailure> failed;
    std::vector<netlink::Address> removed;
    for (std::size_t i = 0; i < steps.size() && !failed; ++i) {
        try {
            messages.push_back(inside_message(steps[i]));
            step_of.push_back(i);
            if (const auto* s = std::get_if<RemoveAddress>(&steps[i]))
                removed.push_back(address_of(index(s->space, s->device), s->address));
        } catch (const netlink::Error& e) {
            if (!fulfilled(steps[i], e.error())) failed = fail(i, e.refusal());
        }
    }

    netlink::Socket& socket = inside(space);
    Keep keep(socket, steps);
    std::vector<bool> done(steps.size(), false);
    for (const std::size_t i : step_of) done[i] = true;
    std::optional<KernelFailure> refused;
    for (const netlink::Refused& r : socket.batch(messages)) {
        const std::size_t step = step_of[r.index];
        if (fulfilled(steps[step], r.refusal.error)) continue;
        done[step] = false;
        if (!refused) refused = fail(step, r.refusal);
    }
    if (refused) failed = std::move(refused);
    keep.restore(removed);
    if (!failed) {
        for (const Step& step : steps) note_ipv6(step);
        return std::nullopt;
    }

    // What stood behind the refused one is taken back, last first; whatever that meets, the
    // refusal is what the caller must hear.
    for (std::size_t i = steps.size(); i-- > failed->step + 1;) {
        const auto undo = done[i] ? topology::inverse(steps[i]) : std::nullopt;
        if (!undo) continue;
        netlink::Message message = inside_message(*undo);
        (void)socket.attempt(message);
    }
    return failed;
}

}  // namespace labd
