// What happened, in order: a ring in memory and whoever wants to hear of it. `lab events` reads
// from a sequence number on, so a client that comes back loses nothing that the ring still has.
// Used on the loop thread only.
#pragma once

#include "labd/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace labd {

struct Event {
    std::uint64_t seq = 0;  // 1, 2, 3, …
    std::string type, action, lab, node;
    // {"seq":1,"time":"2026-01-02T03:04:05.000000006Z","type":…,"action":…,"lab":…,"node":…,…}
    std::string json;
};

// Everything that `type` may be.
const std::vector<std::string>& event_types();

// RFC 3339 in UTC with nanoseconds.
std::string rfc3339(const timespec& time);

class Events {
  public:
    using Callback = std::function<void(const Event&)>;
    using Fields = std::vector<std::pair<std::string, std::string>>;
    using Clock = std::function<timespec()>;

    explicit Events(std::size_t keep = 8192, Clock clock = {});  // default: CLOCK_REALTIME
    // Kept in a file as well, a line each: a labd that comes back goes on with the same numbers,
    // and who asks for what it missed gets it. A file that cannot be written is done without.
    explicit Events(std::string path, std::size_t keep = 8192, Clock clock = {});

    // Empty lab and node are left out of the text. Returns the sequence number.
    std::uint64_t publish(std::string type, std::string action, std::string lab = {},
                          std::string node = {}, const Fields& more = {});

    // Hears everything from now on until it is destroyed; it may outlive Events. A callback may
    // publish (delivered after the present event) and may drop any subscription, its own too.
    class Subscription {
      public:
        Subscription() = default;
        explicit Subscription(std::shared_ptr<void> hold) : hold_(std::move(hold)) {}
        void reset() { hold_.reset(); }

      private:
        std::shared_ptr<void> hold_;
    };
    [[nodiscard]] Subscription subscribe(Callback callback);

    // Kept events with a number above `seq`, oldest first. `lost` is how many of those wanted have
    // left the ring already.
    struct Since {
        std::vector<Event> events;
        std::uint64_t lost = 0;
    };
    Since since(std::uint64_t seq) const;
    std::uint64_t last() const { return next_ - 1; }

  private:
    void deliver();
    void load();
    void rewrite();
    void keep(const Event& event);

    std::size_t keep_;
    Clock clock_;
    std::deque<Event> ring_;
    std::deque<Event> pending_;  // published, not yet told to the subscribers
    std::vector<std::weak_ptr<Callback>> subscribers_;
    std::uint64_t next_ = 1;
    std::string path_;
    Fd file_;
    std::size_t lines_ = 0;  // of the file
    bool delivering_ = false;
};

}  // namespace labd
