#include "labd/link_back_ends.hpp"

#include "labd/host_forwarding.hpp"
#include "labd/log.hpp"
#include "netlink/filter.hpp"
#include "netlink/netem.hpp"
#include "netlink/netns.hpp"
#include "netlink/queue.hpp"
#include "netlink/tbf.hpp"
#include "netlink/veth.hpp"
#include "topology/queue.hpp"

namespace labd {
namespace {

constexpr std::uint32_t scratch_index = 2, scratch_peer = 3;
constexpr const char* scratch = "a";

netlink::NewLink scratch_link(int netns, const char* called, std::uint32_t number) {
    netlink::NewLink out;
    out.netns = netns;
    out.name = called;
    out.index = number;
    out.mac = {std::byte{2}, {}, {}, {}, {}, static_cast<std::byte>(number)};
    return out;
}

bool takes(netlink::Socket& socket, netlink::Message message) {
    if (socket.attempt(message)) return false;
    netlink::Message remove = netlink::remove_qdiscs(scratch_index);
    (void)socket.attempt(remove);
    return true;
}

bool filters(int netns) {
    try {
        netlink::set_filter(netns, scratch, scratch_index, {1, 1, 1});
        return netlink::filters(netns)[scratch] == netlink::Filter{1, 1, 1};
    } catch (const netlink::Error&) {
        return false;
    }
}

topology::BackEnds probe() {
    topology::BackEnds out{false, false, false, {}, can_forward_ipv6()};
    for (const std::string_view kind : topology::queue_names()) out.lacks_queues.emplace(kind);
    try {
        const netlink::Fd netns = netlink::create_netns();
        netlink::Socket socket = netlink::socket_in(netns.get());
        netlink::Message create =
            netlink::create_veth(scratch_link(netns.get(), scratch, scratch_index), false,
                                 scratch_link(netns.get(), "b", scratch_peer));
        socket.request(create, {"create", "a veth pair"});
        const netlink::QdiscAt at{scratch_index, TC_H_ROOT, 0x10000};
        out.netem = takes(socket, netlink::put_netem(at, {}));
        out.shaper = takes(socket, netlink::put_tbf(at, {1'000'000, 10'000, 100}));
        std::erase_if(out.lacks_queues, [&](const std::string& kind) {
            return takes(socket, netlink::put_queue(at, kind, {}));
        });
        out.filters = filters(netns.get());
    } catch (const netlink::Error& error) {
        log::warning(std::string("what the kernel can do to links is not known: ") + error.what());
    }
    return out;
}

}  // namespace

const topology::BackEnds& link_back_ends() {
    static const topology::BackEnds found = probe();
    return found;
}

}  // namespace labd
