// What lsns(8) shows, for one lab: its namespaces, who owns them and who lives in them. Namespaces
// that somebody made inside a node (unshare, ip netns add, a container) are found as well, by
// their processes. Reads all of /proc, in steps of a few milliseconds.
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace labd {

struct NamespaceRow {
    std::string node;  // "" = of the lab itself
    std::string kind;  // "net"
    std::uint64_t dev = 0, inode = 0, id = 0;
    std::uint64_t owner = 0;   // inode of the user namespace that owns it; of a user namespace: its
                               // parent; 0: out of sight
    uid_t owner_uid = 0;       // of a user namespace: who made it, as labd sees ids
    bool made_inside = false;  // not by labd
    bool host = false;         // the host's own: not a boundary, and not counted
    std::uint32_t processes = 0;
    pid_t pid = 0;        // the first one in it, 0 = nobody
    std::string command;  // of that one: its own words, and no safer than they are
};

class NamespaceSurvey {
  public:
    // `init`: the first process; 0 for a node that is a network namespace at `path` and no more.
    struct Node {
        std::string name, path;
        pid_t init = 0;
    };
    // `spawner`: the process that holds what is the lab's own, 0 = it has gone.
    NamespaceSurvey(std::vector<Node> nodes, pid_t spawner);

    bool step();  // false: done
    // In the order of the nodes, the lab's own first.
    std::vector<NamespaceRow> rows() const;

  private:
    using Key = std::pair<std::string_view, std::uint64_t>;  // kind and inode
    struct Living {
        std::uint32_t processes = 0;
        pid_t pid = 0;
        std::string command;
    };
    void take_in(const std::string& node, const std::string& path, std::string_view kind,
                 bool made_inside);
    void take_in_lab();
    void take_in_node(const Node& node);
    void count(pid_t pid);
    const std::string* node_of(std::uint64_t user, const std::string& path);

    std::vector<Node> nodes_;
    std::vector<pid_t> pids_;
    std::size_t taken_ = 0, at_ = 0;  // of nodes_, of pids_
    bool started_ = false;
    pid_t spawner_ = 0;
    std::vector<NamespaceRow> rows_;
    std::map<Key, Living> living_;                // of all that stand in rows_
    std::set<Key> hosts_;                         // labd's own
    std::map<std::uint64_t, std::string> users_;  // user namespace → node, "" = the lab's
    std::set<std::uint64_t> foreign_;             // user namespaces that are none of ours
};

}  // namespace labd
