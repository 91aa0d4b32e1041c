// Kernel over rtnetlink. Links are made, read and removed through one socket in a hub namespace
// that holds nothing but a number for every node's namespace, so that nothing of a lab passes
// through the host's; everything else needs a socket inside, which lives only as long as a call.
#pragma once

#include "labd/hub.hpp"
#include "labd/kernel.hpp"
#include "labd/key_ring.hpp"
#include "netlink/keepsake.hpp"
#include "netlink/link.hpp"
#include "netlink/route.hpp"
#include "topology/back_end.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace labd {

class RelayClient;
class HostTies;

class LinuxKernel final : public Kernel {
  public:
    // One hub serves every lab of a daemon; without one, this kernel makes its own.
    // `mark` is put on the loopback of every namespace (see orphans.hpp); 0: none.
    // Without `ties` it knows no host, and nothing leads out of its labs.
    explicit LinuxKernel(std::shared_ptr<Hub> hub = nullptr, std::uint32_t mark = 0,
                         std::shared_ptr<HostTies> ties = nullptr);
    ~LinuxKernel() override;
    LinuxKernel(const LinuxKernel&) = delete;
    LinuxKernel& operator=(const LinuxKernel&) = delete;

    void belong_to(const std::string& lab) override { lab_ = lab; }
    void leave_host() override;
    void adopt(const std::string& space, topology::Space::Kind kind, Fd netns) override;
    void renew(const std::string& space, Fd netns) override;
    std::map<std::string, std::string> keys() const override;
    void recall(const std::map<std::string, std::string>& keys,
                const topology::State& told) override;
    void relay(Fd conversation) override;
    void forget(const std::string& space) override;
    using Kernel::apply;
    std::optional<KernelFailure> apply(std::span<const topology::Step> steps) override;
    topology::Space observe(const std::string& space) override;
    void announce(const std::string& space, const std::string& device) override;
    int netns(const std::string& space) override;
    std::int32_t listen_to(const std::string& space) override;
    std::map<std::string, InterfaceReading> read(const std::string& space) override;
    std::map<std::string, InterfaceReading> last_read(const std::string& space) override;
    std::map<std::string, std::set<topology::Prefix>> learned(const std::string& space) override;
    std::vector<topology::Route> handwritten(const std::string& space) override;
    std::optional<std::map<std::string, std::size_t>> ruleset(const std::string& space) override;
    std::vector<topology::Action> added(const std::string& space) override;
    std::vector<std::string> settings(const std::string& space,
                                      const std::vector<std::string>& keys) override;
    std::map<std::string, topology::ForeignQueues> foreign_queues(
        const std::string& space) override;
    void keep(std::span<const topology::DeviceEnd> ends) override;
    void give_back(std::span<const topology::DeviceEnd> ends) override;
    bool take_over(std::span<const topology::Step> steps) override;
    void forget_advertised(const std::string& space, const std::string& device) override;
    std::map<topology::Prefix, bool> destinations(const std::string& space) override;

  private:
    using Indexes = std::map<std::string, std::uint32_t, std::less<>>;
    struct Place {
        topology::Space::Kind kind = topology::Space::Kind::node;
        Fd netns;
        std::int32_t nsid = -1;  // the hub's number for it
        Indexes indexes;         // of its interfaces by name, as far as known
        std::map<std::string, InterfaceReading> readings;  // of the last list()
        bool filtered = false;                             // packet filters of ours may be there
        std::optional<netlink::Socket> inside;
        // What went with interfaces that were taken down, by index, until they are up again.
        std::map<std::uint32_t, netlink::Keepsake> fallen;
        // What went with those that are being replaced, by name.
        std::map<std::string, netlink::Keepsake> replaced;
    };
    // Closes the sockets that a call has opened: a node at rest costs no more descriptors.
    class Visits {
      public:
        explicit Visits(LinuxKernel& kernel) : kernel_(kernel) {}
        ~Visits();
        Visits(const Visits&) = delete;
        Visits& operator=(const Visits&) = delete;

      private:
        LinuxKernel& kernel_;
    };
    using Steps = std::span<const topology::Step>;

    // These throw netlink::Error.
    Place& place(const std::string& space);
    netlink::Socket& inside(const std::string& space);  // under Visits
    std::uint32_t index(const std::string& space, const std::string& device);
    std::vector<netlink::Link> list(Place& place);
    std::string name_of(const std::string& space, std::uint32_t index);

    // Until what the steps made can be used.
    void note_ipv6(const topology::Step& step);
    void settle();
    void give_back_fallen();

    // Consecutive addresses and routes of one namespace.
    std::optional<KernelFailure> apply_inside(const std::string& space, Steps steps);
    netlink::Message inside_message(const topology::Step& step);
    netlink::Route route_in(const std::string& space, const topology::Route& route);
    // Consecutive removals of veths.
    void remove_together(Steps steps);
    using Doomed = std::map<std::string, std::vector<std::uint32_t>>;  // indexes by namespace
    Doomed choose_ends(Steps steps) const;
    bool mark(const Doomed& doomed, std::uint32_t group);

    void execute(const topology::Step& step);
    void create_veth(const topology::CreateVeth& step);
    void move_veth(const topology::MoveVeth& step);
    void plug(const std::string& from_space, const topology::Device& from,
              const std::string& to_space, const topology::Device& to);
    void furnish(const std::string& space, const topology::Device& device);
    void create_device(const topology::CreateDevice& step);
    void tell_port(const std::string& space, const topology::Device& from,
                   const topology::Device& to);
    void open_ports(const std::string& space, std::uint32_t bridge);
    void tell_vlans(const std::string& space, const topology::Device& from,
                    const topology::Device& to);
    void tell_floods(const std::string& space, const topology::Device& from,
                     const topology::Device& to);
    void remove_device(const std::string& space, const topology::Device& device);
    void change_device(const topology::ChangeDevice& step);
    void change_parts(const topology::ChangeDevice& step);
    void set_up_device(const std::string& space, const topology::Device& device, bool is_up);
    void change_link(const std::string& space, std::uint32_t index,
                     const netlink::LinkChange& change);
    void keep_what_falls(Steps steps);
    void take_down(const std::string& space, std::uint32_t index);
    void raise(const std::string& space, std::uint32_t index);
    void move_link_local(const topology::ChangeDevice& step);
    // Queue disciplines and packet filters (linux_impair.cpp).
    void impair(const std::string& space, std::uint32_t index, const topology::Device& from,
                const topology::Device& to);
    // Of a node (linux_ground.cpp).
    void observe_ground(netlink::Socket& socket, const std::vector<netlink::Link>& links,
                        const std::vector<netlink::Address>& addresses, topology::Space& out);
    void change_ground(const topology::ChangeGround& step);
    void observe_impairments(Place& place, netlink::Socket& socket, topology::Space& space);

    // WireGuard (linux_wireguard.cpp).
    void tell_wireguard(const std::string& space, std::uint32_t index, const topology::Device& from,
                        const topology::Device& to);
    void greet_wireguard(const std::string& space, std::uint32_t index);
    void observe_wireguard(const std::string& space, const Place& place, topology::Space& out);

    // What leads to the host (linux_outside.cpp).
    void join_host(const std::string& space, const topology::Device& device);
    void part_from_host(const std::string& space, const topology::Device& device);
    void observe_outside(const std::string& space, topology::Device& device) const;

    // Links through the relay (linux_relay.cpp).
    RelayClient& relay_client();
    void add_relay_end(const topology::Device& device);
    void change_relay_end(const topology::Device& device);
    void leave_relay(Steps steps);
    void stay_behind(const std::string& device, std::uint32_t index);
    void observe_relay(topology::Space& space);

    std::shared_ptr<Hub> hub_;
    std::uint32_t mark_;
    std::shared_ptr<HostTies> ties_;
    std::string lab_;
    const topology::BackEnds& back_ends_;
    std::map<std::string, Place> places_;
    std::map<std::int32_t, std::string> spaces_;  // by the hub's number
    std::vector<std::string> visited_;
    KeyRing keys_;
    // Where peers were said to be, by interface: one that has been heard from is where it was
    // heard.
    std::map<topology::DeviceEnd, topology::Wireguard> told_;
    std::unique_ptr<RelayClient> relay_;
    // Ends of the relay's whose other end is still to come.
    std::map<std::string, topology::Impairment> relayed_;
    // By this call, and not yet looked after.
    std::vector<netlink::LinkAt> raised_;
    std::map<std::string, std::set<std::uint32_t>> addressed_;
};

}  // namespace labd
