#include "labd/needs.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

namespace labd {
namespace {

bool installed(const std::string& program) {
    if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
    for (const char* folder : {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"})
        if (access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) return true;
    return false;
}

// The Debian package that brings a program whose name is not its package's.
std::string package_of(const std::string& program) {
    static constexpr std::array<std::pair<const char*, const char*>, 9> packages{{
        {"/usr/lib/frr/", "frr"},
        {"/usr/bin/vtysh", "frr"},
        {"bird", "bird2"},
        {"ping", "iputils-ping"},
        {"nc", "netcat-openbsd"},
        {"nft", "nftables"},
        {"ip", "iproute2"},
        {"dnsmasq", "dnsmasq-base"},
        {"dig", "bind9-dnsutils"},
    }};
    for (const auto& [name, package] : packages)
        if (program == name || (std::string_view(name).ends_with('/') && program.starts_with(name)))
            return package;
    const std::size_t slash = program.rfind('/');
    return slash == std::string::npos ? program : program.substr(slash + 1);
}

// Those that topology/dhcp_client.hpp knows, and what its script puts addresses in place with.
bool has_dhcp_client() {
    constexpr std::array clients{"udhcpc", "dhclient", "dhcpcd", "busybox"};
    return installed("ip") && std::any_of(clients.begin(), clients.end(),
                                          [](const char* client) { return installed(client); });
}

}  // namespace

topology::Diagnostics missing_programs(const topology::Lab& lab) {
    topology::Diagnostics diagnostics;
    std::set<std::string> told;
    // A root of its own has programs of its own.
    const bool host_programs = std::any_of(lab.nodes.begin(), lab.nodes.end(), [](const auto& n) {
        return n.has_process() && !n.root;
    });
    for (const topology::Text& need : lab.needs)
        if (host_programs && !installed(need.text) && told.insert(need.text).second)
            diagnostics.error("D5", need.where, "\"" + need.text + "\" is not installed",
                              "apt install " + package_of(need.text));
    for (const topology::Node& node : lab.nodes) {
        if (node.root) continue;
        const bool translates = !node.masquerade.empty() || node.kind == topology::Kind::nat;
        if ((node.nft || translates) && !installed("nft") && told.insert("nft").second)
            diagnostics.error("D5",
                              node.nft                  ? node.nft->where
                              : node.masquerade.empty() ? node.where
                                                        : node.masquerade[0].where,
                              node.name + " needs nft, which is not installed",
                              "apt install nftables");
        for (const topology::Service& service : node.services) {
            if (service.generated && service.name.starts_with("dhcp-") && !has_dhcp_client() &&
                told.insert("dhcp").second)
                diagnostics.error(
                    "D5", node.where,
                    node.name + " asks for an address, and no DHCP client is installed",
                    "apt install udhcpc (or isc-dhcp-client, dhcpcd-base)");
            const std::string program = service.argv.empty() ? "" : service.argv.front().text;
            if (!service.generated || program.empty() || installed(program)) continue;
            if (told.insert(package_of(program)).second)
                diagnostics.error("D5", node.where,
                                  node.name + " runs " + program + ", which is not installed",
                                  "apt install " + package_of(program));
        }
    }
    return diagnostics;
}

}  // namespace labd
