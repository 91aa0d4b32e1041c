// throughput: iperf3, one server for one client.
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace labd::check {
namespace {

namespace json = boost::json;
using topology::subject::Throughput;

// Not iperf3's own, which the lab may use itself.
constexpr const char* port = "52010";

// The server may need a moment until it listens: a refusal comes back at once, and with -J as a
// success (iperf 3.12).
constexpr const char* client =
    "a=$1 t=$2; shift 2; for ((i = 0; i < 100; i++)); do "
    "out=$(iperf3 -c \"$a\" -p 52010 -t \"$t\" -J \"$@\" 2>&1); "
    "case $out in *refused*) sleep 0.05 ;; *) break ;; esac; done; printf '%s\\n' \"$out\"";

std::string rate_text(double bits) {
    char text[32];
    if (bits >= 1e9)
        (void)std::snprintf(text, sizeof text, "%.3g Gbit/s", bits / 1e9);
    else if (bits >= 1e6)
        (void)std::snprintf(text, sizeof text, "%.3g Mbit/s", bits / 1e6);
    else
        (void)std::snprintf(text, sizeof text, "%.3g kbit/s", bits / 1e3);
    return text;
}

}  // namespace

Question ask(const Throughput& s, const topology::Lab& lab) {
    Question question;
    const Destination to = destinations(lab, s.from, s.to.text, s.family).front();
    if (!to.missing.empty()) return question;
    char time[32];
    (void)std::snprintf(time, sizeof time, "%g", s.time_s < 1 ? 1 : s.time_s);
    const double limit = s.time_s + 8;
    const double least = s.time_s + 2;
    Ask call{s.from, {"bash", "-c", client, "check", to.address, time}, "", limit, least};
    if (s.udp) call.argv.insert(call.argv.end(), {"-u", "-b", "0"});
    question.commands.push_back({to.name, {"iperf3", "-s", "-1", "-p", port}, "", limit, least});
    question.commands.push_back(std::move(call));
    return question;
}

Verdict judge(const Throughput& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    const Destination to = destinations(lab, s.from, s.to.text, s.family).front();
    Finding finding{s.from + " → " + s.to.text, false, to.missing};
    if (to.missing.empty()) {
        const Heard &server = answers.commands.at(0), &heard = answers.commands.at(1);
        for (const auto& [node, one] : {std::pair{s.to.text, &server}, std::pair{s.from, &heard}})
            if (const std::string why = trouble(*one); !why.empty()) {
                verdict.broken = node + ": " + why;
                return verdict;
            }
        json::error_code error;
        const json::value answer = json::parse(heard.out, error);
        const json::value* rate = nullptr;
        if (!error)
            for (const char* at : {"/end/sum_received/bits_per_second", "/end/sum/bits_per_second"})
                if (rate == nullptr || !rate->is_number()) rate = answer.find_pointer(at, error);
        if (rate != nullptr && rate->is_number()) {
            const double bits = rate->to_number<double>();
            verdict.metrics["rate"] = bits;
            finding.ok = !s.rate || s.rate->holds(bits);
            finding.value = rate_text(bits);
            if (!finding.ok) finding.value += ", not " + s.rate->text;
            if (!finding.ok && bits < s.rate->value) {
                finding.flow = Flow{s.from, to.name, to.address, 1};
                finding.flow->answered = true, finding.flow->wanted_bits = s.rate->value;
            }
        } else {
            const json::value* why =
                answer.is_object() ? answer.get_object().if_contains("error") : nullptr;
            finding.value =
                why != nullptr && why->is_string() ? one_line(std::string(why->get_string()))
                : heard.timed_out                  ? "no answer in time"
                : one_line(heard.out).empty()      ? "iperf3 said nothing"
                                              : "iperf3 told no rate: " + one_line(heard.out, 80);
            // Whoever cannot be reached at all is looked for by echo requests.
            finding.flow = Flow{s.from, to.name, to.address, 1};
        }
    }
    verdict.findings.push_back(std::move(finding));
    return verdict;
}

}  // namespace labd::check
