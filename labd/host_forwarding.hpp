// Whether the host passes packets on, interface by interface: turned on where labs need it, and
// off again where labd turned it on.
#pragma once

#include <set>
#include <string>

namespace labd {

// Interfaces that labd has opened, by the name of the setting.
struct Opened {
    std::set<std::string> ipv4, ipv6;
    // How the host's own switch for all of them stood: who has moved it since wants it so.
    bool all4 = false, all6 = false;
    bool operator==(const Opened&) const = default;
};

// Forwarding of IPv6 is all or nothing before 6.17, and all takes the host's own advertised routes
// from it: true where it can be had without.
bool can_forward_ipv6();

// Those that hold addresses, lead nowhere into a lab, and are closed; added to `opened`.
// In the namespace that the thread is in.
void find_closed(const std::string& our_prefix, Opened& opened);
// Those that hold addresses and lead nowhere into a lab, open or closed.
Opened find_addressed(const std::string& our_prefix);
void open(const Opened& opened);
void close(const Opened& opened);
// Of an end of labd's own, which goes with its pair.
void open_end(const std::string& device);

std::string to_json(const Opened& opened);
Opened parse_opened(const std::string& text);

}  // namespace labd
