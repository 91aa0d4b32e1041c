// Devices of the kinds that are neither veth nor bridge.
#pragma once

#include "netlink/link.hpp"
#include "netlink/message.hpp"

#include <string_view>

namespace netlink {

// Born down.
Message create_device(const NewLink& link, std::string_view kind, const KindSettings& settings);
// Of IFLA_INFO_DATA; `lower` stands elsewhere.
void parse_settings(std::string_view kind, Bytes data, KindSettings& out);

}  // namespace netlink
