#include "labd/birth_sysctls.hpp"

#include <array>

namespace labd {

SysctlValues birth_sysctls(const topology::Node& node, std::uint32_t last_group) {
    const std::string forwards = node.forwards() ? "1" : "0";
    SysctlValues list;
    // devinet copies all and default of IPv4 from the initial namespace unless
    // net.core.devconf_inherit_init_net says otherwise (Documentation/admin-guide/sysctl/net.rst).
    static constexpr std::array<std::pair<const char*, const char*>, 14> ipv4{{
        {"rp_filter", "0"},
        {"accept_redirects", "1"},
        {"secure_redirects", "1"},
        {"send_redirects", "1"},
        {"accept_source_route", "0"},
        {"proxy_arp", "0"},
        {"arp_announce", "0"},
        {"arp_ignore", "0"},
        {"arp_notify", "0"},
        {"log_martians", "0"},
        {"shared_media", "1"},
        {"accept_local", "0"},
        {"route_localnet", "0"},
        {"src_valid_mark", "0"},
    }};
    static constexpr std::array<std::pair<const char*, const char*>, 8> ipv6{{
        {"disable_ipv6", "0"},
        {"accept_ra", "0"},
        {"router_solicitations", "0"},
        {"accept_dad", "0"},         // addresses answer at once
        {"keep_addr_on_down", "1"},  // a link that goes down and up keeps what it had
        {"accept_redirects", "1"},
        {"accept_source_route", "0"},
        {"use_tempaddr", "0"},
    }};
    list.emplace_back("net.ipv4.ip_forward", forwards);
    list.emplace_back("net.ipv6.conf.all.forwarding", forwards);
    list.emplace_back("net.ipv6.conf.default.forwarding", forwards);
    // A router says "time exceeded" to one peer once a second, after six (icmp(7)): traceroute and
    // checks of paths would see holes that are not there.
    if (node.forwards()) {
        list.emplace_back("net.ipv4.icmp_ratelimit", "0");
        list.emplace_back("net.ipv6.icmp.ratelimit", "0");
    }
    for (const char* scope : {"all", "default"}) {
        for (const auto& [key, value] : ipv4)
            list.emplace_back(std::string("net.ipv4.conf.") + scope + "." + key, value);
        for (const auto& [key, value] : ipv6)
            list.emplace_back(std::string("net.ipv6.conf.") + scope + "." + key, value);
    }
    // no_new_privs voids ping's file capability, so everybody may open ping sockets. The ids are
    // those of the writer's user namespace, which is the node's.
    list.emplace_back("net.ipv4.ping_group_range", "0 " + std::to_string(last_group));
    return list;
}

SysctlValues to_write(const SysctlValues& wanted, const std::map<std::string, std::string>& given) {
    SysctlValues out;
    for (const auto& [key, value] : wanted) {
        const auto has = given.find(key);
        if (has == given.end() || has->second != value) out.emplace_back(key, value);
    }
    return out;
}

}  // namespace labd
