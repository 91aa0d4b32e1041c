#include "netlink/translation.hpp"

#include "netlink/nftables.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace netlink {
namespace {

using namespace nft;

constexpr Intent translating{"set", "address translation"};
constexpr const char *outwards = "outwards", *across = "across", *inwards = "inwards";

Message make_table(const std::string& table) {
    Message message = nft::message(NFPROTO_INET, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    message.put(String<NFTA_TABLE_NAME>{}, table);
    return message;
}

Message remove_table(const std::string& table) {
    Message message = nft::message(NFPROTO_INET, NFT_MSG_DELTABLE, 0);
    message.put(String<NFTA_TABLE_NAME>{}, table);
    return message;
}

Message make_chain(const std::string& table, const char* name, const char* type, std::uint32_t hook,
                   std::int32_t priority) {
    Message message = nft::message(NFPROTO_INET, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    message.put(String<NFTA_CHAIN_TABLE>{}, table);
    message.put(String<NFTA_CHAIN_NAME>{}, name);
    {
        const auto nest = message.nest(Container<NFTA_CHAIN_HOOK>{});
        message.put(Number32<NFTA_HOOK_HOOKNUM>{}, htonl(hook));
        message.put(Number32<NFTA_HOOK_PRIORITY>{}, htonl(static_cast<std::uint32_t>(priority)));
    }
    message.put(String<NFTA_CHAIN_TYPE>{}, type);
    return message;
}

void put_meta(Message& rule, nft_meta_keys key) {
    expression(rule, "meta", [&] {
        rule.put(Number32<NFTA_META_DREG>{}, first_register);
        rule.put(Number32<NFTA_META_KEY>{}, htonl(key));
    });
}

void put_device(Message& rule, const std::string& device) {
    // Names are compared with the zeros behind them, the beginnings of names without.
    std::array<char, IFNAMSIZ> name{};
    std::memcpy(name.data(), device.data(), std::min(device.size(), name.size() - 1));
    put_meta(rule, NFT_META_IIFNAME);
    put_compare(rule, NFT_CMP_EQ, std::as_bytes(std::span(name)));
}

void put_family(Message& rule, std::uint8_t family) {
    put_meta(rule, NFT_META_NFPROTO);
    const std::uint8_t protocol = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
    put_compare(rule, NFT_CMP_EQ, std::as_bytes(std::span(&protocol, 1)));
}

template <class Body>
Message make_rule(const std::string& table, const char* chain, Body body) {
    Message rule = nft::message(NFPROTO_INET, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    rule.put(String<NFTA_RULE_TABLE>{}, table);
    rule.put(String<NFTA_RULE_CHAIN>{}, chain);
    const auto expressions = rule.nest(Container<NFTA_RULE_EXPRESSIONS>{});
    body(rule);
    return rule;
}

// The packet's source address, compared with that one.
void put_source(Message& rule, nft_cmp_ops how, const Ip& source) {
    constexpr std::uint32_t ipv4_source = 12, ipv6_source = 8;  // RFC 791, RFC 8200
    const bool v4 = source.family == AF_INET;
    expression(rule, "payload", [&] {
        rule.put(Number32<NFTA_PAYLOAD_DREG>{}, first_register);
        rule.put(Number32<NFTA_PAYLOAD_BASE>{}, htonl(NFT_PAYLOAD_NETWORK_HEADER));
        rule.put(Number32<NFTA_PAYLOAD_OFFSET>{}, htonl(v4 ? ipv4_source : ipv6_source));
        rule.put(Number32<NFTA_PAYLOAD_LEN>{},
                 htonl(static_cast<std::uint32_t>(source.view().size())));
    });
    put_compare(rule, how, source.view());
}

Message translate(const std::string& table, const Ip& source) {
    return make_rule(table, outwards, [&](Message& rule) {
        put_family(rule, source.family);
        put_source(rule, NFT_CMP_EQ, source);
        expression(rule, "masq", [] {});
    });
}

// A node can write any source into its packets: what is not one of ours would leave the host, or
// reach it, as it is. IPv4 before anything of the host sees it; IPv6 only where it is forwarded,
// since neighbours speak from link-local addresses, too.
Message refuse_others(const std::string& table, const Translation::End& end, std::uint8_t family) {
    return make_rule(table, family == AF_INET ? inwards : across, [&](Message& rule) {
        put_family(rule, family);
        put_device(rule, end.device);
        for (const Ip& source : end.sources)
            if (source.family == family) put_source(rule, NFT_CMP_NEQ, source);
        put_drop(rule);
    });
}

Message close(const std::string& table, const std::string& device, std::uint8_t family,
              const std::string& only_to) {
    return make_rule(table, across, [&](Message& rule) {
        put_family(rule, family);
        put_device(rule, device);
        put_meta(rule, NFT_META_OIFNAME);
        put_compare(rule, NFT_CMP_NEQ, std::as_bytes(std::span(only_to.data(), only_to.size())));
        put_drop(rule);
    });
}

bool is_there(int netns, const std::string& table) {
    bool there = false;
    (void)list(netns, NFPROTO_INET, table, NFT_MSG_GETCHAIN,
               [&](const Frame& frame) { there |= text_of(frame, NFTA_CHAIN_TABLE) == table; });
    return there;
}

}  // namespace

void set_translation(int netns, const std::string& table, const Translation& wish) {
    Transaction change;
    if (!wish.any() && !is_there(netns, table)) return;
    // Made or there already, it goes, and comes as it is to be.
    change.add(make_table(table));
    change.add(remove_table(table));
    if (wish.any()) {
        change.add(make_table(table));
        change.add(make_chain(table, outwards, "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC));
        for (const Ip& source : wish.sources) change.add(translate(table, source));
        change.add(make_chain(table, across, "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER));
        change.add(make_chain(table, inwards, "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW));
        for (const Translation::End& end : wish.ends)
            for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}})
                change.add(refuse_others(table, end, family));
        for (const std::string& device : wish.closed4)
            change.add(close(table, device, AF_INET, wish.only_to));
        for (const std::string& device : wish.closed6)
            change.add(close(table, device, AF_INET6, wish.only_to));
    }
    change.run(netns, translating);
}

bool holds_translation(int netns, const std::string& table, const Translation& wish) {
    std::size_t rules = 0;
    (void)list(netns, NFPROTO_INET, table, NFT_MSG_GETRULE, [&](const Frame& frame) {
        rules += text_of(frame, NFTA_RULE_TABLE) == table ? 1U : 0U;
    });
    const std::size_t expected =
        wish.sources.size() + 2 * wish.ends.size() + wish.closed4.size() + wish.closed6.size();
    return rules == expected && is_there(netns, table) == wish.any();
}

}  // namespace netlink
