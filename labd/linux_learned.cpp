// Addresses that are not labd's: programs of the node and the kernel itself have set them.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/marks.hpp"
#include "netlink/netns.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace labd {

std::map<std::string, std::set<topology::Prefix>> LinuxKernel::learned(
    const std::string& space) try {
    Place& here = place(space);
    std::map<std::uint32_t, std::string> names;
    for (const netlink::Link& link : list(here)) names[link.index] = link.name;
    netlink::Socket socket = netlink::socket_in(here.netns.get());
    std::map<std::string, std::set<topology::Prefix>> held;
    for (const netlink::Address& address : netlink::addresses(socket)) {
        // Not yet, not any more, or for a while only (RFC 8981): nobody is called by these.
        // Of IPv4 the same bit says that another address of the network came first.
        const std::uint32_t unfit = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED |
                                    (address.ip.family == AF_INET6 ? IFA_F_TEMPORARY : 0U);
        const bool global = address.scope == RT_SCOPE_UNIVERSE && (address.flags & unfit) == 0;
        const auto name = names.find(address.index);
        if (!global || address.protocol == marks::protocol || name == names.end()) continue;
        held[name->second].insert({to_topology(address.ip), address.length});
    }
    return held;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

// The kernel keeps both until they run out, also when it listens no more.
void LinuxKernel::forget_advertised(const std::string& space, const std::string& device) try {
    Place& here = place(space);
    (void)list(here);
    const auto found = here.indexes.find(device);
    if (found == here.indexes.end()) return;
    netlink::Socket socket = netlink::socket_in(here.netns.get());
    std::vector<netlink::Message> messages;
    for (const netlink::Route& route : netlink::routes(socket, RTPROT_RA))
        if (std::any_of(route.hops.begin(), route.hops.end(),
                        [&](const auto& hop) { return hop.index == found->second; }))
            messages.push_back(netlink::remove_route(route));
    for (const netlink::Address& address : netlink::addresses(socket))
        if (address.index == found->second && address.ip.family == AF_INET6 &&
            address.scope == RT_SCOPE_UNIVERSE && address.protocol != marks::protocol &&
            (address.flags & IFA_F_PERMANENT) == 0)
            messages.push_back(netlink::remove_address(address));
    // What has run out meanwhile is refused, and gone.
    if (!messages.empty()) (void)socket.batch(messages);
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

}  // namespace labd
