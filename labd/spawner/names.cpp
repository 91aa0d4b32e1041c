#include "labd/spawner/names.hpp"

#include "labd/init/failure.hpp"

#include <sys/mman.h>

#include <climits>
#include <cstring>
#include <utility>

namespace labd::spawner {

constexpr std::size_t chunk_size = 256 * 1024;

Names::Names(Names&& other) noexcept
    : chunks_(std::move(other.chunks_)), used_(std::exchange(other.used_, 0)) {
    other.chunks_.clear();
}

Names& Names::operator=(Names&& other) noexcept {
    std::swap(chunks_, other.chunks_);
    std::swap(used_, other.used_);
    return *this;
}

Names::~Names() {
    for (char* chunk : chunks_) (void)munmap(chunk, chunk_size);
}

const char* Names::keep(std::string_view name) {
    errno = ENAMETOOLONG;
    must(name.size() < PATH_MAX, "keep a name");
    if (chunks_.empty() || used_ + name.size() + 1 > chunk_size) {
        void* chunk =
            mmap(nullptr, chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(chunk != MAP_FAILED, "make room for names");
        chunks_.push_back(static_cast<char*>(chunk));
        used_ = 0;
    }
    char* copy = chunks_.back() + used_;
    std::memcpy(copy, name.data(), name.size());
    used_ += name.size() + 1;  // the pages come as zeros
    return copy;
}

}  // namespace labd::spawner
