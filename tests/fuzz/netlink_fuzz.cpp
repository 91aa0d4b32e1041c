// Any bytes as what the kernel sends: walks end, nothing reads past the end, and what was taken
// from a whole answer is taken from no shorter one.
#include "netlink/address.hpp"
#include "netlink/forwarding.hpp"
#include "netlink/frame.hpp"
#include "netlink/link.hpp"
#include "netlink/netem.hpp"
#include "netlink/queue.hpp"
#include "netlink/route.hpp"
#include "netlink/rule.hpp"
#include "netlink/tbf.hpp"
#include "netlink/wireguard.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using netlink::Bytes;

void walk(Bytes attributes, int depth) {
    std::size_t bytes = 0;
    netlink::for_attributes(attributes, [&](const netlink::Attribute& a) {
        bytes += 4 + a.payload.size();
        if (a.text().size() > a.payload.size()) std::abort();
        if (depth < 4) walk(a.payload, depth + 1);
    });
    if (bytes > attributes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The first byte splits: what was asked, and what was answered.
    if (size == 0) return 0;
    const Bytes bytes = std::as_bytes(std::span(data + 1, size - 1));
    const std::size_t split = std::min<std::size_t>(data[0], bytes.size());
    const Bytes request = bytes.first(split);
    Bytes rest = bytes.subspan(split);
    for (;;) {
        const std::size_t before = rest.size();
        const auto frame = netlink::next_frame(rest);
        if (!frame) break;
        if (rest.size() >= before || frame->payload.size() + 16 > before) std::abort();
        (void)netlink::parse_ack(*frame, request);
        (void)netlink::parse_link(*frame);
        (void)netlink::parse_address(*frame);
        (void)netlink::parse_route(*frame);
        (void)netlink::parse_plain_rule(*frame);
        (void)netlink::parse_forwarding(*frame);
        netlink::WireguardDevice wireguard;
        netlink::parse_wireguard(*frame, wireguard);
        if (const auto qdisc = netlink::parse_qdisc(*frame)) {
            (void)netlink::parse_netem(*qdisc);
            (void)netlink::parse_tbf(*qdisc);
            (void)netlink::parse_queue(*qdisc);
        }
        walk(frame->payload, 0);
    }
    return 0;
}
