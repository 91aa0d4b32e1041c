// Three listings. They are not one moment: what changes between them shows in the next one.
#include "netlink/snapshot.hpp"

namespace netlink {

Snapshot snapshot(Socket& socket, std::optional<std::uint8_t> route_protocol) {
    Snapshot out;
    out.links = links(socket);
    out.addresses = addresses(socket);
    out.routes = routes(socket, route_protocol);
    return out;
}

}  // namespace netlink
