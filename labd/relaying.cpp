// The relay process of a lab: started with its namespace, found again, ended with it.
#include "labd/engine.hpp"
#include "labd/fail_point.hpp"
#include "labd/log.hpp"
#include "labd/records.hpp"
#include "topology/relay_link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace labd {

namespace asio = boost::asio;

namespace {

constexpr const char* door_name = "relay";

bool ended(const Fd& pidfd) {
    pollfd exit{pidfd.get(), POLLIN, 0};
    return !pidfd || poll(&exit, 1, 0) != 0;
}

Fd open_folder(const Lab& lab) {
    return Fd(::open(lab.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

// A lab whose plan has the relay's namespace has the process in it, whatever became of the last
// one.
asio::awaitable<void> Engine::need_relay(std::shared_ptr<Lab> lab) {
    if (!lab->spaces.contains(topology::relay_name) || !ended(lab->relay.pidfd)) co_return;
    const Fd folder = open_folder(*lab);
    fail_point::before("relay.start");
    Fd door = listen_at(folder.get(), door_name);
    Fd netns;
    Worker::Job copy = [&] {
        netns.reset(fcntl(lab->kernel->netns(topology::relay_name), F_DUPFD_CLOEXEC, 3));
    };
    co_await kernel_.run(lab->name, std::move(copy));
    lab->relay.pidfd = co_await lab->spawner->relay(std::move(netns), std::move(door));
    fail_point::after("relay.start");
    const pid_t pid = pid_of(lab->relay.pidfd.get());
    const auto identity = identify_process(pid);
    if (!identity) throw std::runtime_error("the lab's relay ended at once");
    lab->relay.process = *identity;
    record(*lab, "relay", "\"" + to_text(*identity) + "\"");
    co_await speak_to_relay(lab);
}

asio::awaitable<void> Engine::speak_to_relay(std::shared_ptr<Lab> lab) {
    Fd conversation = connect_at(open_folder(*lab).get(), door_name);
    Worker::Job hand_over = [&] { lab->kernel->relay(std::move(conversation)); };
    co_await kernel_.run(lab->name, std::move(hand_over));
    asio::co_spawn(loop_, watch_relay(lab, lab->relay.process), asio::detached);
}

// Without it its links carry nothing: that is drift, which `lab up` repairs.
asio::awaitable<void> Engine::watch_relay(std::weak_ptr<Lab> kept, ProcessIdentity process) {
    Fd pidfd = open_process(process);
    if (pidfd) co_await await_exit(loop_, pidfd.get());
    const std::shared_ptr<Lab> lab = kept.lock();
    if (!lab || find(lab->name) != lab || lab->relay.process != process) co_return;
    if (!lab->spaces.contains(topology::relay_name)) co_return;
    log::warning(lab->name + ": its relay has ended: links through it carry nothing");
    lab->touched.insert(topology::relay_name);
    look_soon(lab);
}

asio::awaitable<void> Engine::adopt_relay(std::shared_ptr<Lab> lab,
                                          std::optional<ProcessIdentity> process) {
    if (!process) co_return;
    lab->relay.pidfd = open_process(*process);
    if (!lab->relay.pidfd) co_return;
    lab->relay.process = *process;
    std::string failed;
    try {
        co_await speak_to_relay(lab);
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if (!failed.empty()) log::warning(lab->name + ": its relay does not answer: " + failed);
}

asio::awaitable<void> Engine::end_relay(std::shared_ptr<Lab> lab) {
    const Fd pidfd = std::exchange(lab->relay, {}).pidfd;
    Worker::Job let_go = [&] { lab->kernel->relay({}); };
    co_await kernel_.run(lab->name, std::move(let_go));
    if (!pidfd) co_return;
    fail_point::before("relay.kill");
    (void)syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
    fail_point::after("relay.kill");
    co_await await_exit(loop_, pidfd.get());
    (void)unlinkat(open_folder(*lab).get(), door_name, 0);
}

}  // namespace labd
