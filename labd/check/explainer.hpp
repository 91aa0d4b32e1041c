// What explain() is made of: the way of the packets stop by stop (explain.cpp), and what is wrong
// on wires and at the end of it (explain_wire.cpp).
#pragma once

#include "labd/check/evidence.hpp"
#include "labd/check/owners.hpp"

#include <string>

namespace labd::check {

class Explainer {
  public:
    Explainer(const Evidence& evidence, const topology::Lab& lab)
        : e_(evidence), lab_(lab), owners_(lab) {}
    Diagnosis run();
    Diagnosis passage();

  private:
    const Reading& reading(const std::string& node) const;
    // The first line of a section of what the node says of itself; "" = not known.
    std::string word(const std::string& node, const std::string& section) const;
    std::string all(const std::string& node, const std::string& section) const;
    const topology::Interface* interface_of(const std::string& node, const std::string& dev) const;
    // The network of the wish that holds the address, when there is one.
    std::optional<topology::Prefix> wished_network(const topology::Ip& ip) const;
    std::string network_of(const topology::Ip& ip) const;
    std::string route_words(const Stop& stop, const topology::Ip& to) const;

    // Always true: the place is found.
    bool dies(const std::string& node, const std::string& prefix, const std::string& why);
    void cause(std::string text);
    // True when the node runs nothing now; it is a cause then.
    bool rests(const std::string& node);
    // "interface down: r2's eth1 (link r2--h2)", and how to switch on what was switched off.
    void down(const std::string& node, const topology::Interface& interface);

    // True when the way ends before its end, and it has been said why.
    bool dies_on(const Way& way, const std::string& prefix);
    bool in_a_circle(const Way& way, const std::string& prefix);
    bool refused(const Way& way, const Stop& stop, const std::string& prefix);
    // True when there is a rule that ends in this word; it is a cause then.
    bool ruled_out(const Stop& stop, const char* action, topology::Family family);
    bool no_route(const Way& way, const Stop& stop, const std::string& prefix);
    // Those that the file has switched off, or all others.
    void down_interfaces(const std::string& name, topology::Family family, bool by_file = false);
    // What the file gives an interface and the kernel does not have.
    bool missing_addresses(const std::string& name, const topology::Interface& interface,
                           topology::Family family);
    void wished_route(const std::string& name, const topology::Ip& to);
    void unequal_masks(const std::string& name, const topology::Ip& to);

    // explain_wire.cpp: between a stop and the next one, and where the way ends.
    bool bad_wire(const Way& way, const Stop& stop, const std::string& prefix);
    bool nobody_there(const Way& way, const Stop& stop, const topology::Interface& interface,
                      const std::string& prefix);
    bool no_carrier(const Stop& stop, const topology::Interface& interface,
                    const std::string& prefix);
    bool at_the_end();
    // Every lookup is right: by the counters.
    void counted();
    // explain_suspects.cpp: what is not to be seen in any lookup.
    void suspects(const std::string& node);
    void halted(const std::string& node);
    // Who listens there: "h2's python3".
    std::string program_at(const std::string& node, std::uint16_t port) const;
    void translated();
    struct SwitchPort {
        const Reading::Link* link = nullptr;  // nullptr: no switch of the lab is there
        std::string words, place;             // "sw1's eth0 (to h1)", the link's name
    };
    SwitchPort port_of(const std::string& node, const topology::Interface& interface) const;
    bool bad_ports(const Stop& stop);
    void same_mac(std::size_t segment, const std::string& node, const Reading::Link& link);
    void switch_ports(const SwitchPort& a, const SwitchPort& b);
    void trunks(const Stop& stop, const topology::Interface& own);
    bool too_long(const Way& way);
    // The rule that has dropped what was sent once more, by the kernel's own trace.
    bool dropped_by_rule();
    // What is asked of the link loses what the stop sends: so much that nothing else need be
    // looked for (`nearly_all`), or some of it.
    bool impaired(const Stop& stop, bool nearly_all);
    // An answer came, and took longer than it may.
    void slow();
    // A datagram came in at its end, and nothing was sent since. True when it has been said.
    bool unanswered(const std::string& node);
    // A connection was made there, and nothing was sent on it.
    void speechless(const std::string& node);
    // Packets come through, and no more of them than a link lets.
    void narrow();
    bool narrow_end(const topology::Interface& interface, const std::string& node);
    bool lossy();  // the first such link on the way and back, where no counter tells more
    void unequal_ends(const Way& way);
    void facts();

    const Evidence& e_;
    const topology::Lab& lab_;
    Owners owners_;
    Diagnosis out_;
};

}  // namespace labd::check
