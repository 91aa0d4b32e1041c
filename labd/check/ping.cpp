// ping and all-reachable: the real ping(8), one for each pair.
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace labd::check {
namespace {

using topology::subject::Ping;

struct Pair {
    std::string from;
    Destination to;
};

std::vector<Pair> pairs_of(const Ping& s, const topology::Lab& lab) {
    std::vector<std::string> from = s.from, to;
    for (const topology::Text& target : s.to) to.push_back(target.text);
    if (s.whole_lab && from.empty()) from = to = reachable_nodes(lab);
    std::vector<Pair> out;
    for (const std::string& a : from)
        for (const std::string& b : to)
            if (a != b)
                for (Destination& destination : destinations(lab, a, b, s.family))
                    // The whole lab: pairs without a family in common are no mistake.
                    if (destination.missing.empty() || !(s.whole_lab && s.from.empty()))
                        out.push_back({a, std::move(destination)});
    return out;
}

std::string label(const Pair& pair, const Ping& s) {
    std::string out = pair.from + " → " + pair.to.name;
    if (s.family == topology::FamilyWish::both && pair.to.family)
        out += *pair.to.family == topology::Family::ipv4 ? " (IPv4)" : " (IPv6)";
    return out;
}

constexpr double pause_s = 0.05;

std::vector<std::string> argv_of(const Pair& pair, const Ping& s) {
    char pause[16];
    (void)std::snprintf(pause, sizeof pause, "%g", pause_s);
    std::vector<std::string> argv{"env", "LC_ALL=C", "ping", "-n", "-W",
                                  "1",   "-i",       pause,  "-c", std::to_string(s.count)};
    if (s.size) argv.insert(argv.end(), {"-s", std::to_string(*s.size)});
    if (pair.to.family) argv.emplace_back(*pair.to.family == topology::Family::ipv4 ? "-4" : "-6");
    argv.push_back(pair.to.address);
    return argv;
}

struct Echoes {
    unsigned sent = 0, received = 0, lost = 0;
    std::optional<double> rtt_s;  // the average
    std::string why;              // of what is missing
};

// "2 packets transmitted, 1 received, …" and "rtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms".
Echoes read_ping_output(const Heard& heard) {
    Echoes out;
    const std::string& text = heard.out;
    if (const std::size_t at = text.find(" packets transmitted, "); at != std::string::npos) {
        const std::size_t line = text.rfind('\n', at);
        out.sent = static_cast<unsigned>(
            std::strtoul(text.c_str() + (line == std::string::npos ? 0 : line + 1), nullptr, 10));
        out.received = static_cast<unsigned>(std::strtoul(text.c_str() + at + 22, nullptr, 10));
    }
    if (const std::size_t at = text.find("min/avg/max"); at != std::string::npos) {
        const std::size_t equals = text.find("= ", at);
        const std::size_t slash = equals == std::string::npos ? equals : text.find('/', equals);
        if (slash != std::string::npos)
            out.rtt_s = std::strtod(text.c_str() + slash + 1, nullptr) / 1000;
    }
    out.lost = out.sent - std::min(out.sent, out.received);
    // With one answer wanted, requests after the one that got it were on their way, and not lost.
    if (const std::size_t at = text.find(" icmp_seq=", text.find(" bytes from "));
        out.received == 1 && at != std::string::npos) {
        const unsigned long sequence = std::strtoul(text.c_str() + at + 10, nullptr, 10);
        if (sequence > 0 && sequence <= out.sent) out.lost = static_cast<unsigned>(sequence) - 1;
    }
    // "From 10.0.0.1 icmp_seq=1 Destination Net Unreachable": who said what.
    if (const std::size_t at = text.find("\nFrom "); at != std::string::npos) {
        const std::string line = one_line(text.substr(at + 1));
        const std::size_t sequence = line.find("icmp_seq=");
        const std::size_t words =
            sequence == std::string::npos ? sequence : line.find(' ', sequence);
        const std::size_t end = line.find(' ', 5);
        if (words != std::string::npos && end != std::string::npos)
            out.why = line.substr(words + 1) + ", says " + line.substr(5, end - 5);
    }
    if (out.why.empty() && !heard.err.empty()) {
        out.why = one_line(heard.err);
        if (out.why.starts_with("ping: ")) out.why.erase(0, 6);
    }
    return out;
}

Finding find(const Pair& pair, const Ping& s, const Echoes& echoes, Verdict& verdict) {
    Finding finding{label(pair, s), false, ""};
    verdict.lost = std::max(verdict.lost.value_or(0), static_cast<double>(echoes.lost));
    // More than asked for are sent only until one is answered.
    const unsigned sent = std::min(echoes.sent, std::max(s.count, echoes.received));
    // Whole numbers first: a tenth lost must not be a little less than 10 %.
    const unsigned lost = sent - std::min(sent, echoes.received);
    const double loss = sent == 0 ? 100 : 100.0 * lost / sent;
    double& worst = verdict.metrics.try_emplace("loss", 0).first->second;
    worst = std::max(worst, loss);
    if (echoes.rtt_s) {
        double& slowest = verdict.metrics.try_emplace("rtt", 0).first->second;
        slowest = std::max(slowest, *echoes.rtt_s);
    }
    if (echoes.received == 0) {
        // Nothing at all has a share, too: it may even be the one asked for.
        finding.ok = s.loss && s.loss->holds(100);
        finding.value = "no reply" + (echoes.why.empty() ? "" : ": " + echoes.why);
        return finding;
    }
    finding.ok = s.loss ? s.loss->holds(loss) : echoes.received >= s.count;
    if (echoes.rtt_s) finding.value = milliseconds(*echoes.rtt_s);
    if (s.rtt && echoes.rtt_s && !s.rtt->holds(*echoes.rtt_s))
        finding.ok = false, finding.wanted = s.rtt->text;
    if (sent > 1 && (echoes.received < sent || s.loss)) {
        char share[48];
        (void)std::snprintf(share, sizeof share, "%s%.3g %% lost",
                            finding.value.empty() ? "" : ", ", loss);
        finding.value += share;
    }
    if (s.loss && !s.loss->holds(loss))
        finding.wanted = s.loss->text + (finding.wanted.empty() ? "" : " and " + finding.wanted);
    return finding;
}

bool goes_on_until_answered(const topology::Check& check) {
    const auto* ping = std::get_if<Ping>(&check.subject);
    return ping != nullptr && ping->count == 1 && !ping->loss && !check.negated;
}

}  // namespace

Question ask(const Ping& s, const topology::Lab& lab) {
    Question question;
    for (const Pair& pair : pairs_of(s, lab))
        if (pair.to.missing.empty())
            question.commands.push_back({pair.from, argv_of(pair, s), "",
                                         3 + s.count * (pause_s + 0.01),
                                         1.5 + s.count * (pause_s + 0.01)});
    return question;
}

void probe_until_answered(const topology::Check& check, Question& question) {
    if (!goes_on_until_answered(check)) return;
    // ping(8): with -w it sends on, and ends with the answer.
    for (Ask& ask : question.commands)
        if (const auto at = std::find(ask.argv.begin(), ask.argv.end(), "-c"); at != ask.argv.end())
            ask.argv.insert(at, {"-w", "1"});
}

double unanswered_s(const topology::Check& check, const Verdict& verdict) {
    return goes_on_until_answered(check) ? verdict.lost.value_or(0) * pause_s : 0;
}

Verdict judge(const Ping& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    std::size_t next = 0;
    for (const Pair& pair : pairs_of(s, lab)) {
        if (!pair.to.missing.empty()) {
            verdict.findings.push_back({label(pair, s), false, pair.to.missing});
            continue;
        }
        const std::size_t command = next++;
        const Heard& heard = answers.commands.at(command);
        if (const std::string why = trouble(heard); !why.empty()) {
            verdict.broken = pair.from + ": " + why;
            return verdict;
        }
        const Echoes echoes = read_ping_output(heard);
        Finding finding = find(pair, s, echoes, verdict);
        finding.flow =
            Flow{pair.from, pair.to.name, pair.to.address, command, 0, false, s.size.value_or(56)};
        finding.flow->answered = echoes.received > 0;
        finding.flow->slow = s.rtt && echoes.rtt_s && !s.rtt->holds(*echoes.rtt_s);
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

}  // namespace labd::check
