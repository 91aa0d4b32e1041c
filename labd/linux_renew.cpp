// A node that starts again gets namespaces of its own; its cables are plugged over.
#include "labd/linux_kernel.hpp"
#include "labd/marks.hpp"
#include "netlink/move.hpp"
#include "netlink/netns.hpp"

namespace labd {

void LinuxKernel::renew(const std::string& space, Fd netns) try {
    const topology::Space::Kind kind = place(space).kind;
    std::vector<std::uint32_t> moved;
    {
        const Visits visits(*this);
        for (const netlink::Link& link : list(place(space))) {
            const bool ours = link.group == marks::group || link.group == marks::doomed_group;
            const bool outside = link.group == marks::outside_group;
            if (!outside && (!ours || link.kind != "veth")) continue;
            netlink::Message move = netlink::move_link(link.index, netns.get(), link.index);
            const auto refusal = inside(space).attempt(move);
            if (!refusal) {
                moved.push_back(link.index);
                if (outside) continue;
                // It takes its flags along, whoever has set them.
                netlink::LinkChange born;
                born.arp = born.multicast = true;
                netlink::Message message = netlink::change_link(link.index, born);
                (void)netlink::socket_in(netns.get()).attempt(message);
                continue;
            }
            // Back, as well as it goes: the old namespace is still the node's.
            netlink::Socket there = netlink::socket_in(netns.get());
            for (const std::uint32_t index : moved) {
                netlink::Message back = netlink::move_link(index, place(space).netns.get(), index);
                (void)there.attempt(back);
            }
            throw netlink::Error({"plug over", "interface " + space + ":" + link.name}, *refusal);
        }
    }
    adopt(space, kind, std::move(netns));
} catch (const netlink::Error& error) {
    throw KernelError({0, error.error(), space + ": " + error.what(), error.refusal().text});
}

}  // namespace labd
