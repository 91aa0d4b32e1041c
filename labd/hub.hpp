// A network namespace that holds nothing but numbers: one for every namespace labd looks after, so
// that a single socket makes, lists and removes links in all of them without visiting any.
#pragma once

#include "netlink/fd.hpp"
#include "netlink/socket.hpp"

#include <cstdint>

namespace labd {

class Hub {
  public:
    Hub();

    netlink::Socket& socket() { return socket_; }
    int netns() const { return netns_.get(); }
    // The hub's number for a namespace; the same one every time as long as it lives.
    std::int32_t number(int netns);

  private:
    netlink::Fd netns_;
    netlink::Socket socket_;
    std::int32_t next_ = 0;
};

}  // namespace labd
