// One user must not use up what all share: ids, namespaces, memory (security.md T8).
#include "labd/engine.hpp"
#include "labd/failure.hpp"

#include <algorithm>

namespace labd {

void Engine::require_room(const Change& change, const std::string& name) {
    if (change.caller.is_master()) return;
    const uid_t owner = change.lab ? change.lab->access.owner : change.caller.uid;
    std::size_t labs = 0, nodes = 0;
    for (const auto& [other, lab] : labs_)
        if (other != name && lab->access.owner == owner)
            ++labs, nodes += std::max(lab->wish.nodes.size(), lab->coming);
    const auto refused = [&](const std::string& why, const std::string& hint) {
        refuse(change.caller, Verb::up, name,
               UpFailure("limit", user_name(owner) + " has " + why + " for one user", hint));
    };
    const std::string down = "take one down (lab ls lists them), or ask for labd ";
    if (!change.lab && labs >= options_.labs_per_user)
        refused(std::to_string(labs) + " labs up, and labd keeps no more",
                down + "--labs-per-user");
    const std::size_t asked = change.resolved.lab.nodes.size();
    const bool grows = !change.lab || asked > change.lab->wish.nodes.size();
    if (grows && nodes + asked > options_.nodes_per_user)
        refused(std::to_string(nodes) + " nodes in other labs, this one has " +
                    std::to_string(asked) + ", and labd keeps no more than " +
                    std::to_string(options_.nodes_per_user) + " together",
                down + "--nodes-per-user");
}

}  // namespace labd
