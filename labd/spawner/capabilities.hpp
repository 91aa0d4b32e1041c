#pragma once

#include "labd/init/protocol.hpp"

namespace labd::spawner {

// Leaves a node the capabilities that network software needs, all relative to the node's own user
// namespace; in level strict fewer. Throws Failure.
void keep_node_capabilities(protocol::Level level);
// Leaves a relay what takes its interfaces up and down. Throws Failure.
void keep_relay_capabilities();

}  // namespace labd::spawner
