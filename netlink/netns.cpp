// Entering, making and numbering namespaces.
#include "netlink/netns.hpp"

#include "netlink/attributes.hpp"

#include <fcntl.h>
#include <linux/net_namespace.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace netlink {

Identity identify(int netns) {
    struct stat status {};
    if (fstat(netns, &status) != 0) throw_errno("look at", "a network namespace");
    return {status.st_dev, status.st_ino};
}

Fd open_netns(const std::string& path) {
    Fd out(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!out) throw_errno("open", "the network namespace " + path);
    return out;
}

Fd current_netns() {
    return open_netns("/proc/thread-self/ns/net");
}

Fd create_netns() {
    // A visit to where the thread is anyway: it ends there, whatever happens in between.
    const Fd own = current_netns();
    const Entered visit(own.get());
    if (unshare(CLONE_NEWNET) != 0) throw_errno("create", "a network namespace");
    return current_netns();
}

Entered::Entered(int netns) : back_(current_netns()) {
    if (setns(netns, CLONE_NEWNET) != 0) throw_errno("enter", "a network namespace");
}

Entered::~Entered() {
    if (setns(back_.get(), CLONE_NEWNET) == 0) return;
    std::perror("cannot return to the own network namespace");
    std::abort();
}

Socket socket_in(int netns, Protocol protocol) {
    const Entered inside(netns);
    return Socket(protocol);
}

std::int32_t assign_nsid(Socket& socket, int netns, std::int32_t wish) {
    Message assign(RTM_NEWNSID, 0, rtgenmsg{});
    assign.put(netnsa::nsid, wish);
    assign.put(netnsa::fd, static_cast<std::uint32_t>(netns));
    auto refusal = socket.attempt(assign);
    if (!refusal) return wish;
    const Intent intent{"number", "a network namespace"};
    if (refusal->error != EEXIST) throw Error(intent, std::move(*refusal));

    // It has one from before, and numbers are for life.
    Message ask(RTM_GETNSID, 0, rtgenmsg{});
    ask.put(netnsa::fd, static_cast<std::uint32_t>(netns));
    std::optional<std::int32_t> have;
    const auto refused = socket.query(ask, [&](const Frame& frame) {
        for_attributes(frame.attributes<rtgenmsg>(), [&](const Attribute& a) {
            if (a.number == NETNSA_NSID) have = a.as<std::int32_t>();
        });
    });
    if (refused) throw Error(intent, *refused);
    // None means that the wished number is another namespace's.
    if (!have || *have < 0) throw Error(intent, std::move(*refusal));
    return *have;
}

}  // namespace netlink
