// SO_PEERCRED and SO_PEERGROUPS were taken down at connect(2). The rest is read from /proc, which
// knows only pids: a pidfd from the socket (SO_PEERPIDFD, 6.5) says that the pid is still the one
// that connected. Older kernels cannot say it; there a pid that was recycled in between shows as
// what it is now.
#include "labd/peer.hpp"

#include "labd/fail.hpp"
#include "labd/fd.hpp"
#include "labd/lease.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace labd {
namespace {

constexpr int so_peerpidfd = 77;  // Debian 12's headers are older
constexpr uid_t no_login = static_cast<uid_t>(-1);

ucred credentials_of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        fail("cannot ask who connected (SO_PEERCRED)");
    return credentials;
}

std::vector<gid_t> groups_of(int socket) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        const int result = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
        if (result != 0 && errno != ERANGE) return {};  // not told: in no group at all
        groups.resize(size / sizeof(gid_t));
        if (result == 0) return groups;
    }
}

Fd pidfd_of(int socket, pid_t pid) {
    int fd = -1;
    socklen_t size = sizeof fd;
    if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &fd, &size) == 0) return Fd(fd);
    if (errno != ENOPROTOOPT || pid <= 0) return {};  // it has been reaped
    return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool has_ended(const Fd& pidfd) {
    pollfd watched{pidfd.get(), POLLIN, 0};
    return ::poll(&watched, 1, 0) != 0;
}

std::string first_line(const Fd& folder, const char* name) {
    const Fd file(::openat(folder.get(), name, O_RDONLY | O_CLOEXEC));
    std::array<char, 256> text{};
    const ssize_t n = file ? ::read(file.get(), text.data(), text.size()) : 0;
    const std::string_view all(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return std::string(all.substr(0, all.find('\n')));
}

std::optional<uid_t> login_of(const Fd& folder) {
    const std::string text = first_line(folder, "loginuid");
    uid_t uid = no_login;
    std::from_chars(text.data(), text.data() + text.size(), uid);
    if (uid == no_login) return std::nullopt;
    return uid;
}

// Ids that labd lends to labs are nobody's on the host.
bool is_lent(std::uint32_t id) {
    return id >= Leases::first_slot * Leases::range && id < Leases::end_slot * Leases::range;
}

}  // namespace

bool Peer::is_master() const {
    return uid == 0 || uid == user.value_or(::geteuid());
}

bool Peer::is_in(gid_t group) const {
    return gid == group || std::find(groups.begin(), groups.end(), group) != groups.end();
}

Doorman::Doorman() : home_(identify_namespace(::getpid(), "user")) {}

Doorman::Doorman(IdMaps own) : Doorman() {
    own_ = std::move(own);
}

// Of processes outside of labd's user namespace the kernel shows nothing (ptrace(2)), of nodes it
// does: so who cannot be looked at is outside, and its user id decides.
void Doorman::judge_user(Peer& peer, const std::optional<NamespaceIdentity>& space) const {
    if (peer.uid != 0)
        peer.stranger = "this labd is another user's";
    else if (space && home_ && !same(*home_, *space))
        peer.stranger = "it is in a user namespace of its own";
    peer.uid = outer_id(own_->uids, peer.uid).value_or(peer.uid);
    peer.gid = outer_id(own_->gids, peer.gid).value_or(peer.gid);
    for (gid_t& group : peer.groups) group = outer_id(own_->gids, group).value_or(group);
    peer.user = outer_id(own_->uids, 0);
}

Peer Doorman::look(int socket) const {
    const ucred credentials = credentials_of(socket);
    Peer peer;
    peer.uid = credentials.uid;
    peer.gid = credentials.gid;
    peer.pid = credentials.pid;
    peer.groups = groups_of(socket);

    const Fd pidfd = pidfd_of(socket, peer.pid);
    const Fd folder(
        ::open(("/proc/" + std::to_string(peer.pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::optional<NamespaceIdentity> space;
    if (const Fd file(::openat(folder.get(), "ns/user", O_RDONLY | O_CLOEXEC)); file)
        space = identify_namespace(file.get());
    peer.command = first_line(folder, "comm");
    peer.login = login_of(folder);
    // Looked at last: until here the pid could have passed to another.
    const bool gone = !pidfd || !folder || has_ended(pidfd);
    if (gone) {
        peer.command.clear();
        peer.login.reset();
    }

    if (own_ && !gone) {
        judge_user(peer, space);
        return peer;
    }
    if (is_lent(peer.uid) || is_lent(peer.gid))
        peer.stranger = "its ids are those of a lab";
    else if (gone)
        peer.stranger = "the process that connected cannot be seen";
    else if (!space)
        peer.stranger = "its user namespace cannot be looked at";
    else if (home_ && !same(*home_, *space))
        peer.stranger = "it is in a user namespace of its own";
    return peer;
}

}  // namespace labd
