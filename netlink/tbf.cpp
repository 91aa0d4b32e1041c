// TCA_OPTIONS of tbf (net/sched/sch_tbf.c). Rates in full: libnl's are an int of bytes.
#include "netlink/tbf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace netlink {
namespace {

constexpr Attr<TCA_TBF_PARMS, tc_tbf_qopt> parameters;
constexpr Attr<TCA_TBF_RATE64, std::uint64_t> rate64;
constexpr Attr<TCA_TBF_BURST, std::uint32_t> burst;

constexpr std::uint64_t narrow = std::numeric_limits<std::uint32_t>::max();
constexpr double tick_ns = 64;
constexpr std::uint8_t ethernet = 1;  // TC_LINKLAYER_ETHERNET: no rate table is needed

}  // namespace

Message put_tbf(const QdiscAt& at, const Tbf& tbf) {
    Message out = put_qdisc(at, "tbf");
    const auto nest = out.nest(tca::options);
    tc_tbf_qopt fixed{};
    fixed.rate.rate = static_cast<std::uint32_t>(std::min(tbf.rate, narrow));
    fixed.rate.linklayer = ethernet;
    fixed.limit = tbf.limit;
    const double ticks = static_cast<double>(tbf.burst) * 1e9 / static_cast<double>(tbf.rate);
    fixed.buffer = static_cast<std::uint32_t>(std::min(ticks / tick_ns, double(narrow)));
    out.put(parameters, fixed);
    out.put(rate64, tbf.rate);
    out.put(burst, tbf.burst);
    return out;
}

std::optional<Tbf> parse_tbf(const Qdisc& qdisc) {
    if (qdisc.kind != "tbf") return std::nullopt;
    std::optional<Tbf> out;
    std::uint64_t wide = 0;
    std::uint32_t ticks = 0;
    for_attributes(qdisc.options, [&](const Attribute& a) {
        if (a.number == TCA_TBF_RATE64) wide = a.as<std::uint64_t>().value_or(0);
        if (a.number != TCA_TBF_PARMS) return;
        if (const auto fixed = a.as<tc_tbf_qopt>()) {
            out = Tbf{fixed->rate.rate, 0, fixed->limit};
            ticks = fixed->buffer;
        }
    });
    if (!out) return out;
    out->rate = std::max(out->rate, wide);
    const double bytes =
        static_cast<double>(ticks) * tick_ns * static_cast<double>(out->rate) / 1e9;
    out->burst = static_cast<std::uint32_t>(std::min(std::round(bytes), double(narrow)));
    return out;
}

}  // namespace netlink
