// Programs that nodes run, and what earlier labs may have left behind.
#include "labd/doctor_parts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace labd::doctor {
namespace {

struct Program {
    const char *name, *package, *use;
};

constexpr std::array wanted{
    Program{"ip", "iproute2", "to look around in nodes"},
    Program{"ping", "iputils-ping", "for lab ping"},
    Program{"nft", "nftables", "for packet filters in nodes"},
    Program{"vtysh", "frr", "for routing = \"ospf\", \"bgp\", … and lab vtysh"},
    Program{"zebra", "frr", "for routing = \"ospf\", \"bgp\", …"},
    Program{"frr-reload.py", "frr-pythontools", "to change frr.conf without a restart"},
    Program{"bird", "bird2", "for nodes that run BIRD"},
    Program{"iperf3", "iperf3", "to measure bandwidth"},
    Program{"tcpdump", "tcpdump", "to capture packets"},
    Program{"dnsmasq", "dnsmasq-base", "for DHCP and DNS servers in nodes"},
};

// Where programs are in a node; FRR's daemons are on nobody's PATH.
constexpr std::array folders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",   "/usr/bin",
                             "/sbin",           "/bin",           "/usr/lib/frr"};

std::string find(const std::string& name) {
    for (const char* folder : folders)
        if (const std::string path = folder + ("/" + name); ::access(path.c_str(), X_OK) == 0)
            return path;
    return "";
}

DoctorCheck report(const char* name, const char* clean, const std::vector<std::string>& found,
                   const std::string& fix) {
    DoctorCheck check{name, found.empty(), false, clean, ""};
    if (found.empty()) return check;
    check.detail = std::to_string(found.size()) + " that belong to no lab: ";
    for (std::size_t i = 0; i < found.size() && i < 5; ++i)
        check.detail += (i == 0 ? "" : ", ") + found[i];
    if (found.size() > 5) check.detail += ", …";
    check.fix = fix;
    return check;
}

}  // namespace

Checks programs() {
    Checks checks;
    for (const Program& program : wanted) {
        const std::string path = find(program.name);
        DoctorCheck check{std::string("program: ") + program.name, !path.empty(), false, path, ""};
        if (path.empty()) {
            check.detail = std::string("not installed; ") + program.use;
            check.fix = std::string("apt install ") + program.package;
        }
        checks.push_back(check);
    }
    return checks;
}

// Only what bears labd's own mark; what looks like it by name alone may be somebody's own.
Checks leftovers(const DoctorInput& input) {
    std::vector<std::string> processes, names, folders_left;
    for (const Orphan& orphan : find_orphans(input.known))
        (orphan.kind == "process"     ? processes
         : orphan.kind == "namespace" ? names
                                      : folders_left)
            .push_back(orphan.name);
    const std::string fix = "lab gc removes them";
    return {report("leftovers: processes", "no process of labd's without its lab", processes, fix),
            report("leftovers: namespaces", "no named namespace without its lab", names, fix),
            report("leftovers: folders", "no folder without its lab", folders_left, fix)};
}

}  // namespace labd::doctor
