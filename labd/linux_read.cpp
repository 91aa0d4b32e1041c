// What is only looked at: how interfaces stand, and what a namespace can reach.
#include "labd/fd.hpp"
#include "labd/linux_convert.hpp"
#include "labd/linux_kernel.hpp"
#include "netlink/netns.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

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

std::vector<std::string> LinuxKernel::settings(const std::string& space,
                                               const std::vector<std::string>& keys) try {
    const netlink::Entered there(place(space).netns.get());
    std::vector<std::string> out;
    for (const std::string& key : keys) {
        std::string path = key;
        if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
        const Fd file(::open(("/proc/sys/" + path).c_str(), O_RDONLY | O_CLOEXEC));
        std::array<char, 64> value{};
        const ssize_t n = file ? ::read(file.get(), value.data(), value.size()) : 0;
        std::string& text = out.emplace_back(value.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
        while (text.ends_with('\n')) text.pop_back();
    }
    return out;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

std::map<topology::Prefix, bool> LinuxKernel::destinations(const std::string& space) try {
    netlink::Socket socket = netlink::socket_in(place(space).netns.get());
    std::map<topology::Prefix, bool> held;
    // Those that are no daemon's for other nodes' networks (linux/rtnetlink.h).
    constexpr std::array others{std::uint8_t{RTPROT_KERNEL}, std::uint8_t{RTPROT_BOOT},
                                std::uint8_t{RTPROT_STATIC}, std::uint8_t{RTPROT_RA},
                                std::uint8_t{RTPROT_DHCP},   marks::protocol};
    for (const netlink::Route& route : netlink::routes(socket)) {
        if (route.hops.empty()) continue;  // a blackhole reaches nothing
        topology::Prefix prefix;
        prefix.ip = to_topology(route.destination);
        prefix.length = route.length;
        held[prefix] |= std::find(others.begin(), others.end(), route.protocol) == others.end();
    }
    return held;
} catch (const netlink::Error& e) {
    throw KernelError({0, e.error(), space + ": " + e.what(), e.refusal().text});
}

}  // namespace labd
