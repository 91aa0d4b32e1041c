// What offloading left undone in a frame, done: checksums written out, one large frame taken apart
// into the packets that a wire would see. Reads frames of hostile nodes: every length is checked.
#pragma once

#include "labd/relay/frame.hpp"
#include "labd/relay/random.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace labd::relay {

// The tag that the kernel keeps beside the frame, put back into it.
void insert_vlan_tag(Frame& frame, std::uint16_t protocol, std::uint16_t control);

// Writes the checksum that the sender left to its card. What cannot be so is left as it is.
void complete_checksum(Frame& frame);

// One bit of it is wrong, of whatever part, and no checksum hides it.
void corrupt(Frame& frame, Random& random);

// Hands on the packets of a TCP or UDP frame that is many of them, each with its own checksum; any
// other frame as it is.
void for_each_packet(std::unique_ptr<Frame> frame, Frames& frames,
                     const std::function<void(std::unique_ptr<Frame>)>& packet);

}  // namespace labd::relay
