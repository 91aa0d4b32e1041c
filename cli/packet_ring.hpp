// One packet socket with a ring that it shares with the kernel (TPACKET_V3, packet_mmap.rst):
// packets come a block at a time, without a system call each.
#pragma once

#include "cli/pcapng.hpp"
#include "labd/fd.hpp"

#include <linux/filter.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cli {

class PacketRing {
  public:
    // A packet socket that is bound to nothing yet. `bytes`: how much the ring holds; `program`:
    // what the kernel lets through, and how much of each packet. Hears from now on what passes the
    // interface of that index. Throws std::system_error.
    PacketRing(labd::Fd socket, std::uint32_t index, std::size_t bytes,
               std::vector<sock_filter> program);
    ~PacketRing();
    PacketRing(PacketRing&& other) noexcept;
    PacketRing& operator=(PacketRing&&) = delete;
    PacketRing(const PacketRing&) = delete;
    PacketRing& operator=(const PacketRing&) = delete;

    int fd() const { return socket_.get(); }
    // Hands over all packets that are complete, oldest first; `interface` of them is 0. A VLAN tag
    // that the kernel keeps beside the packet is where it was on the wire.
    void drain(const std::function<void(pcapng::Packet)>& take);
    // Since the last call, as the kernel counts (it forgets what it has told).
    pcapng::Counts counts();
    // False when the interface has gone for good; one that is down comes back.
    bool alive() const;

  private:
    labd::Fd socket_;
    std::uint8_t* ring_ = nullptr;
    std::size_t blocks_ = 0, next_ = 0;
};

// A packet is in a block that is handed over at most so long after it came.
inline constexpr unsigned block_delay_ms = 20;

}  // namespace cli
