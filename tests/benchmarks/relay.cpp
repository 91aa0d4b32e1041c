// relay [delay|rate|tcp]: how exact the relay is and what it carries, through veths in namespaces
// of its own: the one-way delay of evenly spaced frames, many of them, TCP. A line each. A report,
// no gate: whatever else runs on the machine is in it.
#include "netlink/netns.hpp"
#include "tests/kernel/labd/relayed_pair.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace test;
using Time = std::chrono::nanoseconds;
using std::chrono::milliseconds;

constexpr std::uint16_t experiment = 0x88b5;

Time now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

// On eth0 of a namespace, past every protocol.
Fd raw_socket(int netns) {
    const netlink::Entered inside(netns);
    Fd out(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    const int size = 256 << 20, one = 1;
    (void)setsockopt(out.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    (void)setsockopt(out.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    (void)setsockopt(out.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    (void)setsockopt(out.get(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(experiment);
    address.sll_ifindex = static_cast<int>(if_nametoindex("eth0"));
    if (bind(out.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("bind a packet socket");
    return out;
}

Time real_time() {
    timespec time{};
    (void)clock_gettime(CLOCK_REALTIME, &time);
    return std::chrono::seconds(time.tv_sec) + Time(time.tv_nsec);
}

// Until nothing has come for a second: how long each was on its way, by the kernel's own stamp.
std::vector<double> delays_ms(const Fd& socket, const std::atomic<bool>& sent_all) {
    std::vector<double> out;
    constexpr unsigned batch = 64;
    static char room[batch][2048];
    struct Control {
        alignas(cmsghdr) char bytes[128];
    };
    std::vector<mmsghdr> messages(batch);
    std::vector<iovec> parts(batch);
    std::vector<Control> controls(batch);
    Time last = now();
    while (!sent_all || now() - last < milliseconds(1000)) {
        for (unsigned i = 0; i < batch; ++i) {
            parts[i] = {room[i], sizeof room[i]};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = controls[i].bytes;
            messages[i].msg_hdr.msg_controllen = sizeof controls[i].bytes;
        }
        const int got = recvmmsg(socket.get(), messages.data(), batch, MSG_DONTWAIT, nullptr);
        if (got <= 0) {
            pollfd p{socket.get(), POLLIN, 0};
            (void)poll(&p, 1, 50);
            continue;
        }
        last = now();
        for (int i = 0; i < got; ++i) {
            msghdr& message = messages[static_cast<std::size_t>(i)].msg_hdr;
            Time sent{}, came{};
            std::memcpy(&sent, room[i] + 14, sizeof sent);
            for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
                timespec stamp{};
                std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
                came = std::chrono::seconds(stamp.tv_sec) + Time(stamp.tv_nsec);
            }
            out.push_back(std::chrono::duration<double, std::milli>(came - sent).count());
        }
    }
    return out;
}

// Evenly spaced; says how many a second it came to.
double send_evenly(const Fd& socket, std::size_t count, double per_second, std::size_t size) {
    std::vector<char> frame(size, 'x');
    const char head[] = "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x88\xb5";
    std::memcpy(frame.data(), head, 14);
    (void)prctl(PR_SET_TIMERSLACK, 1);
    const Time gap(static_cast<Time::rep>(1e9 / per_second)), start = now();
    for (std::size_t i = 0; i < count; ++i) {
        const Time due = start + gap * static_cast<Time::rep>(i);
        Time left = due - now();
        if (left > std::chrono::microseconds(150)) {
            const Time rest = left - std::chrono::microseconds(80);
            const timespec wait{static_cast<time_t>(rest.count() / 1'000'000'000),
                                static_cast<long>(rest.count() % 1'000'000'000)};
            (void)nanosleep(&wait, nullptr);
        }
        while (now() < due) continue;
        const Time at = real_time();
        std::memcpy(frame.data() + 14, &at, sizeof at);
        while (send(socket.get(), frame.data(), frame.size(), 0) < 0 &&
               (errno == ENOBUFS || errno == EAGAIN))
            continue;
    }
    return static_cast<double>(count) / std::chrono::duration<double>(now() - start).count();
}

// Of a process, user and kernel.
double cpu_seconds(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    text.erase(0, text.rfind(')') + 2);
    double user = 0, system = 0;
    (void)std::sscanf(text.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf", &user,
                      &system);
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void report(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void frames(const char* what, std::uint64_t delay_ms, double per_second, std::size_t count,
            std::size_t size) {
    RelayedPair pair;
    Settings settings;
    settings.delay_ns = delay_ms * 1'000'000;
    settings.limit = 10'000'000;
    pair.add(settings);
    const Fd a = raw_socket(pair.a()), b = raw_socket(pair.b());
    std::atomic<bool> sent_all{false};
    double rate = 0;
    const double cpu = cpu_seconds(pair.relay_pid());
    std::thread sender([&] {
        rate = send_evenly(a, count, per_second, size);
        sent_all = true;
    });
    std::vector<double> delays = delays_ms(b, sent_all);
    sender.join();
    const double used = cpu_seconds(pair.relay_pid()) - cpu;
    std::sort(delays.begin(), delays.end());
    double sum = 0;
    for (const double d : delays) sum += d;
    const auto at = [&](double part) {
        return delays.empty()
                   ? 0
                   : delays[std::min(
                         delays.size() - 1,
                         static_cast<std::size_t>(part * static_cast<double>(delays.size())))];
    };
    char text[400];
    (void)std::snprintf(
        text, sizeof text,
        "%-34s %7.0f/s  lost %zu of %zu  delay mean %.3f min %.3f p50 %.3f p99 %.3f max %.3f ms  "
        "relay %.1f us a frame",
        what, rate, count - std::min(count, delays.size()), count,
        delays.empty() ? 0 : sum / static_cast<double>(delays.size()), at(0), at(0.5), at(0.99),
        at(1), used * 1e6 / static_cast<double>(count));
    report(text);
}

void tcp(std::uint64_t delay_ms, double seconds) {
    RelayedPair pair;
    Settings settings;
    settings.delay_ns = delay_ms * 1'000'000;
    settings.limit = 10'000'000;
    pair.add(settings, settings);
    const auto socket_in = [](int netns) {
        const netlink::Entered inside(netns);
        Fd out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int size = 64 << 20;
        (void)setsockopt(out.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        (void)setsockopt(out.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
        return out;
    };
    Fd server = socket_in(pair.b()), client = socket_in(pair.a());
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(7777);
    inet_pton(AF_INET, "10.9.0.2", &address.sin_addr);
    if (bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(server.get(), 1) != 0 ||
        connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("TCP does not connect");
    const Fd peer(accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::atomic<bool> enough{false};
    std::thread sender([&] {
        const std::vector<char> bytes(1 << 20, 'x');
        while (!enough && send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0)
            continue;
        (void)shutdown(client.get(), SHUT_RDWR);
    });
    std::vector<char> room(1 << 20);
    double got = 0;
    const Time start = now();
    while (std::chrono::duration<double>(now() - start).count() < seconds) {
        const ssize_t n = recv(peer.get(), room.data(), room.size(), 0);
        if (n <= 0) break;
        got += static_cast<double>(n);
    }
    const double took = std::chrono::duration<double>(now() - start).count();
    enough = true;
    (void)shutdown(peer.get(), SHUT_RDWR);
    sender.join();
    char text[200];
    (void)std::snprintf(text, sizeof text, "TCP, %llu ms each way%*s %.2f Gbit/s",
                        static_cast<unsigned long long>(delay_ms), 13, "", got * 8 / took / 1e9);
    report(text);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string only = argc > 1 ? argv[1] : "";
    const auto wanted = [&](const char* name) { return only.empty() || only == name; };
    if (wanted("delay")) {
        frames("0 ms", 0, 1000, 3000, 200);
        for (const std::uint64_t ms : {1u, 10u, 50u, 200u})
            frames((std::to_string(ms) + " ms").c_str(), ms, 1000, 3000, 200);
    }
    if (wanted("rate")) {
        frames("10 ms, 60 000/s of 200 bytes", 10, 60'000, 300'000, 200);
        frames("10 ms, 100 000/s of 200 bytes", 10, 100'000, 500'000, 200);
    }
    if (wanted("tcp")) {
        tcp(0, 3);
        tcp(10, 5);
    }
    return 0;
}
