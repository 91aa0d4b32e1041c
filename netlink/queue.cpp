// TCA_OPTIONS of the kinds without a file of their own (net/sched/sch_*.c).
#include "netlink/queue.hpp"

#include "netlink/tbf.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

std::uint32_t value_of(const QueueOptions& set, std::string_view key, std::uint32_t otherwise) {
    const auto found = set.find(key);
    return found == set.end() || found->second == 0 ? otherwise : found->second;
}

Message put_bucket(const QdiscAt& at, const QueueOptions& set) {
    const std::uint32_t bytes = value_of(set, "rate", 1'250'000),
                        at_once = value_of(set, "burst", std::max(3044U, bytes / 200));
    return put_tbf(at, {bytes, at_once, value_of(set, "limit", at_once + bytes / 20)});
}

constexpr Attr<TCA_RED_PARMS, tc_red_qopt> red_parameters;
constexpr Attr<TCA_RED_STAB, Bytes> red_table;
constexpr Attr<TCA_RED_MAX_P, std::uint32_t> red_probability;

// Floyd's and Jacobson's average follows the queue by 2^-w a packet, so that a burst from an empty
// queue up to `min` is let through: (1 - (1 - W)^burst) / W of it shows.
std::uint8_t weight_of(double min_packets, double burst_packets) {
    std::uint8_t out = 1;
    for (double w = 0.5; out < 31; w /= 2, ++out)
        if (burst_packets + 1 - min_packets <= (1 - std::pow(1 - w, burst_packets)) / w) break;
    return out;
}

// How far the average falls, in powers of two, while nothing comes for 1, 2, … cells of time;
// a cell is the power of two of microseconds that is returned.
std::uint8_t fill_idle(std::uint8_t weight, double packet_us, std::array<std::byte, 256>& table) {
    constexpr double most = 31;  // and nothing is left of 32 bits
    const double fall = -std::log2(1 - std::pow(2, -double(weight))) / packet_us;
    std::uint8_t cell = 0;
    while (cell < 31 && most / fall / std::pow(2, cell) >= 512) ++cell;
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<std::byte>(
            std::min(most, static_cast<double>(i) * std::pow(2, cell) * fall));
    table.back() = static_cast<std::byte>(most);  // whatever has been idle for longer
    return cell;
}

Message put_red(const QdiscAt& at, const QueueOptions& set) {
    constexpr double packet = 1000;    // bytes, as tc-red(8) advises
    constexpr double packet_us = 800;  // at 10 Mbit/s, which is what tc takes
    tc_red_qopt red{};
    red.limit = value_of(set, "limit", 400'000);
    red.qth_max = value_of(set, "max", red.limit / 4);
    red.qth_min = value_of(set, "min", red.qth_max / 3);
    const double at_once = std::max(1.0, (2.0 * red.qth_min + red.qth_max) / (3 * packet));
    red.Wlog = weight_of(red.qth_min / packet, at_once);
    std::array<std::byte, 256> table{};
    red.Scell_log = fill_idle(red.Wlog, packet_us, table);
    if (value_of(set, "ecn", 0) != 0) red.flags = TC_RED_ECN;
    Message out = put_qdisc(at, "red");
    const auto nest = out.nest(tca::options);
    out.put(red_parameters, red);
    out.put(red_table, Bytes(table));
    out.put(red_probability, value_of(set, "probability", 85'899'346));
    return out;
}

QueueOptions parse_red(const Qdisc& qdisc) {
    QueueOptions out;
    for_attributes(qdisc.options, [&](const Attribute& a) {
        if (a.number == TCA_RED_MAX_P) out["probability"] = a.as<std::uint32_t>().value_or(0);
        if (a.number != TCA_RED_PARMS) return;
        if (const auto red = a.as<tc_red_qopt>()) {
            out["limit"] = red->limit;
            out["min"] = red->qth_min;
            out["max"] = red->qth_max;
            out["ecn"] = (red->flags & TC_RED_ECN) != 0 ? 1 : 0;
        }
    });
    return out;
}

Message put_numbers(const QdiscAt& at, std::string_view kind, const QueueOptions& set) {
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

}  // namespace

Message put_queue(const QdiscAt& at, std::string_view kind, const QueueOptions& set) {
    return kind == "tbf"   ? put_bucket(at, set)
           : kind == "red" ? put_red(at, set)
                           : put_numbers(at, kind, set);
}

QueueOptions parse_queue(const Qdisc& qdisc) {
    if (qdisc.kind == "red") return parse_red(qdisc);
    QueueOptions out;
    if (const auto bucket = parse_tbf(qdisc)) {
        out["rate"] = static_cast<std::uint32_t>(std::min<std::uint64_t>(bucket->rate, UINT32_MAX));
        out["burst"] = bucket->burst;
        out["limit"] = bucket->limit;
        return out;
    }
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
