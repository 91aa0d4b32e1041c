#include "labd/init/output.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>

namespace labd::init {

std::uint64_t Outputs::read(Fd pipe, Sink sink) {
    const std::uint64_t number = ++numbers_;
    const int fd = pipe.get();
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    outputs_.emplace(number, Output{std::move(pipe), std::move(sink)});
    loop_.watch(fd, POLLIN, [this, number](std::uint32_t) { (void)take(number); });
    return number;
}

bool Outputs::take(std::uint64_t number) {
    const auto found = outputs_.find(number);
    if (found == outputs_.end()) return false;
    static char part[32 * 1024];
    const ssize_t n = ::read(found->second.pipe.get(), part, sizeof part);
    if (n > 0) {
        found->second.sink({part, static_cast<std::size_t>(n)});
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    loop_.forget(found->second.pipe.get());
    outputs_.erase(number);
    return false;
}

void Outputs::drain(std::uint64_t number) {
    // Bounded: another writer may fill it faster than we read.
    for (int i = 0; i < 64 && take(number); ++i) continue;
}

}  // namespace labd::init
