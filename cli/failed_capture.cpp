// See failed_capture.hpp.
#include "cli/failed_capture.hpp"

#include "cli/artefacts.hpp"
#include "cli/capture_filter.hpp"
#include "cli/capture_points.hpp"
#include "cli/check_session.hpp"
#include "cli/error.hpp"
#include "cli/packet_ring.hpp"
#include "cli/pcapng.hpp"

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <optional>
#include <system_error>

namespace cli {
namespace {

constexpr std::size_t most_captures = 5, most_points = 32;
constexpr std::size_t ring_bytes = std::size_t{1} << 20;
constexpr unsigned snaplen = 256;  // headers; what is in a packet is seldom why it is lost
constexpr std::size_t room_for_statistics = 4096;

std::vector<CapturePoint> points_of(const LabState& lab, const CheckResult& result) {
    std::vector<CapturePoint> out;
    std::vector<std::string> nodes;
    for (const std::string& name : {result.packets_from, result.packets_to, result.died_at}) {
        const NodeState* node = lab.find(name);
        if (node == nullptr || std::find(nodes.begin(), nodes.end(), name) != nodes.end()) continue;
        nodes.push_back(name);
        for (const InterfaceState& one : node->interfaces)
            if (out.size() < most_points) out.push_back({name, one.name, one.link});
    }
    return out;
}

std::string file_of(const CheckResult& result) {
    std::string name =
        std::to_string(result.check.index) + "-" + result.packets_from + "-" + result.packets_to;
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
    return "captures/" + name.substr(0, 100) + ".pcapng";
}

class Rings {
  public:
    explicit Rings(CaptureSession session) : session_(std::move(session)) {
        std::vector<pcapng::Interface> interfaces;
        for (OpenPoint& open : session_.points) {
            interfaces.push_back(open.described(snaplen));
            rings_.emplace_back(std::move(open.socket), open.index, ring_bytes,
                                compile_filter("", snaplen, open.ethernet));
        }
        pcapng::section(bytes_, "lab test", interfaces);
    }

    // What has come so far, in the order of time and as much as an artefact may be.
    std::string take() {
        // A block that holds the last packets is handed over a moment after they came.
        for (int i = 0; i < 3; ++i) (void)::poll(nullptr, 0, static_cast<int>(block_delay_ms));
        std::vector<pcapng::Packet> packets;
        for (std::size_t i = 0; i < rings_.size(); ++i)
            rings_[i].drain([&](pcapng::Packet packet) {
                packet.interface = static_cast<std::uint32_t>(i);
                packets.push_back(std::move(packet));
            });
        std::stable_sort(packets.begin(), packets.end(),
                         [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
        for (const pcapng::Packet& packet : packets) {
            if (bytes_.size() + packet.bytes.size() + room_for_statistics > artefact_limit) break;
            pcapng::packet(bytes_, packet);
        }
        timespec now{};
        (void)::clock_gettime(CLOCK_REALTIME, &now);
        for (std::size_t i = 0; i < rings_.size(); ++i)
            pcapng::statistics(bytes_, static_cast<std::uint32_t>(i),
                               static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                                   static_cast<std::uint64_t>(now.tv_nsec),
                               rings_[i].counts());
        return std::move(bytes_);
    }

  private:
    CaptureSession session_;
    std::vector<PacketRing> rings_;
    std::string bytes_;
};

std::string capture_one(const Live& live, const CheckResult& result, CheckSuite& suite) {
    const std::vector<CapturePoint> points = points_of(live.lab, result);
    if (points.empty()) return "";
    Rings rings(open_points(live, points));
    CheckRequest again;
    again.lab = live.name;
    again.once = result.check.index;
    CheckSuite answer;
    run_checks(
        live.client, again, answer, [](auto) {}, [](const auto&) {});
    suite.interrupted = suite.interrupted || answer.interrupted;
    return rings.take();
}

}  // namespace

std::vector<FailedCapture> capture_failed(const Globals& globals, const std::string& running,
                                          CheckSuite& suite) {
    std::vector<FailedCapture> out;
    std::optional<Live> live;
    Globals own = globals;
    own.lab = running;
    for (CheckResult& result : suite.results) {
        if (suite.interrupted || out.size() == most_captures) break;
        if (result.result != CheckResult::Result::failed || result.packets_from.empty()) continue;
        try {
            if (!live) live.emplace(live_lab(own));
            FailedCapture capture{file_of(result), capture_one(*live, result, suite)};
            if (capture.bytes.empty()) continue;
            result.capture = capture.file;
            out.push_back(std::move(capture));
        } catch (const Interrupted&) {
            suite.interrupted = true;
        } catch (const Failure&) {
            continue;  // it is stopped, or has gone
        } catch (const std::system_error&) {
            continue;  // no room for a ring, or the interface has gone
        }
    }
    return out;
}

}  // namespace cli
