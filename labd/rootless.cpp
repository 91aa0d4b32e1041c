#include "labd/rootless.hpp"

#include "labd/fail.hpp"
#include "labd/identity.hpp"
#include "labd/init/protocol.hpp"
#include "labd/journal.hpp"
#include "labd/log.hpp"
#include "labd/packet.hpp"
#include "labd/private_run.hpp"
#include "labd/records.hpp"
#include "labd/slurp.hpp"
#include "labd/start_init.hpp"
#include "labd/subordinate_ids.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace labd {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using protocol::Outside;
using protocol::Packer;
using protocol::Unpacker;

struct Rootless::Inner {
    Fd outside;  // until serve()
    std::unique_ptr<PacketSocket> asking;
    std::unique_ptr<Turnstile> turn;
    pid_t holder = 0;
    Fd holder_fd;
    std::unique_ptr<asio::posix::stream_descriptor> watched;
};

namespace {

std::uint32_t code(Outside type) {
    return static_cast<std::uint32_t>(type);
}

void write_file(const std::string& path, const std::string& text) {
    const Fd file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        fail("cannot write " + path);
}

// What forbids a user namespace is found by the doctor; here only the kernel's words.
[[noreturn]] void forbidden(const std::string& what) {
    const int error = errno;
    throw std::runtime_error("labd runs without root, and cannot " + what + ": " +
                             std::strerror(error) + "; `lab doctor` looks for the reason");
}

// The process of a lab whose user namespace is below U, when the holder alone has gone.
std::optional<ProcessIdentity> survivor(const std::string& run_dir) {
    std::error_code none;
    for (const fs::directory_entry& lab : fs::directory_iterator(run_dir + "/labs", none)) {
        const Kept kept = read_records(read_journal(lab.path() / "journal").records);
        if (kept.spawner && same(*kept.spawner)) return kept.spawner;
    }
    return std::nullopt;
}

// U itself, by a lab's user namespace.
Fd parent_of(const ProcessIdentity& spawner) {
    const std::string path = "/proc/" + std::to_string(spawner.pid) + "/ns/user";
    const Fd lab(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    Fd parent(lab ? ::ioctl(lab.get(), NS_GET_PARENT) : -1);
    if (!parent) fail("cannot find the user namespace of the labs that are up");
    return parent;
}

void map_single_id(uid_t uid, gid_t gid) {
    // user_namespaces(7): without giving up setgroups the gid map is refused.
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", to_text(IdMap{{0, uid, 1}}));
    write_file("/proc/self/gid_map", to_text(IdMap{{0, gid, 1}}));
}

// Before there is a loop: one question, one answer. "" or why it was refused.
std::string ask_for_map(const Fd& outside, const IdMaps& ids) {
    Packer packet(code(Outside::map), 0);
    packet.list(to_words(ids.uids)).list(to_words(ids.gids));
    const std::string& bytes = packet.bytes();
    std::array<char, 4096> answer{};
    ssize_t n = ::send(outside.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    do n = n < 0 ? n : ::recv(outside.get(), answer.data(), answer.size(), 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0) fail("cannot ask for the map of user ids");
    Unpacker in(std::string_view(answer.data(), static_cast<std::size_t>(n)));
    const std::uint32_t type = in.u32();
    (void)in.u32();
    if (type == code(Outside::done)) return "";
    (void)in.u32();
    return in.text();
}

}  // namespace

Rootless::Rootless() : inner_(std::make_unique<Inner>()) {}
Rootless::~Rootless() = default;

std::shared_ptr<Rootless> Rootless::enter(const Options& options, const std::string& init) {
    std::shared_ptr<Rootless> made(new Rootless);
    made->user_ = ::geteuid();
    made->init_ = init;
    made->record_ = options.run_dir + "/holder";
    auto [mine, its] = packet_pair();
    (void)start_init(init, "--outside", {its.get()});
    made->inner_->outside = std::move(mine);
    if (!made->join(options)) made->make(options);
    made->own_ids_ = {parse_id_map(slurp("/proc/self/uid_map")),
                      parse_id_map(slurp("/proc/self/gid_map"))};
    made->lab_ids_ = {lab_map_below(made->own_ids_.uids), lab_map_below(made->own_ids_.gids)};
    if (::chdir("/") != 0) fail("cannot enter /");
    // The same path may mean another folder in U's mounts, or none.
    if (::access((options.run_dir + "/lock").c_str(), W_OK) != 0)
        throw std::runtime_error(options.run_dir +
                                 " is newer than the mounts that the running labs were started "
                                 "with; choose another with --run-dir");
    return made;
}

bool Rootless::join(const Options& options) {
    std::istringstream lines(slurp(record_));
    std::string line;
    std::getline(lines, line);
    const auto recorded = parse_process_identity(line);
    Fd holder = recorded ? open_process(*recorded) : Fd();
    if (!holder) return false;
    std::getline(lines, single_);
    // A user that has been given a range meanwhile shall have it, as soon as nothing is lost by it.
    std::error_code none;
    if (!single_.empty() && fs::is_empty(options.run_dir + "/labs", none) &&
        subordinate_ids(user_, ::getegid()).why_not.empty()) {
        (void)::syscall(SYS_pidfd_send_signal, holder.get(), SIGKILL, nullptr, 0);
        return false;
    }
    if (::setns(holder.get(), CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0)
        forbidden("enter the namespaces of the labs that are up");
    inner_->holder = recorded->pid;
    inner_->holder_fd = std::move(holder);
    return true;
}

namespace {

// What nodes have of inotify counts for the user outside, too, whose other programs want some.
void leave_some_to_the_user() {
    std::ifstream file("/proc/sys/fs/inotify/max_user_instances");
    if (unsigned long all = 0; file >> all)
        std::ofstream("/proc/sys/user/max_inotify_instances") << all - all / 4;
}

}  // namespace

void Rootless::make(const Options& options) {
    const gid_t group = ::getegid();
    if (const auto spawner = survivor(options.run_dir)) {
        const Fd user = parent_of(*spawner);
        if (::setns(user.get(), CLONE_NEWUSER) != 0)
            forbidden("enter the user namespace of the labs that are up");
    } else {
        const SubordinateIds ids = subordinate_ids(user_, group);
        single_ = ids.why_not;
        if (::unshare(CLONE_NEWUSER) != 0) forbidden("make a user namespace");
        if (single_.empty()) single_ = ask_for_map(inner_->outside, ids.maps);
        if (!single_.empty()) {
            log::warning("labs have a single user id: " + single_);
            map_single_id(user_, group);
        }
        leave_some_to_the_user();
    }
    if (::unshare(CLONE_NEWNS | CLONE_NEWNET) != 0)
        forbidden("make namespaces below its user namespace");
    make_private_run(options.netns_dir);
    start_holder();
}

void Rootless::start_holder() {
    auto [mine, its] = packet_pair();
    inner_->holder = start_init(init_, "--holder", {its.get()});
    its.reset();
    inner_->holder_fd = open_pidfd(inner_->holder);
    const auto identity = identify_process(inner_->holder);
    if (!identity) throw std::runtime_error("the holder of labd's namespaces ended at once");
    write_file(record_ + ".new", to_text(*identity) + "\n" + single_ + "\n");
    fs::rename(record_ + ".new", record_);
    if (::send(mine.get(), "k", 1, MSG_NOSIGNAL) != 1) fail("cannot speak to the holder");
}

pid_t Rootless::holder() const {
    return inner_->holder;
}

void Rootless::serve(asio::io_context& loop) {
    if (inner_->outside) {
        inner_->asking = std::make_unique<PacketSocket>(loop, std::move(inner_->outside));
        inner_->turn = std::make_unique<Turnstile>(loop);
    }
    const int copy = ::fcntl(inner_->holder_fd.get(), F_DUPFD_CLOEXEC, 3);
    if (copy < 0) fail("cannot watch the holder");
    inner_->watched = std::make_unique<asio::posix::stream_descriptor>(loop, copy);
    inner_->watched->async_wait(asio::posix::stream_descriptor::wait_read,
                                [this, &loop](const boost::system::error_code& error) {
                                    if (error) return;
                                    log::warning("the holder of labd's namespaces has died");
                                    // Ours to bury, unless an earlier labd started it.
                                    (void)::waitpid(inner_->holder, nullptr, WNOHANG);
                                    start_holder();
                                    serve(loop);
                                });
}

asio::awaitable<Fd> Rootless::owners() {
    const Turnstile::Pass pass = co_await inner_->turn->enter();
    std::string question = Packer(code(Outside::owners), 0).bytes();
    std::string failed;
    try {
        co_await inner_->asking->send(std::move(question));
        Packet answer = co_await inner_->asking->receive();
        if (answer.fds.size() == 1) co_return std::move(answer.fds[0]);
        failed = "no list came";
    } catch (const std::exception& error) {
        failed = error.what();
    }
    log::warning(
        "who owns what in /etc and /var is not known any more, and nodes see root as the "
        "owner: " +
        failed + "; start labd again");
    Fd nothing(::memfd_create("owners", MFD_CLOEXEC));
    if (!nothing) fail("cannot make a file for the owners");
    co_return nothing;
}

void Rootless::release_holder() {
    if (inner_->watched) inner_->watched->cancel();
    (void)::syscall(SYS_pidfd_send_signal, inner_->holder_fd.get(), SIGKILL, nullptr, 0);
    std::error_code gone;
    fs::remove(record_, gone);
}

}  // namespace labd
