#include "netlink/forward_drop.hpp"

#include "netlink/nftables.hpp"

#include <linux/netfilter.h>

#include <optional>

namespace netlink {
namespace {

const char* word_of(std::uint8_t family) {
    switch (family) {
        case NFPROTO_IPV4:
            return "ip";
        case NFPROTO_IPV6:
            return "ip6";
        case NFPROTO_INET:
            return "inet";
        default:
            return nullptr;  // what a bridge forwards is not routed
    }
}

std::optional<std::uint32_t> hook_of(Bytes hook) {
    std::optional<std::uint32_t> out;
    for_attributes(hook, [&](const Attribute& a) {
        if (a.number == NFTA_HOOK_HOOKNUM) out = a.as<std::uint32_t>();
    });
    return out;
}

}  // namespace

std::vector<ForwardDrop> forward_drops(int netns) {
    std::vector<ForwardDrop> out;
    (void)nft::list(netns, NFPROTO_UNSPEC, "", NFT_MSG_GETCHAIN, [&](const Frame& frame) {
        const auto header = frame.header<nfgenmsg>();
        const char* family = header ? word_of(header->nfgen_family) : nullptr;
        std::optional<std::uint32_t> hook, policy;
        for_attributes(frame.attributes<nfgenmsg>(), [&](const Attribute& a) {
            if (a.number == NFTA_CHAIN_HOOK) hook = hook_of(a.payload);
            if (a.number == NFTA_CHAIN_POLICY) policy = a.as<std::uint32_t>();
        });
        if (family == nullptr || hook != htonl(NF_INET_FORWARD) || policy != htonl(NF_DROP)) return;
        out.push_back({family, std::string(nft::text_of(frame, NFTA_CHAIN_TABLE)),
                       std::string(nft::text_of(frame, NFTA_CHAIN_NAME))});
    });
    return out;
}

}  // namespace netlink
