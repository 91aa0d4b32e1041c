// The spawner of one lab: root of its user namespace L, living in the root that its nodes inherit.
// Single-threaded, because setns and unshare of user namespaces fail in anything else; it does one
// thing after the other and blocks only on labd's words.
#include "labd/spawner/spawner.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/protocol.hpp"
#include "labd/init/socket.hpp"
#include "labd/spawner/birth.hpp"
#include "labd/spawner/heap.hpp"
#include "labd/spawner/hosts.hpp"
#include "labd/spawner/ids.hpp"
#include "labd/spawner/memory_file.hpp"
#include "labd/spawner/namespace_limits.hpp"
#include "labd/spawner/owners.hpp"
#include "labd/spawner/relay.hpp"
#include "labd/spawner/seccomp.hpp"
#include "labd/spawner/shares.hpp"
#include "labd/spawner/space.hpp"
#include "labd/spawner/template.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <set>

namespace labd::spawner {
namespace {

using init::hear;
using init::Heard;
using init::say;
using protocol::Mapped;
using protocol::Packer;
using protocol::Spawn;
using protocol::Unpacker;

std::uint32_t code(Spawn type) {
    return static_cast<std::uint32_t>(type);
}

void make_own(int flags, const char* step) {
    if (unshare(flags) == 0) return;
    const int error = errno;
    throw Failure{error, with_limit(step, error, static_cast<unsigned>(flags))};
}

class Spawner {
  public:
    explicit Spawner(std::optional<uid_t> owner) : owner_(owner), open_(!owner) {}
    // Up to `ready`. Throws Failure.
    void start();
    void converse();
    void tell_failure(std::uint32_t id, const Failure& failure);

  private:
    bool hear_of_base(Fd& stamp);
    void enter_user_namespace(Material& material);
    void make_namespaces();
    bool listen_for_labd();
    void answer(Unpacker in, Spawn type, std::uint32_t id, std::vector<Fd> fds);
    void birth(Unpacker& in, std::uint32_t id, const std::vector<Fd>& fds);
    void relay(Unpacker& in, std::uint32_t id, const std::vector<Fd>& fds);
    void reap();
    void kill_nodes();
    void tell(const Packer& packet, const std::vector<int>& fds = {});

    Fd labd_{protocol::spawner_fd}, door_{protocol::spawner_door_fd};
    Fd proc_, hosts_directory_, signals_;
    Fd base_;  // lent by labd, until it is attached
    std::unique_ptr<Nursery> nursery_;
    std::set<pid_t> nodes_;  // ours until we reap them: a pid in here is never someone else's
    std::string hosts_;
    const std::optional<uid_t> owner_;
    const bool open_;     // of nodes without a boundary: we stay outside every user namespace
    bool heard_ = false;  // labd said something after `ready`
    bool quitting_ = false;
};

void Spawner::tell(const Packer& packet, const std::vector<int>& fds) {
    if (!labd_) return;
    // Blocking: labd always reads its answers, and a labd that has gone gives EPIPE.
    const int error = say(labd_.get(), packet.bytes(), fds, 0);
    // A node may have that many on their way that there are none left for us (unix(7)).
    if (error == ETOOMANYREFS) throw Failure{error, "hand descriptors over to labd"};
    if (error != 0) labd_.reset();
}

void Spawner::tell_failure(std::uint32_t id, const Failure& failure) {
    Packer packet(code(Spawn::failed), id);
    tell(packet.u32(static_cast<std::uint32_t>(failure.error)).text(failure.step));
}

// What a lab uses up of what the kernel counts by user (inotify instances, namespaces, queued
// signals, message queues) it counts for whoever made the lab's user namespace, too: that shall be
// the lab's own root and not the host's, who would find nothing left. It goes by the effective id;
// the real one stays, since the kernel limits the processes below everybody but the host's root.
void belong_to_the_lab(uid_t owner) {
    if (owner == geteuid()) return;
    must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0 && seteuid(owner) == 0,
         "become the lab's owner");
    // Else the id map would not be labd's to write where labd is not the host's root.
    must(prctl(PR_SET_DUMPABLE, 1) == 0, "stay dumpable");
}

// Whether labd lends bases.
bool Spawner::hear_of_base(Fd& stamp) {
    Heard heard = hear(labd_.get(), 0);
    if (heard.what != Heard::What::packet) _exit(0);
    Unpacker in(heard.bytes);
    if (in.u32() != code(Spawn::base)) throw Failure{EPROTO, "hear of labd's base"};
    in.u32();
    if (!heard.fds.empty()) stamp = std::move(heard.fds[0]);
    return in.u32() != 0;
}

void Spawner::enter_user_namespace(Material& material) {
    belong_to_the_lab(*owner_);
    make_own(CLONE_NEWUSER, "make user namespaces");
    Packer wish(code(Spawn::want_map), 0);
    wish.u32(static_cast<std::uint32_t>(material.wanted));
    const Base& made = material.made;
    tell(wish, made.tree ? std::vector{made.tree.get(), made.stamp.get()} : std::vector<int>{});
    Heard heard = hear(labd_.get(), 0);
    if (heard.what != Heard::What::packet) _exit(0);
    Unpacker in(heard.bytes);
    if (in.u32() != code(Spawn::mapped)) throw Failure{EPROTO, "wait for the lab's id map"};
    in.u32();
    const auto with = static_cast<Mapped>(in.u32());
    if (!in.done() || heard.fds.size() != (with == Mapped::nothing ? 0 : 1))
        throw Failure{EPROTO, "wait for the lab's id map"};
    must(setgroups(0, nullptr) == 0 || groups_are_fixed(), "leave the groups of the host");
    must(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "become root of the lab");
    // setresuid cleared it, and then the id maps of our children would belong to host root.
    must(prctl(PR_SET_DUMPABLE, 1) == 0, "stay dumpable");
    if (with == Mapped::base) base_ = std::move(heard.fds[0]);
    if (material.wanted == protocol::Wanted::labds && !base_)
        throw Failure{EPROTO, "be lent what /etc and /var begin with"};
    if (with != Mapped::owners) return;
    const std::string list = text_of(heard.fds[0]);
    give_owners(material.host.etc.entries, "/etc/", list);
    give_owners(material.host.var.entries, "/var/", list);
}

void Spawner::make_namespaces() {
    // After the user namespace, so that L owns them.
    make_own(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, "make the lab's namespaces");
    // For the nodes, our children: nothing of a node is then in a namespace of the host. Kernels
    // built without CONFIG_TIME_NS know no such thing.
    must(unshare(CLONE_NEWTIME) == 0 || errno == EINVAL, "make the lab's time namespace");
    // Else every process of a node would possess the keys of whoever started labd. Kernels built
    // without CONFIG_KEYS know no such thing.
    must(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0 || errno == ENOSYS ||
             errno == EPERM,
         "leave the keys of the host");
}

void Spawner::start() {
    (void)prctl(PR_SET_NAME, "lab-spawner");
    // For its nodes as well, which are its forks.
    for (int signal = 1; signal < NSIG; ++signal) (void)std::signal(signal, SIG_DFL);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    must(sigprocmask(SIG_SETMASK, &child, nullptr) == 0, "block SIGCHLD");
    (void)fcntl(protocol::spawner_fd, F_SETFD, FD_CLOEXEC);
    if (fcntl(protocol::spawner_door_fd, F_SETFD, FD_CLOEXEC) != 0) (void)door_.release();
    must(close_range(protocol::spawner_door_fd + 1, ~0u, 0) == 0, "close inherited descriptors");
    lift_file_limit();
    // labd may be dearer to its host than what runs in its nodes.
    if (const Fd adjust{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)})
        (void)!write(adjust.get(), "0", 1);
    umask(0);  // modes are meant as they are written
    must(chdir("/") == 0, "enter /");
    signals_.reset(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    proc_.reset(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(signals_ && proc_, "open /proc");
    Fd stamp;
    const bool lends = !open_ && hear_of_base(stamp);
    Material material = gather_material(lends, stamp);
    if (!open_) enter_user_namespace(material);
    make_namespaces();
    hosts_directory_ = build_template(material, base_);
    base_.reset();
    const HostFiles& host = material.host;
    nursery_ = std::make_unique<Nursery>(proc_.get(), Accounts(host.passwd, host.group));
    // Both are inherited through clone, so one filter (one JIT image) serves the whole lab. Not the
    // capabilities: CLONE_NEWUSER refills them.
    if (!open_) install_seccomp();
    tell(Packer(code(Spawn::ready), 0));
}

void Spawner::reap() {
    signalfd_siginfo drop;
    while (read(signals_.get(), &drop, sizeof drop) > 0) continue;
    for (pid_t pid; (pid = waitpid(-1, nullptr, WNOHANG)) > 0;) nodes_.erase(pid);
}

void Spawner::kill_nodes() {
    for (const pid_t pid : nodes_) (void)kill(pid, SIGKILL);
    while (waitpid(-1, nullptr, 0) > 0) continue;
}

void Spawner::birth(Unpacker& in, std::uint32_t id, const std::vector<Fd>& fds) {
    const protocol::Birth wanted = protocol::Birth::unpack(in);
    if (!in.done() || fds.size() != (wanted.grouped ? 2 : 1) ||
        (wanted.level == protocol::Level::open) != open_)
        throw Failure{EPROTO, "read a request"};
    const Fd none;
    const Born born = nursery_->bear(wanted, fds[0], wanted.grouped ? fds[1] : none);
    nodes_.insert(born.pid);  // not handed over, it ends by the end of its start socket
    Packer packet(code(Spawn::born), id);
    packet.u32(static_cast<std::uint32_t>(born.pid));
    tell(packet, {born.pidfd.get(), born.start.get()});
    // Both close here: every clone copies the whole descriptor table.
}

void Spawner::relay(Unpacker& in, std::uint32_t id, const std::vector<Fd>& fds) {
    const bool grouped = in.u32() != 0;
    if (!in.done() || fds.size() != (grouped ? 3 : 2) || open_)
        throw Failure{EPROTO, "read a request"};
    const Fd none;
    const Relayed relayed = start_relay(proc_.get(), fds[0], fds[1], grouped ? fds[2] : none);
    nodes_.insert(relayed.pid);
    Packer packet(code(Spawn::born), id);
    packet.u32(static_cast<std::uint32_t>(relayed.pid));
    try {
        tell(packet, {relayed.pidfd.get()});
    } catch (const Failure&) {
        (void)kill(relayed.pid, SIGKILL);
        throw;
    }
}

void Spawner::answer(Unpacker in, Spawn type, std::uint32_t id, std::vector<Fd> fds) {
    switch (type) {
        case Spawn::birth:
            return birth(in, id, fds);
        case Spawn::relay:
            return relay(in, id, fds);
        case Spawn::space: {
            (void)in.text();
            const bool quiet = in.u32() != 0;
            if (!in.done()) throw Failure{EPROTO, "read a request"};
            const Fd space = make_space(proc_.get(), quiet);
            return tell(Packer(code(Spawn::spaced), id), {space.get()});
        }
        case Spawn::hosts: {
            const bool last = in.u32() != 0;
            hosts_ += in.text();
            if (!in.done()) throw Failure{EPROTO, "read a request"};
            if (!last) return;
            const std::string text = std::exchange(hosts_, {});
            replace_hosts(hosts_directory_, text);
            return tell(Packer(code(Spawn::done), id));
        }
        case Spawn::root: {
            const std::string name = in.text();
            if (!in.done() || name.empty() || fds.size() != 1)
                throw Failure{EPROTO, "read a request"};
            nursery_->roots().add(name, fds[0]);
            return tell(Packer(code(Spawn::done), id));
        }
        case Spawn::quit:
            kill_nodes();
            quitting_ = true;
            return;
        default:
            throw Failure{EPROTO, "read a request"};
    }
}

// Waits for a labd. False: nobody will ever come.
bool Spawner::listen_for_labd() {
    pollfd events[] = {
        {labd_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}, {door_.get(), POLLIN, 0}};
    if (poll(events, 3, -1) < 0) return true;
    if (events[1].revents != 0) reap();
    if (events[2].revents != 0) {
        Fd next(accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (next) labd_ = std::move(next), heard_ = true, hosts_.clear();
        return true;
    }
    if (events[0].revents == 0) return true;
    Heard heard = hear(labd_.get(), MSG_DONTWAIT);
    if (heard.what == Heard::What::nothing) return true;
    if (heard.what == Heard::What::gone) {
        labd_.reset();
        hosts_.clear();
        return heard_ && door_;
    }
    heard_ = true;
    Unpacker in(heard.bytes);
    const auto type = static_cast<Spawn>(in.u32());
    const std::uint32_t id = in.u32();
    try {
        answer(in, type, id, std::move(heard.fds));
    } catch (const Failure& failure) {
        tell_failure(id, failure);
    }
    return !quitting_;
}

void Spawner::converse() {
    if (!labd_) return;  // who has died before we were ready has written down nothing of us
    settle_heap();
    while (listen_for_labd()) continue;
}

}  // namespace

namespace {

int serve_as(std::optional<uid_t> owner) {
    Spawner spawner(owner);
    try {
        spawner.start();
    } catch (const Failure& failure) {
        spawner.tell_failure(0, failure);
        return 1;
    }
    spawner.converse();
    return 0;
}

}  // namespace

int serve(uid_t owner) {
    return serve_as(owner);
}

int serve_open() {
    return serve_as(std::nullopt);
}

}  // namespace labd::spawner
