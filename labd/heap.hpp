// What answering takes of the heap, and the kernel gets back.
#pragma once

#include <boost/asio/steady_timer.hpp>

namespace labd {

// A change of a thousand nodes takes three times of what is kept of it, and malloc(3) keeps what is
// freed below what is not: it goes back when labd has time for it.
class Heap {
  public:
    explicit Heap(boost::asio::io_context& loop) : rest_(loop) {}
    // Somebody has been served. In a second what is free goes back, once for all who come
    // meanwhile.
    void used();

  private:
    boost::asio::steady_timer rest_;
    bool waiting_ = false;
};

}  // namespace labd
