// Where a VXLAN sends what it has no entry for: broadcasts, and what nobody has answered yet.
#pragma once

#include "netlink/address.hpp"
#include "netlink/message.hpp"
#include "netlink/socket.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace netlink {

// One copy more, to the VXLAN's end at this address; one copy less.
Message add_flood(std::uint32_t index, const Ip& to);
Message remove_flood(std::uint32_t index, const Ip& to);
// Of every VXLAN of the socket's namespace, by index.
std::map<std::uint32_t, std::vector<Ip>> floods(Socket& socket);

}  // namespace netlink
