#pragma once

namespace labd::relay {

// A relay is left with these descriptors and the standard ones.
inline constexpr int door_fd = 3;        // the listening socket that labd bound
inline constexpr int interfaces_fd = 4;  // NETLINK_ROUTE, in the namespace of its ends

// The whole life of a lab's relay; gives its exit status.
int serve();

}  // namespace labd::relay
