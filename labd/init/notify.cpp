#include "labd/init/notify.hpp"

#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace labd::init {

Notify::Notify(Loop& loop, const std::string& service, Heard heard)
    : loop_(loop), path_("/run/lab/notify-" + service), heard_(std::move(heard)) {
    std::replace(path_.begin() + 9, path_.end(), '/', '_');
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) throw Failure{ENAMETOOLONG, "listen at " + path_};
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    (void)unlink(path_.c_str());
    socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    must(socket_ &&
             bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
         "listen at", path_);
    (void)chmod(path_.c_str(), 0666);  // the service may run as anybody
    loop_.watch(socket_.get(), POLLIN, [this](std::uint32_t) { read(); });
}

Notify::~Notify() {
    loop_.forget(socket_.get());
    (void)unlink(path_.c_str());
}

void Notify::read() {
    char text[4096];
    const ssize_t n = recv(socket_.get(), text, sizeof text, MSG_DONTWAIT);
    if (n <= 0) return;
    bool ready = false;
    for (const std::string_view line : split({text, static_cast<std::size_t>(n)}, '\n')) {
        if (line == "READY=1") ready = true;
        if (line.substr(0, 7) == "STATUS=") heard_.status(std::string(line.substr(7)));
    }
    if (ready) heard_.ready();
}

}  // namespace labd::init
