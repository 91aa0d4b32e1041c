// labd's side of the spawner: the single-threaded process of one lab that owns its user namespace
// and template root and clones its nodes (sealing.md). It outlives labd and is found again by its
// listening socket.
#pragma once

#include "labd/gather.hpp"
#include "labd/id_map.hpp"
#include "labd/init/protocol.hpp"
#include "labd/packet.hpp"
#include "labd/shared_base.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <sys/resource.h>
#include <sys/types.h>

#include <exception>
#include <memory>
#include <string>

namespace labd {

inline constexpr const char* lost_spawner =
    "the lab's spawner has gone; lab down, then lab up, makes another";

struct Birth {
    pid_t pid = 0;  // as labd sees it
    Fd pidfd;
    Fd start;  // EOF before commit makes lab-init exit
};

class SpawnerClient {
  public:
    // Starts `init --spawner` as root of our own user namespace, gives L its ids and waits until
    // the template root stands. `door` is the listening socket it keeps for a later labd; `group`
    // the control group it is born into, or empty; `owners` what Rootless::owners gives, nothing
    // for root of the host. `base` must outlive the call. Throws std::runtime_error with the
    // failing step and the kernel's words.
    static boost::asio::awaitable<std::unique_ptr<SpawnerClient>> start(
        boost::asio::io_context& loop, std::string init, IdMaps ids, rlimit files, Fd door,
        Fd group, Fd owners, SharedBase& base);
    // Starts `init --open-spawner`, whose nodes have no user namespace and no boundary.
    static boost::asio::awaitable<std::unique_ptr<SpawnerClient>> start_open(
        boost::asio::io_context& loop, std::string init, rlimit files, Fd door);
    // Speaks to a spawner that an earlier labd started.
    static std::unique_ptr<SpawnerClient> adopt(boost::asio::io_context& loop, Fd socket,
                                                pid_t pid);

    // A node: `door` is its listening socket, `group` the directory of its control group, or empty.
    // Births are served one after the other, but asked for ahead.
    boost::asio::awaitable<Birth> birth(protocol::Birth wanted, Fd door, Fd group);
    // From now on nodes may be born with that root: a detached mount of a directory.
    boost::asio::awaitable<void> root(std::string name, Fd mount);
    // A network namespace without a process.
    boost::asio::awaitable<Fd> space(std::string name);
    // A process in that namespace that carries frames (labd/relay), served at `door`; its pidfd.
    boost::asio::awaitable<Fd> relay(Fd netns, Fd door);
    boost::asio::awaitable<void> hosts(std::string content);
    // Everything of the lab that still lives is killed; returns when the spawner has gone.
    boost::asio::awaitable<void> quit();
    pid_t pid() const { return pid_; }
    // Killed, it bears no more nodes; those that it bore live on.
    bool lives() const;

  private:
    SpawnerClient(boost::asio::io_context& loop, Fd socket, pid_t pid);
    // Up to `ready` of a spawner that has just been started.
    boost::asio::awaitable<void> come_up(IdMaps ids, Fd owners, SharedBase& base);
    // One that has not come up is killed, so that it leaves nothing; then throws `failure`.
    boost::asio::awaitable<void> give_up(std::exception_ptr failure);
    boost::asio::awaitable<void> bury();  // waits for its end, and reaps our own
    // What the spawner answers to that; the descriptors go with every packet.
    boost::asio::awaitable<Packet> ask(std::vector<protocol::Packer> packets,
                                       protocol::Spawn answer, std::string what, int fd = -1,
                                       int second = -1);
    boost::asio::awaitable<Packet> ask(protocol::Packer packet, protocol::Spawn answer,
                                       std::string what, int fd = -1, int second = -1);
    // The next packet, unless it is `failed` or nothing: then an exception that starts with `what`.
    boost::asio::awaitable<Packet> expect(std::uint32_t type, std::string what);

    boost::asio::io_context& loop_;
    PacketSocket socket_;
    Turnstile speaking_, hearing_;
    pid_t pid_ = 0;
    Fd pidfd_;
    bool child_ = false;  // of this labd: we reap it
    std::uint32_t next_id_ = 1;
};

// Waits until a lab-init just born says ready. Throws with the step that failed.
boost::asio::awaitable<void> await_ready(boost::asio::io_context& loop, std::string node,
                                         PacketSocket& start);
// As we see it; 0: it has ended.
pid_t pid_of(int pidfd);
// Returns when the process behind a pidfd has ended.
boost::asio::awaitable<void> await_exit(boost::asio::io_context& loop, int pidfd);

}  // namespace labd
