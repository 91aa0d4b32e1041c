#include "labd/without_root.hpp"

#include <pwd.h>

#include <set>

namespace labd {
namespace {

using topology::Kind;
using topology::Level;
using topology::Node;

constexpr const char* as_root = "start it as root: sudo lab up …";
constexpr const char* get_ids = "`lab doctor` says how to get a range of user ids";

class Refusals {
  public:
    explicit Refusals(const IdMaps& ids) : ids_(ids) {}

    void out_of_the_lab(const Node& node, Level level) {
        if (node.kind == Kind::nat)
            refuse(node, "reaches the host's network, which only root may touch", as_root);
        if (node.kind == Kind::external)
            refuse(node, "is an interface of the host, which only root may touch", as_root);
        if (level == Level::open)
            refuse(node, "is at level \"open\", which only root of the host could give", as_root);
    }

    void directory(const Node& node) {
        if (node.root)
            said.error("D79", node.root->where,
                       node.name +
                           " lives in a directory of the host, whose owners only root could give "
                           "to the lab; this labd runs without root",
                       as_root);
    }

    void users(const Node& node) {
        user(node, node.user, "runs its commands", node.where);
        for (const topology::Service& service : node.services) {
            if (service.generated && !service.argv.empty()) daemon(node, service.argv.front().text);
            if (!service.user.empty())
                user(node, service.user, "runs service " + service.name, service.where);
        }
        for (const auto& [path, file] : node.files) {
            if (file.origin == topology::File::Origin::generated) continue;
            user(node, file.owner, "has the file " + path, file.where);
        }
    }

    topology::Diagnostics said;

  private:
    void refuse(const Node& node, const std::string& why, const std::string& hint) {
        said.error("D79", node.where, node.name + " " + why + "; this labd runs without root",
                   hint);
    }

    void user(const Node& node, const std::string& name, const std::string& what,
              const topology::Where& where) {
        const passwd* entry = ::getpwnam(name.c_str());  // nobody's: the node's own business
        if (entry == nullptr ||
            (outer_id(ids_.uids, entry->pw_uid) && outer_id(ids_.gids, entry->pw_gid)))
            return;
        said.error("D79", where,
                   node.name + " " + what + " as user " + name +
                       ", and labs of this labd have no such user id",
                   get_ids);
    }

    // Once a lab: all of a kind stand and fall together.
    void daemon(const Node& node, const std::string& program) {
        if (program.starts_with("/usr/lib/frr/") && told_.insert("frr").second)
            user(node, "frr", "runs FRR", node.where);
        // It sets its groups, which a map of one id forbids (user_namespaces(7)).
        if (program == "dnsmasq" && last_id(ids_.gids) <= 1 && told_.insert("dnsmasq").second)
            said.error("D79", node.where,
                       node.name +
                           " gives addresses by dnsmasq, which cannot set its groups in "
                           "labs of this labd: they have one user id",
                       get_ids);
    }

    const IdMaps& ids_;
    std::set<std::string> told_;
};

}  // namespace

topology::Diagnostics refused_without_root(const topology::Lab& lab, const IdMaps& ids) {
    Refusals refusals(ids);
    for (const Node& node : lab.nodes) {
        refusals.out_of_the_lab(node, lab.level_of(node));
        refusals.directory(node);
        refusals.users(node);
    }
    return std::move(refusals.said);
}

std::string single_id_notice(const std::string& why) {
    return "labd runs without root, and nodes have no user but root (" + why +
           "): programs that change to another user fail there, such as FRR, tcpdump, dnsmasq and "
           "nginx; `lab doctor` says how to get a range of user ids";
}

}  // namespace labd
