// Ethernet frames on their way. Each begins with the header that tells of offloading (struct
// virtio_net_hdr): checksums that are still to be made, many TCP segments in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace labd::relay {

// linux/virtio_net.h, which is no C++ ("__u8 class").
struct Offload {
    std::uint8_t flags = 0, gso_type = 0;
    std::uint16_t hdr_len = 0, gso_size = 0, csum_start = 0, csum_offset = 0;
};
static_assert(sizeof(Offload) == 10);
inline constexpr std::uint8_t needs_checksum = 1;
inline constexpr std::uint8_t gso_none = 0, gso_tcp4 = 1, gso_tcp6 = 4, gso_udp = 5, gso_ecn = 0x80;

inline constexpr std::size_t small_frame = 2048;
// Of the largest that a socket gives: GSO's 64 KiB and the headers.
inline constexpr std::size_t large_frame = 65536 + 512;
inline constexpr std::size_t vlan_tag = 4;

class Frame {
  public:
    // Offload header and frame.
    char* bytes() { return (large_ ? large_.get() : small_) + begin_; }
    std::size_t size() const { return size_; }
    std::size_t wire_size() const {
        return size_ > sizeof(Offload) ? size_ - sizeof(Offload) : std::size_t{0};
    }
    // Room for that many bytes, with a VLAN tag's more in front of them.
    char* make_room(std::size_t size) {
        if (size + vlan_tag > sizeof small_)
            large_ = std::make_unique<char[]>(size + vlan_tag);
        else
            large_.reset();
        begin_ = vlan_tag;
        size_ = size;
        return bytes();
    }
    // Of what was read into it, the beginning; `rest` is what found no room.
    void cut(std::size_t size) { size_ = size; }
    void append(const char* rest, std::size_t count) {
        auto all = std::make_unique<char[]>(begin_ + size_ + count);
        std::memcpy(all.get() + begin_, bytes(), size_);
        std::memcpy(all.get() + begin_ + size_, rest, count);
        large_ = std::move(all);
        size_ += count;
    }
    void grow_in_front(std::size_t count) {
        begin_ -= count;
        size_ += count;
    }

  private:
    std::size_t begin_ = vlan_tag, size_ = 0;
    std::unique_ptr<char[]> large_;
    char small_[small_frame + vlan_tag];
};

// Frames that are not needed any more are kept for the next ones, up to a bound.
class Frames {
  public:
    std::unique_ptr<Frame> take() {
        if (free_.empty()) return std::make_unique<Frame>();
        std::unique_ptr<Frame> frame = std::move(free_.back());
        free_.pop_back();
        return frame;
    }
    void give_back(std::unique_ptr<Frame> frame) {
        if (free_.size() < kept) free_.push_back(std::move(frame));
    }

  private:
    static constexpr std::size_t kept = 4096;
    std::vector<std::unique_ptr<Frame>> free_;
};

}  // namespace labd::relay
