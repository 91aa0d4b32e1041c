// Folders, lock and socket, in this order: whoever holds the lock owns the rest.
#include "labd/instance.hpp"

#include "labd/fail.hpp"
#include "labd/user_folders.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace labd {
namespace {

constexpr gid_t nobody_else = static_cast<gid_t>(-1);  // chown(2) takes it for "leave it"

// Members may use the system's labd. Another user's labd, or none such: that user's alone.
gid_t users_group() {
    const group* found = ::geteuid() == 0 ? ::getgrnam("labd") : nullptr;
    return found != nullptr ? found->gr_gid : nobody_else;
}

// `others`: the name of something in it that is none of labd's.
void make_folder(const std::string& path, mode_t mode, const std::string& others = "",
                 gid_t group = nobody_else) {
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) fail("cannot make " + path);
    if (!others.empty())
        throw std::runtime_error(path + " is not labd's own folder (there is " + others +
                                 " in it); give it one that nobody shares");
    const Fd dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!dir || ::fstat(dir.get(), &info) != 0) fail("cannot open " + path);
    // Whoever can write here can put a socket or a lock of their own in our place.
    if (info.st_uid != ::geteuid() || (info.st_mode & S_ISVTX) != 0)
        throw std::runtime_error(path +
                                 " is not labd's own folder; give it one that nobody shares");
    if (group != nobody_else && info.st_gid != group &&
        ::fchown(dir.get(), static_cast<uid_t>(-1), group) != 0)
        fail("cannot give " + path + " to its group");
    if ((info.st_mode & 07777) != mode && ::fchmod(dir.get(), mode) != 0)
        fail("cannot set the mode of " + path);
}

// The folder may be another one than the socket's.
std::string others_beside(const Options& options) {
    const std::string name = std::filesystem::path(options.socket).filename();
    return somebodys_entry_beside(options.run_dir + "/" + name);
}

pid_t pid_in(int lock) {
    std::array<char, 32> text{};
    const ssize_t n = ::pread(lock, text.data(), text.size() - 1, 0);
    return n > 0 ? std::atoi(text.data()) : 0;
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::runtime_error("the socket's path is longer than 107 bytes: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

bool answers(const std::string& socket_path) {
    const sockaddr_un address = address_of(socket_path);
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// A labd that stops lets go of its lock last: its socket does not answer any more, and its end is
// near. True when it has come; false when that labd serves, or is not on its way out.
bool awaited_end(int lock, const std::string& socket_path) {
    constexpr std::chrono::seconds limit{10};
    constexpr int look_again_ms = 50;  // it may be one that is about to serve
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < deadline) {
        const pid_t holder = pid_in(lock);
        if (holder == ::getpid() || answers(socket_path)) return false;
        // By number: glibc 2.36 declares pidfd_open() for C alone.
        const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, holder, 0)));
        pollfd end{pidfd.get(), POLLIN, 0};  // -1, of one that has not yet said who it is: a pause
        if (::poll(&end, 1, look_again_ms) > 0 || ::flock(lock, LOCK_EX | LOCK_NB) == 0)
            return true;
    }
    return false;
}

// sd_listen_fds(3) by hand; the variables go, so that no child takes them for its own.
std::vector<Fd> passed_sockets() {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    const bool ours = pid != nullptr && count != nullptr && std::atol(pid) == ::getpid();
    const int fds = ours ? std::atoi(count) : 0;
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        (void)::unsetenv(name);  // fails for malformed names only
    std::vector<Fd> sockets;
    for (int fd = 3; fd < 3 + fds; ++fd) {
        sockets.emplace_back(fd);
        int domain = 0, type = 0, listening = 0;
        socklen_t size = sizeof(int);
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
            ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 ||
            ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
            ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0)
            fail("cannot use descriptor " + std::to_string(fd) + " that LISTEN_FDS names");
        // Decision 6: labd never opens a TCP port, not even one that is handed to it.
        if (domain != AF_UNIX || type != SOCK_STREAM || listening == 0)
            throw std::runtime_error("descriptor " + std::to_string(fd) +
                                     " that LISTEN_FDS names is no listening UNIX stream socket");
    }
    return sockets;
}

}  // namespace

Instance::Instance(const Options& options)
    : socket_path_(options.socket), of_user_(::geteuid() != 0) {
    // Who may not connect shall not even come near the socket (security.md T1).
    const gid_t users = users_group();
    make_folder(options.run_dir, users == nobody_else ? 0700 : 0750, others_beside(options), users);
    const std::string path = options.run_dir + "/lock";
    Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock) fail("cannot open " + path);
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) fail("cannot lock " + path);
        if (awaited_end(lock.get(), options.socket)) continue;
        const pid_t holder = pid_in(lock.get());
        throw AlreadyRunning("another labd" +
                             (holder > 0 ? " (pid " + std::to_string(holder) + ")" : "") +
                             " serves " + options.run_dir);
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.get(), 0) != 0 ||
        ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        fail("cannot write " + path);
    lock_ = std::move(lock);
    make_folder(options.run_dir + "/labs", 0700);
    // An ordinary user may have no ~/.local/state yet.
    if (of_user_)
        std::filesystem::create_directories(std::filesystem::path(options.state_dir).parent_path());
    make_folder(options.state_dir, 0700,
                somebodys_entry(options.state_dir, {"log"}, {"ids", "autostart", "audit-end"}));
    make_folder(options.log_dir, 0700, somebodys_entry(options.log_dir, {}, {"audit.jsonl"}));
}

Instance::~Instance() {
    struct stat info {};
    if (bound_ && ::lstat(socket_path_.c_str(), &info) == 0 && info.st_dev == socket_dev_ &&
        info.st_ino == socket_inode_)
        (void)::unlink(socket_path_.c_str());  // a stale one is replaced at the next start
}

std::vector<Fd> Instance::listen() {
    std::vector<Fd> sockets = passed_sockets();
    if (sockets.empty()) sockets.push_back(bind_socket());
    return sockets;
}

Fd Instance::bind_socket() {
    const sockaddr_un address = address_of(socket_path_);
    struct stat info {};
    if (::lstat(socket_path_.c_str(), &info) == 0) {
        if (!S_ISSOCK(info.st_mode))
            throw std::runtime_error(socket_path_ + " is in the way and is no socket");
        if (::unlink(socket_path_.c_str()) != 0) fail("cannot remove the stale " + socket_path_);
    }
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) fail("cannot make a socket");
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd.get(), name, sizeof address) != 0) fail("cannot bind " + socket_path_);
    // Nobody gets in before listen(2), so the modes are set in time.
    const gid_t users = of_user_ ? nobody_else : users_group();
    if (::lchown(socket_path_.c_str(), static_cast<uid_t>(-1), users) != 0 ||
        ::chmod(socket_path_.c_str(), of_user_ ? 0600 : 0660) != 0)
        fail("cannot set owner and mode of " + socket_path_);
    if (::lstat(socket_path_.c_str(), &info) != 0) fail("cannot look at " + socket_path_);
    bound_ = true;
    socket_dev_ = info.st_dev;
    socket_inode_ = info.st_ino;
    if (::listen(fd.get(), SOMAXCONN) != 0) fail("cannot listen on " + socket_path_);
    return fd;
}

}  // namespace labd
