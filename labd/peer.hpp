// Who is at the other end of a connection: as the kernel tells it, never as a message says.
#pragma once

#include "labd/id_map.hpp"
#include "labd/identity.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace labd {

struct Peer {
    uid_t uid = 0;
    gid_t gid = 0;
    pid_t pid = 0;
    std::vector<gid_t> groups;   // the supplementary ones
    std::string command;         // /proc/PID/comm: the process chooses it, nobody may rely on it
    std::optional<uid_t> login;  // who had logged in (audit's login uid); nothing: nobody had
    std::string stranger;        // why labd does not talk to it; "" = it does
    std::optional<uid_t> user;   // whose labd this is, when it runs without root

    // Root, and the user whose labd this is: may do everything with every lab.
    bool is_master() const;
    bool is_in(gid_t group) const;
};

// Looks at who connects. A process of another user namespace is a stranger, whatever it is called
// there: root of a node, or somebody who made a namespace of their own (security.md T12).
class Doorman {
  public:
    Doorman();  // labd's own user namespace is home
    // labd is in the user namespace of an ordinary user, who is at home outside of it as well; the
    // maps are its own. Peers have the ids that the host knows them by.
    explicit Doorman(IdMaps own);
    // Of a connected UNIX socket. Throws std::system_error when it is none.
    Peer look(int socket) const;

  private:
    void judge_user(Peer& peer, const std::optional<NamespaceIdentity>& space) const;
    std::optional<NamespaceIdentity> home_;
    std::optional<IdMaps> own_;
};

}  // namespace labd
