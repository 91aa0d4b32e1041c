#include "labd/spawner/heap.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace labd::spawner {
namespace {

// Until what comes is no hole any more, but beyond what the heap was.
void take_holes(std::size_t size, const void* end) {
    for (;;) {
        void* volatile taken = std::malloc(size);
        if (taken == nullptr) return;
        if (reinterpret_cast<std::uintptr_t>(taken) >= reinterpret_cast<std::uintptr_t>(end)) {
            std::free(taken);
            return;
        }
    }
}

}  // namespace

void settle_heap() {
    (void)malloc_trim(0);
    const void* const end = sbrk(0);
    for (std::size_t size = 64 * 1024; size > 1024; size /= 2) take_holes(size, end);
    for (std::size_t size = 1024; size >= 16; size -= 16) take_holes(size, end);
}

}  // namespace labd::spawner
