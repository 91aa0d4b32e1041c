#include "tests/escape/target.hpp"

#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

namespace escape {
namespace {

// linux/nsfs.h of Linux 6.18.
constexpr unsigned long ns_get_id = _IOR(0xb7, 13, std::uint64_t);

std::string identity(int fd) {
    struct stat s {};
    if (fstat(fd, &s) != 0) return "";
    return std::to_string(s.st_dev) + ":" + std::to_string(s.st_ino);
}

void say(const std::string& key, const std::string& value) {
    std::printf("%s=%s ", key.c_str(), value.c_str());
}

void say_namespaces() {
    for (const Kind& kind : kinds) {
        const int fd = open((std::string("/proc/self/ns/") + kind.name).c_str(), O_RDONLY);
        say(kind.name, identity(fd));
        std::uint64_t id = 0;
        if (ioctl(fd, ns_get_id, &id) == 0) say(std::string(kind.name) + ".id", std::to_string(id));
        close(fd);
    }
}

void say_handle(const std::string& file) {
    alignas(file_handle) unsigned char bytes[sizeof(file_handle) + MAX_HANDLE_SZ]{};
    auto& handle = *reinterpret_cast<file_handle*>(bytes);
    handle.handle_bytes = MAX_HANDLE_SZ;
    int mount = 0;
    if (name_to_handle_at(AT_FDCWD, file.c_str(), &handle, &mount, 0) != 0) return;
    std::string hex;
    for (unsigned i = 0; i < handle.handle_bytes; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", handle.f_handle[i]);
        hex += two;
    }
    say("handle.type", std::to_string(handle.handle_type));
    say("handle", hex);
}

void listen_at(int family, const void* address, socklen_t size) {
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, static_cast<const sockaddr*>(address), size) != 0 || listen(fd, 64) != 0)
        std::perror("listen");
}

void open_sockets(const std::string& secret, const std::string& directory) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory + "/socket";
    std::memcpy(address.sun_path, path.data(), path.size());
    listen_at(AF_UNIX, &address, sizeof address);
    say("socket", path);
    std::memset(address.sun_path, 0, sizeof address.sun_path);
    std::memcpy(address.sun_path + 1, secret.data(), secret.size());
    listen_at(AF_UNIX, &address,
              static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + secret.size()));
    const int machine = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_vm port{};
    port.svm_family = AF_VSOCK;
    port.svm_cid = VMADDR_CID_ANY;
    port.svm_port = VMADDR_PORT_ANY;
    socklen_t size = sizeof port;
    if (machine >= 0 && bind(machine, reinterpret_cast<sockaddr*>(&port), size) == 0 &&
        listen(machine, 64) == 0 &&
        getsockname(machine, reinterpret_cast<sockaddr*>(&port), &size) == 0)
        say("vsock", std::to_string(port.svm_port));
}

// The id of the shared memory, which outlives us.
int fill_ipc(const std::string& secret) {
    const auto key = static_cast<key_t>(std::stoul(secret.substr(0, 7), nullptr, 16) | 1);
    const int id = shmget(key, 4096, IPC_CREAT | 0600);
    if (void* at = shmat(id, nullptr, 0); at != reinterpret_cast<void*>(-1)) {
        std::strcpy(static_cast<char*>(at), secret.c_str());
        say("shm", std::to_string(key));
    }
    mq_attr sizes{};
    sizes.mq_maxmsg = 1;
    sizes.mq_msgsize = 64;
    const mqd_t queue = mq_open(("/" + secret).c_str(), O_CREAT | O_RDWR, 0600, &sizes);
    if (queue >= 0 && mq_send(queue, secret.data(), secret.size(), 0) == 0) say("queue", secret);
    constexpr int user_keyring = -4;
    if (syscall(SYS_add_key, "user", secret.c_str(), secret.data(), secret.size(), user_keyring) >
        0)
        say("key", secret);
    return id;
}

}  // namespace

void Target::take(const std::string& word) {
    const std::size_t mark = word.find('=');
    if (mark != std::string::npos) values_[word.substr(0, mark)] = word.substr(mark + 1);
}

std::string Target::text(const std::string& key) const {
    const auto value = values_.find(key);
    return value == values_.end() ? "" : value->second;
}

std::uint64_t Target::number(const std::string& key) const {
    const std::string value = text(key);
    return value.empty() ? 0 : std::stoull(value);
}

bool Target::is_namespace(const std::string& kind, int fd) const {
    return !text(kind).empty() && identity(fd) == text(kind);
}

bool Target::is_secret(const std::string& path) const {
    return read_file(path).find(secret()) != std::string::npos;
}

int lay_out(const std::string& secret, const std::string& directory) {
    static std::string in_memory;
    in_memory = secret;
    (void)prctl(PR_SET_NAME, "escape-target");
    say("secret", secret);
    say("process", std::to_string(getpid()));
    say("address", std::to_string(reinterpret_cast<std::uintptr_t>(in_memory.data())));
    say_namespaces();
    const std::string file = directory + "/secret";
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, secret.data(), secret.size()) < 0) return std::perror("secret"), 1;
    say("file", file);
    say("directory", directory);
    say("fd", std::to_string(fd));
    say_handle(file);
    open_sockets(secret, directory);
    const int shared = fill_ipc(secret);
    std::printf("\n");
    std::fflush(stdout);
    char end = 0;
    while (read(0, &end, 1) > 0) {
    }
    (void)shmctl(shared, IPC_RMID, nullptr);
    (void)mq_unlink(("/" + secret).c_str());
    return 0;
}

}  // namespace escape
