// After a change of MAC or address of a device that others know already.
#include "labd/linux_kernel.hpp"
#include "labd/log.hpp"
#include "netlink/announce.hpp"

namespace labd {

void LinuxKernel::announce(const std::string& space, const std::string& device) try {
    const Visits visits(*this);
    const std::uint32_t where = index(space, device);
    const auto link = netlink::get_link(hub_->socket(), {place(space).nsid, where});
    if (!link || !link->up()) return;
    if (link->kind == topology::kind_word(topology::DeviceKind::wireguard))
        return greet_wireguard(space, where);
    if (!link->has_neighbors()) return;
    std::vector<netlink::Ip> held;
    for (const netlink::Address& address : netlink::addresses(inside(space)))
        if (address.index == where) held.push_back(address.ip);
    netlink::announce(place(space).netns.get(), where, link->mac, held);
} catch (const netlink::Error& error) {
    log::warning(space + ":" + device + ": its neighbours could not be told: " + error.what());
}

}  // namespace labd
