// A State that steps are applied to with the kernel's manners: it refuses what refers to something
// that is not there, and what hangs on a thing goes with it. Header only: every suite links what
// it tests and nothing else.
#pragma once

#include "topology/plan.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace test {

class FakeState {
  public:
    topology::State state;

    // `wish` says what contents steps bring about. Throws std::runtime_error naming the offence.
    void apply(const topology::Step& step, const topology::State& wish) {
        wish_ = &wish;
        std::visit([&](const auto& s) { (*this)(s); }, step);
    }

  private:
    using Device = topology::Device;
    using Family = topology::Family;

    static void need(bool condition, const std::string& offence) {
        if (!condition) throw std::runtime_error(offence);
    }

    topology::Space& space(const std::string& name) {
        const auto found = state.spaces.find(name);
        need(found != state.spaces.end(), "no namespace " + name);
        return found->second;
    }

    Device& device(const std::string& in, const std::string& name) {
        auto& devices = space(in).devices;
        const auto found = devices.find(name);
        need(found != devices.end(), "no device " + in + ":" + name);
        return found->second;
    }

    void need_master(const std::string& in, const Device& port) {
        if (!port.master.empty())
            need(device(in, port.master).kind != Device::Kind::veth, port.master + " has no ports");
    }

    void put(const std::string& in, const Device& wished) {
        topology::Space& where = space(in);
        need(wished.name.size() <= 15, wished.name + " is too long");
        for (const auto& [name, other] : where.devices) {
            need(name != wished.name, in + ":" + name + " exists");
            need(other.index != wished.index, "index of " + in + ":" + name + " is taken");
        }
        need_master(in, wished);
        where.devices[wished.name] = wished;
    }

    template <class Predicate>
    static void drop_routes(topology::Space& where, const std::string& device, Predicate also) {
        std::erase_if(where.routes, [&](const auto& entry) {
            const auto& hops = entry.second.hops;
            return std::any_of(hops.begin(), hops.end(), [&](const auto& hop) {
                return hop.dev == device && also(entry.second, hop);
            });
        });
    }
    static void drop_routes(topology::Space& where, const std::string& device) {
        drop_routes(where, device, [](const auto&, const auto&) { return true; });
    }

    void drop(const std::string& in, const std::string& name) {
        topology::Space& where = space(in);
        where.addresses.erase(name);
        drop_routes(where, name);
        where.devices.erase(name);
    }

    void operator()(const topology::CreateSpace& s) {
        need(!state.spaces.contains(s.space), s.space + " exists");
        state.spaces[s.space].kind = s.kind;
        const auto contents = wish_->contents.find(s.space);
        if (contents == wish_->contents.end()) return;
        state.contents[s.space].birth = contents->second.birth;
        state.contents[s.space].limits = contents->second.limits;
        state.contents[s.space].hostname = contents->second.hostname;
    }
    void operator()(const topology::RemoveSpace& s) {
        need(space(s.space).kind == s.kind, s.space + " is of another kind");
        for (const auto& [name, device] : space(s.space).devices)
            if (device.kind == Device::Kind::veth && device.peer.space != s.space)
                drop(device.peer.space, device.peer.device);
        state.spaces.erase(s.space);
        state.contents.erase(s.space);
        state.asleep.erase(s.space);
    }
    void operator()(const topology::StopNode& s) {
        state.asleep[s.node] = contents(s.node).birth;
        state.contents.erase(s.node);
    }
    void operator()(const topology::StartNode& s) {
        need(!state.contents.contains(s.node), s.node + " has a process");
        const topology::Contents wish = wished(s.node);
        topology::Contents& born = state.contents[s.node];
        born.birth = wish.birth;
        born.hostname = wish.hostname;
        born.limits = wish.limits;
        state.asleep.erase(s.node);
        // A new namespace, into which the cables are plugged.
        topology::Space& where = space(s.node);
        where.addresses.clear();
        where.routes.clear();
        where.ground = {};
        std::erase_if(where.devices,
                      [](const auto& entry) { return entry.second.kind != Device::Kind::veth; });
        for (auto& [name, plugged] : where.devices) {
            plugged.up = false;
            plugged.master.clear();
            plugged.port = {};
            plugged.habits = {};
            plugged.vlans.clear();
            plugged.quiet = plugged.mtu < 1280;
        }
    }
    void operator()(const topology::CreateVeth& s) {
        need(s.device.peer == topology::DeviceEnd{s.peer_space, s.peer.name}, "peers differ");
        need(s.peer.peer == topology::DeviceEnd{s.space, s.device.name}, "peers differ");
        put(s.space, s.device);
        put(s.peer_space, s.peer);
    }
    void operator()(const topology::RemoveVeth& s) {
        need(device(s.space, s.device.name) == s.device, s.device.name + " is another device");
        need(device(s.peer_space, s.peer.name) == s.peer, s.peer.name + " is another device");
        drop(s.space, s.device.name);
        drop(s.peer_space, s.peer.name);
    }
    void operator()(const topology::MoveVeth& s) {
        Device& stays = device(s.space, s.device.name);
        need(stays == s.device, s.device.name + " is another device");
        need(device(s.from_space, s.from.name) == s.from, s.from.name + " is another device");
        need(s.device.peer == topology::DeviceEnd{s.from_space, s.from.name}, "peers differ");
        need(s.to.peer == topology::DeviceEnd{s.space, s.device.name}, "peers differ");
        need(s.from_space != s.to_space, "it is there already");
        drop(s.from_space, s.from.name);
        stays.peer = {s.to_space, s.to.name};
        put(s.to_space, s.to);
    }
    void operator()(const topology::CreateDevice& s) {
        if (!s.device.settings.lower.empty()) (void)device(s.space, s.device.settings.lower);
        put(s.space, s.device);
    }
    void operator()(const topology::RemoveDevice& s) {
        need(device(s.space, s.device.name) == s.device, s.device.name + " is another device");
        for (const auto& entry : space(s.space).devices)
            need(entry.second.master != s.device.name &&
                     entry.second.settings.lower != s.device.name,
                 entry.first + " is still on it");
        drop(s.space, s.device.name);
    }
    void operator()(const topology::ChangeDevice& s) {
        Device& changed = device(s.space, s.to.name);
        need(changed == s.from, s.space + ":" + s.to.name + " is not as the step says");
        need(s.from.index == s.to.index && s.from.peer == s.to.peer && s.from.kind == s.to.kind,
             "a device cannot become another one");
        need_master(s.space, s.to);
        changed = s.to;
        topology::Space& where = space(s.space);
        if (!s.to.up) drop_routes(where, s.to.name);
        if (s.to.mtu < 1280) {
            drop_routes(where, s.to.name, [](const auto& route, const auto& hop) {
                return route.destination.ip.family == Family::ipv6 ||
                       (hop.via && hop.via->family == Family::ipv6);
            });
            if (const auto held = where.addresses.find(s.to.name); held != where.addresses.end()) {
                std::erase_if(held->second,
                              [](const auto& a) { return a.ip.family == Family::ipv6; });
                if (held->second.empty()) where.addresses.erase(held);
            }
        }
    }
    void operator()(const topology::ChangeGround& s) { space(s.space).ground = s.to; }
    void operator()(const topology::AddAddress& s) {
        if (s.device != "lo") {
            const Device& to = device(s.space, s.device);
            need(s.address.ip.family == Family::ipv4 || to.mtu >= 1280, "no IPv6 below 1280");
        }
        need(space(s.space).addresses[s.device].insert(s.address).second,
             s.address.text() + " is there already");
    }
    void operator()(const topology::RemoveAddress& s) {
        topology::Space& where = space(s.space);
        auto& held = where.addresses[s.device];
        need(held.erase(s.address) == 1, s.address.text() + " is not there");
        const Family family = s.address.ip.family;
        const bool last = std::none_of(held.begin(), held.end(),
                                       [&](const auto& a) { return a.ip.family == family; });
        // Without an address there is no protocol on the interface, and no routes.
        if (last)
            drop_routes(where, s.device, [&](const auto& route, const auto& hop) {
                return (hop.via ? hop.via->family : route.destination.ip.family) == family;
            });
        if (held.empty()) where.addresses.erase(s.device);
    }
    void operator()(const topology::AddRoute& s) {
        topology::Space& where = space(s.space);
        topology::Route route = s.route;
        for (auto& hop : route.hops) {
            if (hop.dev.empty()) hop.dev = way_to(where, hop);
            if (hop.dev != "lo") need(device(s.space, hop.dev).up, hop.dev + " is down");
            if (hop.via && !route.onlink) need(reaches(where, hop), hop.via->text() + " is far");
        }
        const topology::RouteKey key{route.destination, route.table, route.metric};
        need(where.routes.insert({key, route}).second, route.destination.text() + " is there");
    }
    void operator()(const topology::RemoveRoute& s) {
        const topology::RouteKey key{s.route.destination, s.route.table, s.route.metric};
        need(space(s.space).routes.erase(key) == 1, s.route.destination.text() + " is not there");
    }

    static std::string way_to(const topology::Space& where, const topology::Route::Hop& hop) {
        for (const auto& [device, held] : where.addresses)
            for (const auto& address : held) {
                const auto found = where.devices.find(device);
                if (found != where.devices.end() && found->second.up && address.contains(*hop.via))
                    return device;
            }
        throw std::runtime_error(hop.via->text() + " is out of reach");
    }
    static bool reaches(const topology::Space& where, const topology::Route::Hop& hop) {
        if (hop.via->is_link_local()) return true;
        const auto held = where.addresses.find(hop.dev);
        if (held != where.addresses.end())
            for (const auto& address : held->second)
                if (address.contains(*hop.via)) return true;
        for (const auto& [key, route] : where.routes)
            for (const auto& other : route.hops)
                if (!other.via && other.dev == hop.dev && key.destination.contains(*hop.via))
                    return true;
        return false;
    }

    topology::Contents& contents(const std::string& node) {
        const auto found = state.contents.find(node);
        need(found != state.contents.end(), node + " has no process");
        return found->second;
    }
    topology::Contents wished(const std::string& node) {
        const auto found = wish_->contents.find(node);
        return found == wish_->contents.end() ? topology::Contents{} : found->second;
    }

    template <class Map>
    static void bring(Map& have, const Map& want, const std::string& key) {
        const auto found = want.find(key);
        if (found == want.end())
            have.erase(key);
        else
            have[key] = found->second;
    }

    void operator()(const topology::WriteHosts&) { state.hosts = wish_->hosts; }
    void operator()(const topology::WriteFile& s) {
        bring(contents(s.node).files, wished(s.node).files, s.path);
    }
    void operator()(const topology::RemoveFile& s) {
        need(contents(s.node).files.erase(s.path) == 1, "no file " + s.path);
    }
    void operator()(const topology::SetSysctl& s) {
        bring(contents(s.node).sysctl, wished(s.node).sysctl, s.key);
    }
    void operator()(const topology::SetHostname& s) {
        contents(s.node).hostname = wished(s.node).hostname;
    }
    void operator()(const topology::LoadNft& s) { contents(s.node).nft = wished(s.node).nft; }
    void operator()(const topology::SetLimits& s) {
        contents(s.node).limits = wished(s.node).limits;
    }
    void operator()(const topology::RunExec& s) {
        contents(s.node).exec.push_back(wished(s.node).exec.at(s.index));
    }
    void operator()(const topology::PutService& s) {
        bring(contents(s.node).services, wished(s.node).services, s.service);
    }
    void operator()(const topology::RemoveService& s) {
        need(contents(s.node).services.erase(s.service) == 1, "no service " + s.service);
    }

    const topology::State* wish_ = nullptr;
};

}  // namespace test
