// The kernel's audit subsystem: is it on, and a message of ours in its log. Best effort: nothing
// fails loudly.
#pragma once

#include "netlink/fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace netlink {

// <linux/audit.h>: user messages about virtual machines and containers.
inline constexpr std::uint16_t audit_virt_control = 2500;

class Audit {
  public:
    Audit();                   // a kernel without audit: enabled() stays false
    explicit Audit(Fd socket)  // for tests: whatever speaks netlink's messages
        : socket_(std::move(socket)) {}

    // Asked at most once a second; what was heard last where the kernel does not answer in time.
    bool enabled();
    // Longer texts are cut: the kernel takes 8970 bytes with everything it adds.
    void send(std::uint16_t type, std::string_view text);

  private:
    std::optional<bool> ask();
    std::optional<bool> read(std::span<const char> datagram) const;

    Fd socket_;
    std::chrono::steady_clock::time_point asked_{};
    bool enabled_ = false;
    std::uint32_t sequence_ = 0;
};

}  // namespace netlink
