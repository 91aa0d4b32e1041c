// Options of ports are link attributes (IFLA_INFO_SLAVE_DATA); VLANs are asked for and told with
// the family AF_BRIDGE, which libnl-route 3.7 can only read.
#include "netlink/bridge_port.hpp"

#include "netlink/attributes.hpp"

#include <sys/socket.h>

namespace netlink {
namespace {

ifinfomsg bridge_header(std::uint32_t index) {
    ifinfomsg out{};
    out.ifi_family = AF_BRIDGE;
    out.ifi_index = static_cast<int>(index);
    return out;
}

Message vlans_message(std::uint16_t type, std::uint32_t index, bool self,
                      std::span<const BridgeVlan> vlans) {
    Message out(type, 0, bridge_header(index));
    const auto spec = out.nest(ifla::af_spec);
    if (self) out.put(ifla_bridge::flags, std::uint16_t{BRIDGE_FLAGS_SELF});
    for (const BridgeVlan& vlan : vlans) {
        bridge_vlan_info info{};
        info.vid = vlan.id;
        if (vlan.pvid) info.flags |= BRIDGE_VLAN_INFO_PVID;
        if (vlan.untagged) info.flags |= BRIDGE_VLAN_INFO_UNTAGGED;
        out.put(ifla_bridge::vlan_info, info);
    }
    return out;
}

}  // namespace

Message change_port(std::uint32_t index, const BridgePort& port) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    Message out(RTM_NEWLINK, 0, header);
    const auto info = out.nest(ifla::info);
    out.put(ifla::slave_kind, "bridge");
    const auto data = out.nest(ifla::slave_data);
    // Every setting every time: what a change leaves out keeps its old value.
    out.put(ifla_brport::isolated, std::uint8_t{port.isolated});
    out.put(ifla_brport::learning, std::uint8_t{port.learning});
    out.put(ifla_brport::hairpin, std::uint8_t{port.hairpin});
    out.put(ifla_brport::guard, std::uint8_t{port.guard});
    out.put(ifla_brport::priority, port.priority);
    out.put(ifla_brport::flood, std::uint8_t{port.flood});
    out.put(ifla_brport::flood_multicast, std::uint8_t{port.flood_multicast});
    out.put(ifla_brport::flood_broadcast, std::uint8_t{port.flood_broadcast});
    if (port.state) out.put(ifla_brport::state, *port.state);
    if (port.cost != 0) out.put(ifla_brport::cost, port.cost);
    return out;
}

BridgePort parse_bridge_port(Bytes data) {
    BridgePort out;
    for_attributes(data, [&](const Attribute& a) {
        const auto flag = [&](bool fallback) {
            return a.as<std::uint8_t>().value_or(std::uint8_t{fallback}) != 0;
        };
        switch (a.number) {
            case IFLA_BRPORT_ISOLATED:
                out.isolated = flag(false);
                break;
            case IFLA_BRPORT_LEARNING:
                out.learning = flag(true);
                break;
            case IFLA_BRPORT_MODE:
                out.hairpin = flag(false);
                break;
            case IFLA_BRPORT_GUARD:
                out.guard = flag(false);
                break;
            case IFLA_BRPORT_UNICAST_FLOOD:
                out.flood = flag(true);
                break;
            case IFLA_BRPORT_MCAST_FLOOD:
                out.flood_multicast = flag(true);
                break;
            case IFLA_BRPORT_BCAST_FLOOD:
                out.flood_broadcast = flag(true);
                break;
            case IFLA_BRPORT_STATE:
                out.state = a.as<std::uint8_t>();
                break;
            case IFLA_BRPORT_COST:
                out.cost = a.as<std::uint32_t>().value_or(0);
                break;
            case IFLA_BRPORT_PRIORITY:
                out.priority = a.as<std::uint16_t>().value_or(out.priority);
                break;
            default:
                break;
        }
    });
    return out;
}

Message add_vlans(std::uint32_t index, bool self, std::span<const BridgeVlan> vlans) {
    return vlans_message(RTM_SETLINK, index, self, vlans);
}

Message remove_vlans(std::uint32_t index, bool self, std::span<const BridgeVlan> vlans) {
    return vlans_message(RTM_DELLINK, index, self, vlans);
}

std::map<std::uint32_t, std::vector<BridgeVlan>> bridge_vlans(Socket& socket) {
    Message request(RTM_GETLINK, 0, bridge_header(0));
    request.put(ifla::ext_mask, std::uint32_t{RTEXT_FILTER_BRVLAN});
    std::map<std::uint32_t, std::vector<BridgeVlan>> out;
    socket.dump(
        request, {"list", "VLANs of bridges"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            const auto head = frame.header<ifinfomsg>();
            if (!head) return;
            for_attributes(frame.attributes<ifinfomsg>(), [&](const Attribute& spec) {
                if (spec.number != IFLA_AF_SPEC) return;
                for_attributes(spec.payload, [&](const Attribute& a) {
                    const auto info =
                        a.number == IFLA_BRIDGE_VLAN_INFO ? a.as<bridge_vlan_info>() : std::nullopt;
                    if (info)
                        out[static_cast<std::uint32_t>(head->ifi_index)].push_back(
                            {info->vid, (info->flags & BRIDGE_VLAN_INFO_PVID) != 0,
                             (info->flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0});
                });
            });
        });
    return out;
}

std::map<std::uint32_t, std::uint8_t> bridge_port_states(Socket& socket) {
    Message request(RTM_GETLINK, 0, bridge_header(0));
    std::map<std::uint32_t, std::uint8_t> out;
    socket.dump(
        request, {"list", "ports of bridges"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            const auto head = frame.header<ifinfomsg>();
            if (!head) return;
            for_attributes(frame.attributes<ifinfomsg>(), [&](const Attribute& info) {
                if (info.number != IFLA_PROTINFO) return;
                for_attributes(info.payload, [&](const Attribute& a) {
                    const auto state =
                        a.number == IFLA_BRPORT_STATE ? a.as<std::uint8_t>() : std::nullopt;
                    if (state) out[static_cast<std::uint32_t>(head->ifi_index)] = *state;
                });
            });
        });
    return out;
}

}  // namespace netlink
