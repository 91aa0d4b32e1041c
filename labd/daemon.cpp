#include "labd/daemon.hpp"

#include "labd/api.hpp"
#include "labd/audit_kernel.hpp"
#include "labd/engine.hpp"
#include "labd/events.hpp"
#include "labd/fail_point.hpp"
#include "labd/file_limit.hpp"
#include "labd/heap.hpp"
#include "labd/host_ties.hpp"
#include "labd/host_watcher.hpp"
#include "labd/hub.hpp"
#include "labd/instance.hpp"
#include "labd/keeper.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/log.hpp"
#include "labd/notify.hpp"
#include "labd/peer.hpp"
#include "labd/rootless.hpp"
#include "labd/signals.hpp"
#include "labd/watcher.hpp"
#include "labd/worker.hpp"
#include "netlink/netns.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <malloc.h>
#include <unistd.h>

#include <memory>
#include <optional>

namespace labd {

namespace asio = boost::asio;

namespace {

EngineOptions engine_options(const Options& options) {
    EngineOptions made;
    made.run_dir = options.run_dir;
    made.state_dir = options.state_dir;
    made.netns_dir = options.netns_dir;
    made.init = find_init(options.init, own_binary());
    made.labs_per_user = options.labs_per_user;
    made.nodes_per_user = options.nodes_per_user;
    made.children_files = raise_file_limit();
    return made;
}

// Whom labd does not talk to is worth a line: root of a node should not even see the socket.
http::Look recorded_look(Audit& audit, const std::shared_ptr<Rootless>& rootless) {
    const Doorman home = rootless ? Doorman(rootless->own_ids()) : Doorman();
    return [&audit, doorman = home](int socket) {
        Peer peer = doorman.look(socket);
        if (!peer.stranger.empty()) audit.record(peer, {"connect", "refused", peer.stranger});
        return peer;
    };
}

}  // namespace

int serve(const Options& options) {
    log::set_level(options.log_level);
    // Labs are read and planned on one thread and kept by another: a heap for each (mallopt(3))
    // would be twice as large, and what is free in the one of no use to the other.
    (void)::mallopt(M_ARENA_MAX, 1);
    EngineOptions for_engine = engine_options(options);

    std::optional<Keeper> keeper;
    if (!is_supervised() && ::geteuid() == 0)
        keeper.emplace(own_binary(), options.socket, own_arguments());
    for_engine.outlive = [&keeper](std::int64_t until_ns) {
        if (keeper) keeper->remember(until_ns);
    };

    // Into the background before there are threads, and the lock after that: it is the process's.
    Notifier notifier;
    if (!options.foreground && !notifier.heard()) notifier.detach(options.run_dir + "/labd.log");
    Instance instance(options);
    if (::geteuid() != 0) for_engine.rootless = Rootless::enter(options, for_engine.init);
    netlink::prepare_names(options.netns_dir);

    asio::io_context loop(1);
    Worker kernel(loop);
    if (for_engine.rootless) for_engine.rootless->serve(loop);
    Events events(options.run_dir + "/events");
    Audit audit(options.log_dir, {}, kernel_audit());
    audit.remember_in(options.state_dir + "/audit-end");
    const auto hub = std::make_shared<Hub>();
    const std::uint32_t mark = instance_mark(options.run_dir);
    for_engine.ties = std::make_shared<HostTies>(options.run_dir + "/host", mark);
    std::optional<Watcher> watcher;
    for_engine.hear = [&watcher] {
        if (watcher) watcher->read();
    };
    Engine engine(loop, kernel, events, audit, for_engine, [hub, mark, ties = for_engine.ties] {
        return std::make_unique<LinuxKernel>(hub, mark, ties);
    });
    watcher.emplace(loop, hub->ear(),
                    [&](const netlink::Follower::Heard& heard) { engine.heard(heard); });
    std::optional<HostWatcher> host;
    if (::geteuid() == 0 && !for_engine.rootless)
        host.emplace(loop, [&] { engine.host_changed(); });
    Api api(loop, engine);
    http::Server server(loop, api.routes(), {}, recorded_look(audit, for_engine.rootless));
    Heap heap(loop);
    server.on_end([&heap] { heap.used(); });
    Signals signals(loop, [&](int) {
        fail_point::before("labd.stop");
        log::notice("stopping; the labs stay up");
        audit.record(labd_itself(), {"labd.stop", "done"});
        notifier.stopping();
        server.stop();
        loop.stop();
    });

    audit.record(labd_itself(), {"labd.start", "done", std::string("version ") + LAB_VERSION});

    // The labs first, then the door: who asks sees them all.
    std::exception_ptr failure;
    asio::co_spawn(loop, engine.adopt_all(), [&](std::exception_ptr error) {
        failure = error;
        if (error) return loop.stop();
        heap.used();
        for (Fd& socket : instance.listen()) server.listen(std::move(socket));
        log::info("ready");
        notifier.ready();
        asio::co_spawn(loop, engine.start_marked(), asio::detached);
    });
    loop.run();
    kernel.stop();
    instance.hold_to_the_end();
    fail_point::after("labd.stop");
    if (for_engine.rootless && engine.labs().empty()) for_engine.rootless->release_holder();
    if (failure) std::rethrow_exception(failure);
    return 0;
}

}  // namespace labd
