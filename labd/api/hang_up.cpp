#include "labd/api/hang_up.hpp"

#include <poll.h>

namespace labd::http {

bool hung_up(int socket) {
    pollfd now{socket, 0, 0};  // POLLHUP and POLLERR are told unasked (poll(2))
    return ::poll(&now, 1, 0) > 0 && (now.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace labd::http
