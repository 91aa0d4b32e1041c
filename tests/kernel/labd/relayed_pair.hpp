// Two network namespaces with a cable through the relay of a lab, and a third one of the relay's
// ends, as labd lays them.
#pragma once

#include "labd/fd.hpp"
#include "labd/relay/protocol.hpp"
#include "netlink/fd.hpp"
#include "tests/support/sealed_lab.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace test {

using labd::relay::Linked;
using labd::relay::Settings;

class RelayedPair {
  public:
    // Ends are eth0 of both, 10.9.0.1/24 and 10.9.0.2/24, up; the relay is started, and has no
    // link.
    explicit RelayedPair(std::uint32_t mtu = 1500);

    SealedLab& lab() { return lab_; }
    int a() const { return a_.get(); }
    int b() const { return b_.get(); }
    int middle() const { return middle_.get(); }
    pid_t relay_pid() const { return pid_; }
    const Fd& relay_pidfd() const { return pidfd_; }

    using Fill = std::function<void(protocol::Packer&)>;
    Answer ask(labd::relay::Request request, const Fill& fill = {},
               const std::vector<int>& fds = {});
    // Both throw when it is refused.
    void add(const Settings& from_a, const Settings& from_b = {}, const std::string& name = "link");
    void change(const Settings& from_a, const Settings& from_b = {});
    std::vector<Linked> list();
    void reconnect();  // as a restarted labd does
    const Fd& conversation() const { return conversation_; }
    // Packet sockets in the middle, bound to nothing yet.
    std::vector<Fd> taps() const;

    static constexpr std::uint32_t first_index = 1001, second_index = 1002;

  private:
    SealedLab lab_;
    netlink::Fd a_, b_;
    Fd middle_, conversation_, pidfd_;
    pid_t pid_ = 0;
};

}  // namespace test
