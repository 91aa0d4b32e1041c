#include "labd/heap.hpp"

#include <malloc.h>

#include <chrono>

namespace labd {

void Heap::used() {
    if (waiting_) return;
    waiting_ = true;
    rest_.expires_after(std::chrono::seconds(1));
    rest_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        waiting_ = false;
        (void)::malloc_trim(0);
    });
}

}  // namespace labd
