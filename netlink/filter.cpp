// Chains of one rule for each thing that is done.
#include "netlink/filter.hpp"

#include "netlink/nftables.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <functional>
#include <vector>

namespace netlink {
namespace {

constexpr const char* table = "labd-links";
constexpr Intent filtering{"set", "a packet filter"};

using namespace nft;

Message message(std::uint16_t type, std::uint16_t flags) {
    return nft::message(NFPROTO_NETDEV, type, flags);
}

Message make_table() {
    Message out = message(NFT_MSG_NEWTABLE, NLM_F_CREATE);
    out.put(String<NFTA_TABLE_NAME>{}, table);
    return out;
}

Message remove_table() {
    Message out = message(NFT_MSG_DELTABLE, 0);
    out.put(String<NFTA_TABLE_NAME>{}, table);
    return out;
}

struct Way {
    const char* prefix;  // of the chain's name
    std::uint32_t hook;
};
constexpr Way in{"in ", NF_NETDEV_INGRESS}, out_of{"out ", NF_NETDEV_EGRESS};

Message make_chain(const Way& way, const std::string& device) {
    Message out = message(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    out.put(String<NFTA_CHAIN_TABLE>{}, table);
    out.put(String<NFTA_CHAIN_NAME>{}, way.prefix + device);
    {
        const auto hook = out.nest(Container<NFTA_CHAIN_HOOK>{});
        out.put(Number32<NFTA_HOOK_HOOKNUM>{}, htonl(way.hook));
        out.put(Number32<NFTA_HOOK_PRIORITY>{}, 0);
        out.put(String<NFTA_HOOK_DEV>{}, device);
    }
    out.put(String<NFTA_CHAIN_TYPE>{}, "filter");
    return out;
}

Message remove_chain(const std::string& name) {
    Message out = message(NFT_MSG_DELCHAIN, 0);
    out.put(String<NFTA_CHAIN_TABLE>{}, table);
    out.put(String<NFTA_CHAIN_NAME>{}, name);
    return out;
}

Message empty_chain(const std::string& name) {
    Message out = message(NFT_MSG_DELRULE, 0);
    out.put(String<NFTA_RULE_TABLE>{}, table);
    out.put(String<NFTA_RULE_CHAIN>{}, name);
    return out;
}

// Only `chance` of the packets go on in the rule: a random number below 2^32 - 1 is less than it.
void put_chance(Message& rule, std::uint32_t chance) {
    expression(rule, "numgen", [&] {
        rule.put(Number32<NFTA_NG_DREG>{}, first_register);
        rule.put(Number32<NFTA_NG_MODULUS>{}, UINT32_MAX);
        rule.put(Number32<NFTA_NG_TYPE>{}, htonl(NFT_NG_RANDOM));
    });
    // Compared byte by byte.
    expression(rule, "byteorder", [&] {
        rule.put(Number32<NFTA_BYTEORDER_SREG>{}, first_register);
        rule.put(Number32<NFTA_BYTEORDER_DREG>{}, first_register);
        rule.put(Number32<NFTA_BYTEORDER_OP>{}, htonl(NFT_BYTEORDER_HTON));
        rule.put(Number32<NFTA_BYTEORDER_LEN>{}, htonl(4));
        rule.put(Number32<NFTA_BYTEORDER_SIZE>{}, htonl(4));
    });
    expression(rule, "cmp", [&] {
        rule.put(Number32<NFTA_CMP_SREG>{}, first_register);
        rule.put(Number32<NFTA_CMP_OP>{}, htonl(NFT_CMP_LT));
        const auto data = rule.nest(Container<NFTA_CMP_DATA>{});
        rule.put(Number32<NFTA_DATA_VALUE>{}, htonl(chance));
    });
    expression(rule, "counter", [] {});
}

template <class Body>
Message make_rule(const std::string& chain, std::uint32_t chance, Body body) {
    Message out = message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    out.put(String<NFTA_RULE_TABLE>{}, table);
    out.put(String<NFTA_RULE_CHAIN>{}, chain);
    const auto expressions = out.nest(Container<NFTA_RULE_EXPRESSIONS>{});
    put_chance(out, chance);
    body(out);
    return out;
}

// A bit of the ninth byte behind the network header: the payload of UDP and ICMP, the numbers of
// TCP.
void put_damage(Message& rule) {
    const std::uint32_t base = htonl(NFT_PAYLOAD_TRANSPORT_HEADER), at = htonl(8), one = htonl(1);
    expression(rule, "payload", [&] {
        rule.put(Number32<NFTA_PAYLOAD_DREG>{}, first_register);
        rule.put(Number32<NFTA_PAYLOAD_BASE>{}, base);
        rule.put(Number32<NFTA_PAYLOAD_OFFSET>{}, at);
        rule.put(Number32<NFTA_PAYLOAD_LEN>{}, one);
    });
    const auto byte = [&](auto container, std::uint8_t value) {
        const auto data = rule.nest(container);
        rule.put(Attr<NFTA_DATA_VALUE, std::uint8_t>{}, value);
    };
    expression(rule, "bitwise", [&] {
        rule.put(Number32<NFTA_BITWISE_SREG>{}, first_register);
        rule.put(Number32<NFTA_BITWISE_DREG>{}, first_register);
        rule.put(Number32<NFTA_BITWISE_LEN>{}, one);
        byte(Container<NFTA_BITWISE_MASK>{}, 0xff);
        byte(Container<NFTA_BITWISE_XOR>{}, 0x10);
    });
    expression(rule, "payload", [&] {
        rule.put(Number32<NFTA_PAYLOAD_SREG>{}, first_register);
        rule.put(Number32<NFTA_PAYLOAD_BASE>{}, base);
        rule.put(Number32<NFTA_PAYLOAD_OFFSET>{}, at);
        rule.put(Number32<NFTA_PAYLOAD_LEN>{}, one);
    });
}

void put_twice(Message& rule, std::uint32_t index) {
    expression(rule, "immediate", [&] {
        rule.put(Number32<NFTA_IMMEDIATE_DREG>{}, first_register);
        const auto data = rule.nest(Container<NFTA_IMMEDIATE_DATA>{});
        rule.put(Number32<NFTA_DATA_VALUE>{}, index);  // in the order of the machine
    });
    expression(rule, "dup", [&] { rule.put(Number32<NFTA_DUP_SREG_DEV>{}, first_register); });
}

std::uint32_t big_endian(const Attribute& a) {
    return ntohl(a.as<std::uint32_t>().value_or(0));
}

// What a rule of ours does is told by its expressions.
void parse_rule(Bytes expressions, Filter& out) {
    std::uint32_t chance = 0;
    std::uint32_t* what = nullptr;
    for_attributes(expressions, [&](const Attribute& element) {
        std::string_view name;
        for_attributes(element.payload, [&](const Attribute& a) {
            if (a.number == NFTA_EXPR_NAME) name = a.text();
            if (a.number != NFTA_EXPR_DATA) return;
            if (name == "bitwise") what = &out.damage;
            if (name == "dup") what = &out.twice;
            if (name == "immediate" && what == nullptr) what = &out.drop;
            if (name != "cmp") return;
            for_attributes(a.payload, [&](const Attribute& b) {
                if (b.number == NFTA_CMP_DATA)
                    for_attributes(b.payload, [&](const Attribute& c) {
                        if (c.number == NFTA_DATA_VALUE) chance = big_endian(c);
                    });
            });
        });
    });
    if (what != nullptr) *what = chance;
}

// Names of the chains in our table. Older kernels list those of all tables.
std::vector<std::string> chains(int netns) {
    std::vector<std::string> out;
    (void)list(netns, NFPROTO_NETDEV, table, NFT_MSG_GETCHAIN, [&](const Frame& frame) {
        if (text_of(frame, NFTA_CHAIN_TABLE) == table)
            out.emplace_back(text_of(frame, NFTA_CHAIN_NAME));
    });
    return out;
}

}  // namespace

void set_filter(int netns, const std::string& device, std::uint32_t index, const Filter& filter) {
    std::vector<std::string> there = chains(netns);
    Transaction change;
    if (filter.any() || !there.empty()) change.add(make_table());
    const auto put = [&](const Way& way, bool wanted, const std::function<void()>& rules) {
        const std::string name = way.prefix + device;
        const bool is_there = std::erase(there, name) > 0;
        if (is_there) change.add(empty_chain(name));
        if (is_there && !wanted) change.add(remove_chain(name));
        if (!wanted) return;
        if (!is_there) change.add(make_chain(way, device));
        rules();
    };
    const std::string arriving = in.prefix + device, leaving = out_of.prefix + device;
    put(in, filter.drop != 0 || filter.damage != 0, [&] {
        if (filter.drop != 0) change.add(make_rule(arriving, filter.drop, put_drop));
        if (filter.damage != 0) change.add(make_rule(arriving, filter.damage, put_damage));
    });
    put(out_of, filter.twice != 0, [&] {
        change.add(
            make_rule(leaving, filter.twice, [&](Message& rule) { put_twice(rule, index); }));
    });
    if (change.empty()) return;
    if (!filter.any() && there.empty()) change.add(remove_table());
    change.run(netns, filtering);
}

std::map<std::string, Filter> filters(int netns) {
    std::map<std::string, Filter> out;
    (void)list(netns, NFPROTO_NETDEV, table, NFT_MSG_GETRULE, [&](const Frame& frame) {
        if (text_of(frame, NFTA_RULE_TABLE) != table) return;
        const std::string chain(text_of(frame, NFTA_RULE_CHAIN));
        for (const Way& way : {in, out_of}) {
            const std::string_view prefix = way.prefix;
            if (chain.compare(0, prefix.size(), prefix) != 0) continue;
            for_attributes(frame.attributes<nfgenmsg>(), [&](const Attribute& a) {
                if (a.number == NFTA_RULE_EXPRESSIONS)
                    parse_rule(a.payload, out[chain.substr(prefix.size())]);
            });
        }
    });
    return out;
}

}  // namespace netlink
