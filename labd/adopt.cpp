// What an earlier labd left: labs that live on are taken over, half-made ones are cleared away.
// The journal says what was made; the kernel says whether it is still that.
#include "labd/audit_event.hpp"
#include "labd/engine.hpp"
#include "labd/fail.hpp"
#include "labd/fail_point.hpp"
#include "labd/host_ties.hpp"
#include "labd/log.hpp"
#include "labd/records.hpp"
#include "labd/slurp.hpp"
#include "netlink/netns.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>

namespace labd {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// By its name, or, when somebody took that away, by the init that lives in it. Empty when it is
// neither here nor there.
Fd find_netns(const std::string& name, const NamespaceIdentity& wanted, const KeptNode* node) {
    Fd named(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (const auto found = identify_namespace(named.get()); found && same(wanted, *found))
        return named;
    if (node == nullptr || !same(node->init)) return {};
    const std::string path = "/proc/" + std::to_string(node->init.pid) + "/ns/net";
    Fd lived_in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto found = identify_namespace(lived_in.get());
    return found && same(wanted, *found) ? std::move(lived_in) : Fd();
}

// Made before the machine was booted: nothing of it can be left.
bool of_another_boot(const Kept& kept) {
    return !kept.spaces.empty() &&
           std::all_of(kept.spaces.begin(), kept.spaces.end(),
                       [](const auto& named) { return named.second.netns.boot != boot_id(); });
}

bool is_stopped_by_check(const Overrides& overrides, const std::string& node) {
    return std::any_of(overrides.begin(), overrides.end(), [&](const Override& over) {
        return over.by_check && over.kind == Override::Kind::stop && over.subject == node;
    });
}

}  // namespace

void Engine::record(Lab& lab, const std::string& type, const std::string& json) {
    if (!lab.journal) throw std::runtime_error(lab.name + " is gone");
    Record entry;
    entry.type = type;
    entry.json = json;
    lab.journal->append(entry);
}

// The journal starts afresh with the lab as it stands, so that it never grows without end.
void Engine::commit_record(Lab& lab) {
    if (!lab.journal) throw std::runtime_error(lab.name + " is gone");
    const std::string bundle = lab.directory + "/bundle.json";
    fail_point::before("bundle.write");
    {
        std::ofstream out(bundle + ".new", std::ios::binary | std::ios::trunc);
        out << to_json(lab.bundle);
        if (!out.flush())
            throw JournalError(errno, std::generic_category(), "cannot write " + bundle + ".new");
    }
    fail_point::before("bundle.rename");
    fs::rename(bundle + ".new", bundle);
    fail_point::after("bundle.rename");
    const std::vector<Record> records = snapshot_records(lab);
    lab.journal->rewrite(records);
}

asio::awaitable<void> Engine::adopt_all() {
    const std::string folder = options_.run_dir + "/labs";
    fs::create_directories(folder);
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.is_directory()) names.push_back(entry.path().filename());
    for (const std::string& name : names) {
        std::string failed;
        try {
            co_await adopt(name);
        } catch (const std::exception& error) {
            failed = error.what();
        }
        if (failed.empty()) continue;
        log::error(name + ": cannot be taken over: " + failed);
        if (const auto lab = find(name)) {
            lab->state = LabState::degraded;
            lab->reason = "labd could not take it over: " + failed;
        }
    }
    std::set<std::string> known;
    for (const auto& [name, lab] : labs_) known.insert(name);
    cgroups_.sweep(known);
    if (options_.ties) {
        Worker::Job sweep = [&] { options_.ties->sweep(known, options_.netns_dir); };
        co_await kernel_.run("labd", std::move(sweep));
    }
}

// Null when it is gone.
std::unique_ptr<SpawnerClient> Engine::adopt_spawner(const Lab& lab, const std::string& door,
                                                     const std::optional<ProcessIdentity>& kept) {
    if (!kept || !same(*kept)) return nullptr;
    const Fd folder(::open(lab.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    try {
        return SpawnerClient::adopt(loop_, connect_at(folder.get(), door), kept->pid);
    } catch (const std::exception& error) {
        log::warning(lab.name + ": its " + door + " does not answer: " + error.what());
        return nullptr;
    }
}

asio::awaitable<void> Engine::adopt(std::string name) {
    auto lab =
        std::make_shared<Lab>(loop_, name, options_.run_dir + "/labs/" + name, make_kernel_());
    const Kept kept = read_records(read_journal(lab->directory + "/journal").records);
    lab->access = kept.access;
    lab->caller = labd_itself();
    lab->since = kept.since;
    lab->id_base = kept.id_base;
    lab->hosts = kept.hosts;
    labs_[name] = lab;
    const Turnstile::Pass pass = co_await lab->changing.enter();  // no picture before it is whole

    // The processes first: those that are still the ones we started.
    lab->spawner = adopt_spawner(*lab, "spawner", kept.spawner);
    lab->open_spawner = adopt_spawner(*lab, "open-spawner", kept.open_spawner);
    std::vector<std::string> missing;
    for (const auto& known : kept.spaces) {
        const auto& space = known.first;
        const auto& live = known.second;
        const auto node = kept.nodes.find(space);
        std::optional<std::int32_t> number;
        Worker::Job open = [&] {
            Fd netns = find_netns(options_.netns_dir + "/" + lab->netns_name(space), live.netns,
                                  node == kept.nodes.end() ? nullptr : &node->second);
            if (!netns) {
                // Of its name, the file may be there still; another's namespace is left alone.
                (void)netlink::remove_leftover(options_.netns_dir, lab->netns_name(space));
                return;
            }
            lab->kernel->adopt(space, live.kind, std::move(netns));
            number = lab->kernel->listen_to(space);
        };
        co_await kernel_.run(name, std::move(open));
        if (!number) {
            missing.push_back(space);
            continue;
        }
        lab->spaces[space] = live;
        follow(lab, space, *number);
    }
    std::map<std::string, std::string> asleep = kept.asleep;
    co_await adopt_relay(lab, kept.relay);
    for (const auto& [node, record] : kept.nodes) {
        Fd pidfd = open_process(record.init);
        // labd ended before it could write down that it sleeps.
        if (!pidfd && is_stopped_by_check(kept.overrides, node)) {
            asleep[node] = record.contents.birth;
            continue;
        }
        if (!pidfd) {
            missing.push_back(node);
            continue;
        }
        LiveNode live;
        live.init = record.init;
        live.container = record.container;
        live.namespaces = namespaces_of(record.init.pid);
        live.pidfd = std::move(pidfd);
        live.contents = record.contents;
        live.sysctl_before = record.sysctl_before;
        live.ruleset = record.ruleset;
        live.started = record.started;
        live.paused = record.paused;
        live.born = record.born;
        live.committed = true;
        try {
            Fd socket = connect_at(lab->doors.get(), node);
            live.door = std::make_shared<NodeDoor>(loop_, node, std::move(socket));
        } catch (const std::exception& error) {
            log::warning(name + "." + node + ": its door does not open: " + error.what());
            live.failure = "its init does not answer";
        }
        lab->nodes[node] = std::move(live);
        if (lab->nodes[node].door) watch(lab, node);
    }
    // Born into a lab that has no place for it: what a change made when labd ended.
    std::vector<std::string> placeless;
    for (const auto& [node, live] : lab->nodes)
        if (!lab->spaces.contains(node)) placeless.push_back(node);
    co_await remove_spaces(lab, std::move(placeless));

    // Never finished, or on its way out, or of another life: nothing of it stays.
    if (!kept.up || of_another_boot(kept)) {
        log::warning(name +
                     (kept.up ? ": was up before the machine was booted"
                              : ": was left half-made or half gone") +
                     "; it is cleared away");
        co_await remove(lab);
        co_return;
    }
    lab->bundle = parse_bundle(slurp(lab->directory + "/bundle.json"));
    Bundle copy = lab->bundle;
    topology::Resolved resolved = co_await parser_.resolve(std::move(copy));
    lab->wish = std::move(resolved.lab);
    lab->asleep = std::move(asleep);
    lab->overrides = kept.overrides;
    lab->desired = wished(*lab);
    lab->keys = kept.keys;
    Worker::Job recall = [&] { lab->kernel->recall(lab->keys, lab->desired); };
    co_await kernel_.run(name, std::move(recall));
    for (auto& [node, live] : lab->nodes) {
        const std::shared_ptr<NodeDoor> door = live.door;
        if (!door) continue;
        try {
            const std::vector<ServiceStatus> states = co_await door->states();
            for (const ServiceStatus& status : states) live.services[status.name] = status;
        } catch (const std::exception& error) {
            log::warning(name + ": " + error.what());  // that it is lost has been noted
        }
    }
    lab->autostart = autostart_.keeps(name);
    judge(*lab);
    if (!missing.empty()) {
        lab->state = LabState::degraded;
        lab->reason = missing.front() + " ended while labd was away";
    } else if (kept.changing) {
        lab->state = LabState::degraded;
        lab->reason = "labd ended in the middle of a change; `lab up` finishes it";
    }
    if (missing.empty()) lab->picture = (co_await look(lab)).spaces;
    if (missing.empty()) co_await learn_after_change(lab);
    if (missing.empty() && !lab->overrides.empty()) co_await lay_again(lab);
    log::info(name + ": taken over, " + word(lab->state));
    events_.publish("lab", "adopt", name);
    AuditEvent event = event_of("adopt", "done", *lab);
    event.detail = word(lab->state) + (lab->reason.empty() ? "" : ": " + lab->reason);
    audit_.record(labd_itself(), event);
}

asio::awaitable<void> Engine::start_marked() {
    const std::vector<Autostart::Kept> marked = autostart_.all();
    for (const Autostart::Kept& kept : marked) {
        if (find(kept.name)) continue;
        UpRequest request;
        request.bundle = kept.bundle;
        request.autostart = true;
        Peer owner;
        owner.uid = kept.owner;
        owner.gid = kept.group;
        owner.command = "labd";
        auto quiet = std::make_shared<Progress>();
        std::string failed;
        try {
            (void)co_await up(kept.name, std::move(request), std::move(owner), std::move(quiet));
        } catch (const std::exception& error) {
            failed = error.what();
        }
        if (failed.empty())
            log::info(kept.name + ": up again, as it was before the boot");
        else
            log::error(kept.name + ": does not come up again: " + failed);
    }
}

}  // namespace labd
