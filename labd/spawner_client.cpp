#include "labd/spawner_client.hpp"

#include "labd/fail.hpp"
#include "labd/fail_point.hpp"
#include "labd/init/protocol.hpp"
#include "labd/start_in_group.hpp"
#include "labd/start_init.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace labd {

namespace asio = boost::asio;
using protocol::Mapped;
using protocol::Packer;
using protocol::Spawn;
using protocol::Unpacker;
using protocol::Wanted;

namespace {

// Within it a spawner has come up, or never will: it waits for nobody but labd.
constexpr std::chrono::minutes start_limit{2};

std::uint32_t code(Spawn type) {
    return static_cast<std::uint32_t>(type);
}

// posix_spawn's dup2 actions run in order, so a source must not be one of the targets.
Fd above_targets(const Fd& fd) {
    Fd copy(fcntl(fd.get(), F_DUPFD_CLOEXEC, 10));
    if (!copy) fail("cannot duplicate a descriptor for the spawner");
    return copy;
}

pid_t start_grouped(const std::string& init, const std::string& role, const Fd& group,
                    const Fd& conversation, const Fd& door) {
    const Fd first = above_targets(conversation), second = above_targets(door);
    return start_in_group(group, init, {"lab-init", role}, init_environment(),
                          {first.get(), second.get()});
}

void write_map(pid_t pid, const char* name, const IdMap& map) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    const std::string text = to_text(map);
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        fail("cannot write " + path);
}

// Says it, or in words why not.
asio::awaitable<void> say(PacketSocket& socket, std::string bytes, std::string what, int fd = -1,
                          int second = -1) {
    bool gone = false;
    try {
        co_await socket.send(std::move(bytes), fd, second);
    } catch (const std::system_error&) {
        gone = true;
    }
    if (gone) throw std::runtime_error("cannot " + what + ": " + lost_spawner);
}

}  // namespace

SpawnerClient::SpawnerClient(asio::io_context& loop, Fd socket, pid_t pid)
    : loop_(loop),
      socket_(loop, std::move(socket)),
      speaking_(loop),
      hearing_(loop),
      pid_(pid),
      pidfd_(open_pidfd(pid)) {}

asio::awaitable<std::unique_ptr<SpawnerClient>> SpawnerClient::start(asio::io_context& loop,
                                                                     std::string init, IdMaps ids,
                                                                     rlimit files, Fd door,
                                                                     Fd group, Fd owners,
                                                                     SharedBase& base) {
    auto [mine, its] = packet_pair();
    const std::string role = "--spawner=" + std::to_string(outer_id(ids.uids, 0).value_or(0));
    const pid_t pid = group ? start_grouped(init, role, group, its, door)
                            : start_init(init, role, {its.get(), door.get()});
    its.reset();
    (void)prlimit(pid, RLIMIT_NOFILE, &files, nullptr);
    std::unique_ptr<SpawnerClient> client(new SpawnerClient(loop, std::move(mine), pid));
    client->child_ = true;
    std::exception_ptr failure;
    asio::steady_timer late(loop, start_limit);
    late.async_wait([&client](boost::system::error_code called_off) {
        if (!called_off) client->socket_.close();
    });
    try {
        co_await client->come_up(std::move(ids), std::move(owners), base);
    } catch (...) {
        failure = std::current_exception();
    }
    if (late.cancel() == 0)
        failure = std::make_exception_ptr(
            std::runtime_error("cannot build the lab's root: the lab's spawner says nothing"));
    if (failure) co_await client->give_up(failure);
    co_return client;
}

asio::awaitable<void> SpawnerClient::come_up(IdMaps ids, Fd owners, SharedBase& base) {
    std::string lent = Packer(code(Spawn::base), 0).u32(base.lends() ? 1 : 0).bytes();
    co_await socket_.send(std::move(lent), base.stamp());
    Packet wish = co_await expect(code(Spawn::want_map), "make the lab's user namespace");
    Unpacker in(wish.bytes);
    in.u32(), in.u32();
    const auto wanted = static_cast<Wanted>(in.u32());
    fail_point::before("ids.write");
    write_map(pid_, "uid_map", ids.uids);
    write_map(pid_, "gid_map", ids.gids);
    fail_point::after("ids.write");
    if (wanted == Wanted::made && wish.fds.size() == 2)
        base.keep(std::move(wish.fds[0]), std::move(wish.fds[1]));
    Fd with = std::move(owners);
    Mapped what = with ? Mapped::owners : Mapped::nothing;
    if (wanted != Wanted::nothing && (with = base.lend(pid_))) what = Mapped::base;
    Packer mapped(code(Spawn::mapped), 0);
    std::string bytes = mapped.u32(static_cast<std::uint32_t>(what)).bytes();
    co_await socket_.send(std::move(bytes), with.get());
    (void)co_await expect(code(Spawn::ready), "build the lab's root");
}

asio::awaitable<std::unique_ptr<SpawnerClient>> SpawnerClient::start_open(asio::io_context& loop,
                                                                          std::string init,
                                                                          rlimit files, Fd door) {
    auto [mine, its] = packet_pair();
    const pid_t pid = start_init(init, "--open-spawner", {its.get(), door.get()});
    its.reset();
    (void)prlimit(pid, RLIMIT_NOFILE, &files, nullptr);
    std::unique_ptr<SpawnerClient> client(new SpawnerClient(loop, std::move(mine), pid));
    client->child_ = true;
    std::exception_ptr failure;
    try {
        (void)co_await client->expect(code(Spawn::ready), "build the root of open nodes");
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) co_await client->give_up(failure);
    co_return client;
}

asio::awaitable<void> SpawnerClient::give_up(std::exception_ptr failure) {
    (void)syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
    co_await bury();
    std::rethrow_exception(failure);
}

bool SpawnerClient::lives() const {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    return ::poll(&ended, 1, 0) == 0;
}

asio::awaitable<void> SpawnerClient::bury() {
    co_await await_exit(loop_, pidfd_.get());
    if (child_) {
        siginfo_t info{};
        (void)waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info,
                     WEXITED);
    }
    socket_.close();
}

std::unique_ptr<SpawnerClient> SpawnerClient::adopt(asio::io_context& loop, Fd socket, pid_t pid) {
    return std::unique_ptr<SpawnerClient>(new SpawnerClient(loop, std::move(socket), pid));
}

asio::awaitable<Packet> SpawnerClient::expect(std::uint32_t type, std::string what) {
    Packet packet = co_await socket_.receive();
    Unpacker in(packet.bytes);
    const std::uint32_t got = in.u32();
    in.u32();
    if (got == type && in.ok()) co_return packet;
    if (got == code(Spawn::failed)) {
        const std::uint32_t number = in.u32();
        const std::string step = in.text();
        throw std::runtime_error("cannot " + what + ": " + step + ": " +
                                 std::strerror(static_cast<int>(number)));
    }
    throw std::runtime_error("cannot " + what + ": the lab's spawner " +
                             (packet.bytes.empty() ? "has gone" : "said something else"));
}

// The spawner answers in the order of what it is asked, and shall find the next question when it
// has answered one.
asio::awaitable<Packet> SpawnerClient::ask(std::vector<Packer> packets, Spawn answer,
                                           std::string what, int fd, int second) {
    std::shared_ptr<Turnstile::Place> place;
    {
        const Turnstile::Pass speak = co_await speaking_.enter();
        for (const Packer& packet : packets) {
            std::string bytes = packet.bytes();
            co_await say(socket_, std::move(bytes), what, fd, second);
        }
        place = hearing_.queue();
    }
    const Turnstile::Pass hear = co_await hearing_.enter(std::move(place));
    co_return co_await expect(code(answer), what);
}

asio::awaitable<Packet> SpawnerClient::ask(Packer packet, Spawn answer, std::string what, int fd,
                                           int second) {
    std::vector<Packer> packets{std::move(packet)};
    return ask(std::move(packets), answer, std::move(what), fd, second);
}

asio::awaitable<Birth> SpawnerClient::birth(protocol::Birth wanted, Fd door, Fd group) {
    Packer packet(code(Spawn::birth), next_id_++);
    wanted.grouped = bool(group);
    wanted.pack(packet);
    const std::string& node = wanted.node;
    Packet answer =
        co_await ask(std::move(packet), Spawn::born, "start node " + node, door.get(), group.get());
    if (answer.fds.size() != 2)
        throw std::runtime_error("cannot start node " + node + ": the spawner gave no descriptors");
    Birth birth;
    birth.pidfd = std::move(answer.fds[0]);
    birth.start = std::move(answer.fds[1]);
    // The spawner tells a pid as its reader sees it; the pidfd is what we believe.
    birth.pid = pid_of(birth.pidfd.get());
    if (birth.pid <= 0)
        throw std::runtime_error("cannot start node " + node + ": its init ended at once");
    co_return birth;
}

asio::awaitable<void> SpawnerClient::root(std::string name, Fd mount) {
    Packer packet(code(Spawn::root), next_id_++);
    packet.text(name);
    (void)co_await ask(std::move(packet), Spawn::done, "make the root " + name, mount.get());
}

asio::awaitable<Fd> SpawnerClient::space(std::string name) {
    Packer packet(code(Spawn::space), next_id_++);
    packet.text(name).u32(1);
    Packet answer = co_await ask(std::move(packet), Spawn::spaced, "make the namespace of " + name);
    if (answer.fds.size() != 1)
        throw std::runtime_error("cannot make the namespace of " + name + ": no descriptor came");
    co_return std::move(answer.fds[0]);
}

asio::awaitable<Fd> SpawnerClient::relay(Fd netns, Fd door) {
    Packer packet(code(Spawn::relay), next_id_++);
    packet.u32(0);
    Packet answer = co_await ask(std::move(packet), Spawn::born, "start the lab's relay",
                                 netns.get(), door.get());
    if (answer.fds.size() != 1)
        throw std::runtime_error("cannot start the lab's relay: no descriptor came");
    co_return std::move(answer.fds[0]);
}

asio::awaitable<void> SpawnerClient::hosts(std::string content) {
    std::vector<Packer> packets;
    std::size_t offset = 0;
    do {
        const std::size_t n = std::min(protocol::chunk_limit, content.size() - offset);
        const bool last = offset + n == content.size();
        packets.emplace_back(code(Spawn::hosts), next_id_++)
            .u32(last ? 1 : 0)
            .text(std::string_view(content).substr(offset, n));
        offset += n;
    } while (offset < content.size());
    (void)co_await ask(std::move(packets), Spawn::done, "write the lab's hosts file");
}

asio::awaitable<void> SpawnerClient::quit() {
    {
        const Turnstile::Pass pass = co_await speaking_.enter();
        std::string bytes = Packer(code(Spawn::quit), next_id_++).bytes();
        try {
            co_await socket_.send(std::move(bytes));
        } catch (const std::system_error&) {
            // It has gone already, which is what we want; its nodes died or are killed by pidfd.
        }
    }
    co_await bury();
}

asio::awaitable<void> await_ready(asio::io_context&, std::string node, PacketSocket& start) {
    const Packet packet = co_await start.receive();
    Unpacker in(packet.bytes);
    const std::uint32_t type = in.u32();
    in.u32();
    if (type == static_cast<std::uint32_t>(protocol::Start::ready) && in.ok()) co_return;
    if (type == static_cast<std::uint32_t>(protocol::Start::failed)) {
        const std::uint32_t number = in.u32();
        const std::string step = in.text();
        throw std::runtime_error(node + ": cannot seal the node: " + step + ": " +
                                 std::strerror(static_cast<int>(number)));
    }
    throw std::runtime_error(node + ": cannot seal the node: its init ended without a word");
}

pid_t pid_of(int pidfd) {
    const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd);
    const Fd info(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[512];
    const ssize_t n = read(info.get(), text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    const char* line = std::strstr(text, "Pid:");
    const long pid = line != nullptr ? std::strtol(line + 4, nullptr, 10) : 0;
    return pid > 0 ? static_cast<pid_t>(pid) : 0;
}

asio::awaitable<void> await_exit(asio::io_context& loop, int pidfd) {
    asio::posix::stream_descriptor descriptor(loop);
    const int copy = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) fail("cannot watch a process");
    descriptor.assign(copy);
    co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
}

}  // namespace labd
