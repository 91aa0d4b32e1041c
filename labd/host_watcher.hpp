// Hears that something has changed in the host's own network which labs may reach the outside by:
// interfaces, addresses, forwarding, packet filters. What it is is looked up. Used on the loop
// thread.
#pragma once

#include "labd/fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace labd {

class HostWatcher {
  public:
    // Of the namespace that the calling thread is in. What cannot be heard is a line in the log:
    // the next look at the lab sees it.
    HostWatcher(boost::asio::io_context& loop, std::function<void()> on_heard);
    ~HostWatcher();
    HostWatcher(const HostWatcher&) = delete;
    HostWatcher& operator=(const HostWatcher&) = delete;

  private:
    struct Ear {
        Ear(boost::asio::io_context& loop, Fd from)
            : socket(std::move(from)), descriptor(loop, socket.get()) {}
        Fd socket;
        boost::asio::posix::stream_descriptor descriptor;
    };
    void listen(boost::asio::io_context& loop, int protocol, const std::vector<int>& groups);
    void wait(Ear& ear);

    std::function<void()> on_heard_;
    std::vector<std::unique_ptr<Ear>> ears_;
};

}  // namespace labd
