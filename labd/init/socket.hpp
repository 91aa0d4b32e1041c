// Packets with descriptors over SOCK_SEQPACKET, for the two roles of lab-init. Blocking or not is
// the caller's choice per call; labd has its own, asynchronous side (labd/packet.hpp).
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace labd::init {

struct Heard {
    enum class What { packet, nothing, gone } what = What::nothing;
    std::string bytes;
    std::vector<Fd> fds;
};

// A packet whose descriptors or bytes were cut off counts as gone: nobody we know sends such.
Heard hear(int socket, int flags);
// The memory that packets were read into, for who will hear little from now on.
void give_room_back();
// 0 or the errno; EAGAIN when the peer does not read and flags has MSG_DONTWAIT.
int say(int socket, std::string_view bytes, const std::vector<int>& fds, int flags);
// For a stream, never blocking: how many bytes were taken, or -1 and errno.
ssize_t say_some(int socket, std::string_view bytes, const std::vector<int>& fds);

}  // namespace labd::init
