// What is only looked at: how interfaces stand, and what a namespace can reach.
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "netlink/netns.hpp"

namespace labd {

int LinuxKernel::netns(const std::string& space) try {
    return place(space).netns.get();
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

std::map<std::string, InterfaceReading> LinuxKernel::read(const std::string& space) try {
    Place& where = place(space);
    list(where);
    return where.readings;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

std::map<std::string, InterfaceReading> LinuxKernel::last_read(const std::string& space) try {
    return place(space).readings;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

std::set<topology::Prefix> LinuxKernel::destinations(const std::string& space) try {
    netlink::Socket socket = netlink::socket_in(place(space).netns.get());
    std::set<topology::Prefix> held;
    for (const netlink::Route& route : netlink::routes(socket)) {
        if (route.hops.empty()) continue;  // a blackhole reaches nothing
        topology::Prefix prefix;
        prefix.ip = to_topology(route.destination);
        prefix.length = route.length;
        held.insert(prefix);
    }
    return held;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

}  // namespace labd
