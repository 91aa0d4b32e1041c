#include "labd/parser/parser.hpp"

#include "labd/fail.hpp"
#include "labd/log.hpp"
#include "labd/parser/child.hpp"
#include "labd/parser/codec.hpp"
#include "labd/spawner_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <system_error>

namespace labd {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_ready = 2;
// Who makes a process waits for its exec, and all of labd waits with him: on a busy machine tens of
// milliseconds, which no lab that is coming up shall pay for the next one. Only when none is ready
// would the next one pay more.
constexpr std::chrono::milliseconds rest{250}, rest_without_any{20};

std::string how(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED)
        return "it gave up (status " + std::to_string(info.si_status) +
               "); a file that takes more than 4 GiB of memory does that";
    if (info.si_status == SIGXCPU || info.si_status == SIGKILL)
        return "it was killed, as is one that takes more than a minute of processor time, says too "
               "much, or is there when the machine runs out of memory (dmesg tells)";
    return std::string("it was ended by ") + ::strsignal(info.si_status);
}

}  // namespace

Parser::Parser(asio::io_context& loop, Worker& planner, std::string program)
    : loop_(loop), planner_(planner), program_(std::move(program)), idle_(loop) {
    ready_.push_back(start());
    refill();
}

Parser::Child Parser::start() const {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        fail("cannot make a socket for the parser");
    Child child;
    child.socket.reset(ends[0]);
    const Fd its(ends[1]);
    // dup2 onto itself would leave the descriptor close-on-exec.
    const Fd above(::fcntl(its.get(), F_DUPFD_CLOEXEC, 10));
    if (!above) fail("cannot make a socket for the parser");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int fd : {0, 1, 2})
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, above.get(), parser::socket_fd);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    std::string name = "lab-parse", role = parser::role;
    std::array<char*, 3> arguments{name.data(), role.data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    const int error = posix_spawn(&child.pid, program_.c_str(), &actions, &attributes,
                                  arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) fail("cannot start the parser, " + program_, error);
    child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
    if (!child.pidfd) fail("cannot watch the parser");
    return child;
}

// One that stands ready, unless something ended it meanwhile.
Parser::Child Parser::take() {
    while (!ready_.empty()) {
        Child child = std::move(ready_.front());
        ready_.pop_front();
        pollfd watched{child.pidfd.get(), POLLIN, 0};
        if (::poll(&watched, 1, 0) == 0) return child;
        asio::co_spawn(loop_, reap(std::move(child.pidfd)), asio::detached);
    }
    return start();
}

// A little later: what waits for this topology shall not wait for the next one's parser.
void Parser::refill() {
    idle_.expires_after(ready_.empty() ? rest_without_any : rest);
    idle_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        try {
            while (ready_.size() < most_ready) ready_.push_back(start());
        } catch (const std::exception& failed) {
            log::warning(failed.what());  // the next topology tries again
        }
    });
}

asio::awaitable<topology::Resolved> Parser::resolve(Bundle bundle) {
    Child child = take();
    refill();
    Stream stream(loop_, asio::local::stream_protocol(), child.socket.release());
    std::string request = parser::encode(bundle);
    bool heard = co_await send(stream, std::move(request));
    std::string answer;
    if (heard) heard = co_await receive(stream, answer);
    // It has said all that it has to say, whatever it thinks about that.
    (void)::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
    if (!heard) {
        const siginfo_t info = co_await reap(std::move(child.pidfd));
        throw std::runtime_error("the topology cannot be read: its parser came to nothing: " +
                                 how(info));
    }
    asio::co_spawn(loop_, reap(std::move(child.pidfd)), asio::detached);
    std::optional<topology::Resolved> resolved;
    Worker::Job read = [&] { resolved = parser::decode(answer); };
    co_await planner_.run("parser", std::move(read));
    if (!resolved)
        throw std::runtime_error("the topology cannot be read: its parser says what cannot be");
    co_return std::move(*resolved);
}

asio::awaitable<bool> Parser::send(Stream& stream, std::string request) {
    const std::uint64_t size = request.size();
    request.insert(0, reinterpret_cast<const char*>(&size), sizeof size);
    boost::system::error_code error;
    co_await asio::async_write(stream, asio::buffer(request),
                               asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

asio::awaitable<bool> Parser::receive(Stream& stream, std::string& answer) {
    boost::system::error_code error;
    std::uint64_t size = 0;
    co_await asio::async_read(stream, asio::buffer(&size, sizeof size),
                              asio::redirect_error(asio::use_awaitable, error));
    if (error || size > parser::longest_message) co_return false;
    answer.resize(size);
    co_await asio::async_read(stream, asio::buffer(answer),
                              asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

asio::awaitable<siginfo_t> Parser::reap(Fd pidfd) {
    co_await await_exit(loop_, pidfd.get());
    siginfo_t info{};
    (void)::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd.get()), &info, WEXITED);
    co_return info;
}

}  // namespace labd
