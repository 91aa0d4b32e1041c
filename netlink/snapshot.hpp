// A namespace as it is now, whole, as values.
#pragma once

#include "netlink/address.hpp"
#include "netlink/link.hpp"
#include "netlink/route.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace netlink {

struct Snapshot {
    std::vector<Link> links;
    std::vector<Address> addresses;
    std::vector<Route> routes;
};

// Of the socket's own namespace; of its routes only one protocol's when given.
Snapshot snapshot(Socket& socket, std::optional<std::uint8_t> route_protocol = {});

}  // namespace netlink
