// RTM_NEWLINK of kind veth.
#include "netlink/veth.hpp"

#include "netlink/attributes.hpp"

#include <linux/if.h>

namespace netlink {
namespace {

ifinfomsg header(const NewLink& link, bool up) {
    ifinfomsg out{};
    out.ifi_index = static_cast<int>(link.index);
    if (up) out.ifi_flags = out.ifi_change = IFF_UP;
    return out;
}

void put(Message& message, const NewLink& link) {
    message.put(ifla::name, link.name);
    message.put(ifla::netns_fd, static_cast<std::uint32_t>(link.netns));
    message.put(ifla::address, link.mac);
    message.put(ifla::mtu, link.mtu);
    message.put(ifla::group, link.group);
}

}  // namespace

Message create_veth(const NewLink& first, bool first_up, const NewLink& second) {
    Message out(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header(first, first_up));
    put(out, first);
    const auto info = out.nest(ifla::info);
    out.put(ifla::kind, "veth");
    const auto data = out.nest(ifla::data);
    const auto peer = out.nest(ifla::veth_peer);
    out.append(header(second, false));
    put(out, second);
    return out;
}

}  // namespace netlink
