#include "labd/orphans.hpp"

#include "labd/fail.hpp"
#include "labd/identity.hpp"
#include "labd/lease.hpp"
#include "netlink/link.hpp"
#include "netlink/netns.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace labd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t loopback = 1;
constexpr int death_limit_ms = 10'000;

bool bears_mark(int netns, std::uint32_t mark) try {
    netlink::Socket socket = netlink::socket_in(netns);
    const auto lo = netlink::get_link(socket, {std::nullopt, loopback});
    return lo && lo->group == mark;
} catch (const netlink::Error&) {
    return false;
}

std::string comm_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::string text;
    std::getline(file, text);
    return text;
}

// The first number of a line of /proc/PID/status; nothing: it has ended.
std::optional<std::uint32_t> status_of(pid_t pid, const std::string& key) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key))
            return static_cast<std::uint32_t>(std::stoul(line.substr(key.size())));
    return std::nullopt;
}

Fd network_of(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
    return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

pid_t parent_of(pid_t pid) {
    return static_cast<pid_t>(status_of(pid, "PPid:").value_or(0));
}

// Below one that labd knows: a program in a node, which may call itself what it likes.
bool is_of_a_lab(const Belongings& known, pid_t pid) {
    for (; pid > 1; pid = parent_of(pid))
        if (known.processes.contains(pid)) return true;
    return false;
}

// A node decides which mark it bears. Whose it is, it does not: labd's own user's, who makes nodes
// without a boundary, or an id that only labd hands out. So nobody else's labs can be made to look
// like ours.
bool is_of_our_ids(const Belongings& known, pid_t pid) {
    const std::optional<std::uint32_t> uid = status_of(pid, "Uid:");
    if (!uid) return false;
    if (known.root_of_labs) return *uid == 0 || *uid == *known.root_of_labs;
    const std::uint32_t slot = *uid / Leases::range;
    const bool lent = slot >= Leases::first_slot && slot < Leases::end_slot;
    return *uid == 0 || (lent && *uid % Leases::range == 0);
}

// Of the network namespace that it lives in.
bool bears_our_mark(const Belongings& known, pid_t pid) {
    const Fd netns = network_of(pid);
    return netns && bears_mark(netns.get(), instance_mark(known.run_dir));
}

bool is_orphan_init(const Belongings& known, pid_t pid) {
    const std::string comm = comm_of(pid);
    if ((comm != "lab-init" && comm != "lab-relay") || is_of_a_lab(known, pid) ||
        !is_of_our_ids(known, pid))
        return false;
    return bears_our_mark(known, pid);
}

// That of nodes without a boundary bears no mark, since it lives in the host's network: it is known
// by the nodes that it has made.
bool is_orphan_spawner(const Belongings& known, pid_t pid) {
    return pid > 1 && !known.processes.contains(pid) && comm_of(pid) == "lab-spawner" &&
           is_of_our_ids(known, pid);
}

std::set<pid_t> orphan_processes(const Belongings& known) {
    std::set<pid_t> out;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const pid_t pid = static_cast<pid_t>(std::stol(name));
        if (is_orphan_spawner(known, pid) && !is_of_a_lab(known, pid) && bears_our_mark(known, pid))
            out.insert(pid);
        if (!is_orphan_init(known, pid)) continue;
        out.insert(pid);
        if (const pid_t parent = parent_of(pid); is_orphan_spawner(known, parent))
            out.insert(parent);
    }
    return out;
}

bool is_orphan_name(const Belongings& known, const std::string& name) try {
    if (known.namespaces.contains(name)) return false;
    const netlink::Fd netns = netlink::open_netns(known.netns_dir + "/" + name);
    return bears_mark(netns.get(), instance_mark(known.run_dir));
} catch (const netlink::Error&) {
    return false;  // gone meanwhile, or no namespace
}

void kill_process(const Orphan& orphan) {
    ProcessIdentity identity;
    identity.boot = boot_id();
    identity.pid = orphan.pid;
    identity.start = orphan.start;
    const Fd pidfd = open_process(identity);
    if (!pidfd) return;
    if (syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) != 0 && errno != ESRCH)
        fail("cannot end " + orphan.name);
    pollfd ended{pidfd.get(), POLLIN, 0};
    (void)poll(&ended, 1, death_limit_ms);
}

}  // namespace

std::uint32_t instance_mark(const std::string& run_dir) {
    // A container's run directory may be called as the host's, and its processes are seen here.
    struct stat there {};
    if (stat(run_dir.c_str(), &there) != 0)
        (void)stat(fs::path(run_dir).parent_path().c_str(), &there);
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : "labd " + std::to_string(there.st_dev) + " " + run_dir)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash | 1U;  // never 0, which is everybody's
}

void mark_network_of(pid_t pid, std::uint32_t mark) try {
    const Fd netns = network_of(pid);
    if (!netns) return;
    netlink::LinkChange change;
    change.group = mark;
    netlink::Message marked = netlink::change_link(loopback, change);
    netlink::socket_in(netns.get()).request(marked, {"mark", "lo"});
} catch (const netlink::Error&) {
    return;  // it has ended, and needs none
}

std::vector<Orphan> find_orphans(const Belongings& known) {
    std::vector<Orphan> out;
    for (const pid_t pid : orphan_processes(known))
        if (const auto identity = identify_process(pid))
            out.push_back({"process", comm_of(pid) + " (pid " + std::to_string(pid) + ")", pid,
                           identity->start});
    for (const netlink::NamedNetns& named : netlink::list_names(known.netns_dir))
        if (is_orphan_name(known, named.name)) out.push_back({"namespace", named.name});
    std::error_code none;
    std::vector<std::string> folders;
    for (const fs::directory_entry& entry : fs::directory_iterator(known.run_dir + "/labs", none))
        if (!known.labs.contains(entry.path().filename())) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const std::string& folder : folders) out.push_back({"folder", folder});
    return out;
}

bool remove_orphan(const Belongings& known, const Orphan& orphan) {
    if (orphan.kind == "process") {
        if (known.processes.contains(orphan.pid)) return false;
        kill_process(orphan);
        return true;
    }
    if (orphan.kind == "namespace") {
        if (!is_orphan_name(known, orphan.name)) return false;
        const netlink::Fd netns = netlink::open_netns(known.netns_dir + "/" + orphan.name);
        return netlink::unpin(known.netns_dir, orphan.name, netlink::identify(netns.get())) ==
               netlink::Unpinned::removed;
    }
    if (known.labs.contains(fs::path(orphan.name).filename())) return false;
    return fs::remove_all(orphan.name) > 0;
}

}  // namespace labd
