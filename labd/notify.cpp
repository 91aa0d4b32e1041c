// sd_notify without libsystemd, and the classic fork into the background.
#include "labd/notify.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace labd {
namespace {

// The parent's half: what the child wrote to `log` after `from` goes to the terminal if it failed.
[[noreturn]] void wait_for_child(int ready, int log, off_t from) {
    char byte = 0;
    ssize_t n = 0;
    do n = ::read(ready, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1) ::_exit(0);
    std::array<char, 4096> words{};
    n = ::pread(log, words.data(), words.size(), from);
    if (n > 0 && ::write(STDERR_FILENO, words.data(), static_cast<std::size_t>(n)) < 0) ::_exit(1);
    ::_exit(1);
}

}  // namespace

Notifier::Notifier() {
    if (const char* address = std::getenv("NOTIFY_SOCKET")) address_ = address;
    (void)::unsetenv("NOTIFY_SOCKET");  // fails for malformed names only
    if (!address_.empty()) socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

void Notifier::ready() {
    send("READY=1");
    if (parent_) (void)::write(parent_.get(), "", 1);  // a parent that was killed is no harm
    parent_.reset();
}

void Notifier::stopping() {
    send("STOPPING=1");
}

// Best effort, as sd_notify's callers are advised: nobody may be there.
void Notifier::send(std::string_view state) const {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (address_.empty() || address_.size() >= sizeof to.sun_path) return;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // an abstract address
    if (!socket_) return;
    (void)::sendto(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&to),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size()));
}

void Notifier::detach(const std::string& log) {
    // Its modes and its owner are looked at later, by who takes the lock there.
    const std::string folder = log.substr(0, log.rfind('/'));
    if (::mkdir(folder.c_str(), 0711) != 0 && errno != EEXIST) fail("cannot make " + folder);
    const Fd file(::open(log.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (!file) fail("cannot open the log " + log);
    const off_t end = ::lseek(file.get(), 0, SEEK_END);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    Fd reader(ends[0]), writer(ends[1]);
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) fail("cannot open /dev/null");
    const pid_t child = ::fork();
    if (child < 0) fail("cannot fork into the background");
    if (child > 0) {
        writer.reset();
        wait_for_child(reader.get(), file.get(), end);
    }
    parent_ = std::move(writer);
    (void)::setsid();  // cannot fail in a fresh child
    if (::dup2(null.get(), STDIN_FILENO) < 0 || ::dup2(file.get(), STDOUT_FILENO) < 0 ||
        ::dup2(file.get(), STDERR_FILENO) < 0 || ::chdir("/") != 0)
        fail("cannot leave the terminal");
}

}  // namespace labd
