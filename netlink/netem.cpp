// TCA_OPTIONS of netem: a structure, then attributes (net/sched/sch_netem.c). libnl-route 3.7 has
// neither rate, loss models, nanoseconds nor seed, and leaves out zeroes.
#include "netlink/netem.hpp"

#include <algorithm>
#include <limits>

namespace netlink {
namespace {

constexpr Attr<TCA_NETEM_CORR, tc_netem_corr> correlations;
constexpr Attr<TCA_NETEM_DELAY_DIST, Bytes> delay_table;
constexpr Attr<TCA_NETEM_REORDER, tc_netem_reorder> reorder;
constexpr Attr<TCA_NETEM_CORRUPT, tc_netem_corrupt> corrupt;
constexpr Container<TCA_NETEM_LOSS> loss_model;
constexpr Attr<NETEM_LOSS_GI, tc_netem_gimodel> four_states;
constexpr Attr<NETEM_LOSS_GE, tc_netem_gemodel> gilbert_elliott;
constexpr Attr<TCA_NETEM_RATE, tc_netem_rate> rate;
constexpr Attr<TCA_NETEM_ECN, std::uint32_t> ecn;
constexpr Attr<TCA_NETEM_RATE64, std::uint64_t> rate64;
constexpr Attr<TCA_NETEM_LATENCY64, std::int64_t> latency64;
constexpr Attr<TCA_NETEM_JITTER64, std::int64_t> jitter64;
constexpr Attr<TCA_NETEM_SLOT, tc_netem_slot> slot;
// Of Linux 6.6; Debian 12's headers are older.
constexpr std::uint16_t seed_number = 14;
constexpr Attr<seed_number, std::uint64_t> seed;

// A tick of the packet scheduler is 64 ns on every kernel that has high resolution timers.
std::uint32_t ticks(std::int64_t ns) {
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>(ns >> 6, std::numeric_limits<std::uint32_t>::max()));
}

void put_loss(Message& out, const Netem& netem) {
    if (const auto* ge = std::get_if<GilbertElliott>(&netem.loss)) {
        const auto nest = out.nest(loss_model);
        out.put(gilbert_elliott, {ge->p, ge->r, ge->h, ge->lost});
    } else if (const auto* four = std::get_if<FourStates>(&netem.loss)) {
        const auto nest = out.nest(loss_model);
        out.put(four_states, {four->p13, four->p31, four->p32, four->p14, four->p23});
    }
}

void parse_loss(Bytes model, Netem& out) {
    for_attributes(model, [&](const Attribute& a) {
        if (a.number == NETEM_LOSS_GE) {
            if (const auto ge = a.as<tc_netem_gemodel>())
                out.loss = GilbertElliott{ge->p, ge->r, ge->h, ge->k1};
        } else if (a.number == NETEM_LOSS_GI) {
            if (const auto gi = a.as<tc_netem_gimodel>())
                out.loss = FourStates{gi->p13, gi->p31, gi->p32, gi->p14, gi->p23};
        }
    });
}

void parse_attribute(const Attribute& a, Netem& out) {
    switch (a.number) {
        case TCA_NETEM_REORDER:
            if (const auto r = a.as<tc_netem_reorder>()) out.reorder = r->probability;
            break;
        case TCA_NETEM_CORRUPT:
            if (const auto c = a.as<tc_netem_corrupt>()) out.corrupt = c->probability;
            break;
        case TCA_NETEM_LOSS:
            parse_loss(a.payload, out);
            break;
        case TCA_NETEM_RATE:
            if (const auto r = a.as<tc_netem_rate>())
                out.rate = std::max<std::uint64_t>(out.rate, r->rate);
            break;
        case TCA_NETEM_RATE64:
            out.rate = std::max(out.rate, a.as<std::uint64_t>().value_or(0));
            break;
        case TCA_NETEM_LATENCY64:
            out.latency_ns = a.as<std::int64_t>().value_or(0);
            break;
        case TCA_NETEM_JITTER64:
            out.jitter_ns = a.as<std::int64_t>().value_or(0);
            break;
        case seed_number:
            out.seed = a.as<std::uint64_t>();
            break;
        default:
            break;
    }
}

}  // namespace

Message put_netem(const QdiscAt& at, const Netem& netem, std::span<const std::int16_t> delays) {
    Message out = put_qdisc(at, "netem");
    const auto nest = out.nest(tca::options);
    tc_netem_qopt fixed{};
    fixed.latency = ticks(netem.latency_ns);
    fixed.jitter = ticks(netem.jitter_ns);
    fixed.limit = netem.limit;
    if (const auto* share = std::get_if<std::uint32_t>(&netem.loss)) fixed.loss = *share;
    fixed.duplicate = netem.duplicate;
    // Every packet is asked whether it goes at once; without a gap none is.
    fixed.gap = netem.reorder != 0 ? 1 : 0;
    out.append(fixed);
    out.put(correlations, {});
    out.put(reorder, {netem.reorder, 0});
    out.put(corrupt, {netem.corrupt, 0});
    put_loss(out, netem);
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    tc_netem_rate narrow{};
    narrow.rate = static_cast<std::uint32_t>(std::min(netem.rate, most));
    out.put(rate, narrow);
    out.put(rate64, netem.rate);
    out.put(latency64, netem.latency_ns);
    out.put(jitter64, netem.jitter_ns);
    out.put(ecn, 0);
    out.put(slot, {});
    if (netem.seed) out.put(seed, *netem.seed);
    if (!delays.empty()) out.put(delay_table, std::as_bytes(delays));
    return out;
}

std::optional<Netem> parse_netem(const Qdisc& qdisc) {
    if (qdisc.kind != "netem" || qdisc.options.size() < sizeof(tc_netem_qopt)) return std::nullopt;
    tc_netem_qopt fixed;
    std::memcpy(&fixed, qdisc.options.data(), sizeof fixed);
    Netem out;
    out.limit = fixed.limit;
    out.loss = fixed.loss;
    out.duplicate = fixed.duplicate;
    for_attributes(Bytes(qdisc.options).subspan(sizeof fixed),
                   [&](const Attribute& a) { parse_attribute(a, out); });
    // The kernel keeps the chance of an order that nobody asked for.
    if (fixed.gap == 0) out.reorder = 0;
    return out;
}

}  // namespace netlink
