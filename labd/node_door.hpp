// labd's side of a node's door: requests to lab-init, answered in any order, and its events.
// Everything that comes back is written by a process whose root may be hostile: lengths are
// checked, texts are bounded, and a door that speaks nonsense is closed.
#pragma once

#include "labd/gather.hpp"
#include "labd/init/protocol.hpp"
#include "labd/packet.hpp"
#include "topology/model.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace labd {

struct ServiceStatus {
    std::string name;
    protocol::ServiceState state = protocol::ServiceState::waiting;
    std::uint32_t pid = 0;          // in the node's pid namespace
    std::uint32_t wait_status = 0;  // of its last end
    std::uint32_t restarts = 0;
    std::string text;  // why, in words
};
const char* word(protocol::ServiceState state);

struct RunResult {
    int wait_status = 0;
    bool timed_out = false;
    std::string tail;  // of stdout and stderr
};

struct Command {
    std::vector<std::string> argv;
    std::vector<std::string> env;  // "KEY=value"
    std::string user = "root";
    std::string dir;  // "" = the user's home
};

struct SessionRequest {
    Command command;
    bool tty = false;
    std::uint32_t rows = 24, columns = 80;
};

class NodeDoor : public std::enable_shared_from_this<NodeDoor> {
  public:
    using OnState = std::function<void(const ServiceStatus&)>;
    using OnLost = std::function<void()>;

    // `node` names the node in error messages.
    NodeDoor(boost::asio::io_context& loop, std::string node, Fd socket);
    ~NodeDoor();
    // Starts to read; the callbacks run on the loop until close().
    void open(OnState on_state, OnLost on_lost);
    void close();

    // Each throws std::runtime_error with the node, what was asked and lab-init's words.
    boost::asio::awaitable<void> commit();
    boost::asio::awaitable<void> sysctl(std::vector<std::pair<std::string, std::string>> values);
    // "" when it cannot be read.
    boost::asio::awaitable<std::string> read_sysctl(std::string key);
    // As many values, "" for a key that is not there.
    boost::asio::awaitable<std::vector<std::string>> read_sysctls(std::vector<std::string> keys);
    // The same for somebody who waits for many nodes.
    boost::asio::awaitable<std::vector<std::string>> look_at_sysctls(std::vector<std::string> keys);
    boost::asio::awaitable<void> hostname(std::string name);
    // Everything but PID 1 stops where it is, or goes on.
    boost::asio::awaitable<void> pause(bool stop);
    // Services end in reverse order, then the init; throws after `limit`.
    boost::asio::awaitable<void> shutdown(std::uint32_t grace_ms, std::chrono::milliseconds limit);
    // With `keep`, what is there already stays as PATH~.
    boost::asio::awaitable<void> write_file(std::string path, topology::File file,
                                            bool keep = false);
    // What a file should hold: bytes, and content_digest() of them.
    struct FileMark {
        std::string path;
        std::size_t size = 0;
        std::string digest;
    };
    enum class FileState : std::uint8_t { same, changed, gone };
    // In the same order.
    boost::asio::awaitable<std::vector<FileState>> compare_files(std::vector<FileMark> files);
    struct FileRights {
        std::string path;
        std::uint32_t mode = 0;
        std::string owner, group;
    };
    // Those of them that have others.
    boost::asio::awaitable<std::vector<std::string>> other_rights(std::vector<FileRights> files);
    boost::asio::awaitable<void> remove_file(std::string path);
    boost::asio::awaitable<RunResult> run(Command command, std::uint32_t timeout_ms);
    boost::asio::awaitable<void> put_service(topology::Service service,
                                             std::vector<std::string> env, std::string user);
    boost::asio::awaitable<void> start_service(std::string name);
    boost::asio::awaitable<void> stop_service(std::string name);
    boost::asio::awaitable<void> remove_service(std::string name);
    // Gives the client's connection away; lab-init answers on it from now on.
    boost::asio::awaitable<void> session(SessionRequest request, Fd client);
    boost::asio::awaitable<void> logs(std::string service, bool follow, std::uint32_t lines,
                                      Fd client);
    // What the service printed last, at most 200 bytes of each line; none when nothing comes.
    boost::asio::awaitable<std::vector<std::string>> last_lines(std::string service,
                                                                std::uint32_t count);
    boost::asio::awaitable<std::vector<ServiceStatus>> states();

  private:
    struct Waiting;
    boost::asio::awaitable<std::string> ask(protocol::Packer packet, std::uint32_t id,
                                            std::string what, std::chrono::milliseconds limit,
                                            int fd = -1);
    boost::asio::awaitable<std::vector<std::string>> read_sysctls_within(
        std::vector<std::string> keys, std::chrono::milliseconds limit);
    boost::asio::awaitable<void> read();
    void end(const std::string& why);

    boost::asio::io_context& loop_;
    std::string node_;
    PacketSocket socket_;
    Turnstile writing_;
    std::uint32_t next_id_ = 1;
    std::map<std::uint32_t, Waiting*> waiting_;
    std::string ended_;  // why no more requests can be made; "" while open
    OnState on_state_;
    OnLost on_lost_;
};

}  // namespace labd
