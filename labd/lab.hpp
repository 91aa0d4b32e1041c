// A lab that labd keeps: what was asked for, the processes and namespaces that are it, and where
// they stand. Changed on the loop thread only; `kernel` is used on the kernel thread only.
#pragma once

#include "labd/bundle.hpp"
#include "labd/gather.hpp"
#include "labd/identity.hpp"
#include "labd/journal.hpp"
#include "labd/kernel.hpp"
#include "labd/node_door.hpp"
#include "labd/override.hpp"
#include "labd/rights.hpp"
#include "labd/spawner_client.hpp"
#include "topology/learned.hpp"
#include "topology/model.hpp"
#include "topology/plan.hpp"

#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace labd {

// The digest of nothing: of what a step has begun to bring into a node, and has not brought yet. It
// is as nobody wishes, so that the next plan brings it again or takes it away.
inline const std::string unsure = "?";
// And that of a file that somebody has changed in a node.
inline const std::string by_hand = "changed by hand";
inline const std::string rights_by_hand = "of another mode or owner";

// One incarnation of a node: from the birth of its init to the end of it.
struct LiveNode {
    ProcessIdentity init;
    std::string container;                     // the id of this incarnation (audit_event.hpp)
    std::vector<NamespaceNumbers> namespaces;  // those of its init
    Fd pidfd;
    std::shared_ptr<NodeDoor> door;       // null when its init is gone
    std::unique_ptr<PacketSocket> start;  // held until commit; closing it earlier ends the init
    topology::Contents contents;          // what has been brought into it
    // What each written sysctl was before; it goes back to that when it is no longer written.
    std::map<std::string, std::string> sysctl_before;
    std::map<std::string, ServiceStatus> services;
    // Rules by table, once its ruleset was loaded and its exec lines had ended; nothing without
    // one.
    std::map<std::string, std::size_t> ruleset;
    bool started = false;  // every exec line has ended 0
    bool committed = false;
    bool paused = false;      // what it runs is held by SIGSTOP
    std::string waiting_for;  // a wait-for that is not yet true
    std::string failure;      // why it is failed, "" = it is not
    std::time_t born = 0;
};

// What a node holds otherwise than labd brought it: sysctls with their present values, files that
// are gone or changed, rules that are gone.
struct Strays {
    std::map<std::string, std::string> sysctl;
    std::map<std::string, topology::StrayFile> files;
    bool ruleset = false;  // rules that were loaded are gone
    std::optional<std::string> hostname;
    // Settings of its kind, by key: as they are, and as they were at its birth.
    std::map<std::string, std::pair<std::string, std::string>> born;
    bool operator==(const Strays&) const = default;
};

struct LiveSpace {
    NamespaceIdentity netns;
    topology::Space::Kind kind = topology::Space::Kind::node;
    std::string container;  // of a node without processes, as LiveNode has it
    bool followed = false;  // its events are heard
};

// The process that carries the frames of links through "@relay" (topology/relay_link.hpp).
struct LiveRelay {
    ProcessIdentity process;
    Fd pidfd;
};

enum class LabState { building, up, degraded, stopping };
const char* word(LabState state);

struct Lab {
    Lab(boost::asio::io_context& loop, std::string lab_name, std::string lab_directory,
        std::unique_ptr<Kernel> lab_kernel);
    ~Lab();

    std::string name;
    std::string directory;  // RUN/labs/NAME
    Fd doors;               // its folder of listening sockets
    Bundle bundle;          // as last applied
    topology::Lab wish;
    std::size_t coming = 0;   // nodes that the change under way asks for
    Overrides overrides;      // laid over the wish for a while
    topology::State desired;  // of both
    Access access;            // whose it is, and with whom it is shared
    Peer caller;              // who asked for the change under way
    std::time_t since = 0;
    LabState state = LabState::building;
    std::string reason;      // of degraded, in words
    bool autostart = false;  // it comes back after a boot
    std::uint32_t id_base = 0;

    std::unique_ptr<Kernel> kernel;
    std::unique_ptr<SpawnerClient> spawner;
    std::unique_ptr<SpawnerClient> open_spawner;  // of nodes of level open; null without any
    LiveRelay relay;                              // nothing in a lab without such links
    std::map<std::string, LiveSpace> spaces;      // those that have a name under /run/netns
    std::map<std::string, LiveNode> nodes;        // those that have an init
    std::string hosts;                            // digest of the hosts file in place
    std::unique_ptr<Journal> journal;
    std::map<std::string, std::string> asleep;  // nodes stopped on request → what they were born as
    std::map<std::string, std::string> keys;    // as Kernel::keys has them; for the journal alone

    // What its namespaces held when they were read last, which of them have changed since, and
    // what of that is not as wished (look.cpp, follow.cpp).
    std::map<std::string, topology::Space> picture;
    std::set<std::string> touched;
    // Of these, what is being read without a change: whoever looks meanwhile cannot rely on the
    // picture of them either, and a change that has read them itself takes them out.
    std::set<std::string> reading;
    bool looking = false;
    Signal looked;  // no longer, or not before the change under way is done
    std::map<std::string, topology::Action> drift;
    bool judged = false;  // that is of the present wish
    // By node, as somebody has looked last: nothing says so by itself.
    std::map<std::string, Strays> strays;
    std::string turn;  // whose settings have been looked at last, where there are many
    // By namespace, as somebody has asked last; and whose turn it was then.
    std::map<std::string, std::vector<topology::Action>> added;
    std::string added_turn;
    topology::Learned learned;  // learn.cpp

    Turnstile changing;  // up and down of this lab, one at a time
    Turnstile breaking;  // checks and experiments that break something, one at a time
    Signal changed;      // a service, a node or an exec line has moved

    // The name of a space's network namespace under /run/netns: LAB.NODE.
    std::string netns_name(const std::string& space) const { return name + "." + space; }
    // Of a node that runs, for as long as the caller holds it. Throws std::runtime_error when its
    // init is gone, which may happen between any two steps of a change.
    std::shared_ptr<NodeDoor> door_of(const std::string& node) const;
    // One that was killed: nothing can be born into the lab, which else runs on.
    bool has_lost_spawner() const;
    // What labd has brought about besides the network, as the plan compares it.
    std::map<std::string, topology::Contents> contents() const;
};

// The wish with the addresses that its nodes have got by themselves.
topology::Lab living(const Lab& lab);

}  // namespace labd
