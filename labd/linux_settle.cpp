// Who is told that a lab is up may send at once and must not lose the first packet: the kernel
// finishes interfaces and IPv6 addresses in workers, some time after it has said yes.
#include "labd/linux_kernel.hpp"
#include "labd/log.hpp"
#include "labd/marks.hpp"
#include "netlink/carrier.hpp"
#include "netlink/solicited.hpp"

#include <chrono>
#include <utility>

namespace labd {
namespace {

using namespace topology;

// A kernel that takes longer than this has worse troubles than a lost packet.
constexpr std::chrono::seconds patience(2);

bool ipv6(const Prefix& prefix) {
    return prefix.ip.family == Family::ipv6;
}

void warn(const std::string& space, const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) log::warning(space + ": " + sentence);
}

}  // namespace

// Neighbours must find the addresses that were set, and the link-local ones that routes go to.
void LinuxKernel::note_ipv6(const Step& step) {
    if (const auto* add = std::get_if<AddAddress>(&step)) {
        if (ipv6(add->address) && add->device != "lo")
            addressed_[add->space].insert(index(add->space, add->device));
    } else if (const auto* add_route = std::get_if<AddRoute>(&step)) {
        for (const Route::Hop& hop : add_route->route.hops)
            if (hop.via && hop.via->family == Family::ipv6 && !hop.dev.empty())
                addressed_[add_route->space].insert(index(add_route->space, hop.dev));
    }
}

void LinuxKernel::settle() {
    const auto raised = std::exchange(raised_, {});
    auto addressed = std::exchange(addressed_, {});
    try {
        const auto pending = netlink::unsettled(hub_->socket(), raised);
        if (!pending.empty())
            (void)netlink::wait_settled(hub_->netns(), hub_->socket(), pending, patience);
        for (auto& [space, indexes] : addressed) {
            if (netlink::findable(inside(space), indexes)) continue;
            const std::int32_t nsid = place(space).nsid;
            // Nobody is asked for at the other end of a tunnel.
            std::erase_if(indexes, [&](std::uint32_t index) {
                const auto link = netlink::get_link(hub_->socket(), {nsid, index});
                return !link || !link->has_neighbors();
            });
            (void)netlink::wait_findable(place(space).netns.get(), inside(space), indexes,
                                         patience);
        }
    } catch (const netlink::Error&) {
        // Every step is done; what is wrong with the kernel shows when it is observed.
        return;
    }
}

void LinuxKernel::keep(std::span<const topology::DeviceEnd> ends) {
    const Visits visits(*this);
    for (const topology::DeviceEnd& end : ends) {
        try {
            netlink::Socket& socket = inside(end.space);
            place(end.space).replaced[end.device] =
                netlink::keep(socket, index(end.space, end.device));
        } catch (const netlink::Error&) {
            continue;  // it is not there, and what was kept of it before holds
        }
    }
}

void LinuxKernel::give_back(std::span<const topology::DeviceEnd> ends) {
    const Visits visits(*this);
    for (const topology::DeviceEnd& end : ends) {
        try {
            Place& here = place(end.space);
            auto kept = here.replaced.extract(end.device);
            if (kept.empty()) continue;
            const std::uint32_t now = index(end.space, end.device);
            warn(end.space, netlink::give_back_addresses(inside(end.space), now, kept.mapped(),
                                                         marks::protocol));
            here.fallen[now] = std::move(kept.mapped());
        } catch (const netlink::Error& error) {
            log::warning(end.space + ": " + error.what());
        }
    }
    give_back_fallen();
}

// To those that run: IPv6 has no way to a gateway before.
void LinuxKernel::give_back_fallen() {
    for (auto& [space, place] : places_)
        for (auto fallen = place.fallen.begin(); fallen != place.fallen.end();) {
            try {
                const auto link = netlink::get_link(hub_->socket(), {place.nsid, fallen->first});
                if (link && (!link->up() || !link->carrier)) {
                    ++fallen;
                    continue;
                }
                if (link)
                    warn(space,
                         netlink::give_back_lost(inside(space), fallen->first, fallen->second));
            } catch (const netlink::Error& error) {
                log::warning(space + ": " + error.what());
            }
            fallen = place.fallen.erase(fallen);
        }
}

}  // namespace labd
