#include "netlink/move.hpp"

#include "netlink/attributes.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace netlink {
namespace {
constexpr Attr<IFLA_NEW_IFINDEX, std::int32_t> new_ifindex;
}

Message move_link(std::uint32_t index, int netns, std::uint32_t new_index,
                  const std::string& new_name) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    Message out(RTM_NEWLINK, 0, header);
    out.put(ifla::netns_fd, static_cast<std::uint32_t>(netns));
    out.put(new_ifindex, static_cast<std::int32_t>(new_index));
    if (!new_name.empty()) out.put(ifla::name, new_name);
    return out;
}

}  // namespace netlink
