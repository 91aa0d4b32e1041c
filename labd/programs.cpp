// The programs of a node: its nft ruleset, exec lines and services.
#include "labd/engine.hpp"
#include "labd/fail_point.hpp"
#include "labd/failure.hpp"
#include "labd/link_back_ends.hpp"
#include "labd/node_door_parts.hpp"
#include "topology/masquerade.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace labd {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// language.md §9 and the issue: a program that has not ended or is not ready by then never will.
constexpr std::uint32_t exec_limit_ms = 30'000;
constexpr std::chrono::seconds ready_limit{30};

std::vector<std::string> texts(const std::vector<topology::Text>& list) {
    std::vector<std::string> out;
    for (const topology::Text& t : list) out.push_back(t.text);
    return out;
}

std::vector<std::string> environment(const std::map<std::string, topology::Text>& node,
                                     const std::map<std::string, topology::Text>& own = {}) {
    std::map<std::string, std::string> merged;
    for (const auto& [key, value] : node) merged[key] = value.text;
    for (const auto& [key, value] : own) merged[key] = value.text;
    std::vector<std::string> out;
    for (const auto& [key, value] : merged) out.push_back(key + "=" + value);
    return out;
}

// "exit status 3" or "killed by SIGTERM (15)".
std::string ended(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        const int number = WTERMSIG(wait_status);
        const char* name = sigabbrev_np(number);
        return std::string("killed by ") +
               (name != nullptr ? std::string("SIG") + name : "signal") + " (" +
               std::to_string(number) + ")";
    }
    return "exit status " + std::to_string(WEXITSTATUS(wait_status));
}

// 3, 0.5: as it was asked for.
std::string rounded(double seconds) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%g", seconds);
    return text.data();
}

std::string shown(const std::vector<topology::Text>& argv) {
    if (argv.size() == 3 && argv[0].text.ends_with("/sh") && argv[1].text == "-c")
        return argv[2].text;
    std::string line;
    for (const topology::Text& t : argv) line += (line.empty() ? "" : " ") + t.text;
    return line;
}

// The last lines of a service's log, each once; `none` where there are none, or none in time.
asio::awaitable<std::string> end_of_log(std::shared_ptr<NodeDoor> door, std::string service,
                                        std::uint32_t lines, const char* none) {
    std::vector<std::string> told;
    for (std::string& line : co_await door->last_lines(service, lines))
        if (std::find(told.begin(), told.end(), line) == told.end())
            told.push_back(std::move(line));
    std::string out;
    for (const std::string& line : told)
        out += (out.empty() ? "; the last that it said: " : "; ") + line;
    co_return out.empty() ? none : out;
}

// BIRD makes the socket by which it is known to be ready before it has read its configuration.
asio::awaitable<void> read_bird_conf(std::shared_ptr<NodeDoor> door, const topology::Node& node) {
    labd::Command command;
    command.argv = {"/usr/sbin/bird", "-p"};
    command.dir = "/";
    const RunResult result = co_await door->run(std::move(command), exec_limit_ms);
    const int code = WEXITSTATUS(result.wait_status);
    // Without the program nobody has read anything.
    if (result.wait_status == 0 || result.timed_out || code == 126 || code == 127) co_return;
    std::string said = result.tail;
    while (said.ends_with('\n')) said.pop_back();
    throw StepFailure(node.name + ": service bird failed: it cannot read its configuration" +
                          (said.empty() ? "" : ": " + said),
                      node.where);
}

}  // namespace

asio::awaitable<void> Engine::load_nft(std::shared_ptr<Lab> lab, std::string name) {
    const topology::Node* node = lab->wish.find(name);
    LiveNode& live = lab->nodes.at(name);
    const std::shared_ptr<NodeDoor> door = lab->door_of(name);
    // The whole ruleset in one transaction: what was loaded before goes in the same commit.
    topology::File file;
    file.content = "flush ruleset\n" + topology::nft_ruleset(lab->wish, *node);
    file.mode = 0600;
    std::string path = "/run/lab/ruleset.nft";
    co_await door->write_file(path, std::move(file));
    labd::Command command;
    command.argv = {"nft", "-f", path};
    live.contents.nft = unsure;
    fail_point::before("nft.load");
    const RunResult result = co_await door->run(std::move(command), exec_limit_ms);
    fail_point::after("nft.load");
    if (result.wait_status != 0)
        throw refused_ruleset(*node, result.tail, WEXITSTATUS(result.wait_status));
    co_await filter_again(lab, name);
    live.contents.nft = lab->desired.contents[name].nft;
}

// With what its exec lines did to it.
asio::awaitable<void> Engine::note_ruleset(std::shared_ptr<Lab> lab, std::string name) {
    std::optional<std::map<std::string, std::size_t>> now;
    const bool own = !lab->nodes.at(name).contents.nft.empty();
    Worker::Job read = [&] { now = lab->kernel->ruleset(name); };
    if (own) co_await kernel_.run(lab->name, std::move(read));
    lab->nodes.at(name).ruleset = now.value_or(std::map<std::string, std::size_t>{});
}

// What links lose in a node goes with the rest of its ruleset where packet filters do it.
asio::awaitable<void> Engine::filter_again(std::shared_ptr<Lab> lab, std::string name) {
    Steps steps;
    for (const auto& [device, wished] : lab->desired.spaces[name].devices) {
        topology::Device gone = wished;
        gone.receives = {};
        gone.sends.duplicate = {};
        if (gone != wished) steps.push_back(topology::ChangeDevice{name, gone, wished});
    }
    if (!link_back_ends().netem && !steps.empty()) co_await apply_kernel(lab, std::move(steps));
}

// Routing daemons that run already take a changed configuration without a restart: neighbours stay.
// `starting` are services that (re)start in this change and read it anyway.
asio::awaitable<void> Engine::reload_daemons(std::shared_ptr<Lab> lab, std::string name,
                                             std::set<std::string> written,
                                             std::vector<std::string> starting) {
    struct Reload {
        const char* service;
        const char* file;
        std::vector<std::string> argv;
    };
    const std::vector<Reload> reloads = {
        {"frr",
         "/etc/frr/frr.conf",
         {"/usr/lib/frr/frr-reload.py", "--reload", "/etc/frr/frr.conf"}},
        {"bird", "/etc/bird/bird.conf", {"/usr/sbin/birdc", "configure"}},
    };
    for (const Reload& reload : reloads) {
        const bool fresh =
            std::find(starting.begin(), starting.end(), reload.service) != starting.end();
        const LiveNode& live = lab->nodes.at(name);
        if (fresh || !written.contains(reload.file) || !live.services.contains(reload.service))
            continue;
        labd::Command command;
        command.argv = reload.argv;
        command.dir = "/";
        const std::shared_ptr<NodeDoor> door = lab->door_of(name);
        const RunResult result = co_await door->run(std::move(command), exec_limit_ms);
        if (result.wait_status != 0)
            throw StepFailure(name + ": " + reload.service + " did not take its new " +
                                  reload.file + ": " + ended(result.wait_status) + "\n" +
                                  result.tail,
                              where_of(lab->wish, name),
                              WEXITSTATUS(result.wait_status) == 127
                                  ? "apt install frr-pythontools, or lab up --recreate " + name
                                  : "");
    }
}

asio::awaitable<void> Engine::run_exec(std::shared_ptr<Lab> lab, std::string name,
                                       std::size_t index) {
    const topology::Node* node = lab->wish.find(name);
    const topology::Command& line = node->exec.at(index);
    labd::Command command;
    command.argv = texts(line.argv);
    command.env = environment(node->env);
    command.user = node->user;
    command.dir = "/";
    const std::shared_ptr<NodeDoor> door = lab->door_of(name);
    const RunResult result = co_await door->run(std::move(command), exec_limit_ms);
    if (result.timed_out)
        throw StepFailure(name + ": exec \"" + shown(line.argv) + "\" has not ended after 30 s",
                          line.where, "what keeps running belongs in run = [...]");
    if (result.wait_status != 0) {
        std::string said = result.tail;
        while (said.ends_with('\n')) said.pop_back();
        throw StepFailure(name + ": exec \"" + shown(line.argv) + "\" failed: " +
                              ended(result.wait_status) + (said.empty() ? "" : "\n" + said),
                          line.where);
    }
    events_.publish("exec", "done", lab->name, name);
}

asio::awaitable<void> Engine::start_service(std::shared_ptr<Lab> lab, std::string name,
                                            std::string service_name,
                                            std::shared_ptr<Progress> progress) {
    const topology::Node* node = lab->wish.find(name);
    const topology::Service* found = nullptr;
    for (const topology::Service& s : node->services)
        if (s.name == service_name) found = &s;
    if (found == nullptr) co_return;
    const topology::Service service = *found;
    LiveNode& live = lab->nodes.at(name);
    const std::shared_ptr<NodeDoor> door = lab->door_of(name);
    std::string failed;
    bool is_there = live.services.contains(service.name);
    try {
        std::vector<std::string> env = environment(node->env, service.env);
        std::string user = service.user.empty() ? node->user : service.user;
        live.services[service.name].name = service.name;
        live.services[service.name].state = protocol::ServiceState::waiting;
        // From here on it is not what it was, until it is what it should be.
        live.contents.services[service.name] = unsure;
        fail_point::before("service.put");
        co_await door->put_service(service, std::move(env), std::move(user));
        is_there = true;
        fail_point::after("service.put");
        for (const topology::Text& condition : service.after)
            co_await await_condition(lab, name, condition, progress);
        if (service.generated && service.name == "bird") co_await read_bird_conf(door, *node);
        std::string to_start = service.name;
        fail_point::before("service.start");
        co_await door->start_service(std::move(to_start));
        fail_point::after("service.start");
        co_await await_service(lab, name, service.name, progress);
        live.contents.services[service.name] = lab->desired.contents[name].services[service.name];
    } catch (const StepFailure&) {
        throw;
    } catch (const UpFailure&) {
        throw;
    } catch (const std::exception& error) {
        failed = error.what();
    }
    if (!is_there) {  // its init has never heard of it
        live.services.erase(service.name);
        live.contents.services.erase(service.name);
    }
    if (!failed.empty())
        throw StepFailure(failed, service.where.line != 0 ? service.where : node->where);
}

asio::awaitable<void> Engine::await_service(std::shared_ptr<Lab> lab, std::string name,
                                            std::string service_name,
                                            std::shared_ptr<Progress> progress) {
    const topology::Node* node = lab->wish.find(name);
    topology::Where where = node->where;
    bool job = false;
    for (const topology::Service& s : node->services)
        if (s.name == service_name) {
            where = s.where.line != 0 ? s.where : where;
            job = s.ready.kind == topology::Ready::Kind::exit;
        }
    const std::string its_log =
        "lab up --keep-on-failure leaves it there, for lab logs " + name + "/" + service_name;
    auto deadline = steady_clock::now() + ready_limit;
    const bool asked = progress->wait_s > 0 && progress->deadline < deadline;
    if (asked) deadline = progress->deadline;
    for (;;) {
        give_up_if(*progress);
        const LiveNode& live = lab->nodes.at(name);
        if (!live.door) throw StepFailure(name + ": its init is gone", where);
        const auto found = live.services.find(service_name);
        if (found != live.services.end()) {
            const ServiceStatus& status = found->second;
            if (status.state == protocol::ServiceState::ready) co_return;
            if (job && status.state == protocol::ServiceState::exited && status.wait_status == 0)
                co_return;
            if (status.state == protocol::ServiceState::failed ||
                (job && status.state == protocol::ServiceState::exited)) {
                const std::string why =
                    status.text.empty() ? ended(static_cast<int>(status.wait_status)) : status.text;
                const std::shared_ptr<NodeDoor> door = live.door;
                const std::string said = co_await end_of_log(door, service_name, 4, "");
                throw StepFailure(name + ": service " + service_name + " failed: " + why + said,
                                  where, its_log);
            }
        }
        if (steady_clock::now() >= deadline) {
            const std::string text = found != live.services.end() ? found->second.text : "";
            const std::shared_ptr<NodeDoor> door = live.door;
            const std::string said =
                co_await end_of_log(door, service_name, 1, "; it has said nothing");
            StepFailure late(name + ": service " + service_name + " is not ready after " +
                                 (asked ? rounded(progress->wait_s) : "30") + " s" +
                                 (text.empty() ? "" : ": " + text) + said,
                             where, its_log);
            late.code = asked ? "timeout" : "build_failed";
            throw late;
        }
        co_await lab->changed.wait_until(deadline);
    }
}

}  // namespace labd
