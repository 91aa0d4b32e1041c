// nf_tables by netlink (net/netfilter/nf_tables_api.c): its numbers are big endian, and changes go
// as one transaction between two messages that bracket it.
#include "netlink/filter.hpp"

#include "netlink/fd.hpp"
#include "netlink/frame.hpp"
#include "netlink/netns.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <functional>
#include <vector>

namespace netlink {
namespace {

constexpr const char* table = "labd-links";
constexpr Intent filtering{"set", "a packet filter"};

template <std::uint16_t Number>
using Number32 = Attr<Number, std::uint32_t>;
template <std::uint16_t Number>
using String = Attr<Number, std::string_view>;

Message message(std::uint16_t type, std::uint16_t flags) {
    nfgenmsg family{};
    family.nfgen_family = NFPROTO_NETDEV;
    family.version = NFNETLINK_V0;
    return {static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags, family};
}

Message bracket(std::uint16_t type) {
    nfgenmsg family{};
    family.version = NFNETLINK_V0;
    family.res_id = htons(NFNL_SUBSYS_NFTABLES);
    return {type, 0, family};
}

class Transaction {
  public:
    void add(Message message) { messages_.push_back(std::move(message)); }
    bool empty() const { return messages_.empty(); }

    // nf_tables works within send(2): every answer is there when it returns.
    void run(int netns) {
        const Entered inside(netns);
        const Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
        if (!fd) throw_errno(filtering.verb, filtering.subject);
        std::vector<std::byte> bytes;
        const auto append = [&](Message& one, std::uint32_t sequence) {
            one.set_sequence(sequence);
            bytes.insert(bytes.end(), one.bytes().begin(), one.bytes().end());
        };
        Message begin = bracket(NFNL_MSG_BATCH_BEGIN), end = bracket(NFNL_MSG_BATCH_END);
        append(begin, 0);
        std::uint32_t sequence = 0;
        for (Message& one : messages_) append(one, ++sequence);
        append(end, ++sequence);
        if (::send(fd.get(), bytes.data(), bytes.size(), 0) < 0)
            throw_errno(filtering.verb, filtering.subject);
        std::array<std::byte, 8192> buffer;
        for (;;) {
            const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (n <= 0) return;
            Bytes rest = Bytes(buffer).first(static_cast<std::size_t>(n));
            while (const auto frame = next_frame(rest))
                if (auto ack = parse_ack(*frame, {}); ack && ack->error != 0)
                    throw Error(filtering, std::move(*ack));
        }
    }

  private:
    std::vector<Message> messages_;
};

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

// One expression of a rule; `data` puts what it works on.
void expression(Message& rule, const char* name, const std::function<void()>& data) {
    const auto element = rule.nest(Container<NFTA_LIST_ELEM>{});
    rule.put(String<NFTA_EXPR_NAME>{}, name);
    const auto nest = rule.nest(Container<NFTA_EXPR_DATA>{});
    data();
}

constexpr std::uint32_t verdict_register = NFT_REG_VERDICT;
const std::uint32_t first_register = htonl(NFT_REG_1);

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

void put_drop(Message& rule) {
    expression(rule, "immediate", [&] {
        rule.put(Number32<NFTA_IMMEDIATE_DREG>{}, htonl(verdict_register));
        const auto data = rule.nest(Container<NFTA_IMMEDIATE_DATA>{});
        const auto verdict = rule.nest(Container<NFTA_DATA_VERDICT>{});
        rule.put(Number32<NFTA_VERDICT_CODE>{}, htonl(NF_DROP));
    });
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

// Everything that a listing of our table answers; false when nf_tables or the table is not there.
bool list(int netns, std::uint16_t type, const std::function<void(const Frame&)>& each) {
    const Entered inside(netns);
    const Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!fd) return false;
    Message request = message(type, NLM_F_DUMP);
    static_assert(int{NFTA_CHAIN_TABLE} == int{NFTA_RULE_TABLE});
    request.put(String<NFTA_RULE_TABLE>{}, table);
    if (::send(fd.get(), request.bytes().data(), request.bytes().size(), 0) < 0) return false;
    std::array<std::byte, 32768> buffer;
    for (;;) {
        const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n <= 0) return false;
        Bytes rest = Bytes(buffer).first(static_cast<std::size_t>(n));
        while (const auto frame = next_frame(rest)) {
            if (frame->type == NLMSG_DONE) return true;
            if (frame->type == NLMSG_ERROR) return false;
            each(*frame);
        }
    }
}

std::string_view text_of(const Frame& frame, std::uint16_t number) {
    std::string_view out;
    for_attributes(frame.attributes<nfgenmsg>(), [&](const Attribute& a) {
        if (a.number == number) out = a.text();
    });
    return out;
}

// Names of the chains in our table. Older kernels list those of all tables.
std::vector<std::string> chains(int netns) {
    std::vector<std::string> out;
    (void)list(netns, NFT_MSG_GETCHAIN, [&](const Frame& frame) {
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
    change.run(netns);
}

std::map<std::string, Filter> filters(int netns) {
    std::map<std::string, Filter> out;
    (void)list(netns, NFT_MSG_GETRULE, [&](const Frame& frame) {
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
