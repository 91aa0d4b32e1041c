#include "netlink/nftables.hpp"

#include "netlink/fd.hpp"
#include "netlink/netns.hpp"

#include <linux/netfilter.h>
#include <sys/socket.h>

#include <array>

namespace netlink::nft {
namespace {

Message bracket(std::uint16_t type) {
    nfgenmsg family{};
    family.version = NFNETLINK_V0;
    family.res_id = htons(NFNL_SUBSYS_NFTABLES);
    return {type, 0, family};
}

}  // namespace

Message message(std::uint8_t family, std::uint16_t type, std::uint16_t flags) {
    nfgenmsg header{};
    header.nfgen_family = family;
    header.version = NFNETLINK_V0;
    return {static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags, header};
}

// nf_tables works within send(2): every answer is there when it returns.
void Transaction::run(int netns, const Intent& intent) {
    const Entered inside(netns);
    const Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!fd) throw_errno(intent.verb, intent.subject);
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
        throw_errno(intent.verb, intent.subject);
    std::array<std::byte, 8192> buffer;
    for (;;) {
        const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n <= 0) return;
        Bytes rest = Bytes(buffer).first(static_cast<std::size_t>(n));
        while (const auto frame = next_frame(rest))
            if (auto ack = parse_ack(*frame, {}); ack && ack->error != 0)
                throw Error(intent, std::move(*ack));
    }
}

void expression(Message& rule, const char* name, const std::function<void()>& data) {
    const auto element = rule.nest(Container<NFTA_LIST_ELEM>{});
    rule.put(String<NFTA_EXPR_NAME>{}, name);
    const auto nest = rule.nest(Container<NFTA_EXPR_DATA>{});
    data();
}

void put_compare(Message& rule, nft_cmp_ops operation, Bytes value) {
    expression(rule, "cmp", [&] {
        rule.put(Number32<NFTA_CMP_SREG>{}, first_register);
        rule.put(Number32<NFTA_CMP_OP>{}, htonl(operation));
        const auto data = rule.nest(Container<NFTA_CMP_DATA>{});
        rule.put(Attr<NFTA_DATA_VALUE, Bytes>{}, value);
    });
}

void put_drop(Message& rule) {
    expression(rule, "immediate", [&] {
        rule.put(Number32<NFTA_IMMEDIATE_DREG>{}, htonl(NFT_REG_VERDICT));
        const auto data = rule.nest(Container<NFTA_IMMEDIATE_DATA>{});
        const auto verdict = rule.nest(Container<NFTA_DATA_VERDICT>{});
        rule.put(Number32<NFTA_VERDICT_CODE>{}, htonl(NF_DROP));
    });
}

bool list(int netns, std::uint8_t family, std::string_view table, std::uint16_t type,
          const std::function<void(const Frame&)>& each) {
    const Entered inside(netns);
    const Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!fd) return false;
    Message request = message(family, type, NLM_F_DUMP);
    static_assert(int{NFTA_CHAIN_TABLE} == int{NFTA_RULE_TABLE});
    if (!table.empty()) request.put(String<NFTA_RULE_TABLE>{}, table);
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

}  // namespace netlink::nft
