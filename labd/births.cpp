// How nodes come and go: namespaces by the lab's spawner, names under /run/netns, doors.
#include "labd/audit_event.hpp"
#include "labd/birth_request.hpp"
#include "labd/birth_sysctls.hpp"
#include "labd/engine.hpp"
#include "labd/fail.hpp"
#include "labd/fail_point.hpp"
#include "labd/failure.hpp"
#include "labd/given_at_birth.hpp"
#include "labd/host_directory.hpp"
#include "labd/log.hpp"
#include "labd/records.hpp"
#include "labd/rootless.hpp"
#include "netlink/netns.hpp"
#include "topology/relay_link.hpp"
#include "topology/stages.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

namespace labd {

namespace asio = boost::asio;

namespace {

// Enough for the spawner, which bears one after the other, never to wait for labd.
constexpr std::size_t births_under_way = 32;

// The highest group id that a node's programs may have.
std::uint32_t last_group(const EngineOptions& options) {
    return options.rootless ? last_id(options.rootless->lab_ids().gids) : ids_of_a_lab - 1;
}

}  // namespace

asio::awaitable<void> Engine::create_spaces(std::shared_ptr<Lab> lab, Steps steps) {
    if (!lab->spawner) {
        IdMaps ids;
        Fd owners;
        if (options_.rootless) {
            ids = options_.rootless->lab_ids();
            owners = co_await options_.rootless->owners();
        } else {
            fail_point::before("ids.take");
            const Lease lease = leases_.take(lab->name);
            fail_point::after("ids.take");
            lab->id_base = lease.first;
            ids.uids = ids.gids = {{0, lease.first, lease.count}};
        }
        const Fd folder(::open(lab->directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        fail_point::before("spawner.listen");
        Fd door = listen_at(folder.get(), "spawner");
        fail_point::after("spawner.listen");
        fail_point::before("group.make");
        Fd group = cgroups_.add_lab(lab->name, lab->id_base);
        fail_point::after("group.make");
        fail_point::before("spawner.start");
        lab->spawner = co_await SpawnerClient::start(loop_, options_.init, std::move(ids),
                                                     options_.children_files, std::move(door),
                                                     std::move(group), std::move(owners), base_);
        fail_point::after("spawner.start");
        if (const auto identity = identify_process(lab->spawner->pid()))
            record(*lab, "spawner", "\"" + to_text(*identity) + "\"");
        Worker::Job mark = [&, pid = lab->spawner->pid()] {
            mark_network_of(pid, instance_mark(options_.run_dir));
        };
        co_await kernel_.run(lab->name, std::move(mark));
    }
    co_await prepare_open_nodes(lab, steps);
    co_await prepare_roots(lab, steps);
    std::vector<Task> tasks;
    std::vector<std::string> born;
    for (const topology::Step& step : steps) {
        const topology::CreateSpace& create = std::get<topology::CreateSpace>(step);
        if (create.kind == topology::Space::Kind::node) {
            if (!lab->spaces.contains(create.space)) born.push_back(create.space);
            tasks.emplace_back([this, lab, name = create.space] { return bear(lab, name); });
        } else {
            tasks.emplace_back([this, lab, name = create.space, kind = create.kind] {
                return make_space(lab, name, kind);
            });
        }
    }
    co_await gather(std::move(tasks), births_under_way);

    // After all births, never beside them: the forwarding sysctls take RTNL by trylock and spin
    // against the clone of the next network namespace (sealing.md 5.2).
    tasks.clear();
    std::erase_if(born, [&](const std::string& name) {
        const topology::Node* node = lab->wish.find(name);
        return node == nullptr || node->kind == topology::Kind::bare;
    });
    std::map<std::string, std::string> given;
    if (born.size() >= worth_asking)
        given = co_await given_at_birth(lab->door_of(born.front()), lab->door_of(born.back()));
    for (const std::string& name : born) {
        const SysctlValues wanted = birth_sysctls(*lab->wish.find(name), last_group(options_));
        tasks.emplace_back(
            [lab, name, values = to_write(wanted, given)]() -> asio::awaitable<void> {
                const std::shared_ptr<NodeDoor> door = lab->door_of(name);
                fail_point::before("node.sysctl");
                co_await door->sysctl(values);
            });
    }
    co_await gather(std::move(tasks));
}

// Nodes of level open have a spawner of their own, outside every user namespace.
asio::awaitable<void> Engine::prepare_open_nodes(std::shared_ptr<Lab> lab, const Steps& steps) {
    const bool wanted = std::any_of(steps.begin(), steps.end(), [&](const topology::Step& step) {
        const auto& create = std::get<topology::CreateSpace>(step);
        const topology::Node* node = lab->wish.find(create.space);
        return create.kind == topology::Space::Kind::node && node != nullptr &&
               lab->wish.level_of(*node) == topology::Level::open;
    });
    if (!wanted || lab->open_spawner) co_return;
    const Fd folder(::open(lab->directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    Fd door = listen_at(folder.get(), "open-spawner");
    fail_point::before("open_spawner.start");
    lab->open_spawner = co_await SpawnerClient::start_open(
        loop_, options_.init, options_.children_files, std::move(door));
    fail_point::after("open_spawner.start");
    if (const auto identity = identify_process(lab->open_spawner->pid()))
        record(*lab, "open-spawner", "\"" + to_text(*identity) + "\"");
    // The file is written again only when it changes.
    std::string hosts = topology::hosts_file(living(*lab));
    co_await lab->open_spawner->hosts(std::move(hosts));
}

// Directories that nodes have instead of the host's /usr, each told once to each spawner.
asio::awaitable<void> Engine::prepare_roots(std::shared_ptr<Lab> lab, const Steps& steps) {
    std::set<std::pair<SpawnerClient*, std::string>> told;
    for (const topology::Step& step : steps) {
        const topology::Node* node = lab->wish.find(std::get<topology::CreateSpace>(step).space);
        if (node == nullptr || !node->root || !node->has_process()) continue;
        SpawnerClient& spawner = spawner_of(*lab, *node);
        if (!told.emplace(&spawner, node->root->text).second) continue;
        // Mapping owners takes root of the host (mount_setattr(2)); without, they are who they are.
        const bool as_they_are =
            options_.rootless || lab->wish.level_of(*node) == topology::Level::open;
        Fd mount;
        std::string failed;
        Worker::Job copy = [&] {
            try {
                const std::string& path = node->root->text;
                const Fd directory = open_host_directory(path, lab->caller);
                const Owners owners = owners_for(lab->caller, lab->id_base);
                mount = detached_copy(directory, path, as_they_are ? nullptr : &owners);
            } catch (const std::exception& error) {
                failed = error.what();
            }
        };
        co_await kernel_.run(lab->name, std::move(copy));
        if (!failed.empty()) throw StepFailure(node->name + ": " + failed, node->root->where);
        std::string root = node->root->text;
        fail_point::before("root.bind");
        co_await located(node->root->where, spawner.root(std::move(root), std::move(mount)));
        fail_point::after("root.bind");
    }
}

SpawnerClient& Engine::spawner_of(Lab& lab, const topology::Node& node) {
    return lab.wish.level_of(node) == topology::Level::open ? *lab.open_spawner : *lab.spawner;
}

// A new node, or one that starts again: then its cables wait for it.
asio::awaitable<void> Engine::bear(std::shared_ptr<Lab> lab, std::string name) {
    const topology::Node* node = lab->wish.find(name);
    const topology::Where where = where_of(lab->wish, name);
    const bool again = lab->spaces.contains(name);
    std::string failed;
    std::exception_ptr unwritten;
    try {
        if (again) (void)unlinkat(lab->doors.get(), name.c_str(), 0);
        LiveNode live;
        Fd netns = co_await start_init(lab, name, live);
        record(*lab, "node", to_json(name, live));
        lab->nodes[name] = std::move(live);
        watch(lab, name);
        if (again) {
            // Before its interfaces: they are born with what is the default then.
            const std::shared_ptr<NodeDoor> door = lab->door_of(name);
            auto values = birth_sysctls(*node, last_group(options_));
            if (node->kind != topology::Kind::bare) co_await door->sysctl(std::move(values));
            co_await renew_space(lab, name, std::move(netns));
            lab->asleep.erase(name);
        } else {
            co_await name_space(lab, name, topology::Space::Kind::node, std::move(netns));
        }
        events_.publish("node", "start", lab->name, name);
        audit_.record(lab->caller, event_of("node.start", "done", *lab, name));
    } catch (const JournalError&) {
        unwritten = std::current_exception();
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if ((unwritten || !failed.empty()) && again) co_await stop_node(lab, name);
    if (unwritten) std::rethrow_exception(unwritten);
    if (!failed.empty()) throw StepFailure(failed, where);
}

// Its network namespace, once it has said that it is ready.
asio::awaitable<Fd> Engine::start_init(std::shared_ptr<Lab> lab, std::string name, LiveNode& live) {
    const topology::Node* node = lab->wish.find(name);
    fail_point::before("node.listen");
    Fd listening = listen_at(lab->doors.get(), name);
    fail_point::after("node.listen");
    SpawnerClient& spawner = spawner_of(*lab, *node);
    fail_point::before("node_group.make");
    Fd group = cgroups_.add(lab->name, name, node->limits, lab->id_base);
    fail_point::after("node_group.make");
    protocol::Birth wanted = birth_of(lab->wish, *node);
    fail_point::before("node.birth");
    Birth birth = co_await spawner.birth(std::move(wanted), std::move(listening), std::move(group));
    fail_point::after("node.birth");
    live.pidfd = std::move(birth.pidfd);
    live.start = std::make_unique<PacketSocket>(loop_, std::move(birth.start));
    fail_point::before("node.ready");
    co_await await_ready(loop_, name, *live.start);
    fail_point::after("node.ready");
    const auto identity = identify_process(birth.pid);
    if (!identity) throw std::runtime_error(name + ": its init ended at once");
    live.init = *identity;
    live.born = std::time(nullptr);

    const std::string path = "/proc/" + std::to_string(birth.pid) + "/ns/net";
    Fd netns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns) fail(name + ": cannot open " + path);
    Fd door = connect_at(lab->doors.get(), name);
    live.door = std::make_shared<NodeDoor>(loop_, name, std::move(door));
    if (const auto held = lab->desired.contents.find(name); held != lab->desired.contents.end()) {
        live.contents.birth = held->second.birth;
        live.contents.limits = held->second.limits;
        live.contents.hostname = held->second.hostname;
    }
    live.container = new_container_id();
    live.namespaces = namespaces_of(birth.pid);
    live.started = node->exec.empty();  // nothing may ever have to be brought into it
    co_return netns;
}

asio::awaitable<void> Engine::make_space(std::shared_ptr<Lab> lab, std::string space,
                                         topology::Space::Kind kind) {
    fail_point::before("space.birth");
    Fd netns = co_await lab->spawner->space(space);
    fail_point::after("space.birth");
    co_await name_space(lab, space, kind, std::move(netns));
}

// Gives a namespace its name under /run/netns and hands it to the lab's Kernel.
asio::awaitable<void> Engine::name_space(std::shared_ptr<Lab> lab, std::string space,
                                         topology::Space::Kind kind, Fd netns) {
    const auto identity = identify_namespace(netns.get());
    if (!identity) throw std::runtime_error(space + ": its namespace cannot be identified");
    LiveSpace live;
    live.netns = *identity;
    live.kind = kind;
    const bool silent_node = lab->wish.find(space) != nullptr && !lab->nodes.contains(space);
    if (silent_node) live.container = new_container_id();
    record(*lab, "space", to_json(space, live));
    lab->spaces[space] = live;
    Worker::Job pin = [&] {
        fail_point::before("name.pin");
        netlink::pin(options_.netns_dir, lab->netns_name(space), netns.get());
        fail_point::after("name.pin");
        fail_point::before("namespace.mark");
        lab->kernel->adopt(space, kind, std::move(netns));
        fail_point::after("namespace.mark");
    };
    std::exception_ptr failure;
    try {
        co_await kernel_.run(lab->name, std::move(pin));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        // The name is another's, perhaps: what has no name here has no place in the lab either.
        std::vector<std::string> nameless{space};
        co_await remove_spaces(lab, std::move(nameless));
        std::rethrow_exception(failure);
    }
    if (silent_node) audit_.record(lab->caller, event_of("node.start", "done", *lab, space));
}

asio::awaitable<void> Engine::remove_spaces(std::shared_ptr<Lab> lab,
                                            std::vector<std::string> spaces) {
    if (std::find(spaces.begin(), spaces.end(), topology::relay_name) != spaces.end())
        co_await end_relay(lab);
    // All are killed before any is waited for.
    for (const std::string& space : spaces) {
        const auto found = lab->nodes.find(space);
        if (found == lab->nodes.end()) continue;
        // Whatever fails from here on, it is no node any more: a way back lets it be born again.
        if (const auto door = std::exchange(found->second.door, nullptr)) door->close();
        fail_point::before("node.kill");
        (void)syscall(SYS_pidfd_send_signal, found->second.pidfd.get(), SIGKILL, nullptr, 0);
        fail_point::after("node.kill");
        (void)unlinkat(lab->doors.get(), space.c_str(), 0);
        events_.publish("node", "stop", lab->name, space);
    }
    // A whole lab goes by closing: links die with their namespaces. Of a lab that stays, the links
    // are deleted first, so that the neighbours' ends are gone when this returns.
    const bool all = lab->state == LabState::stopping;
    Worker::Job unname = [&] {
        for (const std::string& space : spaces) {
            const auto live = lab->spaces.find(space);
            if (live == lab->spaces.end()) continue;
            fail_point::before("devices.delete");
            if (!all) delete_devices(*lab->kernel, space);
            fail_point::after("devices.delete");
            netlink::Identity identity;
            identity.device = live->second.netns.dev;
            identity.inode = live->second.netns.inode;
            const std::string name = lab->netns_name(space);
            fail_point::before("name.unpin");
            // Of a labd that died while it gave the name, the file alone may be there.
            if (netlink::unpin(options_.netns_dir, name, identity) == netlink::Unpinned::leftover)
                (void)netlink::remove_leftover(options_.netns_dir, name);
            fail_point::after("name.unpin");
            lab->kernel->forget(space);  // last: who comes back after a failure looks into it
        }
    };
    co_await kernel_.run(lab->name, std::move(unname));
    // Forgotten all together: what fails from here on leaves nothing that is neither here nor
    // there.
    std::vector<std::pair<std::string, LiveNode>> ending;
    for (const std::string& space : spaces) {
        const AuditEvent end = event_of("node.end", "done", *lab, space);
        if (!end.container.empty()) audit_.record(lab->caller, end);
        if (const auto found = lab->nodes.find(space); found != lab->nodes.end()) {
            ending.emplace_back(space, std::move(found->second));
            lab->nodes.erase(found);
        }
        lab->spaces.erase(space);
        lab->asleep.erase(space);
        lab->picture.erase(space);
    }
    for (const auto& [node, live] : ending) {
        co_await await_exit(loop_, live.pidfd.get());
        fail_point::before("node_group.remove");
        cgroups_.remove(lab->name, node);
        fail_point::after("node_group.remove");
    }
}

void Engine::interrupt(const std::string& name) {
    const std::shared_ptr<Lab> lab = find(name);
    if (!lab) return;
    for (const auto& [node, live] : lab->nodes)
        if (!live.committed)
            (void)syscall(SYS_pidfd_send_signal, live.pidfd.get(), SIGKILL, nullptr, 0);
    lab->changed.notify();
}

void Engine::delete_devices(Kernel& kernel, const std::string& space) {
    try {
        const topology::Space held = kernel.observe(space);
        for (const auto& [name, device] : held.devices) {
            topology::Step step;
            if (device.kind != topology::Device::Kind::veth)
                step = topology::RemoveDevice{space, device};
            else
                step = topology::RemoveVeth{space, device, device.peer.space, topology::Device{}};
            (void)kernel.apply(std::span<const topology::Step>(&step, 1));
        }
    } catch (const KernelError& error) {
        log::warning(space + ": its devices could not be read: " + error.what());
    }
}

}  // namespace labd
