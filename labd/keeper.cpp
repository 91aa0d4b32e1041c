#include "labd/keeper.hpp"

#include "labd/log.hpp"
#include "labd/slurp.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace labd {
namespace {

constexpr int its_end = 3;
constexpr std::int64_t goodbye = 0, second_ns = 1'000'000'000;

std::int64_t now_ns() {
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

void sleep_until(std::int64_t ns) {
    const timespec when{ns / second_ns, ns % second_ns};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) continue;
}

bool somebody_answers(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return true;
    std::copy(path.begin(), path.end(), address.sun_path);
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
           0;
}

// Waits until labd is gone; the earliest time that it has left behind, 0: none.
std::int64_t time_left_behind() {
    std::vector<std::int64_t> times;
    for (;;) {
        const std::int64_t last = times.empty() ? 0 : *std::max_element(times.begin(), times.end());
        const std::int64_t rest_ms = std::max<std::int64_t>((last - now_ns()) / 1'000'000 + 1, 0);
        pollfd heard{its_end, POLLIN, 0};
        const int ready = ::poll(
            &heard, 1,
            times.empty() ? -1 : static_cast<int>(std::min<std::int64_t>(rest_ms, INT32_MAX)));
        if (ready < 0 && errno == EINTR) continue;
        // labd has lived to see the last of them.
        if (ready == 0 && last <= now_ns()) return 0;
        if (ready == 0) continue;
        std::int64_t until = 0;
        const ssize_t got = ::recv(its_end, &until, sizeof until, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got != sizeof until) break;
        if (until == goodbye) return 0;
        times.push_back(until);
    }
    const std::int64_t now = now_ns();
    std::erase_if(times, [&](std::int64_t time) { return time <= now; });
    return times.empty() ? 0 : *std::min_element(times.begin(), times.end());
}

}  // namespace

int keeper::serve(int argc, char** argv) {
    (void)::prctl(PR_SET_NAME, "labd-keeper");
    // labd waits for this one, and for no child of a child.
    if (argc < 4 || ::fork() != 0) return 0;
    (void)::setsid();
    const std::int64_t until = time_left_behind();
    if (until == 0) return 0;
    (void)::close(its_end);
    sleep_until(until);
    if (somebody_answers(argv[3])) return 0;
    std::vector<char*> arguments(argv + 4, argv + argc);
    arguments.insert(arguments.begin(), argv[2]);
    arguments.push_back(nullptr);
    (void)::execv(argv[2], arguments.data());
    return 1;
}

bool is_supervised() {
    // What `lab` waits by is an abstract address.
    const char* address = std::getenv("NOTIFY_SOCKET");
    return address != nullptr && *address == '/';
}

Keeper::Keeper(std::string program, std::string socket, std::vector<std::string> arguments)
    : program_(std::move(program)), socket_(std::move(socket)), arguments_(std::move(arguments)) {}

Keeper::~Keeper() {
    if (conversation_) (void)tell(goodbye);
}

bool Keeper::tell(std::int64_t until_ns) const {
    return ::send(conversation_.get(), &until_ns, sizeof until_ns, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           sizeof until_ns;
}

void Keeper::remember(std::int64_t until_ns) {
    if (conversation_ && tell(until_ns)) return;
    start();
    if (!conversation_ || !tell(until_ns))
        log::warning(std::string("nobody brings labd back if it dies before something is to be "
                                 "undone: ") +
                     std::strerror(errno));
}

void Keeper::start() {
    conversation_.reset();
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    Fd ours(ends[0]);
    const Fd theirs(ends[1]);
    const Fd above(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, 10));
    std::vector<std::string> words{program_, keeper::role, program_, socket_};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, above.get(), its_end);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, program_.c_str(), &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = error;
    if (error != 0) return;
    (void)::waitpid(pid, nullptr, 0);
    conversation_ = std::move(ours);
}

std::vector<std::string> own_arguments() {
    std::vector<std::string> out;
    const std::string all = slurp("/proc/self/cmdline");
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = std::min(all.find('\0', at), all.size());
        out.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    if (!out.empty()) out.erase(out.begin());
    return out;
}

}  // namespace labd
