// What a namespace holds beside labd's own, put there by somebody's hand: what programs that learn,
// route or negotiate put there bears their mark, or none of a hand's.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "labd/linux_shape.hpp"
#include "labd/marks.hpp"
#include "netlink/neighbor.hpp"
#include "netlink/netns.hpp"
#include "netlink/rule.hpp"
#include "topology/resolved.hpp"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <set>

namespace labd {

using namespace topology;

namespace {

using DeviceNames = std::map<std::uint32_t, std::string>;

class Additions {
  public:
    Additions(std::string space, const std::vector<netlink::Link>& links)
        : space_(std::move(space)), links_(links) {
        for (const netlink::Link& link : links) names_[link.index] = link.name;
    }

    void addresses(const std::vector<netlink::Address>& all) {
        for (const netlink::Address& address : all) {
            const bool by_hand = address.protocol == IFAPROT_UNSPEC &&
                                 address.scope == RT_SCOPE_UNIVERSE &&
                                 (address.flags & IFA_F_PERMANENT) != 0;
            const Prefix prefix{to_topology(address.ip), address.length};
            if (by_hand) say("address", at(address.index), prefix.text());
        }
    }

    void routes(const std::vector<Route>& all) {
        for (const std::string& text : route_texts(all)) say("route", space_, text);
    }

    void neighbours(const std::vector<netlink::Neighbor>& all) {
        for (const netlink::Neighbor& neighbor : all)
            if (neighbor.state == NUD_PERMANENT && neighbor.mac)
                say("neighbour", at(neighbor.index),
                    to_topology(neighbor.ip).text() + " at " + to_topology(*neighbor.mac).text());
    }

    // The addresses of a bridge's own ports are entries, too, and of the same kind as those that
    // bridge(8) calls permanent.
    void entries(const std::vector<netlink::BridgeEntry>& all) {
        std::set<netlink::MacAddress> own;
        for (const netlink::Link& link : links_) own.insert(link.mac);
        for (const netlink::BridgeEntry& entry : all) {
            const bool fixed = (entry.state & (NUD_PERMANENT | NUD_NOARP)) != 0;
            const bool learned = (entry.flags & (NTF_SELF | NTF_EXT_LEARNED)) != 0;
            if (fixed && !learned && !own.contains(entry.mac))
                say("forwarding entry", at(entry.index), to_topology(entry.mac).text());
        }
    }

    // One that it was born with may have come back without the kernel's mark.
    void rules(const std::vector<netlink::Rule>& all) {
        const std::vector<netlink::Rule> born = netlink::born_rules();
        for (const netlink::Rule& rule : all) {
            if (std::find(born.begin(), born.end(), rule) != born.end()) continue;
            const Family family = rule.family == AF_INET ? Family::ipv4 : Family::ipv6;
            say("rule", space_, BornRule{family, rule.priority, rule.table}.text());
        }
    }

    void queues(const std::map<std::string, ForeignQueues>& all) {
        for (const auto& [device, queues] : all) {
            std::string does = queues.unknown;
            for (const auto& [key, value] : impairment_words(queues.sends))
                does += (does.empty() ? "" : ", ") + key + " " + value;
            say("queue discipline", space_ + ":" + device, does);
        }
    }

    std::vector<Action> take() { return std::move(out_); }

  private:
    std::string at(std::uint32_t index) const {
        const auto name = names_.find(index);
        return space_ + ":" + (name == names_.end() ? std::to_string(index) : name->second);
    }
    void say(const char* kind, std::string name, std::string detail) {
        out_.push_back({"create", kind, std::move(name), std::move(detail)});
    }

    std::string space_;
    const std::vector<netlink::Link>& links_;
    DeviceNames names_;
    std::vector<Action> out_;
};

}  // namespace

std::vector<Action> LinuxKernel::added(const std::string& space) try {
    Place& here = place(space);
    const std::vector<netlink::Link> links = list(here);
    netlink::Socket socket = netlink::socket_in(here.netns.get());
    Additions out(space, links);
    out.entries(netlink::bridge_entries(socket));
    if (here.kind != Space::Kind::node) return out.take();
    out.addresses(netlink::addresses(socket));
    out.routes(handwritten(space));
    out.neighbours(netlink::neighbors(socket));
    out.rules(netlink::rules_by_hand(socket));
    out.queues(foreign_queues(space));
    return out.take();
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

}  // namespace labd
