// Interfaces that change their network namespace. A veth keeps its other end, which loses its
// carrier meanwhile; addresses, routes and the state "up" do not come along.
#pragma once

#include "netlink/message.hpp"

#include <cstdint>
#include <string>

namespace netlink {

// From the socket's own namespace to `netns`, with this index there (IFLA_NEW_IFINDEX, since 5.13)
// and, unless it is "", this name. Refused with EEXIST when the name or the index is taken there.
Message move_link(std::uint32_t index, int netns, std::uint32_t new_index,
                  const std::string& new_name = "");

}  // namespace netlink
