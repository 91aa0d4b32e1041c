// Runs of checks and experiments under way, by the ticket that their client has got: who does not
// want to wait any more hands it in, and still hears when all is as it was.
#pragma once

#include "labd/peer.hpp"

#include <cstdint>
#include <functional>
#include <map>

namespace labd::check {

class UnderWay {
  public:
    std::uint64_t add(const Peer& whose, std::function<void()> cancel);
    void remove(std::uint64_t ticket) { runs_.erase(ticket); }
    // False when nobody has that ticket, or not this one.
    bool cancel(std::uint64_t ticket, const Peer& peer);

  private:
    struct One {
        uid_t uid;
        std::function<void()> cancel;
    };
    std::map<std::uint64_t, One> runs_;
    std::uint64_t next_ = 1;
};

// Of this labd; on the loop thread only.
UnderWay& under_way();

}  // namespace labd::check
