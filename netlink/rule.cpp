#include "netlink/rule.hpp"

#include "netlink/attributes.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace netlink {
namespace {

// What every rule has, and what the kernel says of one though nobody has asked for it.
bool says_nothing(const Attribute& attribute) {
    switch (attribute.number) {
        case FRA_PRIORITY:
        case FRA_TABLE:
        case FRA_PROTOCOL:
        case FRA_PAD:
            return true;
        case FRA_SUPPRESS_PREFIXLEN:
        case FRA_SUPPRESS_IFGROUP:
            return attribute.as<std::uint32_t>() == 0xffffffffU;
        default:
            return false;
    }
}

}  // namespace

std::vector<Rule> born_rules() {
    return {{AF_INET, 0, RT_TABLE_LOCAL},
            {AF_INET, 32766, RT_TABLE_MAIN},
            {AF_INET, 32767, RT_TABLE_DEFAULT},
            {AF_INET6, 0, RT_TABLE_LOCAL},
            {AF_INET6, 32766, RT_TABLE_MAIN}};
}

std::optional<Rule> parse_plain_rule(const Frame& frame) {
    const auto head = frame.header<fib_rule_hdr>();
    if (frame.type != RTM_NEWRULE || !head) return std::nullopt;
    if (head->action != FR_ACT_TO_TBL || head->src_len != 0 || head->dst_len != 0 ||
        head->tos != 0 || (head->flags & FIB_RULE_INVERT) != 0)
        return std::nullopt;
    Rule out{head->family, 0, head->table};
    bool plain = true;
    for_attributes(frame.attributes<fib_rule_hdr>(), [&](const Attribute& a) {
        if (a.number == FRA_PRIORITY) out.priority = a.as<std::uint32_t>().value_or(0);
        if (a.number == FRA_TABLE) out.table = a.as<std::uint32_t>().value_or(0);
        plain = plain && says_nothing(a);
    });
    if (!plain) return std::nullopt;
    return out;
}

namespace {

template <class Parse>
std::vector<Rule> list_rules(Socket& socket, Parse parse) {
    std::vector<Rule> out;
    for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
        const std::size_t before = out.size();
        fib_rule_hdr header{};
        header.family = family;
        Message request(RTM_GETRULE, 0, header);
        socket.dump(
            request, {"list", "routing rules"}, [&] { out.resize(before); },
            [&](const Frame& frame) {
                if (const auto rule = parse(frame)) out.push_back(*rule);
            });
    }
    return out;
}

std::optional<Rule> parse_rule_by_hand(const Frame& frame) {
    const auto head = frame.header<fib_rule_hdr>();
    if (frame.type != RTM_NEWRULE || !head) return std::nullopt;
    Rule out{head->family, 0, head->table};
    std::uint8_t protocol = RTPROT_UNSPEC;
    for_attributes(frame.attributes<fib_rule_hdr>(), [&](const Attribute& a) {
        if (a.number == FRA_PRIORITY) out.priority = a.as<std::uint32_t>().value_or(0);
        if (a.number == FRA_TABLE) out.table = a.as<std::uint32_t>().value_or(0);
        if (a.number == FRA_PROTOCOL) protocol = a.as<std::uint8_t>().value_or(RTPROT_UNSPEC);
    });
    const bool by_hand =
        protocol == RTPROT_UNSPEC || protocol == RTPROT_BOOT || protocol == RTPROT_STATIC;
    if (!by_hand) return std::nullopt;
    return out;
}

}  // namespace

std::vector<Rule> plain_rules(Socket& socket) {
    return list_rules(socket, parse_plain_rule);
}

std::vector<Rule> rules_by_hand(Socket& socket) {
    return list_rules(socket, parse_rule_by_hand);
}

Message add_rule(const Rule& rule) {
    fib_rule_hdr header{};
    header.family = rule.family;
    header.action = FR_ACT_TO_TBL;
    header.table = static_cast<std::uint8_t>(rule.table);
    Message out(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, header);
    out.put(fra::priority, rule.priority);
    out.put(fra::table, rule.table);
    return out;
}

}  // namespace netlink
