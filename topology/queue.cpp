// The defaults are those of the kernel's net/sched/sch_*.c. What cannot be changed while packets
// wait (the number of flows), or follows from the interface (a quantum), is left to it.
#include "topology/queue.hpp"

#include "topology/impairment.hpp"

namespace topology {
namespace {

const std::vector<QueueKind>& kinds() {
    constexpr QueueUnit packets = QueueUnit::packets, bytes = QueueUnit::bytes,
                        us = QueueUnit::microseconds, flag = QueueUnit::flag,
                        share = QueueUnit::share, rate = QueueUnit::rate;
    static const std::vector<QueueKind> table{
        {"fq_codel",
         {{"limit", packets, 10240},
          {"target", us, 5000},
          {"interval", us, 100'000},
          {"ecn", flag, 1}}},
        {"codel",
         {{"limit", packets, 1000},
          {"target", us, 5000},
          {"interval", us, 100'000},
          {"ecn", flag, 0}}},
        {"fq", {{"limit", packets, 10'000}, {"flow-limit", packets, 100}}},
        {"pie", {{"limit", packets, 1000}, {"target", us, 15'000}, {"ecn", flag, 0}}},
        {"fq_pie", {{"limit", packets, 10240}, {"target", us, 15'000}, {"ecn", flag, 0}}},
        {"cake", {{"rtt", us, 100'000}}},
        {"sfq", {}},
        {"pfifo", {{"limit", packets, 1000}}},
        {"bfifo", {{"limit", bytes, 1'514'000}}},
        // One after another, from the limit down, as tc-red(8) has it; 2 %.
        {"red",
         {{"limit", bytes, 400'000},
          {"min", bytes, 33'333},
          {"max", bytes, 100'000},
          {"probability", share, 85'899'346},
          {"ecn", flag, 0}}},
        // As of a rate that a file must say itself, whereupon it says the rest as well
        // (impairment_keys.cpp).
        {"tbf", {{"rate", rate, 1'250'000}, {"burst", bytes, 6250}, {"limit", bytes, 68'750}}},
    };
    return table;
}

}  // namespace

const QueueOption* QueueKind::find(std::string_view key) const {
    for (const QueueOption& option : options)
        if (option.key == key) return &option;
    return nullptr;
}

const QueueKind* find_queue(std::string_view name) {
    for (const QueueKind& kind : kinds())
        if (kind.name == name) return &kind;
    return nullptr;
}

std::vector<std::string_view> queue_names() {
    std::vector<std::string_view> out;
    for (const QueueKind& kind : kinds()) out.push_back(kind.name);
    return out;
}

std::string queue_option_text(QueueUnit unit, std::uint64_t value) {
    switch (unit) {
        case QueueUnit::packets:
            return std::to_string(value);
        case QueueUnit::bytes:
            return std::to_string(value) + "B";
        case QueueUnit::microseconds:
            return time_text(static_cast<std::int64_t>(value) * 1000);
        case QueueUnit::flag:
            return value != 0 ? "true" : "false";
        case QueueUnit::share:
            return share_text({static_cast<std::uint32_t>(value)});
        case QueueUnit::rate:
            return rate_text(value * 8);
    }
    return "";
}

}  // namespace topology
