// A cable: two interfaces, each the other's far end.
#pragma once

#include "netlink/link.hpp"
#include "netlink/message.hpp"

namespace netlink {

// Both ends born in their namespaces with name, index, MAC and MTU, in one request. Only the first
// may be born up: a peer asked to be up fails with ENOTCONN (veth_open, 6.18).
Message create_veth(const NewLink& first, bool first_up, const NewLink& second);

}  // namespace netlink
