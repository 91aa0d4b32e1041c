// Queue disciplines by name, and what can be set on each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topology {

// share: in steps of 2^-32, as Chance has it. rate: bytes a second.
enum class QueueUnit { packets, bytes, microseconds, flag, share, rate };

struct QueueOption {
    std::string_view key;
    QueueUnit unit = QueueUnit::packets;
    // What it is when nobody says it: the kernel's own default, or tc's where the kernel has none.
    std::uint64_t standard = 0;
};

struct QueueKind {
    std::string_view name;  // as the kernel calls it
    std::vector<QueueOption> options;
    const QueueOption* find(std::string_view key) const;
};

// nullptr: none that we know.
const QueueKind* find_queue(std::string_view name);
std::vector<std::string_view> queue_names();

// "5ms", "1000", "true": as the file would say it.
std::string queue_option_text(QueueUnit unit, std::uint64_t value);

}  // namespace topology
