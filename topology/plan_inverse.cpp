// The way back. Steps of contents name what differs and leave to the executor what it should be:
// going back, the same name is brought to the older wish, and what that does not have is removed.
#include "topology/plan.hpp"

namespace topology {
namespace {

struct Inverse {
    using Maybe = std::optional<Step>;

    Maybe operator()(const CreateSpace& s) const { return RemoveSpace{s.space, s.kind}; }
    // A new, empty one: what lived in it is gone.
    Maybe operator()(const RemoveSpace& s) const { return CreateSpace{s.space, s.kind}; }
    Maybe operator()(const CreateVeth& s) const {
        return RemoveVeth{s.space, s.device, s.peer_space, s.peer};
    }
    Maybe operator()(const RemoveVeth& s) const {
        return CreateVeth{s.space, s.device, s.peer_space, s.peer};
    }
    Maybe operator()(const MoveVeth& s) const {
        MoveVeth back{s.space, s.device, s.to_space, s.to, s.from_space, s.from};
        back.device.peer = {s.to_space, s.to.name};
        return back;
    }
    Maybe operator()(const CreateDevice& s) const { return RemoveDevice{s.space, s.device}; }
    Maybe operator()(const RemoveDevice& s) const { return CreateDevice{s.space, s.device}; }
    Maybe operator()(const ChangeDevice& s) const { return ChangeDevice{s.space, s.to, s.from}; }
    Maybe operator()(const ChangeGround& s) const { return ChangeGround{s.space, s.to, s.from}; }
    Maybe operator()(const AddAddress& s) const {
        return RemoveAddress{s.space, s.device, s.address};
    }
    Maybe operator()(const RemoveAddress& s) const {
        return AddAddress{s.space, s.device, s.address};
    }
    Maybe operator()(const AddRoute& s) const { return RemoveRoute{s.space, s.route}; }
    Maybe operator()(const RemoveRoute& s) const { return AddRoute{s.space, s.route}; }
    Maybe operator()(const RemoveFile& s) const { return WriteFile{s.node, s.path}; }
    Maybe operator()(const RemoveService& s) const { return PutService{s.node, s.service}; }
    // A program that ran cannot be un-run.
    Maybe operator()(const RunExec&) const { return std::nullopt; }
    Maybe operator()(const WriteHosts& s) const { return s; }
    Maybe operator()(const WriteFile& s) const { return s; }
    Maybe operator()(const SetSysctl& s) const { return s; }
    Maybe operator()(const StopNode& s) const { return StartNode{s.node}; }
    Maybe operator()(const StartNode& s) const { return StopNode{s.node}; }
    Maybe operator()(const SetHostname& s) const { return s; }
    Maybe operator()(const LoadNft& s) const { return s; }
    Maybe operator()(const SetLimits& s) const { return s; }
    Maybe operator()(const PutService& s) const { return s; }
};

}  // namespace

std::optional<Step> inverse(const Step& step) {
    return std::visit(Inverse{}, step);
}

}  // namespace topology
