// Who may do what, in one place. Everybody who may connect sees which labs there are and whose
// (their names stand in /run/netns anyway), asks for the version, the doctor and their own part of
// the audit log, and brings up labs of their own. All else is a verb about one lab:
#pragma once

#include "labd/peer.hpp"
#include "topology/diagnostic.hpp"
#include "topology/sharing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace labd {

enum class Verb {
    status,
    show,
    logs,
    ns,
    exec,
    capture,
    check,
    fault,
    stop,
    start,
    restart,
    pause,
    resume,
    link,
    impair,
    up,
    down
};

struct Rule {
    Verb verb;
    const char* name;  // as the audit log calls it
    topology::Right right;
    const char* doing;  // "bob may not … it"
};
const Rule& rule(Verb verb);

struct Grant {  // a Share whose name has been looked up
    std::string name;
    bool group = false;
    std::uint32_t id = 0;
    topology::Right right = topology::Right::see;
    bool operator==(const Grant&) const = default;
};

struct Access {
    uid_t owner = 0;
    gid_t owner_group = 0;
    std::vector<Grant> grants;
    // It has nodes of level `open`, whose root is the host's: beyond `see` it is root's alone, with
    // whomever it is shared.
    bool open = false;

    bool allows(const Peer& peer, topology::Right right) const;
    bool is_owner(const Peer& peer) const { return peer.is_master() || peer.uid == owner; }
};

struct Refusal {
    std::string message, hint;
    topology::Where where;  // in the topology file, when a line of it is the reason
};

std::optional<Refusal> refusal(Verb verb, const Peer& peer, const std::string& lab,
                               const Access& access);
// What only root may ask for: nodes that are no boundary, interfaces of the host.
std::optional<Refusal> needs_root(const topology::Lab& lab, const Peer& peer);
// With whom a lab is shared is its owner's to say.
std::optional<Refusal> shares_anew(const topology::Lab& before, const topology::Lab& after,
                                   const Peer& peer, const Access& access);

// D82 for every name that this machine does not know; ids of the others.
topology::Diagnostics unknown_accounts(const topology::Lab& lab);
std::vector<Grant> grants_of(const topology::Lab& lab);
bool has_open_nodes(const topology::Lab& lab);

std::string user_name(uid_t uid);  // "1234" when it has none

// For the journal: "user 1001 enter bob".
std::string to_text(const Grant& grant);
std::optional<Grant> parse_grant(const std::string& text);

}  // namespace labd
