// The two summary lines of iputils' ping, and its complaints.
#include "cli/ping_output.hpp"

#include <charconv>
#include <cmath>
#include <vector>

namespace cli {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == text.npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

template <class T>
std::optional<T> number_at(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    return value;
}

// "3 packets transmitted, 2 received, +1 errors, 33% packet loss, time 2003ms"
bool counts(std::string_view line, PingOutcome& outcome) {
    constexpr std::string_view mark = " packets transmitted, ";
    const std::size_t at = line.find(mark);
    if (at == line.npos) return false;
    const auto sent = number_at<unsigned>(line);
    const auto received = number_at<unsigned>(line.substr(at + mark.size()));
    if (!sent || !received) return false;
    outcome.sent = *sent, outcome.received = *received;
    return true;
}

// "rtt min/avg/max/mdev = 0.031/0.045/0.060/0.011 ms"
std::optional<double> mean_rtt(std::string_view line) {
    if (line.rfind("rtt ", 0) != 0) return std::nullopt;
    const std::size_t equals = line.find("= ");
    if (equals == line.npos) return std::nullopt;
    const std::size_t slash = line.find('/', equals);
    if (slash == line.npos) return std::nullopt;
    const auto ms = number_at<double>(line.substr(slash + 1));
    if (!ms) return std::nullopt;
    return std::round(*ms * 1000) / 1e6;  // it prints whole microseconds
}

// "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable" → the words after the number.
std::string reported(std::string_view line) {
    if (line.rfind("From ", 0) != 0) return "";
    const std::size_t sequence = line.find("icmp_seq=");
    if (sequence == line.npos) return "";
    const std::size_t blank = line.find(' ', sequence);
    if (blank == line.npos) return "";
    const std::string_view who = line.substr(5, line.find(' ', 5) - 5);
    return std::string(line.substr(blank + 1)) + " (says " + std::string(who) + ")";
}

}  // namespace

PingOutcome parse_ping(std::string_view out, std::string_view err) {
    PingOutcome outcome;
    std::string report;
    for (const std::string_view line : lines_of(out)) {
        if (counts(line, outcome)) continue;
        if (const auto rtt = mean_rtt(line)) outcome.rtt = rtt;
        if (report.empty()) report = reported(line);
    }
    if (outcome.received > 0) return outcome;
    outcome.rtt.reset();
    outcome.why = report;
    if (outcome.why.empty() && !err.empty()) {
        // "ping: connect: Network is unreachable"
        std::string_view last = lines_of(err).back();
        const std::size_t colon = last.rfind(": ");
        outcome.why = std::string(colon == last.npos ? last : last.substr(colon + 2));
    }
    if (outcome.why.empty()) outcome.why = "no reply";
    return outcome;
}

}  // namespace cli
