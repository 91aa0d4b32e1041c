// What a node holds besides its network: files, sysctls, rules, programs. lab-init does it with
// the node's rights; this only says what, in which order, and waits.
#include "labd/birth_request.hpp"
#include "labd/engine.hpp"
#include "labd/fail_point.hpp"
#include "labd/failure.hpp"
#include "labd/records.hpp"
#include "topology/suggest.hpp"

#include <sys/resource.h>

#include <set>

namespace labd {

namespace asio = boost::asio;

namespace {

// The node that a contents step is for.
std::string node_of(const topology::Step& step) {
    return std::visit(
        [](const auto& s) -> std::string {
            if constexpr (requires { s.node; })
                return s.node;
            else
                return {};
        },
        step);
}

// Somebody's work, then, which is not thrown away.
bool is_changed_by_hand(const Lab& lab, const std::string& node, const std::string& path) {
    const auto strays = lab.strays.find(node);
    if (strays == lab.strays.end()) return false;
    const auto file = strays->second.files.find(path);
    return file != strays->second.files.end() && file->second == topology::StrayFile::changed;
}

}  // namespace

asio::awaitable<void> Engine::fill(std::shared_ptr<Lab> lab, Steps steps,
                                   std::shared_ptr<Progress> progress) {
    std::map<std::string, Steps> by_node;
    std::vector<std::string> order;
    for (topology::Step& step : steps) {
        const std::string node = node_of(step);
        if (!by_node.contains(node)) order.push_back(node);
        by_node[node].push_back(std::move(step));
    }
    // A node without exec lines and services is ready at once; others may wait for it.
    for (auto& [node, live] : lab->nodes)
        if (const topology::Node* wish = lab->wish.find(node);
            wish != nullptr && wish->exec.empty())
            live.started = true;
    std::vector<Task> tasks;
    for (const std::string& node : order)
        tasks.emplace_back([this, lab, node, progress, &by_node] {
            return fill_node(lab, node, std::move(by_node[node]), progress);
        });
    std::function<void()> give_up = [lab, progress] {
        progress->failed = true;
        lab->changed.notify();
    };
    co_await gather(std::move(tasks), 0, std::move(give_up));
}

asio::awaitable<void> Engine::fill_node(std::shared_ptr<Lab> lab, std::string name, Steps steps,
                                        std::shared_ptr<Progress> progress) {
    const topology::Node* node = lab->wish.find(name);
    const auto found = lab->nodes.find(name);
    if (found == lab->nodes.end() || !found->second.door)
        throw StepFailure(name + ": its init is gone", where_of(lab->wish, name));
    LiveNode& live = found->second;
    const std::shared_ptr<NodeDoor> door = live.door;
    const topology::Contents wanted = lab->desired.contents[name];
    std::vector<std::string> to_start;
    std::set<std::string> written;
    bool waited = false;

    for (const topology::Step& step : steps) {
        if (const auto* write = std::get_if<topology::WriteFile>(&step)) {
            topology::File file = node->files.at(write->path);
            std::string path = write->path;
            const topology::Where where = file.where.line != 0 ? file.where : node->where;
            live.contents.files[write->path] = unsure;
            const bool changed = is_changed_by_hand(*lab, name, path);
            fail_point::before("file.write");
            co_await located(where, door->write_file(std::move(path), std::move(file), changed));
            fail_point::after("file.write");
            live.contents.files[write->path] = wanted.files.at(write->path);
            written.insert(write->path);
        } else if (const auto* unwanted = std::get_if<topology::RemoveFile>(&step)) {
            std::string path = unwanted->path;
            live.contents.files[unwanted->path] = unsure;
            fail_point::before("file.remove");
            co_await door->remove_file(std::move(path));
            fail_point::after("file.remove");
            live.contents.files.erase(unwanted->path);
        } else if (const auto* set = std::get_if<topology::SetSysctl>(&step)) {
            co_await set_sysctl(lab, name, set->key);
        } else if (std::holds_alternative<topology::SetHostname>(step)) {
            co_await set_hostname(lab, name);
        } else if (std::holds_alternative<topology::SetLimits>(step)) {
            live.contents.limits = unsure;
            fail_point::before("limits.set");
            cgroups_.set(lab->name, name, node->limits);
            fail_point::after("limits.set");
            // For what its init starts from now on; the bound that there is without control groups.
            const rlim_t processes = birth_of(lab->wish, *node).pids;
            const rlimit limit{processes, processes};
            (void)prlimit(live.init.pid, RLIMIT_NPROC, &limit, nullptr);
            live.contents.limits = wanted.limits;
        } else if (std::holds_alternative<topology::LoadNft>(step)) {
            co_await load_nft(lab, name);
        } else if (const auto* retired = std::get_if<topology::RemoveService>(&step)) {
            std::string service = retired->service;
            live.contents.services[retired->service] = unsure;
            fail_point::before("service.remove");
            // A change that came to nothing may have taken it away.
            if (live.services.contains(service)) co_await door->remove_service(std::move(service));
            fail_point::after("service.remove");
            live.contents.services.erase(retired->service);
            live.services.erase(retired->service);
        } else if (const auto* run = std::get_if<topology::RunExec>(&step)) {
            if (!waited) co_await await_conditions(lab, name, progress);
            waited = true;
            const topology::Where where = node->exec.at(run->index).where;
            fail_point::before("exec.run");
            co_await located(where, run_exec(lab, name, run->index));
            fail_point::after("exec.run");
        } else if (const auto* put = std::get_if<topology::PutService>(&step)) {
            if (!waited) co_await await_conditions(lab, name, progress);
            waited = true;
            to_start.push_back(put->service);
        }
    }
    co_await reload_daemons(lab, name, std::move(written), to_start);
    co_await note_ruleset(lab, name);
    live.contents.exec = wanted.exec;
    live.started = true;
    lab->changed.notify();

    std::vector<Task> tasks;
    for (const std::string& service : to_start)
        tasks.emplace_back([this, lab, name, service, progress] {
            return start_service(lab, name, service, progress);
        });
    std::function<void()> give_up = [lab, progress] {
        progress->failed = true;
        lab->changed.notify();
    };
    co_await gather(std::move(tasks), 0, std::move(give_up));
}

// The value of the file, or what it was before the file had one.
asio::awaitable<void> Engine::set_sysctl(std::shared_ptr<Lab> lab, std::string name,
                                         std::string key) {
    const topology::Node* node = lab->wish.find(name);
    LiveNode& live = lab->nodes.at(name);
    const std::shared_ptr<NodeDoor> door = lab->door_of(name);
    const topology::Contents& wanted = lab->desired.contents[name];
    std::vector<std::pair<std::string, std::string>> values;
    const auto value = wanted.sysctl.find(key);
    if (value == wanted.sysctl.end()) {
        const auto before = live.sysctl_before.find(key);
        const std::string device = topology::device_of_sysctl(key);
        // With its interface it has gone already.
        const bool there = device.empty() || lab->desired.spaces[name].devices.contains(device);
        if (there && before != live.sysctl_before.end() && !before->second.empty()) {
            values.emplace_back(*before);
            co_await located(node->where, door->sysctl(std::move(values)));
        }
        live.sysctl_before.erase(key);
        live.contents.sysctl.erase(key);
        co_return;
    }
    if (!live.sysctl_before.contains(key)) {
        const std::string before = co_await door->read_sysctl(key);
        live.sysctl_before[key] = before;
        // Who comes back after a labd that died over this could not know.
        if (lab->state != LabState::building)
            record(*lab, "sysctl", sysctl_json(name, key, before));
    }
    live.contents.sysctl[key] = unsure;
    values.emplace_back(*value);
    const auto line = node->sysctl.find(key);
    const topology::Where where = line != node->sysctl.end() ? line->second.second : node->where;
    fail_point::before("sysctl.set");
    co_await located(where, door->sysctl(std::move(values)));
    fail_point::after("sysctl.set");
    live.contents.sysctl[key] = value->second;
}

asio::awaitable<void> Engine::set_hostname(std::shared_ptr<Lab> lab, std::string name) {
    LiveNode& live = lab->nodes.at(name);
    const std::shared_ptr<NodeDoor> door = lab->door_of(name);
    const std::string wanted = lab->desired.contents[name].hostname;
    std::string hostname = wanted.empty() ? name : wanted;
    live.contents.hostname = unsure;
    fail_point::before("hostname.set");
    co_await located(where_of(lab->wish, name), door->hostname(std::move(hostname)));
    fail_point::after("hostname.set");
    live.contents.hostname = wanted;
}

// Once for the whole lab, and only when its file asks for limits.
void Engine::tell_unheld_limits(const topology::Lab& lab, const Progress& progress) const {
    std::set<std::string> words;
    std::vector<std::string> nodes;
    for (const topology::Node& node : lab.nodes) {
        const std::string unheld = cgroups_.unheld(node.limits);
        if (!node.has_process() || unheld.empty()) continue;
        words.insert(unheld);
        nodes.push_back(node.name);
    }
    if (nodes.empty()) return;
    const std::string asked = words.size() == 1 ? *words.begin() : "some limits";
    progress.notice("limits of " + topology::join(nodes, 4) + " do not hold here (" + asked +
                    "): " + cgroups_.trouble());
}

}  // namespace labd
