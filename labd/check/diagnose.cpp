// See diagnose.hpp.
#include "labd/check/diagnose.hpp"

#include "labd/check/asked_about.hpp"
#include "labd/check/hold.hpp"
#include "labd/check/node_words.hpp"
#include "labd/gather.hpp"
#include "labd/linux_convert.hpp"
#include "labd/log.hpp"
#include "labd/override.hpp"
#include "netlink/netns.hpp"
#include "netlink/route.hpp"

#include <algorithm>
#include <set>

namespace labd::check {

namespace asio = boost::asio;

namespace {

constexpr std::size_t longest_way = 32, most_routers = 64, at_once = 16;
constexpr double patience_s = 4;
constexpr double routing_s = 20;  // many commands, one after the other
constexpr double trace_s = 15;    // longer than any sender takes

class Gatherer {
  public:
    Gatherer(asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab, Hear hear)
        : loop_(loop), engine_(engine), lab_(std::move(lab)), hear_(std::move(hear)) {}

    Evidence evidence;

    asio::awaitable<void> packets(const Flow& flow, const Ask& sender) {
        evidence.flow = flow;
        const auto to = topology::Ip::parse(flow.address);
        if (!to) co_return;
        co_await walk(flow.from, *to, evidence.there);
        if (evidence.there.arrived && !evidence.there.stops.empty()) {
            const Stop& last = evidence.there.stops.back();
            co_await walk(last.node, evidence.there.from, evidence.back);
        } else if (lab_->wish.find(flow.to) != nullptr) {
            // What its own end looks like is worth knowing all the same.
            co_await know(flow.to);
        }
        std::set<std::string> nodes{flow.from};
        for (const Way* way : {&evidence.there, &evidence.back})
            for (const Stop& stop : way->stops) nodes.insert(stop.node);
        if (lab_->wish.find(flow.to) != nullptr) nodes.insert(flow.to);
        evidence.asked.insert(nodes.begin(), nodes.end());
        co_await ask_inside(nodes);
        if (evidence.there.arrived && evidence.back.arrived) co_await send_again(nodes, sender);
    }

    asio::awaitable<void> way(const Flow& flow) {
        const auto to = topology::Ip::parse(flow.address);
        if (to) co_await walk(flow.from, *to, evidence.there);
    }

    // Without sending anything again: all comes through.
    asio::awaitable<void> measured(const Flow& flow) {
        evidence.flow = flow;
        co_await way(flow);
        std::set<std::string> nodes;
        for (const Stop& stop : evidence.there.stops) nodes.insert(stop.node);
        co_await ask_inside(nodes);
    }

    asio::awaitable<void> routing() {
        rest();
        std::vector<Task> tasks;
        // Those of the file first; others may run it of their own accord.
        for (const bool told : {true, false})
            for (const topology::Node& node : lab_->wish.nodes) {
                if (!node.has_process() || runs_frr(node) != told) continue;
                if (tasks.size() == most_routers) break;
                tasks.emplace_back(
                    [this, name = node.name, told] { return ask_routing(name, told); });
            }
        co_await gather(std::move(tasks), at_once);
    }

    asio::awaitable<void> know(std::string node) {
        if (evidence.readings.contains(node)) co_return;
        try {
            Reading reading;
            const topology::Node* wished = lab_->wish.find(node);
            const bool bridge = wished != nullptr && wished->is_bridge();
            Worker::Job job = [&] {
                reading = read_kernel(lab_->kernel->netns(node));
                if (bridge) reading.frame_drops = read_frame_drops(lab_->kernel->netns(node));
            };
            co_await engine_.kernel_thread().run(lab_->name, std::move(job));
            evidence.readings[node] = std::move(reading);
        } catch (const std::exception& error) {
            log::debug("check: cannot read " + node + ": " + error.what());
        }
    }

  private:
    static bool runs_frr(const topology::Node& node) {
        if (node.files.contains("/etc/frr/frr.conf")) return true;
        return std::any_of(node.services.begin(), node.services.end(),
                           [](const auto& service) { return service.name == "frr"; });
    }

    asio::awaitable<void> walk(std::string from, topology::Ip to, Way& way) {
        way.to = to;
        std::set<std::string> seen{from};
        std::string node = from, in;
        std::uint32_t in_index = 0;
        bool own = true;
        while (way.stops.size() < longest_way) {
            co_await know(node);
            const auto reading = evidence.readings.find(node);
            if (reading == evidence.readings.end()) co_return;
            Stop stop;
            stop.node = node, stop.in = in;
            netlink::Lookup found, plain, back;
            std::optional<netlink::Ip> source;
            if (!own) source = to_netlink(way.from);
            try {
                Worker::Job job = [&] {
                    netlink::Socket socket = netlink::socket_in(lab_->kernel->netns(node));
                    found = netlink::look_up(socket, to_netlink(to), source, in_index);
                    if (found.error == 0 || !source) return;
                    plain = netlink::look_up(socket, to_netlink(to));
                    back = netlink::look_up(socket, *source);
                };
                co_await engine_.kernel_thread().run(lab_->name, std::move(job));
            } catch (const std::exception& error) {
                log::debug("check: cannot look a route up at " + node + ": " + error.what());
                co_return;
            }
            if (own && found.source) way.from = to_topology(*found.source);
            own = false;
            stop.error = found.error, stop.local = found.local, stop.own_error = plain.error;
            if (found.via) stop.via = to_topology(*found.via);
            for (const Reading::Link& link : reading->second.links) {
                if (link.index == found.index && !found.local) stop.out = link.name;
                if (link.index == back.index && back.error == 0) stop.back_by = link.name;
            }
            if (stop.error != 0 || stop.local) {
                way.arrived = stop.local && stop.error == 0;
                way.stops.push_back(std::move(stop));
                co_return;
            }
            const topology::Interface* next_in = co_await behind(stop, to);
            way.stops.push_back(stop);
            if (stop.next.empty() || next_in == nullptr) co_return;
            node = stop.next.front(), in = next_in->name;
            in_index = 0;
            if (const Reading::Link* link = evidence.readings[node].link(in))
                in_index = link->index;
            if (!seen.insert(node).second) {
                way.circle = true;
                co_return;
            }
        }
    }

    // Fills stop.next; of the first of them the interface, nullptr when there is none.
    asio::awaitable<const topology::Interface*> behind(Stop& stop, topology::Ip to) {
        const topology::Node* node = lab_->wish.find(stop.node);
        const topology::Ip wanted = stop.via.value_or(to);
        const topology::Interface* found = nullptr;
        for (const topology::Interface& interface : node->interfaces) {
            if (interface.name != stop.out || interface.segment >= lab_->wish.segments.size())
                continue;
            const topology::Segment& segment = lab_->wish.segments[interface.segment];
            for (const std::size_t at : segment.switches) co_await know(lab_->wish.nodes[at].name);
            for (const topology::End& end : segment.ends) {
                const topology::Node& other = lab_->wish.nodes[end.node];
                if (&other == node) continue;
                const topology::Interface& its = lab_->wish.at(end);
                co_await know(other.name);
                for (const Reading::Address& a : evidence.readings[other.name].addresses) {
                    // A loopback's address is reached by any of its interfaces.
                    if (a.prefix.ip != wanted || (a.dev != its.name && a.dev != "lo")) continue;
                    stop.next.push_back(other.name);
                    if (found == nullptr) found = &its;
                }
            }
        }
        co_return found;
    }

    asio::awaitable<void> ask_inside(std::set<std::string> nodes) {
        std::vector<Task> tasks;
        for (const std::string& node : nodes)
            tasks.emplace_back([this, node]() -> asio::awaitable<void> {
                Heard heard;
                Ask ask{node, {"sh", "-c", inside_script}, "", patience_s};
                co_await hear_(std::move(ask), heard);
                if (heard.refused.empty()) evidence.inside[node] = sections(heard.out);
            });
        co_await gather(std::move(tasks), at_once);
    }

    // Who runs nothing, and so answers nothing.
    void rest() {
        for (const topology::Node& node : lab_->wish.nodes) {
            if (!node.has_process()) continue;
            const auto live = lab_->nodes.find(node.name);
            if (lab_->asleep.contains(node.name))
                evidence.resting[node.name] = "is stopped (lab start " + node.name + ")";
            else if (live == lab_->nodes.end())
                evidence.resting[node.name] = "does not run (lab up)";
            else if (live->second.paused)
                evidence.resting[node.name] = "is paused (lab resume " + node.name + ")";
        }
    }

    asio::awaitable<void> ask_routing(std::string node, bool told) {
        std::string script = told ? "" : "[ -S /run/frr/zebra.vty ] || exit 1; ";
        for (const std::string& command : routing_commands())
            script += "echo '@" + command + "'; vtysh -c '" + command + "' 2>&1; ";
        script += "echo '@nft list ruleset'; nft list ruleset 2>/dev/null; ";
        Heard heard;
        Ask ask{node, {"sh", "-c", script + ":"}, "", routing_s};
        co_await hear_(std::move(ask), heard);
        if (!heard.refused.empty() || (!told && !heard.ok())) co_return;
        evidence.routing[node] = sections(heard.out);
        co_await know(node);
    }

    // The same packets once more, with every node's counters before and after, while firewalls
    // tell what they do to them.
    asio::awaitable<void> send_again(std::set<std::string> nodes, Ask sender) {
        const Traced flow{evidence.there.from, evidence.there.to, evidence.flow->port,
                          evidence.flow->udp};
        std::vector<std::shared_ptr<Hold>> holds;
        std::vector<Task> tasks;
        for (const std::string& node : nodes) {
            const auto hold = std::make_shared<Hold>(loop_);
            hold->awaited = "@ready\n";
            holds.push_back(hold);
            tasks.emplace_back([this, node, flow, hold] { return trace(node, flow, hold); });
        }
        tasks.emplace_back([this, &nodes, &sender, &holds]() -> asio::awaitable<void> {
            co_await all_ready(holds);
            std::exception_ptr failed;
            try {
                co_await send_counted(nodes, sender);
            } catch (...) {
                failed = std::current_exception();
            }
            for (const auto& hold : holds) hold->release();
            if (failed) std::rethrow_exception(failed);
        });
        co_await gather(std::move(tasks));
    }

    asio::awaitable<void> trace(std::string node, Traced flow, std::shared_ptr<Hold> hold) {
        Heard heard;
        Ask ask{node, {"sh", "-c", trace_script(flow)}, "", trace_s, trace_s, hold};
        co_await hear_(std::move(ask), heard);
        // Where a command could not even begin nobody else says so.
        hold->over = true;
        hold->changed.notify();
        if (heard.ok() && hold->ready) evidence.traced[node] = read_trace(heard.out, flow);
    }

    static asio::awaitable<void> all_ready(const std::vector<std::shared_ptr<Hold>>& holds) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(4);
        for (const auto& hold : holds)
            while (!hold->ready && !hold->over && std::chrono::steady_clock::now() < deadline)
                co_await hold->changed.wait_until(deadline);
    }

    asio::awaitable<void> send_counted(std::set<std::string> nodes, Ask sender) {
        std::map<std::string, std::string> before, after;
        co_await count(nodes, before);
        const bool echo = evidence.flow->port == 0;
        evidence.sent = echo ? 4 : 1;
        const std::uint32_t size = evidence.flow->size == 0 ? 56 : evidence.flow->size;
        if (echo)
            sender.argv = {"ping",
                           "-n",
                           "-q",
                           "-i",
                           "0.02",
                           "-W",
                           "1",
                           "-c",
                           "4",
                           "-s",
                           std::to_string(size),
                           evidence.flow->address};
        Heard again;
        co_await hear_(sender, again);
        evidence.inside[evidence.flow->from]["answered"] = again.ok() ? "yes" : "no";
        co_await count(nodes, after);
        const bool six = evidence.there.to.family == topology::Family::ipv6;
        for (const std::string& node : nodes) {
            if (!before.contains(node) || !after.contains(node)) continue;
            const auto grown = [&](const std::string& group, const std::string& name) {
                return counter(after[node], six, group, name) -
                       counter(before[node], six, group, name);
            };
            evidence.forwarded[node] =
                six ? grown("Ip6", "OutForwDatagrams") : grown("Ip", "ForwDatagrams");
            if (evidence.flow->udp)
                evidence.datagrams[node] = {grown(six ? "Udp6" : "Udp", "InDatagrams"),
                                            grown(six ? "Udp6" : "Udp", "OutDatagrams")};
            evidence.heard[node] =
                echo ? (six ? grown("Icmp6", "InEchos") : grown("Icmp", "InEchos"))
                     : (six ? grown("Ip6", "InDelivers") : grown("Ip", "InDelivers"));
        }
    }

    asio::awaitable<void> count(std::set<std::string> nodes,
                                std::map<std::string, std::string>& to) {
        std::vector<Task> tasks;
        for (const std::string& node : nodes)
            tasks.emplace_back([this, node, &to]() -> asio::awaitable<void> {
                Heard heard;
                Ask ask{node, {"sh", "-c", counters_script}, "", patience_s};
                co_await hear_(std::move(ask), heard);
                if (heard.ok()) to[node] = std::move(heard.out);
            });
        co_await gather(std::move(tasks), at_once);
    }

    asio::io_context& loop_;
    Engine& engine_;
    std::shared_ptr<Lab> lab_;
    Hear hear_;
};

std::set<std::string> switched_off(const topology::Lab& wish) {
    std::set<std::string> out;
    for (const topology::Link& link : wish.links)
        if (std::any_of(link.ends.begin(), link.ends.end(),
                        [&](const topology::End& end) { return !wish.at(end).up; }))
            out.insert(link.name);
    return out;
}

}  // namespace

asio::awaitable<Diagnosis> diagnose(const topology::Check& check, const Verdict& verdict,
                                    asio::io_context& loop, Engine& engine,
                                    std::shared_ptr<Lab> lab, Hear hear) {
    Diagnosis diagnosis;
    try {
        Gatherer gatherer(loop, engine, lab, std::move(hear));
        gatherer.evidence.fault = check.during;
        gatherer.evidence.off_by_file = switched_off(lab->wish);
        gatherer.evidence.asked = nodes_asked(check);
        const topology::Lab now = living(*lab);
        const Question question = ask(check, now);
        const auto wrong = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                        [negated = check.negated](const Finding& f) {
                                            return f.ok == negated && f.flow.has_value();
                                        });
        const auto told = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                       [](const Finding& f) { return !f.ok && !f.cause.empty(); });
        if (check.negated) {
            if (wrong == verdict.findings.end()) co_return diagnosis;
            co_await gatherer.way(*wrong->flow);
            diagnosis = explain_passage(gatherer.evidence, laid_over(now, lab->overrides));
        } else if (told != verdict.findings.end()) {
            diagnosis.causes.push_back(told->cause);
        } else if (wrong != verdict.findings.end() && wrong->flow->wanted_bits > 0) {
            co_await gatherer.measured(*wrong->flow);
            diagnosis = explain(gatherer.evidence, laid_over(now, lab->overrides));
        } else if (wrong != verdict.findings.end()) {
            co_await gatherer.packets(*wrong->flow, question.commands.at(wrong->flow->command));
            co_await gatherer.routing();
            diagnosis = explain(gatherer.evidence, laid_over(now, lab->overrides));
        } else if (about_routing(check)) {
            co_await gatherer.routing();
            diagnosis.causes =
                routing_causes(gatherer.evidence, lab->wish, network_asked_for(check));
            if (diagnosis.causes.empty() && check.during)
                diagnosis.causes.push_back(not_around(*check.during, lab->wish));
            if (diagnosis.causes.empty())
                diagnosis.causes = unspoken(check, gatherer.evidence, lab->wish);
        } else {
            diagnosis.causes = unaddressed(check, now);
        }
    } catch (const std::exception& error) {
        log::warning("check " + check.name + ": no cause could be looked for: " + error.what());
    }
    co_return diagnosis;
}

}  // namespace labd::check
