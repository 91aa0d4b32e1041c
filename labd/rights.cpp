#include "labd/rights.hpp"

#include "topology/isolation.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace labd {

using topology::Right;

namespace {

constexpr std::array<Rule, 17> rules{{
    {Verb::status, "status", Right::see, "look at"},
    {Verb::show, "show", Right::see, "read the files of"},
    {Verb::logs, "logs", Right::see, "read the logs of"},
    {Verb::ns, "ns", Right::see, "look at"},
    {Verb::exec, "exec", Right::enter, "run commands in"},
    {Verb::capture, "capture", Right::enter, "capture packets of"},
    {Verb::check, "check", Right::enter, "run the checks of"},
    {Verb::fault, "check", Right::change, "break"},
    // Who stops a node cuts its neighbours off: no matter of that node alone.
    {Verb::stop, "stop", Right::change, "stop nodes of"},
    {Verb::start, "start", Right::change, "start nodes of"},
    {Verb::restart, "restart", Right::change, "restart nodes of"},
    {Verb::pause, "pause", Right::change, "pause nodes of"},
    {Verb::resume, "resume", Right::change, "resume nodes of"},
    {Verb::link, "link", Right::change, "change links of"},
    {Verb::impair, "impair", Right::change, "impair links of"},
    {Verb::up, "up", Right::change, "change"},
    {Verb::down, "down", Right::change, "take down"},
}};

// getpwnam_r(3) and its kind want room whose size nobody knows in advance.
constexpr std::size_t room = 16384;

std::optional<std::uint32_t> id_of(const topology::Share& share) {
    std::array<char, room> buffer{};
    if (share.group) {
        group entry{}, *found = nullptr;
        (void)::getgrnam_r(share.name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr) return found->gr_gid;
    } else {
        passwd entry{}, *found = nullptr;
        (void)::getpwnam_r(share.name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr) return found->pw_uid;
    }
    return std::nullopt;
}

}  // namespace

const Rule& rule(Verb verb) {
    return *std::find_if(rules.begin(), rules.end(),
                         [verb](const Rule& r) { return r.verb == verb; });
}

bool Access::allows(const Peer& peer, Right right) const {
    if (open && right > Right::see && !peer.is_master()) return false;
    if (is_owner(peer)) return true;
    return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
        return grant.right >= right && (grant.group ? peer.is_in(grant.id) : peer.uid == grant.id);
    });
}

std::optional<Refusal> refusal(Verb verb, const Peer& peer, const std::string& lab,
                               const Access& access) {
    const Rule& asked = rule(verb);
    if (access.allows(peer, asked.right)) return std::nullopt;
    const std::string owner = user_name(access.owner), me = user_name(peer.uid);
    if (access.open && access.allows(peer, Right::see))
        return Refusal{
            "lab \"" + lab + "\" has nodes of level \"open\", whose root is the host's: " + me +
                " may look at it and no more",
            "only root may " + std::string(asked.doing) + " it: sudo lab -L " + lab + " …",
            {}};
    return Refusal{
        "lab \"" + lab + "\" is " + owner + "'s: " + me + " may not " + asked.doing + " it",
        owner + " can share it: allow = [\"" + me + "\"] in its file, then lab up",
        {}};
}

bool has_open_nodes(const topology::Lab& lab) {
    const auto needs = topology::host_needs(lab);
    return std::any_of(needs.begin(), needs.end(), [](const topology::HostNeed& need) {
        return need.kind == topology::HostNeed::Kind::open_level;
    });
}

std::optional<Refusal> needs_root(const topology::Lab& lab, const Peer& peer) {
    if (peer.is_master()) return std::nullopt;
    const char* const why = "only root may ask for what reaches into the host: sudo lab up";
    // A directory of the host is judged when it is opened, with the caller's rights.
    for (const topology::HostNeed& need : topology::host_needs(lab))
        if (need.kind == topology::HostNeed::Kind::open_level)
            return Refusal{
                need.node + " has level \"open\", which is no boundary: its root is the host's",
                why, need.where};
    for (const topology::Node& node : lab.nodes) {
        if (node.kind == topology::Kind::external)
            return Refusal{node.name + " takes an interface of the host", why, node.where};
        if (node.kind == topology::Kind::nat)
            return Refusal{node.name + " reaches what the host reaches", why, node.where};
    }
    return std::nullopt;
}

std::optional<Refusal> shares_anew(const topology::Lab& before, const topology::Lab& after,
                                   const Peer& peer, const Access& access) {
    if (access.is_owner(peer) || before.shares == after.shares) return std::nullopt;
    const std::string owner = user_name(access.owner);
    return Refusal{
        "with whom lab \"" + after.name + "\" is shared is " + owner + "'s to say",
        "leave group and allow as " + owner + " wrote them: lab -L " + after.name + " show",
        after.shares.empty() ? topology::Where{} : after.shares.front().where};
}

topology::Diagnostics unknown_accounts(const topology::Lab& lab) {
    topology::Diagnostics diagnostics;
    for (const topology::Share& share : lab.shares)
        if (!id_of(share))
            diagnostics.error("D82", share.where,
                              std::string("this machine has no ") +
                                  (share.group ? "group" : "user") + " \"" + share.name + "\"",
                              share.group ? "getent group lists those it has"
                                          : "getent passwd lists those it has");
    return diagnostics;
}

std::vector<Grant> grants_of(const topology::Lab& lab) {
    std::vector<Grant> grants;
    for (const topology::Share& share : lab.shares)
        if (const auto id = id_of(share))
            grants.push_back({share.name, share.group, *id, share.right});
    return grants;
}

std::string user_name(uid_t uid) {
    std::array<char, room> buffer{};
    passwd entry{}, *found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return entry.pw_name;
    return std::to_string(uid);
}

std::string to_text(const Grant& grant) {
    return std::string(grant.group ? "group " : "user ") + std::to_string(grant.id) + " " +
           std::string(topology::word(grant.right)) + " " + grant.name;
}

std::optional<Grant> parse_grant(const std::string& text) {
    std::istringstream words(text);
    std::string kind, id, right;
    Grant grant;
    if (!(words >> kind >> id >> right >> grant.name)) return std::nullopt;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), grant.id);
    if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
    grant.group = kind == "group";
    for (const Right known : {Right::see, Right::enter, Right::change})
        if (topology::word(known) == right) {
            grant.right = known;
            return grant.group || kind == "user" ? std::optional(grant) : std::nullopt;
        }
    return std::nullopt;
}

}  // namespace labd
