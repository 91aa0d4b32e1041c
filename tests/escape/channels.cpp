// Ways to talk past the namespaces: sockets, shared memory, queues, keys.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace escape {
namespace {

Verdict dial(int family, int type, const void* address, std::size_t size, const std::string& what) {
    const int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return held("socket");
    const timeval patience{0, 200000};
    (void)setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD, &patience, sizeof patience);
    if (connect(fd, static_cast<const sockaddr*>(address), static_cast<socklen_t>(size)) != 0)
        return held("connect to " + what);
    return escaped("connected to " + what);
}

Verdict dial_path(const std::string& path, int type = SOCK_STREAM) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return dial(AF_UNIX, type, &address, sizeof address, path);
}

Verdict abstract_socket(const Target& target) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = target.secret();
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    return dial(AF_UNIX, SOCK_STREAM, &address, offsetof(sockaddr_un, sun_path) + 1 + name.size(),
                "its abstract socket");
}

Verdict path_socket(const Target& target) {
    return dial_path(target.text("socket"));
}

Verdict path_socket_of_proc(const Target& target) {
    return dial_path("/proc/" + std::to_string(target.pid()) + "/root" + target.text("socket"));
}

// The door of a node and of the spawner, which labd serves itself with.
Verdict door(const Target& target) {
    return dial_path(target.text("door"), SOCK_SEQPACKET);
}

// Not of any network namespace: CID 2 is the machine that we are a guest of, 1 is ourselves.
Verdict machine_socket(const Target& target) {
    if (target.text("vsock").empty()) return impossible("this kernel has no AF_VSOCK");
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = VMADDR_CID_LOCAL;
    address.svm_port = static_cast<unsigned>(target.number("vsock"));
    const Verdict verdict =
        dial(AF_VSOCK, SOCK_STREAM, &address, sizeof address, "a port of the machine");
    if (verdict.outcome == Outcome::escaped) return verdict;
    // Without the loopback transport nothing listens, yet the hypervisor may be asked.
    return verdict.how.rfind("socket", 0) == 0 ? verdict
                                               : escaped("made a socket to the hypervisor");
}

Verdict audit(const Target&) {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
    if (fd < 0) {
        if (errno == EPROTONOSUPPORT) return impossible("this kernel has no audit");
        return held("socket of audit");
    }
    const nlmsghdr question{NLMSG_LENGTH(0), AUDIT_GET, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
    if (send(fd, &question, question.nlmsg_len, 0) < 0) return held("ask audit");
    struct {
        nlmsghdr head;
        nlmsgerr error;
        char more[256];
    } answer{};
    if (recv(fd, &answer, sizeof answer, 0) < 0) return held("hear audit");
    if (answer.head.nlmsg_type != NLMSG_ERROR || answer.error.error == 0)
        return escaped("audit answered");
    errno = -answer.error.error;
    return held("audit");
}

Verdict shared_memory(const Target& target) {
    if (target.text("shm").empty()) return impossible("this kernel has no shared memory");
    const int id = shmget(static_cast<key_t>(target.number("shm")), 0, 0);
    if (id < 0) return held("shmget");
    const void* at = shmat(id, nullptr, SHM_RDONLY);
    if (at == reinterpret_cast<void*>(-1)) return held("shmat");
    return target.secret() == static_cast<const char*>(at) ? escaped("read its shared memory")
                                                           : held("another's memory");
}

Verdict message_queue(const Target& target) {
    if (target.text("queue").empty()) return impossible("this kernel has no message queues");
    const std::string directory = scratch();
    const bool seen = mount("mqueue", directory.c_str(), "mqueue", 0, nullptr) == 0 &&
                      access((directory + "/" + target.secret()).c_str(), F_OK) == 0;
    if (seen) return escaped("sees its message queue");
    return mq_open(("/" + target.secret()).c_str(), O_RDONLY) >= 0 ? escaped("opened its queue")
                                                                   : held("mq_open");
}

Verdict key(const Target& target) {
    if (target.text("key").empty()) return impossible("its own user may not add keys");
    constexpr long search = 10, read = 11;
    for (const int ring : {-4, -5, -3, -2, -1}) {
        const long id = syscall(SYS_keyctl, search, ring, "user", target.secret().c_str(), 0);
        char text[64] = {};
        if (id > 0 && syscall(SYS_keyctl, read, id, text, sizeof text - 1) > 0 &&
            target.secret() == text)
            return escaped("read its key");
    }
    return held("keyctl");
}

Verdict key_list(const Target& target) {
    if (target.text("key").empty()) return impossible("its own user may not add keys");
    return target.is_secret("/proc/keys") ? escaped("sees its key") : held("read /proc/keys");
}

Verdict host_name(const Target& target) {
    // Who may set a name sets his own; that it is the target's shows in /proc.
    const int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
    return target.is_namespace("uts", fd) ? escaped("has its host name")
                                          : held("a name of its own");
}

}  // namespace

std::vector<Attempt> channel_attempts() {
    constexpr int apart = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS;
    return {
        {"socket-abstract", abstract_socket, apart, {}, true},
        {"socket-path", path_socket, apart | CLONE_NEWNET, {}, true},
        {"socket-path-proc", path_socket_of_proc, apart | CLONE_NEWNET, {}, true},
        {"socket-door", door, apart | CLONE_NEWNET},
        {"socket-machine", machine_socket, apart | CLONE_NEWNET | CLONE_NEWIPC, {}, true},
        {"socket-audit", audit, CLONE_NEWNS | CLONE_NEWNET},
        {"ipc-memory", shared_memory, apart | CLONE_NEWNET, {}, true},
        {"ipc-queue", message_queue, apart | CLONE_NEWNET, {}, true},
        {"key-read", key, apart | CLONE_NEWNET | CLONE_NEWIPC, {}, true},
        {"key-list", key_list, apart | CLONE_NEWNET | CLONE_NEWIPC, {}, true},
        {"host-name", host_name, CLONE_NEWNS, {}, true},
    };
}

}  // namespace escape
