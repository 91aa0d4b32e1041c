// What somebody has added by hand in a running lab: no difference from its file, which does not
// speak of it, but good to know. Nothing tells of most of it, so it is looked at when somebody
// asks.
#include "labd/additions.hpp"

#include "labd/born_settings.hpp"
#include "labd/engine.hpp"
#include "labd/utf8.hpp"
#include "topology/learned.hpp"
#include "topology/relay_link.hpp"
#include "topology/routing.hpp"

#include <algorithm>
#include <cerrno>

namespace labd {

namespace asio = boost::asio;

namespace {

constexpr std::size_t added_at_once = 16, added_a_job = 16;

// In a node that runs commands of its own nobody can tell their work from a hand's.
bool can_be_told(const Lab& lab, const std::string& space) {
    const topology::Node* node = lab.wish.find(space);
    if (node == nullptr || !node->exec.empty() || runs_its_own(*node)) return false;
    if (!node->has_process()) return true;
    const auto live = lab.nodes.find(space);
    return live != lab.nodes.end() && live->second.door && live->second.started;
}

// A DHCP client sets addresses and routes as a hand does, and zebra what somebody's own frr.conf
// says.
bool may_be_learned(const Lab& lab, const topology::Action& action, const std::string& space) {
    const topology::Node* node = lab.wish.find(space);
    return node != nullptr && (topology::learns(*node) || topology::configures_itself(*node)) &&
           (action.kind == "address" || action.kind == "route");
}

}  // namespace

std::set<std::string> turn_of(std::string& last, const std::set<std::string>& names,
                              std::size_t count) {
    if (names.size() <= count) return names;
    std::set<std::string> out;
    auto next = names.upper_bound(last);
    while (out.size() < count) {
        if (next == names.end()) next = names.begin();
        last = *next;
        out.insert(*next++);
    }
    return out;
}

asio::awaitable<std::vector<topology::Action>> Engine::additions(std::shared_ptr<Lab> lab) {
    std::vector<topology::Action> out;
    if (lab->changing.taken()) co_return out;  // it is being made right now
    std::set<std::string> asked;
    for (const auto& [space, live] : lab->spaces)
        if (can_be_told(*lab, space)) asked.insert(space);
    std::erase_if(lab->added, [&](const auto& known) { return !asked.contains(known.first); });
    asked = turn_of(lab->added_turn, asked, added_at_once);
    const std::vector<std::string> spaces(asked.begin(), asked.end());
    std::map<std::string, std::vector<topology::Action>> found;
    for (std::size_t from = 0; from < spaces.size(); from += added_a_job) {
        const std::size_t end = std::min(from + added_a_job, spaces.size());
        Worker::Job look = [&] {
            for (std::size_t i = from; i < end; ++i) {
                try {
                    found[spaces[i]] = lab->kernel->added(spaces[i]);
                } catch (const KernelError& error) {
                    if (error.error() != ENOENT) throw;  // a change has taken it away
                }
            }
        };
        co_await kernel_.run(lab->name, std::move(look));
    }
    if (lab->changing.taken()) co_return out;
    for (auto& [space, actions] : found) {
        std::erase_if(actions, [&, at = space](const topology::Action& action) {
            return may_be_learned(*lab, action, at);
        });
        lab->added[space] = std::move(actions);
    }
    for (const auto& [space, actions] : lab->added)
        out.insert(out.end(), actions.begin(), actions.end());
    co_return out;
}

std::string addition_words(const topology::Action& action) {
    return printable(action.kind + " " + action.name + " (" + action.detail + ")");
}
}  // namespace labd
