// TCA_OPTIONS of the kinds without a file of their own (net/sched/sch_*.c).
#include "netlink/queue.hpp"

#include <algorithm>
#include <array>

namespace netlink {
namespace {

struct Option {
    std::string_view kind, name;
    std::uint16_t number;
};

constexpr std::array options{
    Option{"fq_codel", "limit", TCA_FQ_CODEL_LIMIT},
    Option{"fq_codel", "target", TCA_FQ_CODEL_TARGET},
    Option{"fq_codel", "interval", TCA_FQ_CODEL_INTERVAL},
    Option{"fq_codel", "ecn", TCA_FQ_CODEL_ECN},
    Option{"codel", "limit", TCA_CODEL_LIMIT},
    Option{"codel", "target", TCA_CODEL_TARGET},
    Option{"codel", "interval", TCA_CODEL_INTERVAL},
    Option{"codel", "ecn", TCA_CODEL_ECN},
    Option{"fq", "limit", TCA_FQ_PLIMIT},
    Option{"fq", "flow-limit", TCA_FQ_FLOW_PLIMIT},
    Option{"pie", "limit", TCA_PIE_LIMIT},
    Option{"pie", "target", TCA_PIE_TARGET},
    Option{"pie", "ecn", TCA_PIE_ECN},
    Option{"fq_pie", "limit", TCA_FQ_PIE_LIMIT},
    Option{"fq_pie", "target", TCA_FQ_PIE_TARGET},
    Option{"fq_pie", "ecn", TCA_FQ_PIE_ECN},
    Option{"cake", "rtt", TCA_CAKE_RTT},
};

// Their one option is the whole of TCA_OPTIONS.
bool is_fifo(std::string_view kind) {
    return kind == "pfifo" || kind == "bfifo";
}

}  // namespace

Message put_queue(const QdiscAt& at, std::string_view kind, const QueueOptions& set) {
    Message out = put_qdisc(at, kind);
    if (is_fifo(kind)) {
        if (const auto limit = set.find("limit"); limit != set.end())
            out.put(Attr<TCA_OPTIONS, tc_fifo_qopt>{}, {limit->second});
        return out;
    }
    const bool any = std::any_of(options.begin(), options.end(),
                                 [&](const Option& option) { return option.kind == kind; });
    if (!any) return out;
    const auto nest = out.nest(tca::options);
    for (const Option& option : options)
        if (option.kind == kind)
            if (const auto value = set.find(option.name); value != set.end())
                out.put_number(option.number, value->second);
    return out;
}

QueueOptions parse_queue(const Qdisc& qdisc) {
    QueueOptions out;
    if (is_fifo(qdisc.kind)) {
        tc_fifo_qopt fifo{};
        if (qdisc.options.size() < sizeof fifo) return out;
        std::memcpy(&fifo, qdisc.options.data(), sizeof fifo);
        out["limit"] = fifo.limit;
        return out;
    }
    for_attributes(qdisc.options, [&](const Attribute& a) {
        for (const Option& option : options)
            if (option.kind == qdisc.kind && option.number == a.number)
                if (const auto value = a.as<std::uint32_t>())
                    out[std::string(option.name)] = *value;
    });
    return out;
}

}  // namespace netlink
