// Hears from the kernel that something in a lab's namespaces has changed, whoever did it: one
// socket for all of them (decision 14). Used on the loop thread.
#pragma once

#include "netlink/follower.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>

namespace labd {

class Watcher {
  public:
    using OnHeard = std::function<void(const netlink::Follower::Heard&)>;
    // `ear` is the namespace that has numbers for those that are heard. Throws netlink::Error.
    Watcher(boost::asio::io_context& loop, int ear, OnHeard on_heard);
    ~Watcher();

    // Whatever has been said up to now, without waiting for the loop to come by.
    void read();

  private:
    void wait();

    netlink::Follower follower_;
    boost::asio::posix::stream_descriptor descriptor_;  // of the follower's socket, which owns it
    OnHeard on_heard_;
};

}  // namespace labd
