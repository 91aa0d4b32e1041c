// What a relay hears: labd's requests, and the frames of nodes, whose offload headers say anything.
#include "labd/relay/packet.hpp"
#include "labd/relay/relay.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using namespace labd;
using namespace labd::relay;

void expect(bool truth) {
    if (!truth) std::abort();
}

// Packets of {u16 length, bytes}, of which every second comes with two descriptors.
void converse(const std::uint8_t* data, std::size_t size) {
    int ends[2];
    expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    const Fd other(ends[1]);
    Relay relay(Fd(ends[0]), Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)));
    bool described = false;
    while (size >= 2) {
        const std::size_t length = std::min<std::size_t>(data[0] << 8 | data[1], size - 2);
        const std::string packet(reinterpret_cast<const char*>(data + 2), length);
        data += 2 + length, size -= 2 + length;
        std::vector<Fd> fds;
        described = !described;
        if (described)
            for (int i = 0; i < 2; ++i) fds.emplace_back(dup(other.get()));
        const std::string answered = relay.answer(packet, std::move(fds));
        protocol::Unpacker answer(answered);
        expect(answer.u32() == static_cast<std::uint32_t>(Request::answer));
    }
}

void take_apart(const std::uint8_t* data, std::size_t size) {
    const auto make = [&] {
        auto frame = std::make_unique<Frame>();
        std::memcpy(frame->make_room(size), data, size);
        return frame;
    };
    Frames frames;
    Random random(1);
    auto tagged = make();
    insert_vlan_tag(*tagged, 0x8100, 42);
    expect(tagged->size() == size || tagged->size() == size + vlan_tag);
    auto summed = make();
    complete_checksum(*summed);
    expect(summed->size() == size);
    auto hit = make();
    corrupt(*hit, random);
    expect(hit->size() == size);
    std::size_t count = 0, bytes = 0;
    for_each_packet(std::move(tagged), frames, [&](std::unique_ptr<Frame> packet) {
        ++count;
        bytes += packet->size();
    });
    expect(count >= 1 && bytes >= size && count <= 1 + size / 32);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > large_frame) return 0;
    if (data[0] % 2 == 0)
        converse(data + 1, size - 1);
    else if (size > sizeof(Offload))
        take_apart(data + 1, size - 1);
    return 0;
}
