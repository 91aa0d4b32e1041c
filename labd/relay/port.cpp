#include "labd/relay/port.hpp"

#include "labd/init/failure.hpp"
#include "labd/relay/packet.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>

namespace labd::relay {
namespace {

constexpr std::size_t batch = 32, batches = 8;
// A clock that was set in between says nothing about when a frame came.
constexpr Time oldest = std::chrono::seconds(1);

Time clock(clockid_t id) {
    timespec time{};
    (void)clock_gettime(id, &time);
    return std::chrono::seconds(time.tv_sec) + Time(time.tv_nsec);
}

void set(const Fd& socket, int level, int option, const char* step) {
    const int one = 1;
    must(setsockopt(socket.get(), level, option, &one, sizeof one) == 0, step);
}

// The buffers of one recvmmsg: a frame begins in a small one of its own, and what is longer goes on
// in a large one that only those share.
struct Batch {
    std::array<mmsghdr, batch> messages{};
    std::array<std::array<iovec, 2>, batch> parts{};
    std::array<std::unique_ptr<Frame>, batch> frames;
    struct Control {
        alignas(
            cmsghdr) char bytes[CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(tpacket_auxdata))];
    };
    std::array<Control, batch> controls{};
    char rest[batch][large_frame];

    void prepare(std::size_t slot, Frames& from) {
        if (!frames[slot]) {
            frames[slot] = from.take();
            parts[slot][0] = {frames[slot]->make_room(small_frame), small_frame};
            parts[slot][1] = {rest[slot], sizeof rest[slot]};
        }
        msghdr& message = messages[slot].msg_hdr;
        message.msg_iov = parts[slot].data();
        message.msg_iovlen = 2;
        message.msg_control = controls[slot].bytes;
        message.msg_controllen = sizeof controls[slot].bytes;
        message.msg_flags = 0;
    }
    std::unique_ptr<Frame> take(std::size_t slot) {
        std::unique_ptr<Frame> frame = std::move(frames[slot]);
        const std::size_t size = messages[slot].msg_len;
        frame->cut(std::min(size, small_frame));
        if (size > small_frame) frame->append(rest[slot], size - small_frame);
        return frame;
    }
};

struct Beside {
    std::optional<Time> stamp;  // CLOCK_REALTIME
    std::optional<tpacket_auxdata> auxiliary;
};
Beside beside(msghdr& message) {
    Beside out;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            timespec time{};
            std::memcpy(&time, CMSG_DATA(c), sizeof time);
            out.stamp = std::chrono::seconds(time.tv_sec) + Time(time.tv_nsec);
        } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
            std::memcpy(&out.auxiliary.emplace(), CMSG_DATA(c), sizeof(tpacket_auxdata));
        }
    }
    return out;
}

}  // namespace

Time now() {
    return clock(CLOCK_MONOTONIC);
}

Port::Port(Fd socket, std::uint32_t index) : socket_(std::move(socket)), index_(index) {
    int type = 0;
    socklen_t size = sizeof type;
    must(getsockopt(socket_.get(), SOL_SOCKET, SO_DOMAIN, &type, &size) == 0,
         "use a link's packet socket");
    if (type != AF_PACKET) throw Failure{EINVAL, "use a link's packet socket"};
    // Frames go through as they are: with the checksums that nobody has made, and many in one.
    set(socket_, SOL_PACKET, PACKET_VNET_HDR, "pass offloaded frames through");
    set(socket_, SOL_PACKET, PACKET_AUXDATA, "see VLAN tags");
    // What we send ourselves is not to come back.
    set(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, "ignore the frames that it sends");
    set(socket_, SOL_PACKET, PACKET_QDISC_BYPASS, "send past the queues");
    set(socket_, SOL_SOCKET, SO_TIMESTAMPNS, "see when frames came");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(index);
    must(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
         "bind a packet socket");
}

std::size_t Port::read(Frames& frames, const Heard& heard) {
    static Batch room;
    std::size_t count = 0;
    for (std::size_t round = 0; round < batches; ++round) {
        for (std::size_t slot = 0; slot < batch; ++slot) room.prepare(slot, frames);
        // An error is that of an interface that is down or has gone: there is nothing to read.
        const int got = recvmmsg(socket_.get(), room.messages.data(), batch, MSG_DONTWAIT, nullptr);
        if (got <= 0) break;
        const Time at = now(), since_boot = clock(CLOCK_REALTIME) - at;
        for (std::size_t slot = 0; slot < static_cast<std::size_t>(got); ++slot) {
            const Beside told = beside(room.messages[slot].msg_hdr);
            std::unique_ptr<Frame> frame = room.take(slot);
            if ((room.messages[slot].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
                frames.give_back(std::move(frame));
                continue;
            }
            if (told.auxiliary && (told.auxiliary->tp_status & TP_STATUS_VLAN_VALID) != 0)
                insert_vlan_tag(*frame,
                                (told.auxiliary->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0
                                    ? told.auxiliary->tp_vlan_tpid
                                    : std::uint16_t{ETHERTYPE_VLAN},
                                told.auxiliary->tp_vlan_tci);
            const Time stamp = told.stamp ? *told.stamp - since_boot : at;
            heard(std::move(frame), stamp > at || stamp < at - oldest ? at : stamp);
        }
        count += static_cast<std::size_t>(got);
        if (static_cast<std::size_t>(got) < batch) break;
    }
    return count;
}

bool Port::flush(const Done& done) {
    std::array<mmsghdr, 2 * batch> messages{};
    std::array<iovec, 2 * batch> parts{};
    std::size_t first = 0;
    bool writable = true;
    while (first < out_.size()) {
        const std::size_t count = std::min(messages.size(), out_.size() - first);
        for (std::size_t i = 0; i < count; ++i) {
            parts[i] = {out_[first + i]->bytes(), out_[first + i]->size()};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent =
            sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) {
            writable = false;
            break;
        }
        for (int i = 0; i < sent; ++i) done(std::move(out_[first++]), true);
        // The first one is refused: too long for the interface, which may also be down.
        if (sent <= 0) done(std::move(out_[first++]), false);
    }
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(first));
    return writable;
}

std::uint32_t Port::unheard() {
    tpacket_stats stats{};
    socklen_t size = sizeof stats;
    if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) return 0;
    return stats.tp_drops;
}

}  // namespace labd::relay
