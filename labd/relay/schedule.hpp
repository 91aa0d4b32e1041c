// What waits for its moment, of all links: the earliest first, and of the same moment in the order
// it came.
#pragma once

#include "labd/relay/fate.hpp"
#include "labd/relay/frame.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace labd::relay {

// `Lane` is whatever a frame leaves by.
template <class Lane>
class Schedule {
  public:
    struct Waiting {
        Time due{};
        std::uint64_t turn = 0;
        Lane* lane = nullptr;
        std::unique_ptr<Frame> frame;
    };

    void add(Time due, Lane* lane, std::unique_ptr<Frame> frame) {
        waiting_.push_back({due, ++turns_, lane, std::move(frame)});
        std::push_heap(waiting_.begin(), waiting_.end(), later);
    }
    std::optional<Time> next() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.front().due;
    }
    // The first, when it is due.
    std::optional<Waiting> take(Time now) {
        if (waiting_.empty() || waiting_.front().due > now) return std::nullopt;
        std::pop_heap(waiting_.begin(), waiting_.end(), later);
        Waiting out = std::move(waiting_.back());
        waiting_.pop_back();
        return out;
    }
    // Nothing of the lane waits longer than until then.
    void hasten(const Lane* lane, Time latest) {
        for (Waiting& w : waiting_)
            if (w.lane == lane) w.due = std::min(w.due, latest);
        std::make_heap(waiting_.begin(), waiting_.end(), later);
    }
    void remove(const Lane* lane) {
        std::erase_if(waiting_, [&](const Waiting& w) { return w.lane == lane; });
        std::make_heap(waiting_.begin(), waiting_.end(), later);
    }
    std::size_t size() const { return waiting_.size(); }

  private:
    static bool later(const Waiting& a, const Waiting& b) {
        return a.due != b.due ? a.due > b.due : a.turn > b.turn;
    }
    std::vector<Waiting> waiting_;
    std::uint64_t turns_ = 0;
};

}  // namespace labd::relay
