// The way down to the kernel and back; netlink may not know topology's words.
#include "labd/linux_shape.hpp"

#include "netlink/queue.hpp"
#include "netlink/tbf.hpp"
#include "topology/queue.hpp"

#include <algorithm>
#include <cmath>

namespace labd {

using netlink::Qdisc;
using netlink::QdiscAt;
using topology::Chance;
using topology::Distribution;
using topology::Impairment;
using topology::Loss;

namespace {

// Major numbers of handles. A netem's says its table of delays, which the kernel does not show; a
// queue's its kind, since a handle keeps its kind as long as it is there.
constexpr std::uint32_t netem_major = 0x1ab0, bucket_major = 0x1ab8, fifo_major = 0x1abf,
                        queue_major = 0x1ac0;
constexpr std::uint32_t distributions = 4;

// netem never lets a packet overtake where it has a rate: here one that takes a nanosecond a
// packet.
constexpr std::uint64_t order_rate = 1'000'000'000'000;

constexpr std::uint32_t handle(std::uint32_t major) {
    return major << 16;
}
constexpr std::uint32_t major_of(const QdiscAt& at) {
    return at.handle >> 16;
}

bool is_ours(const QdiscAt& at) {
    const std::uint32_t major = major_of(at);
    return (major >= netem_major && major < netem_major + distributions) || major == bucket_major ||
           major == fifo_major ||
           (major >= queue_major && major < queue_major + topology::queue_names().size());
}

netlink::Netem netem_of(const Impairment& i) {
    netlink::Netem out;
    out.latency_ns = i.delay_ns;
    out.jitter_ns = i.jitter_ns;
    out.limit = topology::limit_of(i);
    if (i.loss && i.loss->model == Loss::Model::random) out.loss = i.loss->share.steps;
    if (i.loss && i.loss->model == Loss::Model::gemodel)
        out.loss = netlink::GilbertElliott{i.loss->p.steps, i.loss->r.steps, i.loss->h.steps,
                                           UINT32_MAX - i.loss->k.steps};
    if (i.loss && i.loss->model == Loss::Model::four_state)
        out.loss = netlink::FourStates{i.loss->p13.steps, i.loss->p31.steps, i.loss->p32.steps,
                                       i.loss->p14.steps, i.loss->p23.steps};
    out.duplicate = i.duplicate.steps;
    out.corrupt = i.corrupt.steps;
    out.reorder = i.reorder.steps;
    if (i.rate_bits != 0 && !topology::needs_bucket(i, true))
        out.rate = i.rate_bits / 8;
    else if (i.keep_order)
        out.rate = order_rate;
    out.seed = i.seed;
    return out;
}

netlink::Message netem_message(const QdiscAt& at, const Impairment& i) {
    const netlink::Netem netem = netem_of(i);
    switch (i.distribution) {
        case Distribution::normal:
            return netlink::put_netem(at, netem, netlink::normal_delays());
        case Distribution::pareto:
            return netlink::put_netem(at, netem, netlink::pareto_delays());
        case Distribution::paretonormal:
            return netlink::put_netem(at, netem, netlink::pareto_normal_delays());
        case Distribution::uniform:
            break;
    }
    return netlink::put_netem(at, netem);
}

// Every option that we know, those at their defaults as well: a change keeps what it does not name.
netlink::QueueOptions options_of(const topology::Queue& queue) {
    netlink::QueueOptions out;
    if (const topology::QueueKind* kind = topology::find_queue(queue.kind))
        for (const topology::QueueOption& option : kind->options) {
            const std::string key(option.key);
            const auto set = queue.options.find(key);
            out[key] = static_cast<std::uint32_t>(set == queue.options.end() ? option.standard
                                                                             : set->second);
        }
    return out;
}

std::uint32_t ordinal(const std::string& kind) {
    const auto names = topology::queue_names();
    return static_cast<std::uint32_t>(std::find(names.begin(), names.end(), kind) - names.begin());
}

void take_loss(const netlink::Netem& netem, Impairment& out) {
    Loss loss;
    if (const auto* share = std::get_if<std::uint32_t>(&netem.loss)) {
        if (*share == 0) return;
        loss.share = {*share};
    } else if (const auto* ge = std::get_if<netlink::GilbertElliott>(&netem.loss)) {
        loss.model = Loss::Model::gemodel;
        loss.p = {ge->p}, loss.r = {ge->r}, loss.h = {ge->h}, loss.k = {UINT32_MAX - ge->lost};
    } else if (const auto* four = std::get_if<netlink::FourStates>(&netem.loss)) {
        loss.model = Loss::Model::four_state;
        loss.p13 = {four->p13}, loss.p31 = {four->p31}, loss.p32 = {four->p32};
        loss.p14 = {four->p14}, loss.p23 = {four->p23};
    }
    out.loss = loss;
}

void take_netem(const netlink::Netem& netem, const QdiscAt& at, Impairment& out) {
    out.delay_ns = netem.latency_ns;
    out.jitter_ns = netem.jitter_ns;
    out.distribution = static_cast<Distribution>(major_of(at) - netem_major);
    take_loss(netem, out);
    out.duplicate = {netem.duplicate};
    out.corrupt = {netem.corrupt};
    out.reorder = {netem.reorder};
    if (netem.rate == order_rate)
        out.keep_order = true;
    else
        out.rate_bits = netem.rate * 8;
    out.seed = netem.seed;
    out.limit_packets = netem.limit;
}

void take_queue(const Qdisc& qdisc, Impairment& out) {
    topology::Queue queue{qdisc.kind, {}};
    const topology::QueueKind* kind = topology::find_queue(qdisc.kind);
    if (kind == nullptr) return;
    const netlink::QueueOptions seen = netlink::parse_queue(qdisc);
    for (const topology::QueueOption& option : kind->options) {
        const auto value = seen.find(option.key);
        // Times come back a microsecond short (CoDel counts in 1024 ns).
        const std::uint64_t slack = option.unit == topology::QueueUnit::microseconds ? 2 : 0;
        if (value != seen.end() &&
            (value->second > option.standard || value->second + slack < option.standard))
            queue.options[std::string(option.key)] = value->second;
    }
    out.queue = std::move(queue);
}

// What follows from the rest anyway is not said.
void leave_out_derived(Impairment& out, bool netem) {
    Impairment bare = out;
    bare.limit_packets.reset();
    bare.burst_bytes = 0;
    if (out.limit_packets == topology::limit_of(bare)) out.limit_packets.reset();
    const double derived = topology::burst_of(bare);
    const bool plain = !netem || out.queue;  // else it is there for its burst alone
    if (plain && std::abs(out.burst_bytes - derived) <= derived / 100 + 8) out.burst_bytes = 0;
}

// A copy passes the hook again and may be doubled again: p of n packets give n·p/(1-p) copies.
std::uint32_t chance_to_double(Chance wish) {
    return Chance::of(wish.fraction() / (1 + wish.fraction())).steps;
}
Chance share_doubled(std::uint32_t steps) {
    const double p = Chance{steps}.fraction();
    return Chance::of(p / (1 - p));
}

}  // namespace

Tower tower_of(std::uint32_t index, const Impairment& sends, bool netem) {
    Tower out;
    if (!sends.any()) return out;
    std::uint32_t below = TC_H_ROOT;
    const auto floor = [&](std::uint32_t major, const char* kind) {
        out.floors.push_back({{index, below, handle(major)}, kind});
        below = handle(major) | 1;
        return out.floors.back().at;
    };
    if (netem && topology::needs_netem(sends)) {
        const auto table = static_cast<std::uint32_t>(sends.distribution);
        out.messages.push_back(netem_message(floor(netem_major + table, "netem"), sends));
    }
    const bool bucket = topology::needs_bucket(sends, netem);
    const topology::Queue plain{"pfifo", {{"limit", topology::limit_of(sends)}}};
    const topology::Queue& queue = sends.queue ? *sends.queue : plain;
    const netlink::QueueOptions options = options_of(queue);
    if (bucket) {
        // The kernel gives the bucket's limit to the fifo below it whenever the bucket changes.
        const auto limit = options.find("limit");
        const netlink::Tbf tbf{sends.rate_bits / 8, topology::burst_of(sends),
                               limit == options.end() ? 1000 : limit->second};
        out.messages.push_back(netlink::put_tbf(floor(bucket_major, "tbf"), tbf));
    }
    if (sends.queue || bucket) {
        const std::uint32_t major = sends.queue ? queue_major + ordinal(queue.kind) : fifo_major;
        out.messages.push_back(
            netlink::put_queue(floor(major, queue.kind.c_str()), queue.kind, options));
    }
    return out;
}

std::vector<Tower::Floor> floors_of(std::uint32_t index, const std::vector<Qdisc>& all) {
    std::vector<Tower::Floor> out;
    std::uint32_t above = TC_H_ROOT;
    for (bool more = true; more;) {
        more = false;
        for (const Qdisc& qdisc : all) {
            if (qdisc.at.index != index || qdisc.at.handle == 0) continue;
            const bool below = above == TC_H_ROOT ? qdisc.at.parent == TC_H_ROOT
                                                  : qdisc.at.parent >> 16 == above >> 16;
            if (!below || qdisc.at.handle == above) continue;
            out.push_back({qdisc.at, qdisc.kind});
            above = qdisc.at.handle;
            more = true;
            break;
        }
    }
    return out;
}

Impairment impairment_of(std::uint32_t index, const std::vector<Qdisc>& all, bool netem) {
    Impairment out;
    const std::vector<Tower::Floor> floors = floors_of(index, all);
    if (floors.empty()) return out;
    for (const Qdisc& qdisc : all) {
        const bool stands = std::any_of(floors.begin(), floors.end(),
                                        [&](const Tower::Floor& f) { return f.at == qdisc.at; });
        if (!stands) continue;
        const std::uint32_t major = major_of(qdisc.at);
        if (major >= netem_major && major < netem_major + distributions) {
            if (const auto read = netlink::parse_netem(qdisc)) take_netem(*read, qdisc.at, out);
        } else if (major == bucket_major) {
            if (const auto read = netlink::parse_tbf(qdisc)) {
                out.rate_bits = read->rate * 8;
                out.burst_bytes = read->burst;
            }
        } else if (major == fifo_major) {
            const netlink::QueueOptions options = netlink::parse_queue(qdisc);
            if (const auto limit = options.find("limit");
                limit != options.end() && !out.limit_packets)
                out.limit_packets = limit->second;
        } else if (major >= queue_major && major < queue_major + topology::queue_names().size()) {
            take_queue(qdisc, out);
        }
    }
    leave_out_derived(out, netem);
    return out;
}

std::optional<topology::ForeignQueues> foreign_queues_of(std::uint32_t index,
                                                         const std::vector<Qdisc>& all) {
    const std::vector<Tower::Floor> floors = floors_of(index, all);
    if (std::all_of(floors.begin(), floors.end(),
                    [](const Tower::Floor& floor) { return is_ours(floor.at); }))
        return std::nullopt;
    topology::ForeignQueues out;
    for (const Tower::Floor& floor : floors) {
        const auto qdisc = std::find_if(all.begin(), all.end(), [&](const Qdisc& candidate) {
            return candidate.at == floor.at;
        });
        if (const auto netem = netlink::parse_netem(*qdisc)) {
            // The kernel does not show another one's table of delays.
            const QdiscAt plain{index, TC_H_ROOT, handle(netem_major)};
            take_netem(*netem, is_ours(floor.at) ? floor.at : plain, out.sends);
            out.sends.seed.reset();
        } else if (const auto bucket = netlink::parse_tbf(*qdisc)) {
            out.sends.rate_bits = bucket->rate * 8;
            out.sends.burst_bytes = bucket->burst;
            // Its own queue, which is not listed, counts bytes.
            out.sends.queue = topology::Queue{"bfifo", {{"limit", bucket->limit}}};
        } else if (topology::find_queue(qdisc->kind) != nullptr) {
            take_queue(*qdisc, out.sends);
        } else {
            out.unknown = qdisc->kind;
        }
    }
    leave_out_derived(out.sends, true);
    return out;
}

netlink::Filter filter_of(const Impairment& sends, const Impairment& receives) {
    netlink::Filter out;
    if (receives.loss) out.drop = receives.loss->share.steps;
    out.damage = receives.corrupt.steps;
    out.twice = chance_to_double(sends.duplicate);
    return out;
}

void take_filter(const netlink::Filter& filter, Impairment& sends, Impairment& receives) {
    if (filter.drop != 0) {
        Loss loss;
        loss.share = {filter.drop};
        receives.loss = loss;
    }
    receives.corrupt = {filter.damage};
    sends.duplicate = share_doubled(filter.twice);
}

}  // namespace labd
