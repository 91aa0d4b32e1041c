// Rights, limits and file systems of the host.
#include "labd/cgroups.hpp"
#include "labd/doctor_parts.hpp"
#include "labd/host_ties.hpp"
#include "netlink/forward_drop.hpp"
#include "netlink/netns.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace labd::doctor {
namespace {

struct Capability {
    unsigned number;
    const char* name;
};

constexpr std::array capabilities{
    Capability{CAP_CHOWN, "CAP_CHOWN"},           Capability{CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"},
    Capability{CAP_FOWNER, "CAP_FOWNER"},         Capability{CAP_KILL, "CAP_KILL"},
    Capability{CAP_SETGID, "CAP_SETGID"},         Capability{CAP_SETUID, "CAP_SETUID"},
    Capability{CAP_NET_ADMIN, "CAP_NET_ADMIN"},   Capability{CAP_SYS_CHROOT, "CAP_SYS_CHROOT"},
    Capability{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}, Capability{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}};

std::uint64_t effective_capabilities() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("CapEff:")) {
            std::istringstream text(line.substr(7));
            std::uint64_t bits = 0;
            text >> std::hex >> bits;
            return bits;
        }
    return 0;
}

// Limits that are of the whole machine, although each namespace looks like a machine of its own.
struct Limit {
    const char *path, *name;
    std::uint64_t enough, proposal;
    bool needed;
    const char* detail;
};

constexpr std::array machine_limits{
    Limit{"kernel/pid_max", "kernel.pid_max", 65'536, 4'194'304, false,
          "processes of all nodes together"},
    Limit{"user/max_user_namespaces", "user.max_user_namespaces", 1024, 65'536, true,
          "one per node and lab"},
    Limit{"user/max_net_namespaces", "user.max_net_namespaces", 1024, 65'536, true,
          "one per node and switch"},
    Limit{"user/max_mnt_namespaces", "user.max_mnt_namespaces", 1024, 65'536, true, "one per node"},
    Limit{"user/max_pid_namespaces", "user.max_pid_namespaces", 1024, 65'536, true, "one per node"},
    // neigh_alloc counts the entries of all namespaces in one table.
    Limit{"net/ipv4/neigh/default/gc_thresh3", "net.ipv4.neigh.default.gc_thresh3", 8192, 131'072,
          false, "IPv4 neighbours of all nodes together; beyond it pings fail at random"},
    Limit{"net/ipv6/neigh/default/gc_thresh3", "net.ipv6.neigh.default.gc_thresh3", 8192, 131'072,
          false, "IPv6 neighbours of all nodes together; beyond it pings fail at random"},
    Limit{"fs/inotify/max_user_instances", "fs.inotify.max_user_instances", 1024, 8192, false,
          "dnsmasq and other programs in nodes watch files with them"},
    Limit{"fs/inotify/max_user_watches", "fs.inotify.max_user_watches", 8192, 524'288, false,
          "dnsmasq and other programs in nodes watch files with them"},
    Limit{"kernel/pty/max", "kernel.pty.max", 2048, 16'384, false,
          "terminals of all nodes together (1024 are kept for the host)"},
    Limit{"fs/file-max", "fs.file-max", 262'144, 1'048'576, false,
          "open files of all nodes together"},
    Limit{"fs/nr_open", "fs.nr_open", 65'536, 1'048'576, false,
          "open files of labd: three per node"},
};

DoctorCheck check_limit(const Limit& limit) {
    const std::optional<std::uint64_t> value = sysctl(limit.path);
    DoctorCheck check{std::string("limit: ") + limit.name,
                      value.value_or(limit.enough) >= limit.enough, limit.needed && value == 0U,
                      limit.detail, ""};
    // Of those that hold for all network namespaces, the host's alone has the file.
    const char* none = std::string_view(limit.path).starts_with("net/")
                           ? "as on the host, which alone can read it"
                           : "unlimited";
    check.detail = (value ? std::to_string(*value) : std::string(none)) + ": " + check.detail;
    if (!check.ok)
        check.fix = "sysctl -w " + std::string(limit.name) + "=" + std::to_string(limit.proposal);
    return check;
}

bool is_on(const std::string& path, std::uint64_t magic) {
    struct statfs fs {};
    return ::statfs(path.c_str(), &fs) == 0 && static_cast<std::uint64_t>(fs.f_type) == magic;
}

}  // namespace

std::optional<std::uint64_t> sysctl(const std::string& path) {
    std::ifstream file("/proc/sys/" + path);
    std::uint64_t value = 0;
    if (!(file >> value)) return std::nullopt;
    return value;
}

Checks rights() {
    const std::uint64_t have = effective_capabilities();
    std::string missing;
    for (const Capability& capability : capabilities)
        if ((have >> capability.number & 1U) == 0)
            missing += (missing.empty() ? "" : ", ") + std::string(capability.name);
    DoctorCheck root{"labd: rights", ::geteuid() == 0 && missing.empty(), true,
                     "labd runs as root and may do all that labs need", ""};
    if (!root.ok) {
        root.detail = missing.empty() ? "labd does not run as root" : "labd lacks " + missing;
        root.fix = "start it as root: systemctl start labd, or sudo lab up";
    }
    DoctorCheck users{"labd: group", ::getgrnam("labd") != nullptr, false,
                      "members of the group labd may use labd", ""};
    if (!users.ok) {
        users.detail = "only root may use labd: there is no group labd";
        users.fix = "groupadd --system labd; usermod -aG labd USER; systemctl restart labd";
    }
    return {root, users};
}

Checks user_rights() {
    return {{"labd: rights", true, true,
             "labd is yours: root of a user namespace of its own, and nobody beyond it", ""}};
}

Checks limits(const DoctorInput& input) {
    Checks checks;
    for (const Limit& limit : machine_limits) checks.push_back(check_limit(limit));
    std::error_code error;  // not made yet: the folder that it will be in
    const bool there = std::filesystem::exists(input.known.run_dir, error);
    const std::string run = there
                                ? input.known.run_dir
                                : std::filesystem::path(input.known.run_dir).parent_path().string();
    DoctorCheck state{"host: run directory", is_on(run, TMPFS_MAGIC), false,
                      run + " is in memory, as what it describes", ""};
    if (!state.ok) {
        state.detail = run + " is on a disk: slower, and full of old labs after a boot";
        state.fix = "mount a tmpfs on /run, or choose another --run-dir";
    }
    checks.push_back(state);
    const CgroupSupport groups = cgroup_support();
    DoctorCheck cgroup{"host: cgroup v2", groups.trouble.empty(), false,
                       "pids, memory and cpu of nodes can be limited", ""};
    if (!cgroup.ok) {
        cgroup.detail = "no limits of pids, memory and cpu for nodes: " + groups.trouble;
        cgroup.fix = groups.mount.empty() ? "mount -t cgroup2 none /sys/fs/cgroup"
                                          : "boot with systemd.unified_cgroup_hierarchy=1 on the "
                                            "kernel's command line, which "
                                            "gives version 2 all controllers";
    }
    checks.push_back(cgroup);
    return checks;
}

Checks ties(const DoctorInput& input) {
    if (!input.tied) return {};
    Checks out;
    for (const auto& [whose, words] : input.untied) {
        const std::string lab = whose.substr(0, whose.find(':'));
        out.push_back({"host: " + whose, false, false,
                       "lab " + lab + " does not get out as it should: on the host " + words,
                       "lab up, in the folder of " + lab + "'s file"});
    }
    if (out.empty())
        out.push_back({"host: labs", true, false,
                       "interfaces, forwarding and rules for `nat` and `external` are as labd made "
                       "them",
                       ""});
    return out;
}

Checks other_firewalls() {
    std::string places, rules;
    const netlink::Fd host = netlink::current_netns();
    const std::string labs = "\"" + std::string(host_end_prefix) + "*\"";
    for (const auto& [family, table, chain] : netlink::forward_drops(host.get())) {
        const std::string place = family + " " + table + " " + chain;
        const std::string insert = (rules.empty() ? "nft 'insert rule " : "; insert rule ") + place;
        places += (places.empty() ? "" : ", ") + place;
        rules += insert + " iifname " + labs + " accept; insert rule " + place + " oifname " +
                 labs + " ct state established,related accept";
    }
    if (places.empty())
        return {{"host: firewall", true, false,
                 "no firewall's policy drops what nodes send through `nat`", ""}};
    return {{"host: firewall", false, false,
             "nodes get out through `nat` only where a rule accepts it: the policy of " + places +
                 " is drop",
             rules + "'"}};
}

}  // namespace labd::doctor
