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
    // In pieces as large as they come, or every page of a hole would be written to.
    constexpr std::size_t largest = 124 * 1024, page = 4096, least = 16;  // M_MMAP_THRESHOLD: 128K
    for (std::size_t size = largest; size > page; size -= page) take_holes(size, end);
    for (std::size_t size = page; size >= least; size -= least) take_holes(size, end);
    (void)malloc_trim(0);  // what has been looked at beyond
}

}  // namespace labd::spawner
