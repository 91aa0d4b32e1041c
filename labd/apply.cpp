// The way of a plan into the kernel and into the nodes, and back when a step fails.
#include "labd/allow_ipv6.hpp"
#include "labd/engine.hpp"
#include "labd/fail_point.hpp"
#include "labd/failure.hpp"
#include "labd/link_back_ends.hpp"
#include "labd/log.hpp"
#include "labd/step_words.hpp"
#include "topology/relay_link.hpp"
#include "topology/stages.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <span>

namespace labd {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using topology::Step;

namespace {

// The phase a step belongs to, in the words of the progress line.
const char* phase_of(const Step& step) {
    struct Name {
        const char* operator()(const topology::CreateSpace&) { return "namespaces"; }
        const char* operator()(const topology::RemoveSpace&) { return "removals"; }
        const char* operator()(const topology::StopNode&) { return "removals"; }
        const char* operator()(const topology::StartNode&) { return "namespaces"; }
        const char* operator()(const topology::CreateVeth&) { return "links"; }
        const char* operator()(const topology::RemoveVeth&) { return "removals"; }
        const char* operator()(const topology::MoveVeth&) { return "links"; }
        const char* operator()(const topology::CreateDevice&) { return "links"; }
        const char* operator()(const topology::RemoveDevice&) { return "removals"; }
        const char* operator()(const topology::ChangeDevice&) { return "links"; }
        const char* operator()(const topology::ChangeGround&) { return "routes"; }
        const char* operator()(const topology::AddAddress&) { return "addresses"; }
        const char* operator()(const topology::RemoveAddress&) { return "removals"; }
        const char* operator()(const topology::AddRoute&) { return "routes"; }
        const char* operator()(const topology::RemoveRoute&) { return "removals"; }
        const char* operator()(const topology::WriteHosts&) { return "names"; }
        const char* operator()(const topology::WriteFile&) { return "contents"; }
        const char* operator()(const topology::RemoveFile&) { return "contents"; }
        const char* operator()(const topology::SetSysctl&) { return "contents"; }
        const char* operator()(const topology::SetHostname&) { return "contents"; }
        const char* operator()(const topology::LoadNft&) { return "contents"; }
        const char* operator()(const topology::SetLimits&) { return "contents"; }
        const char* operator()(const topology::RunExec&) { return "contents"; }
        const char* operator()(const topology::PutService&) { return "contents"; }
        const char* operator()(const topology::RemoveService&) { return "contents"; }
    };
    return std::visit(Name{}, step);
}

bool is_contents(const Step& step) {
    return std::string_view(phase_of(step)) == "contents";
}

bool is_at_relay(const Step& step) {
    if (const auto* create = std::get_if<topology::CreateVeth>(&step))
        return create->space == topology::relay_name || create->peer_space == topology::relay_name;
    const auto* change = std::get_if<topology::ChangeDevice>(&step);
    return change != nullptr && change->space == topology::relay_name;
}

std::set<std::string> wireguard_ends(const topology::State& wish) {
    std::set<std::string> out;
    for (const auto& [space, holds] : wish.spaces)
        for (const auto& [name, device] : holds.devices)
            if (device.kind == topology::DeviceKind::wireguard) out.insert(space + ":" + name);
    return out;
}

// One job of the kernel thread holds everybody else up, so it stays near 5 ms: a veth costs about
// 0.2 ms, an address or a route a tenth of that (kernel.md).
constexpr std::size_t veths_a_slice = 24, others_a_slice = 160;

}  // namespace

asio::awaitable<void> Engine::apply(std::shared_ptr<Lab> lab, const Steps& steps,
                                    std::shared_ptr<Progress> progress) {
    // Not all that they change is told by the kernel.
    for (const Step& step : steps)
        for (const std::string& space : spaces_of(step))
            if (lab->picture.contains(space)) lab->touched.insert(space);
    if (lab->state != LabState::building) co_await allow_ipv6(lab, steps);
    const std::vector<topology::DeviceEnd> anew = topology::made_anew(steps);
    Worker::Job keep = [&] { lab->kernel->keep(anew); };
    if (!anew.empty()) co_await kernel_.run(lab->name, std::move(keep));
    std::size_t from = 0;
    while (from < steps.size()) {
        const auto began = steady_clock::now();
        const std::string phase = phase_of(steps[from]);
        std::size_t to = from;
        while (to < steps.size() && phase == phase_of(steps[to]) &&
               steps[to].index() == steps[from].index())
            ++to;
        if (is_contents(steps[from]))
            while (to < steps.size() && is_contents(steps[to])) ++to;
        if (progress->client_gone)
            throw UpFailure("interrupted", "the client has gone; what had been done is undone");
        Steps part(steps.begin() + static_cast<std::ptrdiff_t>(from),
                   steps.begin() + static_cast<std::ptrdiff_t>(to));
        const std::size_t count = part.size();
        if (std::any_of(part.begin(), part.end(), is_at_relay)) co_await need_relay(lab);

        if (std::holds_alternative<topology::CreateSpace>(part.front())) {
            co_await create_spaces(lab, std::move(part));
        } else if (std::holds_alternative<topology::RemoveSpace>(part.front())) {
            std::vector<std::string> names;
            for (const Step& step : part)
                names.push_back(std::get<topology::RemoveSpace>(step).space);
            co_await remove_spaces(lab, std::move(names));
        } else if (std::holds_alternative<topology::StartNode>(part.front())) {
            Steps births;
            for (const Step& step : part)
                births.emplace_back(topology::CreateSpace{std::get<topology::StartNode>(step).node,
                                                          topology::Space::Kind::node});
            co_await create_spaces(lab, std::move(births));
        } else if (std::holds_alternative<topology::StopNode>(part.front())) {
            std::vector<std::string> names;
            for (const Step& step : part) names.push_back(std::get<topology::StopNode>(step).node);
            co_await stop_nodes(lab, std::move(names));
        } else if (std::holds_alternative<topology::WriteHosts>(part.front())) {
            std::string content = topology::hosts_file(living(*lab));
            if (lab->open_spawner) co_await lab->open_spawner->hosts(content);
            fail_point::before("hosts.write");
            co_await lab->spawner->hosts(std::move(content));
            fail_point::after("hosts.write");
            lab->hosts = std::get<topology::WriteHosts>(part.front()).digest;
        } else if (is_contents(part.front())) {
            co_await fill(lab, std::move(part), progress);
        } else {
            co_await apply_kernel(lab, std::move(part));
        }
        Phase told;
        told.name = phase;
        told.done = told.total = count;
        told.elapsed_s = std::chrono::duration<double>(steady_clock::now() - began).count();
        progress->phase(told);
        from = to;
    }
    Worker::Job give_back = [&] { lab->kernel->give_back(anew); };
    if (!anew.empty()) co_await kernel_.run(lab->name, std::move(give_back));
}

asio::awaitable<void> Engine::apply_kernel(std::shared_ptr<Lab> lab, Steps steps) {
    const std::size_t slice = std::holds_alternative<topology::CreateVeth>(steps.front())
                                  ? veths_a_slice
                                  : others_a_slice;
    for (std::size_t from = 0; from < steps.size(); from += slice) {
        const std::size_t count = std::min(slice, steps.size() - from);
        std::optional<KernelFailure> failure;
        Worker::Job work = [&] {
            fail_point::before("kernel.batch");
            failure = lab->kernel->apply(std::span<const Step>(steps).subspan(from, count));
            fail_point::after("kernel.batch");
        };
        co_await kernel_.run(lab->name, std::move(work));
        if (failure) throw step_failure(lab->wish, steps[from + failure->step], *failure);
    }
}

// Neighbours that know an address already must hear when it has come to another MAC. Who is new
// has no neighbours that know him wrong.
asio::awaitable<void> Engine::announce(std::shared_ptr<Lab> lab, const Steps& steps) {
    std::set<topology::DeviceEnd> ends;
    for (const Step& step : steps) {
        if (const auto* address = std::get_if<topology::AddAddress>(&step);
            address != nullptr && address->device != "lo")
            ends.insert({address->space, address->device});
        if (const auto* change = std::get_if<topology::ChangeDevice>(&step);
            change != nullptr && change->from.mac != change->to.mac)
            ends.insert({change->space, change->to.name});
    }
    Worker::Job tell = [&] {
        for (const topology::DeviceEnd& end : ends) lab->kernel->announce(end.space, end.device);
    };
    if (!ends.empty()) co_await kernel_.run(lab->name, std::move(tell));
}

asio::awaitable<void> Engine::roll_back(std::shared_ptr<Lab> lab, topology::Lab before,
                                        std::map<std::string, std::string> asleep) {
    lab->wish = std::move(before);
    lab->desired = desired_with(lab->wish, lab->overrides, link_back_ends());
    lab->judged = false;
    for (const auto& [node, birth] : asleep) topology::put_to_sleep(lab->desired, node);
    std::string failed;
    try {
        const topology::State observed = co_await look(lab);
        Steps steps;
        Worker::Job compare = [&] { steps = topology::plan(lab->desired, observed); };
        co_await planner_.run(lab->name, std::move(compare));
        // A program that ran cannot be un-run, and must not be run twice.
        std::erase_if(steps, [](const Step& step) {
            return std::holds_alternative<topology::RunExec>(step);
        });
        for (auto& [node, live] : lab->nodes)
            if (const auto wanted = lab->desired.contents.find(node);
                wanted != lab->desired.contents.end())
                live.contents.exec = wanted->second.exec;
        auto quiet = std::make_shared<Progress>();
        co_await apply(lab, steps, quiet);
        co_await announce(lab, steps);
        co_await learn_after_change(lab);
        co_await write_learned(lab);  // what had been written was of the other wish
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if (!failed.empty()) failed = "a change failed and could not be undone: " + failed;
    try {
        co_await commit(lab);
    } catch (const std::exception& error) {
        if (failed.empty())
            failed = "a change failed and was undone, which could not be written down: " +
                     std::string(error.what()) + "; lab up tries again";
    }
    if (!failed.empty()) {
        lab->state = LabState::degraded;
        lab->reason = failed;
        log::error(lab->name + ": " + lab->reason);
    }
}

asio::awaitable<void> Engine::commit(std::shared_ptr<Lab> lab) {
    co_await follow_new(lab);  // of a change that failed nobody has confirmed anything
    std::vector<Task> tasks;
    for (auto& [node, live] : lab->nodes) {
        if (live.committed || !live.door) continue;
        // A node that fails here degrades the lab; it does not undo the others.
        tasks.emplace_back([lab, node = node, &live = live]() -> asio::awaitable<void> {
            try {
                const std::shared_ptr<NodeDoor> door = lab->door_of(node);
                fail_point::before("node.commit");
                co_await door->commit();
                fail_point::after("node.commit");
                live.committed = true;
                live.start.reset();
            } catch (const std::exception& error) {
                live.failure = error.what();
            }
        });
    }
    co_await gather(std::move(tasks));
    if (const auto ends = wireguard_ends(lab->desired); !ends.empty() || !lab->keys.empty()) {
        Worker::Job ask = [&] { lab->keys = lab->kernel->keys(); };
        co_await kernel_.run(lab->name, std::move(ask));
        std::erase_if(lab->keys, [&](const auto& entry) { return !ends.contains(entry.first); });
    }
    commit_record(*lab);
    judge(*lab);
}

}  // namespace labd
