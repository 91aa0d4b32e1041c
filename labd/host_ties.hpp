// What labs have of the host's network, by their `nat` and `external` nodes. The only place where
// labd touches the namespace that it was started in. Used by the kernel thread alone.
#pragma once

#include "labd/host_forwarding.hpp"
#include "labd/host_tie.hpp"
#include "netlink/fd.hpp"
#include "netlink/link.hpp"
#include "netlink/socket.hpp"
#include "netlink/translation.hpp"
#include "topology/diagnostic.hpp"
#include "topology/model.hpp"
#include "topology/plan.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace labd {

// Names of labd's ends in the host's namespace begin so; nothing else of the host's does.
inline constexpr const char* host_end_prefix = "labd-";

class HostTies {
  public:
    // `folder`: where they are written down, made when it is needed. `mark`: which labd this is.
    // The host is where the calling thread is.
    HostTies(std::string folder, std::uint32_t mark);

    // Makes or takes the device and puts it into the namespace, with the name and index of
    // `device`; it is down there. Throws netlink::Error, and then all is as before.
    void join(const TieKey& key, int netns, const topology::Device& device);
    // Gives it back, out of the namespace that it is in, -1: nobody knows any more. What could not
    // be given back is in the log. Unknown: nothing happens.
    void part(const TieKey& key, int netns);
    // All of a lab; `find` gives the namespace of one of its spaces, or -1.
    void part_all(const std::string& lab, const std::function<int(const std::string&)>& find);
    // Those of labs that are no more; `netns_dir` holds the names of what is left of them.
    void sweep(const std::set<std::string>& labs, const std::string& netns_dir);

    const HostTie* find(const TieKey& key) const;
    // What the host has to hold for it is there.
    bool holds(const HostTie& tie) const { return lost(tie).empty(); }
    // What of it is not, in words; "" = all of it is there.
    std::string lost(const HostTie& tie) const;
    // Of all ties, those that have lost something.
    std::map<TieKey, std::string> lost() const;
    // Something in the host's network has changed: who is new there is let through, as far as labs
    // need it. Those whose hold on the host is another one than it was when it was looked at last.
    std::vector<TieKey> look_again();
    // D43: why the host's interfaces that a lab names cannot be its.
    topology::Diagnostics refused(const topology::Lab& lab) const;
    bool any() const { return !ties_.empty(); }

  private:
    netlink::Socket host() const;
    std::string file_of(const TieKey& key) const;
    void write_down(const HostTie& tie);
    void strike_out(const TieKey& key);
    netlink::Translation wished() const;
    // Rules and forwarding as the ties want them.
    void settle();
    void open_new();

    void join_uplink(const HostTie& tie, int netns, const topology::Device& device);
    void join_port(const HostTie& tie, int netns, const topology::Device& device);
    // The index of the end on the host.
    std::uint32_t make_pair(const HostTie& tie, int netns, const topology::Device& device,
                            const topology::Device& end);
    void move(HostTie& tie, int netns, const topology::Device& device);
    void give_back(const HostTie& tie, int netns);
    // With a hint; nothing in the way: "".
    std::pair<std::string, std::string> trouble_of(const std::string& lab,
                                                   const std::string& device) const;

    std::string folder_, table_;
    netlink::Fd netns_;
    std::map<TieKey, HostTie> ties_;
    Opened opened_;
    Opened known_;                 // who was there when it was looked at last
    std::map<TieKey, bool> held_;  // and whether the host held what it has to
};

std::string words(const TieKey& key);  // "LAB.SPACE DEVICE"
std::optional<netlink::Link> find_link(netlink::Socket& socket,
                                       const std::function<bool(const netlink::Link&)>& is_it);
std::optional<netlink::Link> named(netlink::Socket& socket, const std::string& name);

}  // namespace labd
