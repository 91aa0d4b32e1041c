// The kernel's own price of a chain of N nodes: the fewest calls that give each of them net, pid,
// uts, mount and ipc namespaces with an init, a name in /run/netns, forwarding, and a veth pair to
// the next with IPv4 and IPv6 on both ends, everything up. No plan, no state, no seal, no check.
//   floor N    prints one line of JSON: times in ms
#include <arpa/inet.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double ms(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

void must(bool good, const std::string& what) {
    if (!good) throw std::system_error(errno, std::generic_category(), what);
}

// Messages of one socket, sent together; only the last asks for an answer. Errors answer always.
class Batch {
  public:
    nlmsghdr* begin(std::uint16_t type, std::uint16_t flags) {
        nlmsghdr* header = mnl_nlmsg_put_header(space_.data() + used_);
        header->nlmsg_type = type;
        header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        last_ = header;
        return header;
    }
    void end(const nlmsghdr* header) { used_ += (header->nlmsg_len + 3) & ~std::size_t{3}; }
    bool nearly_full() const { return used_ > space_.size() - 4096; }
    void send(int socket) {
        if (used_ == 0) return;
        last_->nlmsg_flags |= NLM_F_ACK;
        must(::send(socket, space_.data(), used_, 0) >= 0, "send");
        std::array<char, 8192> answer;
        const ssize_t n = recv(socket, answer.data(), answer.size(), 0);
        must(n > 0, "receive");
        const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
        const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
        errno = -error->error;
        must(error->error == 0, "netlink");
        used_ = 0;
    }

  private:
    alignas(nlmsghdr) std::array<char, 60000> space_{};
    std::size_t used_ = 0;
    nlmsghdr* last_ = nullptr;
};

ifinfomsg* link_header(nlmsghdr* header, int index, unsigned flags) {
    auto* info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
    info->ifi_index = index;
    info->ifi_flags = info->ifi_change = flags;
    return info;
}

constexpr int left = 2, right = 3;  // interface indexes in every node

// Born in their namespaces. A veth's peer cannot be born up (ENOTCONN).
void put_pair(Batch& batch, int here, int there) {
    nlmsghdr* header = batch.begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    (void)link_header(header, right, IFF_UP);
    mnl_attr_put_strz(header, IFLA_IFNAME, "right");
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, static_cast<std::uint32_t>(here));
    nlattr* info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
    nlattr* data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    nlattr* peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
    (void)link_header(header, left, 0);
    mnl_attr_put_strz(header, IFLA_IFNAME, "left");
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, static_cast<std::uint32_t>(there));
    mnl_attr_nest_end(header, peer);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, info);
    batch.end(header);
}

void put_up(Batch& batch, int index) {
    nlmsghdr* header = batch.begin(RTM_NEWLINK, 0);
    (void)link_header(header, index, IFF_UP);
    batch.end(header);
}

void put_address(Batch& batch, int family, int index, const void* bytes, std::size_t size,
                 int prefix) {
    nlmsghdr* header = batch.begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    auto* info = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
    info->ifa_family = static_cast<unsigned char>(family);
    info->ifa_prefixlen = static_cast<unsigned char>(prefix);
    info->ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
    info->ifa_index = static_cast<unsigned>(index);
    mnl_attr_put(header, IFA_LOCAL, size, bytes);
    mnl_attr_put(header, IFA_ADDRESS, size, bytes);
    batch.end(header);
}

// Link number N has 10.x/30 and fd00::x/127, its near end the lower address.
void put_addresses(Batch& batch, int index, std::uint32_t link, std::uint32_t end) {
    const std::uint32_t v4 = htonl(0x0a000000u + link * 4 + 1 + end);
    put_address(batch, AF_INET, index, &v4, sizeof v4, 30);
    std::array<std::uint8_t, 16> v6{0xfd};
    const std::uint32_t low = htonl(link * 2 + end);
    std::memcpy(v6.data() + 12, &low, sizeof low);
    put_address(batch, AF_INET6, index, v6.data(), v6.size(), 127);
}

int route_socket() {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    must(fd >= 0, "open a netlink socket");
    return fd;
}

class Chain {
  public:
    explicit Chain(std::size_t nodes) : netns_(nodes), inits_(nodes) {}

    // From a mount namespace without /run/netns: a copy of a table that grows is quadratic.
    void clone_all() {
        const int host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        must(host >= 0 && unshare(CLONE_NEWNS) == 0, "unshare");
        must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make / private");
        (void)umount2("/run/netns", MNT_DETACH);
        for (std::size_t i = 0; i < inits_.size(); ++i) {
            clone_args wanted{};
            wanted.flags = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWIPC;
            wanted.exit_signal = SIGCHLD;
            const long pid = syscall(SYS_clone3, &wanted, sizeof wanted);
            must(pid >= 0, "clone3");
            if (pid == 0) {
                const std::string name = "fl" + std::to_string(i);
                (void)sethostname(name.c_str(), name.size());
                for (;;) (void)pause();
            }
            inits_[i] = static_cast<pid_t>(pid);
            const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
            netns_[i] = open(path.c_str(), O_RDONLY | O_CLOEXEC);
            must(netns_[i] >= 0, path);
        }
        must(setns(host, CLONE_NEWNS) == 0, "return to the host's mounts");
        (void)close(host);
    }
    void name_all() {
        for (std::size_t i = 0; i < netns_.size(); ++i) {
            const int file = open(path_of(i).c_str(), O_CREAT | O_RDONLY | O_CLOEXEC, 0);
            must(file >= 0, path_of(i));
            (void)close(file);
            const std::string from = "/proc/self/fd/" + std::to_string(netns_[i]);
            must(mount(from.c_str(), path_of(i).c_str(), "none", MS_BIND, nullptr) == 0, "bind");
        }
    }
    void link_all() {
        const int socket = route_socket();
        for (std::size_t i = 0; i + 1 < netns_.size(); ++i) {
            put_pair(batch_, netns_[i], netns_[i + 1]);
            if (batch_.nearly_full()) batch_.send(socket);
        }
        batch_.send(socket);
        (void)close(socket);
    }
    void address_all() {
        const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        for (std::size_t i = 0; i < netns_.size(); ++i) {
            must(setns(netns_[i], CLONE_NEWNET) == 0, "enter a node's network namespace");
            const int forward = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
            must(forward >= 0 && write(forward, "1", 1) == 1, "forward");
            (void)close(forward);
            const int socket = route_socket();
            const auto number = static_cast<std::uint32_t>(i);
            put_up(batch_, 1);
            if (i > 0) {
                put_up(batch_, left);
                put_addresses(batch_, left, number - 1, 1);
            }
            if (i + 1 < netns_.size()) put_addresses(batch_, right, number, 0);
            batch_.send(socket);
            (void)close(socket);
        }
        must(setns(home, CLONE_NEWNET) == 0, "return home");
        (void)close(home);
    }
    void end_all() {
        for (std::size_t i = 0; i < netns_.size(); ++i) {
            (void)umount2(path_of(i).c_str(), MNT_DETACH);
            (void)unlink(path_of(i).c_str());
            (void)close(netns_[i]);
            (void)kill(inits_[i], SIGKILL);
        }
        for (const pid_t pid : inits_) (void)waitpid(pid, nullptr, 0);
    }

  private:
    static std::string path_of(std::size_t i) { return "/run/netns/fl" + std::to_string(i); }

    std::vector<int> netns_;
    std::vector<pid_t> inits_;
    Batch batch_;
};

int run(std::size_t nodes) {
    rlimit files{};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)mkdir("/run/netns", 0755);
    Chain chain(nodes);
    const auto start = Clock::now();
    chain.clone_all();
    const auto cloned = Clock::now();
    chain.name_all();
    chain.link_all();
    const auto linked = Clock::now();
    chain.address_all();
    const auto up = Clock::now();
    chain.end_all();
    const auto down = Clock::now();
    std::printf(
        "{\"nodes\": %zu, \"clone_ms\": %.2f, \"links_ms\": %.2f, \"addresses_ms\": %.2f, "
        "\"up_ms\": %.2f, \"down_ms\": %.2f}\n",
        nodes, ms(cloned - start), ms(linked - cloned), ms(up - linked), ms(up - start),
        ms(down - up));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const long nodes = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
    if (nodes < 2) return std::fprintf(stderr, "usage: floor NODES (2 or more)\n"), 2;
    try {
        return run(static_cast<std::size_t>(nodes));
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "floor: %s\n", error.what()), 1;
    }
}
