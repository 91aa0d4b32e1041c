// A fabric port is known by the node's end that it serves, a fabric bridge by its ports. Whatever
// runs keeps its name and number; what is new takes names and numbers that are free.
#include "topology/plan_parts.hpp"

namespace topology {
namespace {

using Devices = std::map<std::string, Device>;

struct Identity {
    std::string name;
    std::uint32_t index = 0;
};

class Alignment {
  public:
    Alignment(const Devices& wish, const State& seen, const Devices& there)
        : wish_(wish), seen_(seen), there_(there) {}

    // Every wished device's name → how it is called from now on.
    std::map<std::string, Identity> find() {
        for (const auto& [name, device] : wish_)
            if (device.kind == Device::Kind::veth) claim(name, port_of(device.peer));
        for (const auto& [name, device] : wish_)
            if (device.kind == Device::Kind::bridge) claim(name, bridge_of(name));
        for (const auto& [name, device] : wish_)
            if (!out_.contains(name)) place_new(device);
        return std::move(out_);
    }

  private:
    void claim(const std::string& name, const Device* running) {
        if (running == nullptr || names_.contains(running->name)) return;
        take(name, {running->name, running->index});
    }

    void take(const std::string& name, Identity identity) {
        names_.insert(identity.name);
        indexes_.insert(identity.index);
        out_[name] = std::move(identity);
    }

    // The running port at the other end of a node's interface.
    const Device* port_of(const DeviceEnd& end) const {
        const Device* node_side = find_device(seen_, end);
        if (node_side == nullptr || node_side->peer.space != fabric_name) return nullptr;
        const auto port = there_.find(node_side->peer.device);
        const bool mutual = port != there_.end() && port->second.peer == end;
        return mutual ? &port->second : nullptr;
    }

    // The running bridge that most of the ports are on already.
    const Device* bridge_of(const std::string& name) const {
        std::map<std::string, std::size_t> votes;
        for (const auto& [port, device] : wish_) {
            const auto running = device.master == name ? out_.find(port) : out_.end();
            if (running != out_.end()) ++votes[there_.at(running->second.name).master];
        }
        const Device* best = nullptr;
        std::size_t most = 0;
        for (const auto& [master, count] : votes) {
            const auto bridge = there_.find(master);
            if (bridge == there_.end() || names_.contains(master) || count <= most) continue;
            if (bridge->second.kind != Device::Kind::bridge) continue;
            best = &bridge->second;
            most = count;
        }
        return best;
    }

    void place_new(const Device& device) {
        Identity identity{device.name, device.index};
        const std::string stem = device.kind == Device::Kind::bridge ? "br" : "p";
        for (std::size_t n = 0; names_.contains(identity.name); ++n)
            identity.name = stem + std::to_string(n);
        while (indexes_.contains(identity.index)) ++identity.index;
        take(device.name, std::move(identity));
    }

    const Devices& wish_;
    const State& seen_;
    const Devices& there_;
    std::map<std::string, Identity> out_;
    std::set<std::string> names_;
    std::set<std::uint32_t> indexes_;
};

}  // namespace

State align_fabric(const State& wish, const State& seen) {
    State out = wish;
    const auto wished = wish.spaces.find(fabric_name);
    const auto there = seen.spaces.find(fabric_name);
    if (wished == wish.spaces.end() || there == seen.spaces.end()) return out;
    const std::map<std::string, Identity> called =
        Alignment(wished->second.devices, seen, there->second.devices).find();

    Devices renamed;
    for (const auto& entry : wished->second.devices) {
        Device device = entry.second;
        const Identity& identity = called.at(device.name);
        device.name = identity.name;
        device.index = identity.index;
        if (!device.master.empty()) device.master = called.at(device.master).name;
        if (device.kind == Device::Kind::veth)
            out.spaces.at(device.peer.space).devices.at(device.peer.device).peer.device =
                identity.name;
        renamed[device.name] = std::move(device);
    }
    out.spaces.at(fabric_name).devices = std::move(renamed);
    return out;
}

}  // namespace topology
