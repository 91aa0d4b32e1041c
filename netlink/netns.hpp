// Network namespaces: entering them, giving them names that iproute2 understands, numbers among
// each other. Nobody else calls setns on net.
#pragma once

#include "netlink/fd.hpp"
#include "netlink/socket.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace netlink {

// Which namespace a name or descriptor means, as long as the machine runs and it lives.
struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
};
Identity identify(int netns);

// The calling thread's own.
Fd current_netns();
// A new one that lives as long as something holds it; the thread stays where it is.
Fd create_netns();
// From a name's file or /proc/PID/ns/net.
Fd open_netns(const std::string& path);

// The calling thread is in `netns` as long as this lives, and then back where it was.
class Entered {
  public:
    explicit Entered(int netns);
    ~Entered();  // aborts if there is no way back: everything after would touch the wrong network
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

  private:
    Fd back_;
};

// A socket into a namespace, opened by a short visit.
Socket socket_in(int netns, Protocol protocol = Protocol::route);

// Makes `directory` what `ip netns add` makes of /run/netns: a mount of its own, shared, so that
// names made later reach every mount namespace that has it. Under iproute2's lock (a flock on the
// directory), for `ip netns add` may be at it at the same time. Doing it again changes nothing.
void prepare_names(const std::string& directory);

// Gives the namespace a name; fails with EEXIST when there is one, whoever made it.
Identity pin(const std::string& directory, const std::string& name, int netns);

enum class Unpinned {
    removed,
    absent,    // nothing had that name
    foreign,   // somebody's else namespace or file: left alone
    leftover,  // an empty file without a namespace, as a crash between two steps of `pin` leaves
};
// Takes the name away if it still means that namespace.
Unpinned unpin(const std::string& directory, const std::string& name, const Identity& identity);
// Removes what unpin called `leftover`. False when it is none any more.
bool remove_leftover(const std::string& directory, const std::string& name);

struct NamedNetns {
    std::string name;
    Identity identity;
};
// Sorted by name; files that are no namespaces are not listed. No directory: empty.
std::vector<NamedNetns> list_names(const std::string& directory);

// The number by which the socket's namespace knows another one (RTM_NEWNSID): the given one, or
// the one that it already has.
std::int32_t assign_nsid(Socket& socket, int netns, std::int32_t wish);

}  // namespace netlink
