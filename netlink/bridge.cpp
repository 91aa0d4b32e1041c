// RTM_NEWLINK of kind bridge.
#include "netlink/bridge.hpp"

#include "netlink/attributes.hpp"

namespace netlink {
namespace {

// Every setting every time: what a change leaves out keeps its old value.
void put(Message& message, const Bridge& bridge) {
    const auto info = message.nest(ifla::info);
    message.put(ifla::kind, "bridge");
    const auto data = message.nest(ifla::data);
    // The timers first: with STP on the kernel holds them to the standard's ranges.
    message.put(ifla_br::forward_delay, bridge.forward_delay);
    message.put(ifla_br::hello_time, bridge.hello_time);
    message.put(ifla_br::max_age, bridge.max_age);
    message.put(ifla_br::ageing_time, bridge.ageing);
    message.put(ifla_br::priority, bridge.priority);
    // No port is of a VLAN that nobody gave it.
    message.put(ifla_br::default_pvid, std::uint16_t{0});
    if (bridge.vlan_filtering)
        message.put(ifla_br::vlan_filtering, std::uint8_t{*bridge.vlan_filtering});
    message.put(ifla_br::mcast_snooping, std::uint8_t{bridge.multicast_snooping});
    message.put(ifla_br::stp_state, std::uint32_t{bridge.stp});
}

}  // namespace

Message create_bridge(const NewLink& link, const Bridge& bridge) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(link.index);
    Message out(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
    out.put(ifla::name, link.name);
    out.put(ifla::netns_fd, static_cast<std::uint32_t>(link.netns));
    out.put(ifla::address, link.mac);
    if (link.mtu != 0) out.put(ifla::mtu, link.mtu);
    out.put(ifla::group, link.group);
    put(out, bridge);
    return out;
}

Message change_bridge(std::uint32_t index, const Bridge& bridge) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    Message out(RTM_NEWLINK, 0, header);
    put(out, bridge);
    return out;
}

}  // namespace netlink
