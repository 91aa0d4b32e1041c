// `lab capture`: what passes interfaces of a lab, into one pcapng file in the order of time, or as
// lines. labd opens the sockets; the packets come straight from the kernel.
#include "cli/capture.hpp"

#include "cli/capture_file.hpp"
#include "cli/capture_filter.hpp"
#include "cli/capture_points.hpp"
#include "cli/capture_view.hpp"
#include "cli/error.hpp"
#include "cli/packet_ring.hpp"
#include "cli/pcapng.hpp"
#include "cli/render.hpp"
#include "cli/signals.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <deque>
#include <limits>
#include <memory>
#include <optional>

namespace cli {
namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;
// Shared by all points; a second and more of the fastest stream at each of a few.
constexpr std::size_t rings_bytes = 256 * mebi, least_ring = 2 * mebi, most_ring = 64 * mebi;
// Blocks of two points are handed over at different times: so long the earlier one waits.
constexpr std::uint64_t hold_ns = 100'000'000;
constexpr int tick_ms = 50;
constexpr std::chrono::milliseconds last_blocks{3 * block_delay_ms};

std::uint64_t now_ns() {
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// Where packets go.
struct Sink {
    std::optional<CaptureFile> file;
    std::optional<CaptureView> view;
    Child wireshark;

    bool closed() const { return (file && file->closed()) || (view && view->closed()); }
    void write(std::string_view blocks, const std::deque<std::string>& names) {
        if (file) file->write(blocks);
        if (view) view->feed(blocks, names);
    }
};

class Capture {
  public:
    Capture(CaptureSession session, const CaptureOptions& options, const std::string& filter);
    void run();
    void finish();  // statistics, the rest of the output
    std::vector<std::string> names() const;
    std::uint64_t written() const { return written_; }
    const std::vector<pcapng::Counts>& counts() const { return counts_; }

  private:
    void open_sink(const std::vector<pcapng::Interface>& interfaces);
    void wait();
    void collect();
    void emit(std::uint64_t until_ns);
    void hear_labd();
    void look_for_gone();

    CaptureSession session_;
    const CaptureOptions& options_;
    SessionSignals signals_{{SIGINT, SIGTERM, SIGHUP}};
    std::vector<PacketRing> rings_;
    std::vector<bool> gone_;
    std::vector<pcapng::Counts> counts_;
    std::vector<pcapng::Packet> pending_;
    Sink sink_;
    std::uint64_t written_ = 0;
    bool done_ = false;
};

Capture::Capture(CaptureSession session, const CaptureOptions& options, const std::string& filter)
    : session_(std::move(session)),
      options_(options),
      gone_(session_.points.size(), false),
      counts_(session_.points.size()) {
    const std::size_t each =
        std::clamp(rings_bytes / session_.points.size(), least_ring, most_ring);
    std::vector<pcapng::Interface> interfaces;
    for (OpenPoint& open : session_.points) {
        interfaces.push_back(open.described(options.snaplen));
        interfaces.back().filter = filter;
        rings_.emplace_back(std::move(open.socket), open.index, each,
                            compile_filter(filter, options.snaplen, open.ethernet));
    }
    open_sink(interfaces);
}

void Capture::open_sink(const std::vector<pcapng::Interface>& interfaces) {
    std::string head;
    pcapng::section(head, "lab capture", interfaces);
    if (options_.wireshark) {
        sink_.wireshark = Child::start({"wireshark", "-k", "-i", "-"}, true, false, false);
        if (sink_.wireshark.pid == 0)
            throw Failure("unreachable", "wireshark is not there",
                          "apt install wireshark, or write a file: -w FILE");
        const std::string path = "/dev/fd/" + std::to_string(sink_.wireshark.in.get());
        sink_.file.emplace(path, head, 0);
    } else if (!options_.file.empty()) {
        sink_.file.emplace(options_.file, head, options_.ring_bytes);
    } else {
        sink_.view.emplace(head, interfaces.size() > 1);
    }
}

std::vector<std::string> Capture::names() const {
    std::vector<std::string> out;
    for (const OpenPoint& open : session_.points) out.push_back(open.point.name());
    return out;
}

void Capture::run() {
    while (!done_) {
        wait();
        // A block that holds a packet of before this moment is there soon after it.
        const std::uint64_t before = now_ns() - hold_ns;
        if (!sink_.view || !sink_.view->full()) collect();
        emit(rings_.size() == 1 ? std::numeric_limits<std::uint64_t>::max() : before);
        look_for_gone();
        done_ = done_ || sink_.closed();
    }
    if (written_ == options_.count && options_.count > 0) return;
    // What had come when it was told to end belongs to it.
    const std::uint64_t end = now_ns();
    const auto deadline = std::chrono::steady_clock::now() + last_blocks;
    while (std::chrono::steady_clock::now() < deadline && !sink_.closed()) {
        (void)::poll(nullptr, 0, static_cast<int>(block_delay_ms));
        collect();
    }
    emit(end);
}

void Capture::wait() {
    std::vector<pollfd> fds;
    for (std::size_t i = 0; i < rings_.size(); ++i)
        fds.push_back({gone_[i] ? -1 : rings_[i].fd(), POLLIN, 0});
    const std::size_t others = fds.size();
    fds.push_back({signals_.fd(), POLLIN, 0});
    fds.push_back({session_.labd ? session_.labd.get() : -1, POLLIN, 0});
    fds.push_back({sink_.view ? sink_.view->out() : -1, POLLIN, 0});
    fds.push_back({sink_.view && sink_.view->waits() ? sink_.view->in() : -1, POLLOUT, 0});
    if (::poll(fds.data(), fds.size(), tick_ms) <= 0) return;
    if (fds[others].revents != 0 && signals_.next() != 0) done_ = true;
    if (fds[others + 1].revents != 0) hear_labd();
    if (fds[others + 2].revents != 0 && !sink_.view->show()) done_ = true;
    if (fds[others + 3].revents != 0) sink_.view->push();
}

// A labd that ends is no reason to stop; a lab that goes is.
void Capture::hear_labd() {
    std::array<char, 256> bytes{};
    const ssize_t n = ::recv(session_.labd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n > 0) {
        done_ = true;
        if (!options_.quiet) print_error("the lab has been taken down\n");
    } else if (n == 0) {
        session_.labd.reset();
    }
}

void Capture::collect() {
    for (std::size_t i = 0; i < rings_.size(); ++i)
        rings_[i].drain([&](pcapng::Packet packet) {
            packet.interface = static_cast<std::uint32_t>(i);
            pending_.push_back(std::move(packet));
        });
}

// In the order of time, those of before `until_ns`.
void Capture::emit(std::uint64_t until_ns) {
    std::stable_sort(pending_.begin(), pending_.end(),
                     [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
    std::string blocks;
    std::deque<std::string> points;
    std::size_t n = 0;
    for (; n < pending_.size() && pending_[n].time_ns <= until_ns; ++n) {
        if (options_.count > 0 && written_ == options_.count) break;
        pcapng::packet(blocks, pending_[n]);
        if (sink_.view) points.push_back(session_.points[pending_[n].interface].point.name());
        ++written_;
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(n));
    if (!blocks.empty()) sink_.write(blocks, points);
    if (options_.count > 0 && written_ == options_.count) done_ = true;
}

void Capture::look_for_gone() {
    for (std::size_t i = 0; i < rings_.size(); ++i) {
        if (gone_[i] || rings_[i].alive()) continue;
        gone_[i] = true;
        if (!options_.quiet) print_error(session_.points[i].point.name() + " has gone\n");
    }
    if (std::all_of(gone_.begin(), gone_.end(), [](bool gone) { return gone; })) done_ = true;
}

void Capture::finish() {
    std::string blocks;
    for (std::size_t i = 0; i < rings_.size(); ++i) {
        counts_[i] = rings_[i].counts();
        pcapng::statistics(blocks, static_cast<std::uint32_t>(i), now_ns(), counts_[i]);
    }
    sink_.write(blocks, {});
    if (sink_.file) sink_.file->finish();
    if (sink_.view) sink_.view->finish();
    if (sink_.wireshark.pid != 0) {
        sink_.file.reset();
        sink_.wireshark.in.reset();
        (void)sink_.wireshark.wait();
    }
}

void tell(const Capture& capture) {
    std::uint64_t dropped = 0;
    const std::vector<std::string> names = capture.names();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::uint64_t here = capture.counts()[i].dropped;
        dropped += here;
        if (here > 0)
            print_error("! " + names[i] + ": " + count(here, "packet") +
                        " came faster than they were read, and are lost\n");
    }
    print_error(count(capture.written(), "packet") + (dropped == 0 ? ", none lost" : "") + "\n");
}

}  // namespace

int capture(const Globals& globals, const CaptureOptions& options) {
    if (options.words.empty())
        throw Failure("usage", "where?", "lab capture NODE, NODE:INTERFACE or LINK");
    const Live live = live_lab(globals);
    CaptureWords words = capture_words(live, options.words);
    if (words.points.empty())
        throw Failure("usage", "there is no interface to listen at", "lab links lists them");
    if (!options.filter.empty() && !words.filter.empty())
        throw Failure("usage",
                      "two filters: \"" + options.filter + "\" and \"" + words.filter + "\"");
    if (!options.filter.empty()) words.filter = options.filter;
    CaptureOptions own = options;
    own.quiet = globals.quiet;
    Capture capture(open_points(live, words.points), own, words.filter);
    if (!own.quiet) print_error("listening at " + join(capture.names(), ", ") + "\n");
    capture.run();
    capture.finish();
    if (!own.quiet) tell(capture);
    return exit_code::ok;
}

}  // namespace cli
