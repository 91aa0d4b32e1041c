// What the kernel gives every namespace of a lab alike needs no writing in each of them.
#pragma once

#include "labd/node_door.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <string>

namespace labd {

// In a lab with fewer nodes, asking costs as much as writing.
constexpr std::size_t worth_asking = 4;

// The settings of birth_sysctls() as newborns have them. All copy the same namespace; whoever
// changes that while they are born makes the first and the last one differ, and what differs is
// left out.
boost::asio::awaitable<std::map<std::string, std::string>> given_at_birth(
    std::shared_ptr<NodeDoor> first, std::shared_ptr<NodeDoor> last);

}  // namespace labd
