// Devices that lead out of the lab: the host's ties know what is behind them.
#include "labd/host_ties.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/marks.hpp"
#include "netlink/netns.hpp"

#include <cerrno>

namespace labd {

using topology::Device;

void LinuxKernel::join_host(const std::string& space, const Device& device) {
    if (!ties_) throw netlink::Error({"reach", "the host"}, {EOPNOTSUPP, "", ""});
    Place& here = place(space);
    ties_->join({lab_, space, device.name}, here.netns.get(), device);
    here.indexes[device.name] = device.index;
}

void LinuxKernel::part_from_host(const std::string& space, const Device& device) {
    Place& here = place(space);
    const TieKey key{lab_, space, device.name};
    here.indexes.erase(device.name);
    if (ties_ && ties_->find(key) != nullptr) return ties_->part(key, here.netns.get());
    // Nobody knows any more what it was: of a pair the rest goes with it.
    netlink::Message remove = netlink::remove_link({here.nsid, device.index});
    const auto refusal = hub_->socket().attempt(remove);
    if (refusal && refusal->error != ENODEV)
        throw netlink::Error({"remove", "interface " + space + ":" + device.name}, *refusal);
}

void LinuxKernel::leave_host() {
    if (!ties_) return;
    ties_->part_all(lab_, [this](const std::string& space) {
        const auto found = places_.find(space);
        return found == places_.end() ? -1 : found->second.netns.get();
    });
}

// One whose other end is not as it should be is not the one that was wished.
void LinuxKernel::observe_outside(const std::string& space, Device& device) const {
    const HostTie* tie = ties_ ? ties_->find({lab_, space, device.name}) : nullptr;
    device.peer = {};
    device.settings = {};
    device.kind = Device::Kind::external;
    device.settings.outside = "?";
    if (tie == nullptr || !ties_->holds(*tie)) return;
    if (tie->kind == HostTie::Kind::uplink) device.kind = Device::Kind::uplink;
    device.settings.outside = tie->outside;
}

}  // namespace labd
