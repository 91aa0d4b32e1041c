#include "tests/support/sealed_lab.hpp"

#include "tests/support/node_session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace test {
namespace {

// Far more than anything takes; only a broken lab-init ever meets it.
constexpr int deadline_ms = 30000;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

Fd open_pidfd(pid_t pid) {
    return Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

Fd connect_to(const std::string& path) {
    const sockaddr_un address = address_of(path);
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("connect to " + path);
    return socket;
}

void write_map(pid_t pid, const char* name, unsigned ids) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    const std::string map = "0 " + std::to_string(ids) + " 65536\n";
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || write(file.get(), map.data(), map.size()) != static_cast<ssize_t>(map.size()))
        fail("write " + path);
}

std::uint32_t code(protocol::Spawn type) {
    return static_cast<std::uint32_t>(type);
}

std::runtime_error unexpected(const std::string& where, const Said& said) {
    protocol::Unpacker in(said.payload);
    const std::uint32_t error = in.u32();
    const std::string text = in.text();
    return std::runtime_error(
        where + ": " + (said.gone ? "gone" : text + ": " + std::strerror(static_cast<int>(error))));
}

}  // namespace

void await(int fd, short events, const char* what) {
    pollfd p{fd, events, 0};
    int n = 0;
    do n = poll(&p, 1, deadline_ms);
    while (n < 0 && errno == EINTR);
    if (n == 0) throw std::runtime_error(std::string("nothing came for half a minute: ") + what);
}

void await_exit(const Fd& pidfd) {
    await(pidfd.get(), POLLIN, "the end of a process");
}

Said hear(const Fd& socket) {
    await(socket.get(), POLLIN, "a packet");
    std::string bytes(protocol::packet_limit, '\0');
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t n = recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
    Said said;
    for (cmsghdr* c = n < 0 ? nullptr : CMSG_FIRSTHDR(&message); c != nullptr;
         c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_type == SCM_RIGHTS)
            for (std::size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                said.fds.emplace_back(fd);
            }
    if (n <= 0) return said.gone = true, std::move(said);
    bytes.resize(static_cast<std::size_t>(n));
    protocol::Unpacker in(bytes);
    said.type = in.u32();
    said.id = in.u32();
    if (!in.ok()) throw std::runtime_error("a packet without a head");
    said.payload = bytes.substr(8);
    return said;
}

void say(const Fd& socket, const protocol::Packer& packet, const std::vector<int>& fds) {
    const std::string& bytes = packet.bytes();
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
        std::memcpy(CMSG_DATA(c), fds.data(), fds.size() * sizeof(int));
    }
    if (sendmsg(socket.get(), &message, MSG_NOSIGNAL) < 0) fail("send a packet");
}

State read_state(protocol::Unpacker& in) {
    State state;
    state.name = in.text();
    state.state = static_cast<protocol::ServiceState>(in.u32());
    state.pid = in.u32();
    state.wait_status = in.u32();
    state.restarts = in.u32();
    state.text = in.text();
    return state;
}

int Result::status() const {
    if (wait_status < 0) return -1;
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

// ---------------------------------------------------------------- a node

SealedNode::SealedNode(std::string name, pid_t pid, Fd pidfd, Fd start, std::string door_path)
    : name_(std::move(name)),
      pid_(pid),
      pidfd_(std::move(pidfd)),
      start_(std::move(start)),
      door_path_(std::move(door_path)) {}

SealedNode::~SealedNode() {
    (void)syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

void SealedNode::connect() {
    door_.reset();
    door_ = connect_to(door_path_);
}

std::uint32_t SealedNode::send(protocol::Door type, const Fill& fill, int fd) {
    const std::uint32_t id = next_id_++;
    protocol::Packer packet(static_cast<std::uint32_t>(type), id);
    if (fill) fill(packet);
    say(door_, packet, fd < 0 ? std::vector<int>{} : std::vector<int>{fd});
    return id;
}

Answer SealedNode::answer_to(std::uint32_t id) {
    for (;;) {
        for (auto a = answers_.begin(); a != answers_.end(); ++a)
            if (a->first == id) {
                Answer answer = std::move(a->second);
                answers_.erase(a);
                return answer;
            }
        const Said said = hear(door_);
        if (said.gone) throw std::runtime_error(name_ + " closed its door");
        protocol::Unpacker in(said.payload);
        if (said.type == static_cast<std::uint32_t>(protocol::Door::service_state)) {
            states_.push_back(read_state(in));
            continue;
        }
        Answer answer;
        answer.error = static_cast<int>(in.u32());
        answer.text = in.text();
        answer.payload = said.payload.substr(8 + answer.text.size());
        answers_.emplace_back(said.id, std::move(answer));
    }
}

Answer SealedNode::ask(protocol::Door type, const Fill& fill, int fd) {
    return answer_to(send(type, fill, fd));
}

State SealedNode::next_state() {
    while (states_.empty()) {
        const Said said = hear(door_);
        if (said.gone) throw std::runtime_error(name_ + " closed its door");
        protocol::Unpacker in(said.payload);
        if (said.type == static_cast<std::uint32_t>(protocol::Door::service_state)) {
            states_.push_back(read_state(in));
            continue;
        }
        Answer answer;
        answer.error = static_cast<int>(in.u32());
        answer.text = in.text();
        answer.payload = said.payload.substr(8 + answer.text.size());
        answers_.emplace_back(said.id, std::move(answer));
    }
    State state = std::move(states_.front());
    states_.pop_front();
    return state;
}

State SealedNode::await_state(const std::string& service, protocol::ServiceState wanted) {
    for (;;) {
        State state = next_state();
        if (state.name == service && state.state == wanted) return state;
    }
}

Result SealedNode::exec(const Exec& exec) {
    NodeSession session(*this, exec);
    return session.finish(exec.input);
}

Result SealedNode::shell(const std::string& script, const std::string& user) {
    Exec exec;
    exec.argv = {"/bin/sh", "-c", script};
    exec.user = user;
    return this->exec(exec);
}

bool SealedNode::has(const std::string& program) {
    return shell("command -v " + program).status() == 0;
}

// ---------------------------------------------------------------- a lab

SealedLab::SealedLab(bool open, const Lender& lender, unsigned ids) {
    char name[] = "/tmp/lab-test-XXXXXX";
    if (mkdtemp(name) == nullptr) fail("make a directory");
    directory_ = name;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
    conversation_.reset(ends[0]);
    const Fd its(fcntl(ends[1], F_DUPFD_CLOEXEC, 10));
    close(ends[1]);
    const Fd listener = listen("spawner");
    const Fd door(fcntl(listener.get(), F_DUPFD_CLOEXEC, 10));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, its.get(), protocol::spawner_fd);
    posix_spawn_file_actions_adddup2(&actions, door.get(), protocol::spawner_door_fd);
    char program[] = "lab-init";
    std::string role = open ? "--open-spawner" : "--spawner=" + std::to_string(ids);
    char* argv[] = {program, role.data(), nullptr};
    char tunables[] = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0";  // as labd's init_environment()
    char* envp[] = {tunables, nullptr};
    const int error = posix_spawn(&pid_, LAB_BINARY_DIR "/lab-init", &actions, nullptr, argv, envp);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::runtime_error(std::string("start lab-init: ") + std::strerror(error));
    pidfd_ = open_pidfd(pid_);
    if (!open) come_up(lender, ids);
    const Said said = hear(conversation_);
    if (said.type != code(protocol::Spawn::ready)) throw unexpected("spawner", said);
}

void SealedLab::come_up(const Lender& lender, unsigned ids) {
    protocol::Packer first(code(protocol::Spawn::base), 0);
    const bool kept = lender.stamp >= 0;
    say(conversation_, first.u32(lender.lends ? 1 : 0),
        kept ? std::vector{lender.stamp} : std::vector<int>{});
    Said said = hear(conversation_);
    if (said.type != code(protocol::Spawn::want_map)) throw unexpected("spawner", said);
    write_map(pid_, "uid_map", ids);
    write_map(pid_, "gid_map", ids);
    wanted_ = static_cast<protocol::Wanted>(protocol::Unpacker(said.payload).u32());
    if (said.fds.size() == 2) lender.keep(std::move(said.fds[0]), std::move(said.fds[1]));
    const Fd lent = wanted_ == protocol::Wanted::nothing ? Fd() : lender.lend(pid_);
    const auto with = lent ? protocol::Mapped::base : protocol::Mapped::nothing;
    protocol::Packer mapped(code(protocol::Spawn::mapped), 0);
    say(conversation_, mapped.u32(static_cast<std::uint32_t>(with)),
        lent ? std::vector{lent.get()} : std::vector<int>{});
}

SealedLab::~SealedLab() {
    if (pid_ > 0) {
        const protocol::Packer quit(code(protocol::Spawn::quit), 0);
        const bool told = conversation_ && ::send(conversation_.get(), quit.bytes().data(),
                                                  quit.bytes().size(), MSG_NOSIGNAL) > 0;
        if (!told) (void)kill(pid_, SIGKILL);
        (void)waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Said SealedLab::ask(const protocol::Packer& packet, const std::vector<int>& fds) {
    say(conversation_, packet, fds);
    return hear(conversation_);
}

Fd SealedLab::listen(const std::string& name) {
    const sockaddr_un address = address_of(directory_ + "/" + name);
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket.get(), 64) != 0)
        fail("listen at " + name);
    return socket;
}

Fd SealedLab::connect(const std::string& name) {
    return connect_to(directory_ + "/" + name);
}

void SealedLab::reconnect() {
    conversation_.reset();
    conversation_ = connect("spawner");
}

std::unique_ptr<SealedNode> SealedLab::grown(const std::string& name, Said born) {
    if (born.type != code(protocol::Spawn::born) || born.fds.size() != 2)
        throw unexpected("birth of " + name, born);
    protocol::Unpacker in(born.payload);
    const auto pid = static_cast<pid_t>(in.u32());
    auto node = std::make_unique<SealedNode>(name, pid, std::move(born.fds[0]),
                                             std::move(born.fds[1]), directory_ + "/" + name);
    const Said ready = hear(node->start());
    if (ready.type != static_cast<std::uint32_t>(protocol::Start::ready))
        throw unexpected("seal of " + name, ready);
    node->connect();
    return node;
}

std::unique_ptr<SealedNode> SealedLab::node(const std::string& name, bool commit) {
    protocol::Birth birth;
    birth.node = birth.hostname = name;
    return this->node(birth, commit);
}

std::unique_ptr<SealedNode> SealedLab::node(const protocol::Birth& birth, bool commit, int group) {
    const std::string& name = birth.node;
    const Fd door = listen(name);
    protocol::Packer packet(code(protocol::Spawn::birth), 1);
    birth.pack(packet);
    std::vector<int> fds{door.get()};
    if (birth.grouped) fds.push_back(group);
    std::unique_ptr<SealedNode> node = grown(name, ask(packet, fds));
    if (!commit) return node;
    if (const Answer answer = node->ask(protocol::Door::commit); answer.error != 0)
        throw std::runtime_error("commit of " + name + ": " + answer.text);
    node->start().reset();
    return node;
}

}  // namespace test
