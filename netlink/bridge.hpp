// A bridge itself; its ports are links with a master.
#pragma once

#include "netlink/link.hpp"
#include "netlink/message.hpp"

namespace netlink {

// Born down. Its MAC stays what is given here; else it would follow its ports'.
Message create_bridge(const NewLink& link, const Bridge& bridge);
Message change_bridge(std::uint32_t index, const Bridge& bridge);

}  // namespace netlink
