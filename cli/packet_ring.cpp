#include "cli/packet_ring.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace cli {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20;
constexpr unsigned frame_bytes = 2048;  // TPACKET_V3 packs them; it wants a number all the same
// TPACKET_ALIGN(), which is signed.
constexpr std::size_t header_bytes =
    (sizeof(tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT;
constexpr std::size_t macs = 12;  // after them comes a VLAN tag

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

template <class Value>
void set(int fd, int level, int option, const Value& value, const char* what) {
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0) fail(what);
}

void attach(int fd, std::vector<sock_filter>& program) {
    if (program.empty()) return;
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    set(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, "filter");
}

pcapng::Packet packet_of(const tpacket3_hdr& head) {
    const auto* start = reinterpret_cast<const char*>(&head);
    sockaddr_ll from{};
    std::memcpy(&from, start + header_bytes, sizeof from);
    pcapng::Packet out;
    out.time_ns = std::uint64_t{head.tp_sec} * 1'000'000'000 + head.tp_nsec;
    out.length = head.tp_len;
    out.direction =
        from.sll_pkttype == PACKET_OUTGOING ? pcapng::Direction::out : pcapng::Direction::in;
    out.bytes.assign(start + head.tp_mac, head.tp_snaplen);
    const bool tagged = (head.tp_status & TP_STATUS_VLAN_VALID) != 0;
    if (tagged && out.bytes.size() >= macs && head.tp_mac != head.tp_net) {
        const bool told = (head.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
        const std::uint16_t tag[2] = {htons(told ? head.hv1.tp_vlan_tpid : ETH_P_8021Q),
                                      htons(static_cast<std::uint16_t>(head.hv1.tp_vlan_tci))};
        out.bytes.insert(macs, reinterpret_cast<const char*>(tag), sizeof tag);
        out.length += sizeof tag;
    }
    return out;
}

}  // namespace

PacketRing::PacketRing(labd::Fd socket, std::uint32_t index, std::size_t bytes,
                       std::vector<sock_filter> program)
    : socket_(std::move(socket)), blocks_(std::max<std::size_t>(bytes / block_bytes, 2)) {
    const int fd = socket_.get();
    set(fd, SOL_PACKET, PACKET_VERSION, static_cast<int>(TPACKET_V3), "set up the ring");
    attach(fd, program);
    tpacket_req3 ring{};
    ring.tp_block_size = block_bytes;
    ring.tp_block_nr = static_cast<unsigned>(blocks_);
    ring.tp_frame_size = frame_bytes;
    ring.tp_frame_nr = static_cast<unsigned>(blocks_ * (block_bytes / frame_bytes));
    ring.tp_retire_blk_tov = block_delay_ms;
    set(fd, SOL_PACKET, PACKET_RX_RING, ring, "set up the ring");
    void* mapped =
        ::mmap(nullptr, blocks_ * block_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) fail("map the ring");
    ring_ = static_cast<std::uint8_t*>(mapped);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ALL);
    to.sll_ifindex = static_cast<int>(index);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        const int error = errno;
        (void)::munmap(ring_, blocks_ * block_bytes);
        errno = error;
        fail("listen");
    }
}

PacketRing::PacketRing(PacketRing&& other) noexcept
    : socket_(std::move(other.socket_)),
      ring_(std::exchange(other.ring_, nullptr)),
      blocks_(other.blocks_),
      next_(other.next_) {}

PacketRing::~PacketRing() {
    if (ring_ != nullptr) (void)::munmap(ring_, blocks_ * block_bytes);
}

void PacketRing::drain(const std::function<void(pcapng::Packet)>& take) {
    // At most once around: who fills faster than we read must not hold us here for ever.
    for (std::size_t i = 0; i < blocks_; ++i) {
        std::uint8_t* start = ring_ + next_ * block_bytes;
        auto& block = reinterpret_cast<tpacket_block_desc*>(start)->hdr.bh1;
        std::atomic_ref<std::uint32_t> status(block.block_status);
        if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return;
        const std::uint8_t* at = start + block.offset_to_first_pkt;
        for (std::uint32_t n = 0; n < block.num_pkts; ++n) {
            const auto& head = *reinterpret_cast<const tpacket3_hdr*>(at);
            take(packet_of(head));
            at += head.tp_next_offset;
        }
        status.store(TP_STATUS_KERNEL, std::memory_order_release);
        next_ = (next_ + 1) % blocks_;
    }
}

pcapng::Counts PacketRing::counts() {
    tpacket_stats_v3 told{};
    socklen_t size = sizeof told;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &told, &size) != 0) return {};
    return {told.tp_packets, told.tp_drops};
}

bool PacketRing::alive() const {
    int error = 0;
    socklen_t size = sizeof error;
    // Told once (ENETDOWN), whether it went down or away; only of one that is away the socket
    // forgets the index (net/packet/af_packet.c, packet_notifier).
    (void)::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    sockaddr_ll bound{};
    size = sizeof bound;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return false;
    return bound.sll_ifindex > 0;
}

}  // namespace cli
