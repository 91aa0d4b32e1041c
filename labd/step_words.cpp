// One line for each kind of step.
#include "labd/step_words.hpp"

#include "topology/relay_link.hpp"

namespace labd {
namespace {

using namespace topology;

std::string end(const std::string& space, const std::string& device) {
    if (space == relay_name) return "(the lab's relay)";
    return space == fabric_name ? "(the lab's fabric)" : space + ":" + device;
}

std::string link(const std::string& space, const Device& device, const std::string& peer_space,
                 const Device& peer) {
    return "link " + end(space, device.name) + " – " + end(peer_space, peer.name);
}

std::string device(const std::string& space, const Device& device) {
    return space == fabric_name ? "the bridge of an implied LAN (" + device.name + ")"
           : device.kind == Device::Kind::bridge
               ? "bridge " + space + ":" + device.name
               : std::string(kind_word(device.kind)) + " device " + space + ":" + device.name;
}

std::string address(const std::string& space, const std::string& device, const Prefix& prefix) {
    return "address " + prefix.text() + " of " + space + ":" + device;
}

std::string route(const Step& step) {
    const Action said = describe(step);
    return "route " + said.detail + " of " + said.name;
}

struct Words {
    StepWords operator()(const CreateVeth& s) const {
        return {"create", link(s.space, s.device, s.peer_space, s.peer)};
    }
    StepWords operator()(const RemoveVeth& s) const {
        return {"remove", link(s.space, s.device, s.peer_space, s.peer)};
    }
    StepWords operator()(const MoveVeth& s) const {
        return {"plug",
                "interface " + end(s.space, s.device.name) + " into " + end(s.to_space, s.to.name)};
    }
    StepWords operator()(const CreateDevice& s) const {
        return {"create", device(s.space, s.device)};
    }
    StepWords operator()(const RemoveDevice& s) const {
        return {"remove", device(s.space, s.device)};
    }
    StepWords operator()(const ChangeDevice& s) const {
        return {"change", "interface " + end(s.space, s.to.name)};
    }
    StepWords operator()(const ChangeGround& s) const {
        return {"put right", s.space + " (" + describe(s).detail + ")"};
    }
    StepWords operator()(const AddAddress& s) const {
        return {"set", address(s.space, s.device, s.address)};
    }
    StepWords operator()(const RemoveAddress& s) const {
        return {"remove", address(s.space, s.device, s.address)};
    }
    StepWords operator()(const AddRoute& s) const { return {"add", route(s)}; }
    StepWords operator()(const RemoveRoute& s) const { return {"remove", route(s)}; }
    // The kernel's networking is not asked for anything else.
    template <class Other>
    StepWords operator()(const Other&) const {
        return {"execute", "a step that is not the network's"};
    }
};

struct Spaces {
    template <class S>
    std::vector<std::string> operator()(const S& step) const {
        std::vector<std::string> out;
        if constexpr (requires { step.space; }) out.push_back(step.space);
        if constexpr (requires { step.peer_space; }) out.push_back(step.peer_space);
        if constexpr (requires { step.from_space; }) out.push_back(step.from_space);
        if constexpr (requires { step.to_space; }) out.push_back(step.to_space);
        if constexpr (requires { step.node; }) out.push_back(step.node);
        return out;
    }
};

}  // namespace

StepWords words(const topology::Step& step) {
    return std::visit(Words{}, step);
}

std::vector<std::string> spaces_of(const topology::Step& step) {
    return std::visit(Spaces{}, step);
}

}  // namespace labd
