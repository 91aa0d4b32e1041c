// The defaults are those of the kernel's net/sched/sch_*.c. What cannot be changed while packets
// wait (the number of flows), or follows from the interface (a quantum), is left to it.
#include "topology/queue.hpp"

#include "topology/impairment.hpp"

namespace topology {
namespace {

constexpr QueueUnit packets = QueueUnit::packets, bytes = QueueUnit::bytes,
                    us = QueueUnit::microseconds, flag = QueueUnit::flag;

const std::vector<QueueKind>& kinds() {
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
    }
    return "";
}

}  // namespace topology
