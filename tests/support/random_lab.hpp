// Labs by chance: small, well-formed, with a bit of everything. The same seed, the same lab.
#pragma once

#include "topology/model.hpp"
#include "topology/plan.hpp"

#include <random>
#include <string>
#include <vector>

namespace test {

class RandomLab {
  public:
    explicit RandomLab(unsigned seed) : random_(seed) {}

    topology::Lab make() {
        topology::Lab lab;
        lab.name = "chance";
        const std::size_t nodes = 1 + below(7);
        for (std::size_t i = 0; i < nodes; ++i) lab.nodes.push_back(node(i));
        const std::size_t links = below(9);
        for (std::size_t i = 0; i < links; ++i) add_link(lab);
        for (topology::Node& n : lab.nodes) finish(n);
        return lab;
    }

    // The same lab with some of everything changed.
    topology::Lab edit(topology::Lab lab) {
        for (topology::Node& n : lab.nodes) {
            if (chance(15)) n.hostname += "x";
            if (chance(20)) n.stp = !n.stp;
            if (chance(20)) n.exec.push_back(command());
            if (chance(20) && !n.services.empty()) n.services.pop_back();
            if (chance(20)) n.sysctl.clear();
            for (topology::Interface& i : n.interfaces) {
                if (chance(20)) i.mtu = mtu();
                if (chance(20)) i.up = !i.up;
                if (chance(20)) i.mac = mac();
                if (chance(25) && !n.is_bridge()) i.addresses = addresses();
            }
        }
        if (chance(40) && !lab.links.empty()) drop_link(lab, below(lab.links.size()));
        if (chance(30)) {
            lab.nodes.push_back(node(lab.nodes.size()));
            lab.nodes.back().name += "-new";
        }
        if (chance(50)) add_link(lab);
        for (topology::Node& n : lab.nodes)
            if (chance(50)) n.routes.clear(), finish(n);
        // Routes over what was changed above may lead nowhere now.
        for (topology::Node& n : lab.nodes) drop_lost_routes(n);
        return lab;
    }

    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    bool chance(unsigned percent) { return below(100) < percent; }

  private:
    topology::Node node(std::size_t number) {
        using topology::Kind;
        constexpr Kind kinds[] = {Kind::host, Kind::router, Kind::router, Kind::switch_, Kind::hub};
        topology::Node out;
        out.kind = kinds[below(std::size(kinds))];
        out.name = "n" + std::to_string(number);
        out.hostname = out.name;
        if (out.kind == Kind::switch_) out.stp = chance(30);
        if (out.is_bridge() && chance(70)) return out;
        if (!out.is_bridge() && chance(40))
            out.loopbacks.push_back(
                *topology::Prefix::parse("10.255.0." + std::to_string(number + 1) + "/32"));
        if (chance(50)) out.files["/etc/f"].content = std::to_string(below(3));
        if (chance(50)) out.exec.push_back(command());
        if (chance(50)) {
            topology::Service service;
            service.name = "s" + std::to_string(below(2));
            service.argv = command().argv;
            out.services.push_back(service);
        }
        if (chance(50)) out.sysctl["net.ipv4.conf.all.x"] = {std::to_string(below(2)), {}};
        if (chance(30)) out.nft = topology::Text{"table t" + std::to_string(below(2)), {}};
        return out;
    }

    topology::Command command() {
        return {{topology::Text{"echo", {}}, topology::Text{std::to_string(below(4)), {}}}, {}};
    }
    topology::Mac mac() {
        topology::Mac out;
        out.bytes[0] = 2;
        for (std::size_t i = 1; i < 6; ++i) out.bytes[i] = static_cast<std::uint8_t>(below(256));
        return out;
    }
    std::uint32_t mtu() {
        constexpr std::uint32_t values[] = {1500, 1500, 1500, 9000, 1200};
        return values[below(std::size(values))];
    }
    std::vector<topology::Prefix> addresses() {
        std::vector<topology::Prefix> out;
        const std::string net = std::to_string(below(200)), host = std::to_string(1 + below(200));
        if (chance(80)) out.push_back(*topology::Prefix::parse("10.0." + net + "." + host + "/24"));
        if (chance(30)) out.push_back(*topology::Prefix::parse("10.1." + net + "." + host + "/24"));
        if (chance(60))
            out.push_back(*topology::Prefix::parse("fd00:" + net + "::" + host + "/64"));
        return out;
    }

    topology::End add_interface(topology::Lab& lab, std::size_t link, std::size_t end) {
        topology::End out;
        out.node = below(lab.nodes.size());
        topology::Node& n = lab.nodes[out.node];
        topology::Interface interface;
        std::uint32_t number = 0;
        for (const topology::Interface& i : n.interfaces) number = std::max(number, i.index - 99);
        interface.name = "eth" + std::to_string(number);
        interface.index = 100 + number;
        interface.mac = mac();
        interface.mtu = mtu();
        interface.up = chance(85);
        if (chance(30))
            interface.impairment.loss.emplace().share =
                topology::Chance::of(static_cast<double>(below(3)) / 10);
        if (chance(30)) interface.impairment.rate_bits = 8'000'000 * (1 + below(3));
        if (chance(20)) interface.impairment.delay_ns = 1'000'000 * static_cast<int>(below(3));
        interface.link = link;
        interface.end = end;
        if (!n.is_bridge()) interface.addresses = addresses();
        out.interface = n.interfaces.size();
        n.interfaces.push_back(interface);
        return out;
    }

    void add_link(topology::Lab& lab) {
        topology::Link link;
        link.name = "l" + std::to_string(below(1000000));
        constexpr std::size_t sizes[] = {1, 2, 2, 2, 3, 4};
        const std::size_t ends = sizes[below(std::size(sizes))];
        for (std::size_t i = 0; i < ends; ++i)
            link.ends.push_back(add_interface(lab, lab.links.size(), i));
        lab.links.push_back(link);
    }

    // Interfaces are named by place, so those of the dropped link stay as stubs of their own.
    static void drop_link(topology::Lab& lab, std::size_t index) {
        const topology::Link gone = lab.links[index];
        lab.links[index].ends = {gone.ends[0]};
        for (std::size_t i = 1; i < gone.ends.size(); ++i) {
            topology::Link stub;
            stub.name = gone.name + "-" + std::to_string(i);
            stub.ends = {gone.ends[i]};
            lab.at(gone.ends[i]).link = lab.links.size();
            lab.at(gone.ends[i]).end = 0;
            lab.links.push_back(stub);
        }
    }

    static topology::Ip neighbour(const topology::Prefix& address) {
        topology::Ip out = address.ip;
        std::uint8_t& last = out.bytes[out.size() - 1];
        last = last == 77 ? 78 : 77;
        return out;
    }

    void finish(topology::Node& n) {
        using topology::Route;
        if (n.is_bridge()) return;
        std::vector<Route::Hop> hops;
        for (const topology::Interface& i : n.interfaces)
            for (const topology::Prefix& a : i.addresses)
                if (a.ip.family == topology::Family::ipv4)
                    hops.push_back({neighbour(a), chance(50) ? i.name : ""});
        if (!hops.empty() && chance(70)) {
            Route route;
            route.destination = *topology::Prefix::parse("0.0.0.0/0");
            route.hops = {hops[below(hops.size())]};
            n.routes.push_back(route);
        }
        if (hops.size() > 1 && chance(60)) {
            Route route;
            route.destination = *topology::Prefix::parse("10.9.0.0/16");
            route.hops = hops;
            n.routes.push_back(route);
        }
        if (chance(30)) {
            Route route;
            route.destination = *topology::Prefix::parse("10.66.0.0/16");
            route.metric = 5;
            n.routes.push_back(route);
        }
        if (!n.interfaces.empty() && chance(40)) {
            Route route;  // an IPv6 hop for IPv4
            route.destination = *topology::Prefix::parse("10.77.0.0/16");
            route.hops = {{*topology::Ip::parse("fe80::1"), n.interfaces[0].name}};
            n.routes.push_back(route);
        }
        drop_lost_routes(n);
    }

    static void drop_lost_routes(topology::Node& n) {
        std::erase_if(n.routes, [&](const topology::Route& route) {
            for (const topology::Route::Hop& hop : route.hops) {
                bool found = hop.via && hop.via->is_link_local();
                for (const topology::Interface& i : n.interfaces)
                    for (const topology::Prefix& a : i.addresses)
                        if (a.contains(*hop.via) && (hop.dev.empty() || hop.dev == i.name))
                            found = true;
                if (!found) return true;
            }
            return false;
        });
    }

    std::mt19937 random_;
};

}  // namespace test
