#include "labd/spawner/shares.hpp"

#include "labd/fd.hpp"
#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace labd::spawner {
namespace {

// The host's own limit; the sysctls of user namespaces begin without one (kernel/ucount.c).
unsigned long of_the_host(const std::string& name) {
    const std::string text = read_text(("/proc/sys/fs/inotify/max_user_" + name).c_str());
    return number(text.substr(0, text.find('\n'))).value_or(0);
}

// Counted in the user namespace of whoever writes.
void limit_inotify(const std::string& name, unsigned long count) {
    const std::string value = std::to_string(count), path = "/proc/sys/user/max_inotify_" + name;
    const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    must(
        file && write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size()),
        "limit the inotify", name);
}

void share(__rlimit_resource_t resource, rlim_t parts) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return;
    limit.rlim_max /= parts;
    limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
    (void)setrlimit(resource, &limit);
}

}  // namespace

void lift_file_limit() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

void take_a_share() {
    constexpr unsigned long parts = 4, least = 8;
    for (const char* name : {"instances", "watches"})
        if (const unsigned long all = of_the_host(name); all > 0)
            limit_inotify(name, std::max(least, all / parts));
    share(RLIMIT_SIGPENDING, 4);
    share(RLIMIT_MSGQUEUE, 2);
}

}  // namespace labd::spawner
