// sd_notify by hand, and going to the background.
#include "labd/notify.hpp"

#include "tests/support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::Fd;
using labd::Notifier;

// What systemd or `lab` listens with.
class Listener {
  public:
    explicit Listener(const std::string& name)
        : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0)
            throw std::runtime_error("cannot bind " + name);
        const timeval patience{30, 0};
        (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    std::string hear() {
        std::array<char, 256> text{};
        const ssize_t n = ::recv(fd_.get(), text.data(), text.size(), 0);
        return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
    }

  private:
    Fd fd_;
};

TEST(Notifier, SpeaksToASocketFile) {
    test::TempDir dir;
    Listener listener(dir / "notify");
    Notifier notifier;
    EXPECT_TRUE(notifier.heard());
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr) << "no child may speak for us";
    notifier.ready();
    EXPECT_EQ(listener.hear(), "READY=1");
    notifier.stopping();
    EXPECT_EQ(listener.hear(), "STOPPING=1");
}

TEST(Notifier, SpeaksToAnAbstractAddress) {
    Listener listener("@labd-test-" + std::to_string(::getpid()));
    Notifier().ready();
    EXPECT_EQ(listener.hear(), "READY=1");
}

TEST(Notifier, SpeaksToNobodyWithoutHarm) {
    ::unsetenv("NOTIFY_SOCKET");
    Notifier quiet;
    EXPECT_FALSE(quiet.heard());
    quiet.ready();
    ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
    Notifier().ready();
}

// The child of a child goes to the background; its exit status is what a shell would see.
int detached(const std::string& log, bool ready, std::string& terminal) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    Fd reader(ends[0]), writer(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
        (void)::dup2(writer.get(), STDERR_FILENO);
        Notifier notifier;
        notifier.detach(log);
        if (ready) {
            notifier.ready();
        } else if (::write(STDERR_FILENO, "no luck\n", 8) != 8) {
            ::_exit(1);
        }
        ::_exit(ready && ::getsid(0) == ::getpid() && std::string("/") == ::get_current_dir_name()
                    ? 0
                    : 1);
    }
    writer.reset();
    std::array<char, 256> text{};
    for (ssize_t n; (n = ::read(reader.get(), text.data(), text.size())) > 0;)
        terminal.append(text.data(), static_cast<std::size_t>(n));
    int status = -1;
    (void)::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

TEST(Detach, EndsTheParentWhenTheChildIsReady) {
    test::TempDir dir;
    ::unsetenv("NOTIFY_SOCKET");
    std::string terminal;
    EXPECT_EQ(detached(dir / "new/log", true, terminal), 0);
    EXPECT_EQ(terminal, "");
}

TEST(Detach, ShowsWhyTheChildFailed) {
    test::TempDir dir;
    ::unsetenv("NOTIFY_SOCKET");
    std::ofstream(dir / "log") << "older\n";
    std::string terminal;
    EXPECT_EQ(detached(dir / "log", false, terminal), 1);
    EXPECT_EQ(terminal, "no luck\n") << "and nothing of earlier runs";
}

}  // namespace
