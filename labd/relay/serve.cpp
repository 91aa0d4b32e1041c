#include "labd/relay/serve.hpp"

#include "labd/init/failure.hpp"
#include "labd/relay/relay.hpp"

#include <sys/prctl.h>

namespace labd::relay {

int serve() {
    // In nanoseconds: how late a timer may be for the sake of others (prctl(2)).
    (void)prctl(PR_SET_TIMERSLACK, 1);
    try {
        Relay relay{Fd(door_fd), Fd(interfaces_fd)};
        relay.run();
    } catch (const Failure&) {
        return 1;  // labd finds nobody at the door
    }
    return 0;
}

}  // namespace labd::relay
