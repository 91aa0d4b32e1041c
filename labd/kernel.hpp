// The one seam to the kernel's networking: steps of a plan go in, what a namespace holds comes out.
// Tests put a FakeKernel here. Processes, files and names under /run/netns are not its business.
#pragma once

#include "labd/fd.hpp"
#include "topology/adopt.hpp"
#include "topology/plan.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace labd {

// The step that could not be done. `message` is a whole sentence for the user: "cannot create link
// h1:eth0 – r1:eth0: File exists"; `kernel` what the kernel itself said about it, mostly nothing.
struct KernelFailure {
    std::size_t step = 0;  // index in the steps handed in; everything before it is done
    int error = 0;         // errno
    std::string message;
    std::string kernel;
};

class KernelError : public std::runtime_error {
  public:
    explicit KernelError(const KernelFailure& failure)
        : std::runtime_error(failure.message), error_(failure.error) {}
    int error() const { return error_; }

  private:
    int error_;
};

// What the kernel tells of a device beside what was wished.
struct InterfaceReading {
    bool up = false, carrier = false;
    std::uint64_t rx_bytes = 0, tx_bytes = 0;
};

// True for the steps that Kernel::apply executes: veths, bridges, devices, addresses, routes.
bool is_kernel_step(const topology::Step& step);

// One lab's namespaces, by the names that its plan uses. Used by one thread at a time.
class Kernel {
  public:
    virtual ~Kernel() = default;

    // Whose it is: the host knows by that what it has given to whom.
    virtual void belong_to(const std::string&) {}
    // Whatever the lab has of the host goes back.
    virtual void leave_host() {}

    // From now on `space` means this namespace; its loopback is brought up. Throws KernelError.
    virtual void adopt(const std::string& space, topology::Space::Kind kind, Fd netns) = 0;
    // `space` is another namespace from now on, into which the veths of the old one that are labd's
    // are moved, with their names and indexes; they are down there, without bridge and addresses.
    // Throws KernelError, and then all is as before.
    virtual void renew(const std::string& space, Fd netns) = 0;
    // The private keys of WireGuard ends, by NODE:INTERFACE, as text for the journal and nobody
    // else. They are made when they are needed first.
    virtual std::map<std::string, std::string> keys() const { return {}; }
    // What an earlier labd had: its keys, and what the kernel had been told.
    virtual void recall(const std::map<std::string, std::string>&, const topology::State&) {}
    // From now on the lab's relay is spoken to here, a connected SOCK_SEQPACKET socket; an empty
    // Fd: there is none any more.
    virtual void relay(Fd) {}
    // Lets go of the descriptor. Unknown names are fine. The namespace itself lives on if pinned.
    virtual void forget(const std::string& space) = 0;

    // Executes kernel steps in order; consecutive ones of one namespace share a trip to the kernel.
    // Stops at the first failure and says which. Exactly the steps before it have taken effect:
    // what was sent together with it and succeeded is taken back before it is reported.
    virtual std::optional<KernelFailure> apply(std::span<const topology::Step> steps) = 0;

    // Of interfaces that the coming steps take away and make anew: what somebody has set by hand is
    // remembered, and given to the new ones at last. Best effort; throws nothing.
    virtual void keep(std::span<const topology::DeviceEnd>) {}
    virtual void give_back(std::span<const topology::DeviceEnd>) {}

    // What the namespace holds of what labd owns: devices without lo, addresses without the
    // kernel's own link-local ones, routes that labd installed. Throws KernelError.
    virtual topology::Space observe(const std::string& space) = 0;

    // Tells the neighbours of a device that its addresses are at its MAC: they may know better. A
    // WireGuard interface greets its peers, whose sessions may be with one that was here before.
    // Best effort; throws nothing.
    virtual void announce(const std::string& space, const std::string& device) = 0;

    // The descriptor that adopt() was given, borrowed. Throws KernelError for an unknown space.
    virtual int netns(const std::string& space) = 0;
    // From now on its events are heard, by this number; -1: nothing is. Throws KernelError.
    virtual std::int32_t listen_to(const std::string& space) = 0;
    // How its devices stand now, without lo. Throws KernelError.
    virtual std::map<std::string, InterfaceReading> read(const std::string& space) = 0;
    // How they stood when they were looked at last: what is told by events is as it is now, which
    // counters are not. Throws KernelError.
    virtual std::map<std::string, InterfaceReading> last_read(const std::string& space) {
        return read(space);
    }
    // Global addresses by device that are not labd's: of programs, and of the kernel itself.
    virtual std::map<std::string, std::set<topology::Prefix>> learned(const std::string& space) = 0;
    // Routes that neither labd nor a routing daemon has installed, but somebody by hand.
    virtual std::vector<topology::Route> handwritten(const std::string& space) = 0;
    // How many rules of nf_tables there are, by table: "inet filter"; nullopt when nobody tells.
    virtual std::optional<std::map<std::string, std::size_t>> ruleset(const std::string&) {
        return std::nullopt;
    }
    // What somebody has added by hand beside labd's own: op is "create". Throws KernelError.
    virtual std::vector<topology::Action> added(const std::string&) { return {}; }
    // What settings are now, keys as sysctl(8) says them: as many values, "" for what is not there.
    virtual std::vector<std::string> settings(const std::string&,
                                              const std::vector<std::string>& keys) {
        return std::vector<std::string>(keys.size());
    }
    // Queue disciplines that are not labd's, by device of labd's. Throws KernelError.
    virtual std::map<std::string, topology::ForeignQueues> foreign_queues(const std::string&) {
        return {};
    }
    // Of what these steps would add, what somebody has set by hand already becomes labd's where it
    // is. True when there was something. Throws KernelError.
    virtual bool take_over(std::span<const topology::Step> steps) = 0;
    // Takes away what router advertisements have left on a device: addresses and routes.
    virtual void forget_advertised(const std::string& space, const std::string& device) = 0;
    // Every network that the namespace has a unicast route to, and whether a routing daemon
    // installed it.
    virtual std::map<topology::Prefix, bool> destinations(const std::string& space) = 0;

    // One step; throws KernelError.
    void apply(const topology::Step& step);
};

}  // namespace labd
