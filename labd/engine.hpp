// The reconciler: desired − observed = plan, and the one way to carry a plan out. `up`, `down`,
// rollback after a failure and the clean-up of what an earlier labd left half-made all come here.
#pragma once

#include "labd/audit.hpp"
#include "labd/autostart.hpp"
#include "labd/bundle.hpp"
#include "labd/cgroups.hpp"
#include "labd/events.hpp"
#include "labd/lab.hpp"
#include "labd/lease.hpp"
#include "labd/log.hpp"
#include "labd/orphans.hpp"
#include "labd/parser/parser.hpp"
#include "labd/picture.hpp"
#include "labd/worker.hpp"
#include "netlink/follower.hpp"
#include "topology/adopt.hpp"
#include "topology/numbering.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace labd {

class HostTies;
class Rootless;

struct EngineOptions {
    std::string run_dir, state_dir, netns_dir;
    std::string init;  // path of the lab-init program
    // Of everybody but root and labd's own user.
    std::size_t labs_per_user = 64, nodes_per_user = 5000;
    rlimit
        children_files{};  // descriptors that a lab's processes may hold, as labd's caller had it
    std::function<void()> hear = [] {};  // whatever the kernel has said up to now goes to heard()
    // Something is to be undone at that time, by monotonic_ns(), even if this labd dies before.
    std::function<void(std::int64_t)> outlive = [](std::int64_t) {};
    std::shared_ptr<HostTies> ties;      // null: nothing leads out of labs
    std::shared_ptr<Rootless> rootless;  // null: labd is root on the host
};

struct Phase {
    std::string name;                 // "namespaces", "links", …; "parse", "plan", "confirm", …
    std::size_t done = 0, total = 0;  // steps; total 0: a station that has none
    double elapsed_s = 0;
};

// What `up` tells on the way and whether its client still listens.
struct Progress {
    std::function<void(const Phase&)> phase = [](const Phase&) {};
    std::function<void(const std::string&)> notice = [](const std::string&) {};
    bool client_gone = false;  // set by the session; the engine rolls back
    bool under_way = false;    // this `up`, and no other, changes the lab now
    bool failed = false;       // a node's programs failed: the others need not wait
    double wait_s = 0;  // of `--wait`: services and routing are to be ready by then; 0: unasked
    std::chrono::steady_clock::time_point deadline{};  // when that is
};

struct UpResult {
    std::string lab;
    std::vector<topology::Action> actions;
    std::vector<topology::Renumbering> kept;  // what a fresh lab would be numbered otherwise
    double elapsed_s = 0;
    std::size_t nodes = 0, links = 0;
};

// `up` could not be done; what had been done is undone. Codes as in the wire's errors.
struct UpFailure : std::runtime_error {
    UpFailure(std::string error_code, const std::string& message, std::string error_hint = "")
        : std::runtime_error(message), code(std::move(error_code)), hint(std::move(error_hint)) {}
    std::string code, hint;
    topology::Where where;
    topology::Sources sources;  // for `where` and the diagnostics
    std::vector<topology::Diagnostic> diagnostics;
};

enum class Life { stop, start, restart, pause, resume };
const char* word(Life what);

// What is asked of links, by their names.
struct LinkWish {
    std::vector<std::string> links;
    bool up = false;
    double for_s = 0;   // then it goes back by itself; 0: it stays
    bool back = false;  // done when it has gone back, not before
};

// What is asked of what a link's ends send, beside the file.
struct ImpairWish {
    std::string link, from, to;  // from, to: NODE or NODE:INTERFACE, or both "" for all ends
    std::string settings;        // as Override has them
    bool clear = false;          // what was there goes first
    double for_s = 0;            // then it goes back by itself; 0: it stays
};
struct ImpairChange {
    std::string end;  // NODE:INTERFACE that sends
    topology::Impairment before, after;
    std::vector<topology::Diagnostic> warnings{};  // what is done, and may not be what was meant
};

// A link that comes or goes beside the file.
struct LinkEdit {
    std::string add;     // a [[link]] table, as the file would have it
    std::string remove;  // or the name of one
};

struct LinkChange {
    std::string link;
    bool before = false, after = false;  // every end of it up
};

class Engine {
  public:
    Engine(boost::asio::io_context& loop, Worker& kernel, Events& events, Audit& audit,
           EngineOptions options, std::function<std::unique_ptr<Kernel>()> make_kernel);

    // Finds the labs that an earlier labd kept, and clears away what it left half-made.
    boost::asio::awaitable<void> adopt_all();
    // Those that are marked to come back after a boot, and are not there: one after the other.
    boost::asio::awaitable<void> start_marked();
    // Creates or changes a lab until it is what the bundle says. Throws UpFailure.
    boost::asio::awaitable<UpResult> up(std::string name, UpRequest request, Peer caller,
                                        std::shared_ptr<Progress> progress);
    // What `up` would do, without doing it. Throws UpFailure.
    boost::asio::awaitable<UpResult> plan(std::string name, UpRequest request, Peer caller);
    // Nodes of a running lab, in that lab's present file. Throws UpFailure.
    boost::asio::awaitable<UpResult> life(std::string name, std::vector<std::string> nodes,
                                          Life what, Peer caller);
    // The kernel says that namespaces have changed.
    void heard(const netlink::Follower::Heard& heard);
    // Something of the host's own network has changed.
    void host_changed();
    // Whatever was changed by hand goes back to what was last wished; no file is read. Throws
    // UpFailure.
    boost::asio::awaitable<UpResult> repair(std::string name, bool dry_run, Peer caller);
    // The other way round: the wish as it would be with all that. Throws UpFailure.
    boost::asio::awaitable<topology::Adopted> adopt_changes(std::shared_ptr<Lab> lab);
    // False when there is no such lab. Throws UpFailure when it is not the caller's to take down.
    boost::asio::awaitable<bool> down(std::string name, Peer caller);

    // What differs now from what was last wished; nothing while a change is under way.
    boost::asio::awaitable<std::vector<topology::Action>> drift(std::shared_ptr<Lab> lab);
    // What somebody has added by hand, which no file speaks of.
    boost::asio::awaitable<std::vector<topology::Action>> additions(std::shared_ptr<Lab> lab);
    // Links of a running lab go up or down, for a while or until told otherwise; `lab up` puts the
    // file's state back. In the order of the links. Throws UpFailure.
    boost::asio::awaitable<std::vector<LinkChange>> change_links(std::shared_ptr<Lab> lab,
                                                                 LinkWish wish, Peer caller);
    // The same for what its ends do to what they send; in the order of the ends.
    boost::asio::awaitable<std::vector<ImpairChange>> impair(std::shared_ptr<Lab> lab,
                                                             ImpairWish wish, Peer caller);
    // Until the next `up`, which makes the lab what its file says. Throws UpFailure.
    boost::asio::awaitable<UpResult> edit_links(std::shared_ptr<Lab> lab, LinkEdit edit,
                                                Peer caller);
    // What checks and experiments break: these faults and no others, none mends all; a labd that
    // dies before that does so when it is back. Nothing for a lab that is gone. Throws UpFailure.
    boost::asio::awaitable<void> set_faults(std::shared_ptr<Lab> lab, Overrides faults);
    // The client of an `up` has gone: what is being born ends, so that nobody waits for its
    // programs, and `up` rolls back.
    void interrupt(const std::string& name);

    std::shared_ptr<Lab> find(const std::string& name) const;  // null when there is none
    const std::map<std::string, std::shared_ptr<Lab>>& labs() const { return labs_; }
    Worker& kernel_thread() { return kernel_; }
    Audit& audit() { return audit_; }
    const EngineOptions& options() const { return options_; }
    Events& events() { return events_; }
    Belongings belongings() const;  // everything that is known

  private:
    using Steps = std::vector<topology::Step>;

    // A change of one lab on its way from the file to the kernel.
    struct Change {
        Peer caller;
        bool same_file = false;    // that the lab has already: it is not read again
        Verb verb = Verb::up;      // what the caller asked for
        std::string words;         // on what it is, in the audit log
        std::shared_ptr<Lab> lab;  // null: a plan for one that is not there
        Bundle bundle;             // as it will be kept
        topology::Resolved resolved;
        std::vector<topology::Renumbering> kept;
        topology::State desired, observed;
        std::map<std::string, std::string> asleep;  // nodes that sleep after it
        Overrides overrides;                        // that go on after it
        Steps steps;
        std::vector<topology::Action> actions;
        bool fresh = true;  // nothing of it is there yet
    };

    // up.cpp
    boost::asio::awaitable<void> read_file(Change& change, const std::string& name,
                                           const UpRequest& request);
    boost::asio::awaitable<Turnstile::Pass> enter(Change& change, const std::string& name);
    boost::asio::awaitable<void> keep_numbers(Change& change);
    void require_right(const Change& change);
    void require_room(const Change& change, const std::string& name);
    boost::asio::awaitable<void> compare(Change& change, const UpRequest& request);
    boost::asio::awaitable<void> take_over(Change& change, const UpRequest& request);
    void tell_unheld_limits(const topology::Lab& lab, const Progress& progress) const;
    static void require_spawner(const Change& change);
    void settle(Change& change);
    boost::asio::awaitable<void> carry_out(Change& change, const UpRequest& request,
                                           std::shared_ptr<Progress> progress);
    static UpResult told(const Change& change, const std::string& name,
                         std::chrono::steady_clock::time_point began);

    // inside.cpp
    // `all`: settings, too, of every node; who asks often has some of them looked at each time.
    boost::asio::awaitable<void> look_inside(std::shared_ptr<Lab> lab, bool all = true);
    boost::asio::awaitable<void> look_at_births(std::shared_ptr<Lab> lab, bool all,
                                                std::map<std::string, Strays>& to);
    boost::asio::awaitable<bool> has_lost_rules(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<void> look_inside_node(std::shared_ptr<Lab> lab, std::string node,
                                                  std::map<std::string, Strays>& to);
    static void tell_strays(const Lab& lab, topology::State& state);
    static void believe_strays(Lab& lab);

    // engine.cpp
    [[noreturn]] void refuse(const Peer& caller, Verb verb, const std::string& name,
                             const UpFailure& failure);
    std::shared_ptr<Lab> create(const std::string& name, const Peer& owner);
    boost::asio::awaitable<void> remove(std::shared_ptr<Lab> lab);

    // apply.cpp
    boost::asio::awaitable<void> apply(std::shared_ptr<Lab> lab, const Steps& steps,
                                       std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> announce(std::shared_ptr<Lab> lab, const Steps& steps);
    boost::asio::awaitable<void> apply_kernel(std::shared_ptr<Lab> lab, Steps steps);
    boost::asio::awaitable<void> roll_back(std::shared_ptr<Lab> lab, topology::Lab before,
                                           std::map<std::string, std::string> asleep);
    boost::asio::awaitable<void> commit(std::shared_ptr<Lab> lab);

    // lay.cpp: the lab's turn is held, but by `expire`
    static topology::State wished(const Lab& lab);
    boost::asio::awaitable<void> lay(std::shared_ptr<Lab> lab, Overrides next);
    boost::asio::awaitable<void> bring(std::shared_ptr<Lab> lab, std::set<std::string> places);
    boost::asio::awaitable<Steps> rest_at(std::shared_ptr<Lab> lab, std::set<std::string> places);
    boost::asio::awaitable<void> lay_again(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<void> wake(std::shared_ptr<Lab> lab, std::vector<std::string> nodes,
                                      bool sleep);
    void expire_in_time(const std::shared_ptr<Lab>& lab, const Overrides& added);
    boost::asio::awaitable<void> expire(std::weak_ptr<Lab> kept, std::int64_t until_ns);

    // life.cpp
    boost::asio::awaitable<void> sleep_or_wake(Change& change,
                                               const std::vector<std::string>& nodes, bool sleep);
    boost::asio::awaitable<void> hold(Change& change, std::string node, bool pause);
    boost::asio::awaitable<void> stop_nodes(std::shared_ptr<Lab> lab,
                                            std::vector<std::string> nodes);
    boost::asio::awaitable<void> stop_node(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<void> renew_space(std::shared_ptr<Lab> lab, std::string space, Fd netns);

    // relaying.cpp
    boost::asio::awaitable<void> need_relay(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<void> speak_to_relay(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<void> watch_relay(std::weak_ptr<Lab> kept, ProcessIdentity process);
    boost::asio::awaitable<void> adopt_relay(std::shared_ptr<Lab> lab,
                                             std::optional<ProcessIdentity> process);
    boost::asio::awaitable<void> end_relay(std::shared_ptr<Lab> lab);

    // names.cpp
    struct Names {
        std::vector<std::string> missing, foreign;  // of these spaces
    };
    boost::asio::awaitable<Names> look_at_names(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<std::vector<topology::Action>> missing_names(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<std::vector<topology::Action>> repair_names(std::shared_ptr<Lab> lab);

    // look.cpp
    boost::asio::awaitable<topology::State> look(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<topology::State> look(std::shared_ptr<Lab> lab,
                                                 std::set<std::string> touched);
    boost::asio::awaitable<std::map<std::string, topology::Space>> read(
        std::shared_ptr<Lab> lab, std::set<std::string> spaces);
    static bool must_be_read(const Lab& lab, const std::string& space);
    static void fill_in(const Lab& lab, topology::State& state);
    boost::asio::awaitable<void> confirm(std::shared_ptr<Lab> lab, topology::State desired,
                                         std::shared_ptr<Progress> progress);

    // follow.cpp
    void follow(const std::shared_ptr<Lab>& lab, const std::string& space, std::int32_t number);
    boost::asio::awaitable<void> follow_new(std::shared_ptr<Lab> lab);
    void look_again_at(const std::shared_ptr<Lab>& lab);
    void look_soon(const std::shared_ptr<Lab>& lab);
    boost::asio::awaitable<void> look_at_host();
    boost::asio::awaitable<void> look_at_touched(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<void> judge_drift(std::shared_ptr<Lab> lab);
    void tell_drift(Lab& lab, std::vector<topology::Action> drift);
    void publish(const Lab& lab, const std::string& space, const SpaceChange& change);

    // births.cpp
    boost::asio::awaitable<void> create_spaces(std::shared_ptr<Lab> lab, Steps steps);
    boost::asio::awaitable<void> remove_spaces(std::shared_ptr<Lab> lab,
                                               std::vector<std::string> spaces);
    boost::asio::awaitable<void> prepare_open_nodes(std::shared_ptr<Lab> lab, const Steps& steps);
    boost::asio::awaitable<void> prepare_roots(std::shared_ptr<Lab> lab, const Steps& steps);
    static SpawnerClient& spawner_of(Lab& lab, const topology::Node& node);
    boost::asio::awaitable<void> bear(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<Fd> start_init(std::shared_ptr<Lab> lab, std::string node,
                                          LiveNode& live);
    boost::asio::awaitable<void> make_space(std::shared_ptr<Lab> lab, std::string space,
                                            topology::Space::Kind kind);
    boost::asio::awaitable<void> name_space(std::shared_ptr<Lab> lab, std::string space,
                                            topology::Space::Kind kind, Fd netns);
    void delete_devices(Kernel& kernel, const std::string& space);
    void watch(std::shared_ptr<Lab> lab, const std::string& node);
    void on_service(const std::shared_ptr<Lab>& lab, const std::string& node,
                    const ServiceStatus& status);
    void on_lost(const std::shared_ptr<Lab>& lab, const std::string& node);
    void judge(Lab& lab);

    // contents.cpp, programs.cpp, conditions.cpp, routing_wait.cpp
    boost::asio::awaitable<void> fill(std::shared_ptr<Lab> lab, Steps steps,
                                      std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> fill_node(std::shared_ptr<Lab> lab, std::string node, Steps steps,
                                           std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> set_sysctl(std::shared_ptr<Lab> lab, std::string node,
                                            std::string key);
    boost::asio::awaitable<void> set_hostname(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<void> load_nft(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<void> note_ruleset(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<void> filter_again(std::shared_ptr<Lab> lab, std::string node);
    boost::asio::awaitable<void> reload_daemons(std::shared_ptr<Lab> lab, std::string node,
                                                std::set<std::string> written,
                                                std::vector<std::string> starting);
    boost::asio::awaitable<void> run_exec(std::shared_ptr<Lab> lab, std::string node,
                                          std::size_t index);
    boost::asio::awaitable<void> start_service(std::shared_ptr<Lab> lab, std::string node,
                                               std::string service,
                                               std::shared_ptr<Progress> progress);
    bool holds(const Lab& lab, const std::string& self, const std::string& condition) const;
    boost::asio::awaitable<void> await_conditions(std::shared_ptr<Lab> lab, std::string node,
                                                  std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> await_condition(std::shared_ptr<Lab> lab, std::string node,
                                                 topology::Text condition,
                                                 std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> await_service(std::shared_ptr<Lab> lab, std::string node,
                                               std::string service,
                                               std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> await_own_routing(std::shared_ptr<Lab> lab,
                                                   std::shared_ptr<Progress> progress);
    boost::asio::awaitable<void> await_routing(std::shared_ptr<Lab> lab,
                                               std::shared_ptr<Progress> progress);

    // learn.cpp
    boost::asio::awaitable<bool> learn(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<void> write_learned(std::shared_ptr<Lab> lab);
    boost::asio::awaitable<void> learn_after_change(std::shared_ptr<Lab> lab);

    // autostart of a lab that has come up or changed; in up.cpp
    void mark(Lab& lab, const UpRequest& request, const Progress& progress);

    // adopt.cpp
    boost::asio::awaitable<void> adopt(std::string name);
    std::unique_ptr<SpawnerClient> adopt_spawner(const Lab& lab, const std::string& door,
                                                 const std::optional<ProcessIdentity>& kept);
    void record(Lab& lab, const std::string& type, const std::string& json);
    void commit_record(Lab& lab);

    boost::asio::io_context& loop_;
    Worker& kernel_;
    Worker planner_;
    Events& events_;
    Audit& audit_;
    EngineOptions options_;
    std::function<std::unique_ptr<Kernel>()> make_kernel_;
    Parser parser_;
    Leases leases_;
    SharedBase base_;
    Autostart autostart_;
    Cgroups cgroups_;
    std::map<std::string, std::shared_ptr<Lab>> labs_;
    struct Followed {
        std::weak_ptr<Lab> lab;
        std::string space;
    };
    std::map<std::int32_t, Followed> followed_;  // by the kernel's number
    bool host_changing_ = false;                 // and somebody is about to look
};

}  // namespace labd
