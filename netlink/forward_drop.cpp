#include "netlink/forward_drop.hpp"

#include "netlink/nftables.hpp"

#include <endian.h>
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

const char* frame_word_of(std::uint8_t family) {
    if (family == NFPROTO_BRIDGE) return "bridge";
    return family == NFPROTO_NETDEV ? "netdev" : nullptr;
}

// Of a rule's expressions, whether one is the verdict drop.
bool drops(Bytes expressions) {
    bool out = false;
    for_attributes(expressions, [&](const Attribute& element) {
        for_attributes(element.payload, [&](const Attribute& part) {
            if (part.number != NFTA_EXPR_DATA) return;
            for_attributes(part.payload, [&](const Attribute& data) {
                if (data.number != NFTA_IMMEDIATE_DATA) return;
                for_attributes(data.payload, [&](const Attribute& verdict) {
                    if (verdict.number != NFTA_DATA_VERDICT) return;
                    for_attributes(verdict.payload, [&](const Attribute& code) {
                        out = out || (code.number == NFTA_VERDICT_CODE &&
                                      code.as<std::uint32_t>() == htonl(NF_DROP));
                    });
                });
            });
        });
    });
    return out;
}

}  // namespace

std::vector<FrameDrop> frame_drops(int netns) {
    std::vector<FrameDrop> out;
    const auto each = [&](std::uint16_t of_table, std::uint16_t of_chain, const auto& is_one) {
        return [&, of_table, of_chain](const Frame& frame) {
            const auto header = frame.header<nfgenmsg>();
            const char* family = header ? frame_word_of(header->nfgen_family) : nullptr;
            std::uint64_t rule = 0;
            if (family != nullptr && is_one(frame.attributes<nfgenmsg>(), rule))
                out.push_back({family, std::string(nft::text_of(frame, of_table)),
                               std::string(nft::text_of(frame, of_chain)), rule});
        };
    };
    const auto policy = [](Bytes attributes, std::uint64_t&) {
        bool drop = false;
        for_attributes(attributes, [&](const Attribute& a) {
            if (a.number == NFTA_CHAIN_POLICY) drop = a.as<std::uint32_t>() == htonl(NF_DROP);
        });
        return drop;
    };
    const auto rules = [](Bytes attributes, std::uint64_t& handle) {
        bool drop = false;
        for_attributes(attributes, [&](const Attribute& a) {
            if (a.number == NFTA_RULE_HANDLE) handle = be64toh(a.as<std::uint64_t>().value_or(0));
            if (a.number == NFTA_RULE_EXPRESSIONS) drop = drops(a.payload);
        });
        return drop;
    };
    for (const std::uint8_t family : {NFPROTO_BRIDGE, NFPROTO_NETDEV}) {
        (void)nft::list(netns, family, "", NFT_MSG_GETCHAIN,
                        each(NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, policy));
        (void)nft::list(netns, family, "", NFT_MSG_GETRULE,
                        each(NFTA_RULE_TABLE, NFTA_RULE_CHAIN, rules));
    }
    return out;
}

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
