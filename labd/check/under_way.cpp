// See under_way.hpp.
#include "labd/check/under_way.hpp"

#include <utility>

namespace labd::check {

std::uint64_t UnderWay::add(const Peer& whose, std::function<void()> cancel) {
    runs_[next_] = {whose.uid, std::move(cancel)};
    return next_++;
}

bool UnderWay::cancel(std::uint64_t ticket, const Peer& peer) {
    const auto found = runs_.find(ticket);
    if (found == runs_.end() || (found->second.uid != peer.uid && !peer.is_master())) return false;
    const std::function<void()> cancel = found->second.cancel;
    cancel();
    return true;
}

UnderWay& under_way() {
    static UnderWay all;
    return all;
}

}  // namespace labd::check
