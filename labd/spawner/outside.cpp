// What a labd without root can only have done outside of its own user namespace: the helpers of
// package uidmap, and a look at the true owners of files.
#include "labd/spawner/outside.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/protocol.hpp"
#include "labd/init/socket.hpp"
#include "labd/spawner/memory_file.hpp"
#include "labd/spawner/owners.hpp"
#include "labd/spawner/skeleton.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace labd::spawner {
namespace {

using protocol::Outside;
using protocol::Packer;
using protocol::Unpacker;

std::uint32_t code(Outside type) {
    return static_cast<std::uint32_t>(type);
}

// Runs newuidmap or newgidmap; what it says when it refuses.
std::string run_helper(const char* program, pid_t pid, std::vector<std::string> map) {
    map.insert(map.begin(), {program, std::to_string(pid)});
    std::vector<char*> argv;
    for (std::string& word : map) argv.push_back(word.data());
    argv.push_back(nullptr);
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        (void)dup2(writer.get(), 2);
        (void)execvp(program, argv.data());
        (void)!write(2, "cannot be run", 13);
        _exit(127);
    }
    writer.reset();
    std::string words(1024, '\0');
    std::size_t size = 0;
    for (ssize_t n; (n = read(reader.get(), words.data() + size, words.size() - size)) > 0;)
        size += static_cast<std::size_t>(n);
    words.resize(size);
    while (words.ends_with('\n')) words.pop_back();
    int status = 0;
    must(waitpid(child, &status, 0) == child, "wait for", program);
    if (status == 0) return "";
    // They begin with their own name.
    if (words.starts_with(program)) return words;
    return std::string(program) + ": " + (words.empty() ? "it failed without a word" : words);
}

pid_t peer_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    must(getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, "ask who labd is");
    return peer.pid;
}

void answer(int labd, const std::string& bytes) {
    Unpacker in(bytes);
    const auto type = static_cast<Outside>(in.u32());
    const std::uint32_t id = in.u32();
    try {
        if (type == Outside::map) {
            const std::vector<std::string> uids = in.list(), gids = in.list();
            if (!in.done()) throw Failure{EPROTO, "read a request"};
            std::string refused = run_helper("newuidmap", peer_of(labd), uids);
            if (refused.empty()) refused = run_helper("newgidmap", peer_of(labd), gids);
            if (!refused.empty()) throw Failure{0, refused};
            (void)init::say(labd, Packer(code(Outside::done), id).bytes(), {}, 0);
        } else if (type == Outside::owners) {
            const Fd list = memory_file("owners", owners_of(list_etc().entries, "/etc/") +
                                                      owners_of(list_var().entries, "/var/"));
            (void)init::say(labd, Packer(code(Outside::owned), id).bytes(), {list.get()}, 0);
        } else {
            throw Failure{EPROTO, "read a request"};
        }
    } catch (const Failure& failure) {
        Packer packet(code(Outside::failed), id);
        packet.u32(static_cast<std::uint32_t>(failure.error)).text(failure.step);
        (void)init::say(labd, packet.bytes(), {}, 0);
    }
}

}  // namespace

int serve_outside() {
    (void)prctl(PR_SET_NAME, "lab-outside");
    for (int signal = 1; signal < NSIG; ++signal) (void)std::signal(signal, SIG_DFL);
    const Fd labd(protocol::outside_fd);
    if (close_range(protocol::outside_fd + 1, ~0u, 0) != 0 || chdir("/") != 0) return 1;
    (void)fcntl(labd.get(), F_SETFD, FD_CLOEXEC);
    for (;;) {
        const init::Heard heard = init::hear(labd.get(), 0);
        if (heard.what != init::Heard::What::packet) return 0;
        answer(labd.get(), heard.bytes);
    }
}

}  // namespace labd::spawner
