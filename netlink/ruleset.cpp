#include "netlink/ruleset.hpp"

#include "netlink/nftables.hpp"

#include <linux/netfilter.h>

namespace netlink {
namespace {

// Empty for those that do not count.
std::string family_word(std::uint8_t family) {
    switch (family) {
        case NFPROTO_INET:
            return "inet";
        case NFPROTO_IPV4:
            return "ip";
        case NFPROTO_IPV6:
            return "ip6";
        case NFPROTO_ARP:
            return "arp";
        case NFPROTO_BRIDGE:
            return "bridge";
        default:
            return "";
    }
}

}  // namespace

std::optional<RuleCounts> ruleset(int netns) {
    RuleCounts out;
    const auto count = [&](const Frame& frame, std::uint16_t name, std::size_t more) {
        const auto header = frame.header<nfgenmsg>();
        const std::string family = header ? family_word(header->nfgen_family) : "";
        if (!family.empty()) out[family + " " + std::string(nft::text_of(frame, name))] += more;
    };
    const bool tables = nft::list(netns, NFPROTO_UNSPEC, "", NFT_MSG_GETTABLE,
                                  [&](const Frame& f) { count(f, NFTA_TABLE_NAME, 0); });
    const bool rules = tables && nft::list(netns, NFPROTO_UNSPEC, "", NFT_MSG_GETRULE,
                                           [&](const Frame& f) { count(f, NFTA_RULE_TABLE, 1); });
    if (!rules) return std::nullopt;
    return out;
}

}  // namespace netlink
