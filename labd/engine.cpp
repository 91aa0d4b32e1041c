// The labs that there are, what is in them, and how one goes.
#include "labd/engine.hpp"

#include "labd/actions.hpp"
#include "labd/audit_event.hpp"
#include "labd/fail_point.hpp"
#include "labd/failure.hpp"
#include "labd/rootless.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>

namespace labd {

namespace asio = boost::asio;
using topology::Step;

namespace {

// One job of the kernel thread holds everybody else up, so it stays near 5 ms.
constexpr std::size_t spaces_a_slice = 16;

}  // namespace

Engine::Engine(asio::io_context& loop, Worker& kernel, Events& events, Audit& audit,
               EngineOptions options, std::function<std::unique_ptr<Kernel>()> make_kernel)
    : loop_(loop),
      kernel_(kernel),
      planner_(loop),
      events_(events),
      audit_(audit),
      options_(std::move(options)),
      make_kernel_(std::move(make_kernel)),
      parser_(loop, planner_, "/proc/self/exe"),
      leases_(options_.state_dir),
      base_(!options_.rootless),
      autostart_(options_.state_dir + "/autostart"),
      cgroups_(options_.run_dir,
               options_.rootless
                   ? CgroupSupport{"", {}, "labd runs without root, which control groups take"}
                   : cgroup_support()) {}

std::shared_ptr<Lab> Engine::find(const std::string& name) const {
    const auto found = labs_.find(name);
    return found == labs_.end() ? nullptr : found->second;
}

std::shared_ptr<Lab> Engine::create(const std::string& name, const Peer& owner) {
    const std::string directory = options_.run_dir + "/labs/" + name;
    fail_point::before("folder.make");
    std::filesystem::remove_all(directory);
    std::shared_ptr<Lab> lab;
    try {
        lab = std::make_shared<Lab>(loop_, name, directory, make_kernel_());
    } catch (...) {
        std::error_code ignored;  // the folder as far as it came
        std::filesystem::remove_all(directory, ignored);
        throw;
    }
    lab->access.owner = owner.uid;
    lab->access.owner_group = owner.gid;
    lab->since = std::time(nullptr);
    labs_[name] = lab;
    fail_point::after("folder.make");
    return lab;
}

Belongings Engine::belongings() const {
    Belongings out;
    out.run_dir = options_.run_dir;
    out.netns_dir = options_.netns_dir;
    if (options_.rootless) out.root_of_labs = outer_id(options_.rootless->lab_ids().uids, 0);
    for (const auto& [name, lab] : labs_) {
        out.labs.insert(name);
        for (const auto& [space, live] : lab->spaces) out.namespaces.insert(lab->netns_name(space));
        for (const auto& [node, live] : lab->nodes) out.processes.insert(live.init.pid);
        for (const auto* spawner : {&lab->spawner, &lab->open_spawner})
            if (*spawner) out.processes.insert((*spawner)->pid());
        if (lab->relay.pidfd) out.processes.insert(lab->relay.process.pid);
    }
    return out;
}

void Engine::refuse(const Peer& caller, Verb verb, const std::string& name,
                    const UpFailure& failure) {
    AuditEvent event;
    event.verb = rule(verb).name;
    event.outcome = "refused";
    event.detail = failure.what();
    event.lab = name;
    if (const auto lab = find(name)) event.owner = lab->access.owner;
    audit_.record(caller, event);
    throw failure;
}

asio::awaitable<bool> Engine::down(std::string name, Peer caller) {
    const std::shared_ptr<Lab> lab = find(name);
    if (!lab) co_return false;
    if (const auto refused = refusal(Verb::down, caller, name, lab->access))
        refuse(caller, Verb::down, name, forbidden(*refused, {}));
    const Turnstile::Pass pass = co_await lab->changing.enter();
    if (find(name) != lab) co_return false;
    if (const auto refused = refusal(Verb::down, caller, name, lab->access))
        refuse(caller, Verb::down, name, forbidden(*refused, {}));
    lab->caller = caller;
    audit_.record(caller, event_of("down", "begun", *lab));
    autostart_.forget(name);
    co_await remove(lab);
    audit_.record(caller, event_of("down", "done", *lab));
    events_.publish("lab", "down", name);
    co_return true;
}

// Nothing of it is wanted any more. Links are not deleted one by one (17 ms each): they die with
// their namespaces, and these with their last process and name.
asio::awaitable<void> Engine::remove(std::shared_ptr<Lab> lab) {
    lab->state = LabState::stopping;
    // A labd that dies over this leaves the rest to the next one.
    try {
        record(*lab, "end", "{}");
    } catch (const std::exception& error) {
        log::warning(lab->name + ": " + error.what());  // a full disk keeps nobody from leaving
    }
    // Before the namespaces go that the host's own may be in.
    Worker::Job leave = [&] { lab->kernel->leave_host(); };
    co_await kernel_.run(lab->name, std::move(leave));
    std::vector<std::string> spaces;
    for (const auto& [space, live] : lab->spaces) spaces.push_back(space);
    for (const auto& [node, live] : lab->nodes)
        if (!lab->spaces.contains(node)) spaces.push_back(node);
    co_await remove_spaces(lab, std::move(spaces));
    for (auto* spawner : {&lab->spawner, &lab->open_spawner})
        if (*spawner) {
            fail_point::before("spawner.quit");
            co_await (*spawner)->quit();
            fail_point::after("spawner.quit");
            spawner->reset();
        }
    fail_point::before("group.remove");
    cgroups_.remove_lab(lab->name);
    fail_point::after("group.remove");
    fail_point::before("ids.release");
    try {
        leases_.release(lab->name);
    } catch (const std::exception& error) {
        log::warning(lab->name + ": " + error.what());  // the next lab of that name has them
    }
    fail_point::after("ids.release");
    labs_.erase(lab->name);
    // To take a folder away takes descriptors, and it may be for want of them that the lab goes.
    lab->journal.reset();
    lab->doors.reset();
    std::error_code ignored;  // a leftover folder is cleared away by the next labd
    fail_point::before("folder.remove");
    std::filesystem::remove_all(lab->directory, ignored);
    fail_point::after("folder.remove");
}

}  // namespace labd
