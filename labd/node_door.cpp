#include "labd/node_door.hpp"

#include "labd/node_door_parts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace labd {

namespace asio = boost::asio;
using protocol::Door;
using protocol::Packer;
using protocol::Unpacker;

namespace {

ServiceStatus read_status(Unpacker& in) {
    ServiceStatus status;
    status.name = door::tame(in.text(), 256);
    const std::uint32_t state = in.u32();
    status.state = state > static_cast<std::uint32_t>(protocol::ServiceState::stopped)
                       ? protocol::ServiceState::failed
                       : static_cast<protocol::ServiceState>(state);
    status.pid = in.u32();
    status.wait_status = in.u32();
    status.restarts = in.u32();
    status.text = door::tame(in.text(), 4096);
    return status;
}

std::vector<std::string> texts(const std::vector<topology::Text>& list) {
    std::vector<std::string> out;
    out.reserve(list.size());
    for (const topology::Text& t : list) out.push_back(t.text);
    return out;
}

}  // namespace

const char* word(protocol::ServiceState state) {
    static constexpr const char* words[] = {"waiting", "starting", "ready",    "backoff",
                                            "failed",  "exited",   "stopping", "stopped"};
    return words[static_cast<std::size_t>(state)];
}

struct NodeDoor::Waiting {
    explicit Waiting(asio::io_context& loop) : answered(loop) {}
    Signal answered;
    std::optional<std::string> packet;
};

NodeDoor::NodeDoor(asio::io_context& loop, std::string node, Fd socket)
    : loop_(loop), node_(std::move(node)), socket_(loop, std::move(socket)), writing_(loop) {}

NodeDoor::~NodeDoor() = default;

void NodeDoor::open(OnState on_state, OnLost on_lost) {
    on_state_ = std::move(on_state);
    on_lost_ = std::move(on_lost);
    // The reader holds the door, so that it outlives everybody who let go of it.
    asio::co_spawn(
        loop_, [](std::shared_ptr<NodeDoor> self) { return self->read(); }(shared_from_this()),
        [self = shared_from_this()](std::exception_ptr) {});
}

void NodeDoor::close() {
    on_state_ = nullptr;
    on_lost_ = nullptr;
    end("the door was closed");
}

void NodeDoor::end(const std::string& why) {
    if (!ended_.empty()) return;
    ended_ = why;
    socket_.close();
    for (auto& [id, waiting] : waiting_) waiting->answered.notify();
}

asio::awaitable<void> NodeDoor::read() {
    const std::shared_ptr<NodeDoor> self = shared_from_this();
    std::string why = "its init is gone";
    try {
        for (;;) {
            const Packet packet = co_await socket_.receive();
            if (packet.bytes.empty()) break;
            Unpacker in(packet.bytes);
            const std::uint32_t type = in.u32();
            const std::uint32_t id = in.u32();
            if (!in.ok()) {
                why = "its init sent a short packet";
                break;
            }
            if (type == door::code(Door::service_state)) {
                const ServiceStatus status = read_status(in);
                if (in.ok() && on_state_) on_state_(status);
            } else if (const auto found = waiting_.find(id);
                       type == door::code(Door::answer) && found != waiting_.end()) {
                found->second->packet = packet.bytes;
                found->second->answered.notify();
            }
        }
    } catch (const std::exception& error) {
        why = error.what();
    }
    const OnLost lost = on_lost_;
    end(why);
    if (lost) lost();
}

// The payload of the answer; the sentence of every failure starts with the node and what was asked.
asio::awaitable<std::string> NodeDoor::ask(Packer packet, std::uint32_t id, std::string what,
                                           std::chrono::milliseconds limit, int fd) {
    const std::shared_ptr<NodeDoor> self = shared_from_this();
    if (!ended_.empty()) throw std::runtime_error(node_ + ": cannot " + what + ": " + ended_);
    Waiting waiting(loop_);
    waiting_[id] = &waiting;
    std::exception_ptr error;
    try {
        const Turnstile::Pass pass = co_await writing_.enter();
        std::string bytes = packet.bytes();
        co_await socket_.send(std::move(bytes), fd);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        waiting_.erase(id);
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            throw std::runtime_error(node_ + ": cannot " + what + ": " + e.what());
        }
    }
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!waiting.packet && ended_.empty() && std::chrono::steady_clock::now() < deadline)
        co_await waiting.answered.wait_until(deadline);
    waiting_.erase(id);
    if (!waiting.packet && ended_.empty())
        throw std::runtime_error(node_ + ": cannot " + what + ": its init does not answer");
    if (!waiting.packet) throw std::runtime_error(node_ + ": cannot " + what + ": " + ended_);
    Unpacker in(*waiting.packet);
    in.u32(), in.u32();
    const std::uint32_t number = in.u32();
    const std::string text = door::tame(in.text(), 4096);
    if (!in.ok()) throw std::runtime_error(node_ + ": cannot " + what + ": a garbled answer");
    if (number != 0) {
        const std::string kernel = std::strerror(static_cast<int>(number));
        // lab-init says it in a sentence of its own, the kernel's words included.
        throw std::runtime_error(text.empty() ? node_ + ": cannot " + what + ": " + kernel
                                              : node_ + ": " + text);
    }
    // type, id, errno and the text are behind us
    co_return waiting.packet->substr(4 * sizeof(std::uint32_t) + text.size());
}

asio::awaitable<void> NodeDoor::commit() {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::commit), id);
    (void)co_await ask(std::move(packet), id, "commit", door::answer_limit);
}

asio::awaitable<void> NodeDoor::pause(bool stop) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::pause), id);
    packet.u32(stop ? 1 : 0);
    (void)co_await ask(std::move(packet), id, stop ? "pause" : "resume", door::answer_limit);
}

asio::awaitable<void> NodeDoor::shutdown(std::uint32_t grace_ms, std::chrono::milliseconds limit) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::shutdown), id);
    packet.u32(grace_ms);
    (void)co_await ask(std::move(packet), id, "stop", limit);
}

asio::awaitable<void> NodeDoor::hostname(std::string name) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::hostname), id);
    packet.text(name);
    (void)co_await ask(std::move(packet), id, "set the host name", door::answer_limit);
}

asio::awaitable<RunResult> NodeDoor::run(Command command, std::uint32_t timeout_ms) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::run), id);
    packet.list(command.argv)
        .list(command.env)
        .text(command.user)
        .text(command.dir)
        .u32(timeout_ms);
    const std::string what = command.argv.empty() ? "run nothing" : "run " + command.argv.back();
    const std::string payload = co_await ask(
        std::move(packet), id, what, std::chrono::milliseconds(timeout_ms) + door::answer_limit);
    Unpacker in(payload);
    RunResult result;
    result.wait_status = static_cast<int>(in.u32());
    result.timed_out = in.u32() != 0;
    result.tail = door::tame(in.text(), 4096);
    if (!in.ok()) throw std::runtime_error(node_ + ": cannot " + what + ": a garbled answer");
    co_return result;
}

// A job that labd made brings its daemons their configuration: those that it starts after. And
// FRR's daemons tell zebra their routes once; to a new zebra they would not (watchfrr(8) starts
// them again as well).
static std::vector<std::string> configured_by(const topology::Service& service) {
    std::vector<std::string> names;
    if (!service.generated) return names;
    const bool job = service.ready.kind == topology::Ready::Kind::exit;
    for (const topology::Text& after : service.after) {
        const std::string name = after.text.substr(after.text.find('/') + 1);
        if (job || name == "zebra") names.push_back(name);
    }
    return names;
}

asio::awaitable<void> NodeDoor::put_service(topology::Service service, std::vector<std::string> env,
                                            std::string user) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::put_service), id);
    packet.text(service.name).list(texts(service.argv)).list(env);
    packet.text(user).text(service.dir);
    packet.u32(static_cast<std::uint32_t>(service.ready.kind)).text(service.ready.argument);
    packet.u32(static_cast<std::uint32_t>(service.restart));
    packet.u32(static_cast<std::uint32_t>(service.stop_signal)).u32(service.grace_ms);
    packet.list(configured_by(service));
    (void)co_await ask(std::move(packet), id, "set up service " + service.name, door::answer_limit);
}

asio::awaitable<void> NodeDoor::start_service(std::string name) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::start_service), id);
    packet.text(name);
    (void)co_await ask(std::move(packet), id, "start service " + name, door::stop_limit);
}

asio::awaitable<void> NodeDoor::stop_service(std::string name) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::stop_service), id);
    packet.text(name);
    (void)co_await ask(std::move(packet), id, "stop service " + name, door::stop_limit);
}

asio::awaitable<void> NodeDoor::remove_service(std::string name) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::remove_service), id);
    packet.text(name);
    (void)co_await ask(std::move(packet), id, "remove service " + name, door::stop_limit);
}

asio::awaitable<void> NodeDoor::session(SessionRequest request, Fd client) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::session), id);
    packet.list(request.command.argv).list(request.command.env).text(request.command.user);
    packet.text(request.command.dir).u32(request.tty ? 1 : 0);
    packet.u32(request.rows).u32(request.columns);
    (void)co_await ask(std::move(packet), id, "start a session", door::answer_limit, client.get());
}

asio::awaitable<void> NodeDoor::logs(std::string service, bool follow, std::uint32_t lines,
                                     Fd client) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::logs), id);
    packet.text(service).u32(follow ? 1 : 0).u32(lines);
    (void)co_await ask(std::move(packet), id, "read logs", door::answer_limit, client.get());
}

// As a client reads it, from a connection of our own; who says nothing in time has said nothing.
asio::awaitable<std::vector<std::string>> NodeDoor::last_lines(std::string service,
                                                               std::uint32_t count) {
    std::vector<std::string> lines;
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        co_return lines;
    Fd theirs(ends[1]);
    const auto ours = std::make_shared<asio::posix::stream_descriptor>(loop_, ends[0]);
    const auto late = std::make_shared<asio::steady_timer>(loop_, door::line_limit);
    late->async_wait([ours](boost::system::error_code called_off) {
        boost::system::error_code ignored;
        if (!called_off) (void)ours->close(ignored);
    });
    std::string bytes;
    try {
        co_await logs(service, false, count, std::move(theirs));
        const std::size_t most = std::size_t{16384} * count;  // a line has 8 KiB at most
        while (bytes.size() < most) {
            std::array<char, 4096> piece{};
            const std::size_t n =
                co_await ours->async_read_some(asio::buffer(piece), asio::use_awaitable);
            bytes.append(piece.data(), n);
        }
    } catch (const std::exception&) {
        (void)0;  // the end, or too late
    }
    late->cancel();
    std::string text;
    protocol::FrameHeader header{};
    for (std::string_view left = bytes; left.size() >= sizeof header;) {
        std::memcpy(&header, left.data(), sizeof header);
        left.remove_prefix(sizeof header);
        if (header.type == static_cast<std::uint32_t>(protocol::Frame::output))
            text += left.substr(0, header.length);
        left.remove_prefix(std::min<std::size_t>(header.length, left.size()));
    }
    constexpr std::size_t shown = 200;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(door::tame(line.substr(0, shown), shown));
    co_return lines;
}

asio::awaitable<std::vector<ServiceStatus>> NodeDoor::states() {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::states), id);
    const std::string payload =
        co_await ask(std::move(packet), id, "list services", door::answer_limit);
    Unpacker in(payload);
    std::vector<ServiceStatus> list;
    const std::uint32_t n = in.u32();
    for (std::uint32_t i = 0; i < n && in.ok(); ++i) list.push_back(read_status(in));
    if (!in.ok()) throw std::runtime_error(node_ + ": cannot list services: a garbled answer");
    co_return list;
}

}  // namespace labd
