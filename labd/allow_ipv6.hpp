// Whoever switches IPv6 off by hand takes a node's addresses away, and the kernel takes no new
// ones.
#pragma once

#include "labd/lab.hpp"
#include "topology/plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <vector>

namespace labd {

// Switches IPv6 on again where `steps` add addresses of it, unless the file wants it off. Throws
// what a door does.
boost::asio::awaitable<void> allow_ipv6(std::shared_ptr<Lab> lab,
                                        const std::vector<topology::Step>& steps);

}  // namespace labd
