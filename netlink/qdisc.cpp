// RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC.
#include "netlink/qdisc.hpp"

#include <linux/gen_stats.h>
#include <sys/socket.h>

namespace netlink {
namespace {

tcmsg header(const QdiscAt& at) {
    tcmsg out{};
    out.tcm_family = AF_UNSPEC;
    out.tcm_ifindex = static_cast<int>(at.index);
    out.tcm_parent = at.parent;
    out.tcm_handle = at.handle;
    return out;
}

void parse_statistics(Bytes statistics, Qdisc& out) {
    for_attributes(statistics, [&](const Attribute& a) {
        if (a.number != TCA_STATS_QUEUE) return;
        if (const auto queue = a.as<gnet_stats_queue>()) {
            out.drops = queue->drops;
            out.backlog_packets = queue->qlen;
        }
    });
}

}  // namespace

Message put_qdisc(const QdiscAt& at, std::string_view kind) {
    Message out(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, header(at));
    out.put(tca::kind, kind);
    return out;
}

Message remove_qdiscs(std::uint32_t index) {
    return Message(RTM_DELQDISC, 0, header({index, TC_H_ROOT, 0}));
}

std::optional<Qdisc> parse_qdisc(const Frame& frame) {
    const auto head = frame.header<tcmsg>();
    if (!head) return std::nullopt;
    Qdisc out;
    out.at = {static_cast<std::uint32_t>(head->tcm_ifindex), head->tcm_parent, head->tcm_handle};
    for_attributes(frame.attributes<tcmsg>(), [&](const Attribute& a) {
        if (a.number == TCA_KIND) out.kind = a.text();
        if (a.number == TCA_OPTIONS) out.options.assign(a.payload.begin(), a.payload.end());
        if (a.number == TCA_STATS2) parse_statistics(a.payload, out);
    });
    return out;
}

std::vector<Qdisc> qdiscs(Socket& socket) {
    Message request(RTM_GETQDISC, 0, tcmsg{});
    std::vector<Qdisc> out;
    socket.dump(
        request, {"list", "queue disciplines"}, [&] { out.clear(); },
        [&](const Frame& frame) {
            if (auto qdisc = parse_qdisc(frame)) out.push_back(std::move(*qdisc));
        });
    return out;
}

}  // namespace netlink
