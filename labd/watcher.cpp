#include "labd/watcher.hpp"

#include "labd/marks.hpp"

namespace labd {

Watcher::Watcher(boost::asio::io_context& loop, int ear, OnHeard on_heard)
    : follower_(ear, marks::protocol),
      descriptor_(loop, follower_.fd()),
      on_heard_(std::move(on_heard)) {
    wait();
}

Watcher::~Watcher() {
    (void)descriptor_.release();
}

void Watcher::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& error) {
                               if (error) return;  // released
                               read();
                               wait();
                           });
}

void Watcher::read() {
    const netlink::Follower::Heard heard = follower_.read();
    if (heard.lost || !heard.nsids.empty()) on_heard_(heard);
}

}  // namespace labd
