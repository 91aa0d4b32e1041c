// The capabilities of a node: what network software needs and the user namespace confines. Dropped
// in each node, never in the spawner: CLONE_NEWUSER refills every set (user_namespaces(7)).
#include "labd/spawner/capabilities.hpp"

#include "labd/init/failure.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace labd::spawner {
namespace {
// Missing on purpose: MKNOD, SYS_MODULE, SYS_RAWIO, SYS_TIME, SYSLOG, MAC_*, AUDIT_*, SYS_PACCT and
// DAC_READ_SEARCH (open_by_handle_at) have no use in a node or only an evil one. So have LEASE, on
// files that nodes share, and SYS_RESOURCE: who has it lifts the limits of shares.cpp.
constexpr int kept[] = {
    CAP_CHOWN,      CAP_DAC_OVERRIDE, CAP_FSETID,   CAP_FOWNER,           CAP_KILL,
    CAP_SETGID,     CAP_SETUID,       CAP_SETPCAP,  CAP_NET_BIND_SERVICE, CAP_NET_BROADCAST,
    CAP_NET_ADMIN,  CAP_NET_RAW,      CAP_IPC_LOCK, CAP_IPC_OWNER,        CAP_SYS_CHROOT,
    CAP_SYS_PTRACE, CAP_SYS_ADMIN,    CAP_SYS_BOOT, CAP_SYS_NICE,         CAP_SETFCAP,
    CAP_PERFMON,    CAP_BPF};
// CAP_SYS_ADMIN stays: FRR's daemons do not start without it.
constexpr int not_in_strict[] = {CAP_IPC_OWNER, CAP_SYS_PTRACE, CAP_SYS_BOOT, CAP_SYS_NICE,
                                 CAP_SETFCAP,   CAP_PERFMON,    CAP_BPF};

void keep_only(std::uint64_t keep) {
    // The bounding set first: dropping from it needs CAP_SETPCAP. EINVAL ends the kernel's list,
    // which may be longer than this header's.
    for (int c = 0; c < 64; ++c) {
        if ((keep >> c & 1) != 0 || prctl(PR_CAPBSET_DROP, c) == 0) continue;
        if (errno == EINVAL) break;
        throw Failure{errno, "drop capabilities from the bounding set"};
    }
    const auto low = static_cast<std::uint32_t>(keep),
               high = static_cast<std::uint32_t>(keep >> 32);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct sets[2] = {{low, low, 0}, {high, high, 0}};
    must(syscall(SYS_capset, &header, sets) == 0, "set capabilities");
}

}  // namespace

void keep_node_capabilities(protocol::Level level) {
    std::uint64_t keep = 0;
    for (const int c : kept) keep |= std::uint64_t{1} << c;
    if (level == protocol::Level::strict)
        for (const int c : not_in_strict) keep &= ~(std::uint64_t{1} << c);
    keep_only(keep);
}

void keep_relay_capabilities() {
    keep_only(std::uint64_t{1} << CAP_NET_ADMIN);
}

}  // namespace labd::spawner
