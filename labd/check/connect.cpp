// tcp, udp and http: bash's own sockets, so that a node needs no programs for it.
#include "labd/check/command.hpp"
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace labd::check {
namespace {

using topology::subject::Connect;
using topology::subject::Http;

struct Call {
    std::string from, shown;
    Destination to;
    std::uint16_t port = 0;
};

std::vector<Call> calls(const std::vector<std::string>& from,
                        const std::vector<std::string>& targets, std::uint16_t port,
                        topology::FamilyWish family, const topology::Lab& lab) {
    std::vector<Call> out;
    for (const std::string& a : from)
        for (const std::string& b : targets)
            for (Destination& to : destinations(lab, a, b, family))
                if (a != b || from.size() == 1)
                    out.push_back(
                        {a, a + " → " + b + ":" + std::to_string(port), std::move(to), port});
    return out;
}

// A connection that nobody answers or refuses: SYN goes again after 1 s.
constexpr double connect_s = 3;

Ask in_bash(const Call& call, const std::string& script, std::string input, double limit_s) {
    return {call.from,
            {"bash", "-c", script, "check", call.to.address, std::to_string(call.port)},
            std::move(input),
            limit_s};
}

// Said by the script when somebody has taken the connection.
constexpr const char* connected = "connected\n";

// "check: line 1: connect: Connection refused" → "Connection refused".
std::string why(const Heard& heard) {
    std::string said = heard.err;
    if (said.starts_with(connected)) {
        said.erase(0, std::string(connected).size());
        if (heard.timed_out) {
            char text[64];
            (void)std::snprintf(text, sizeof text, "accepted, but sent nothing within %.2g s",
                                heard.after_s);
            return text;
        }
        if (said.empty()) return "accepted, and closed without a word";
    }
    if (heard.timed_out) return "no answer";
    std::string line = one_line(said);
    for (const char* mark : {"connect: ", "/dev/tcp/", "/dev/udp/"})
        if (const std::size_t at = line.find(mark); at != std::string::npos) {
            const std::size_t colon = line.rfind(": ");
            return colon == std::string::npos ? line : line.substr(colon + 2);
        }
    if (const std::size_t colon = line.rfind(": "); colon != std::string::npos)
        return line.substr(colon + 2);
    return line.empty() ? "exit status " + std::to_string(heard.exit_status()) : line;
}

std::vector<Call> calls(const Connect& s, const topology::Lab& lab) {
    std::vector<std::string> targets;
    for (const topology::Text& to : s.to) targets.push_back(to.text);
    return calls(s.from, targets, s.port, s.family, lab);
}

struct Url {
    std::string host, path;
    std::uint16_t port = 80;
};

Url split_url(const std::string& url) {
    Url out;
    const std::string rest = url.substr(std::min<std::size_t>(7, url.size()));
    const std::size_t slash = rest.find('/');
    std::string host = rest.substr(0, slash);
    out.path = slash == std::string::npos ? "/" : rest.substr(slash);
    const std::size_t bracket = host.find(']');
    const std::size_t colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
    if (colon != std::string::npos) {
        out.port = static_cast<std::uint16_t>(std::strtoul(host.c_str() + colon + 1, nullptr, 10));
        host.resize(colon);
    }
    if (bracket != std::string::npos && host.front() == '[') host = host.substr(1, bracket - 1);
    out.host = host;
    return out;
}

std::vector<Call> calls(const Http& s, const topology::Lab& lab) {
    const Url url = split_url(s.url.text);
    return calls(s.from, {url.host}, url.port, s.family, lab);
}

// The status of "HTTP/1.1 200 OK", 0 when it is no HTTP; and what follows the empty line.
struct Page {
    std::uint32_t status = 0;
    std::string body;
    std::optional<std::size_t> length;  // that the body should have, where it was said
};

std::optional<std::size_t> length_said(std::string head) {
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string key = "\r\ncontent-length:";
    const std::size_t at = head.find(key);
    if (at == head.npos) return std::nullopt;
    return std::strtoull(head.c_str() + at + key.size(), nullptr, 10);
}

Page read_page(const std::string& text) {
    Page page;
    if (!text.starts_with("HTTP/1.") || text.size() < 12) return page;
    page.status = static_cast<std::uint32_t>(std::strtoul(text.c_str() + 9, nullptr, 10));
    std::size_t at = text.find("\r\n\r\n");
    if (at != std::string::npos) page.body = text.substr(at + 4);
    page.length = length_said(text.substr(0, at));
    return page;
}

// How much of a page has not come, in words; empty when it is all there. A link that takes small
// packets alone lets the first of a large page through.
std::string lacks_of(const Page& page, const Heard& heard) {
    if (heard.out.size() >= output_limit) return "";  // more is not looked at
    if (page.length ? page.body.size() >= *page.length : !heard.timed_out) return "";
    std::string words = "only " + std::to_string(page.body.size());
    if (page.length) words += " of " + std::to_string(*page.length);
    words += " bytes of the page came";
    if (!heard.timed_out) return words;
    char text[32];
    (void)std::snprintf(text, sizeof text, " within %.2g s", heard.after_s);
    return words + text;
}

void judge_page(const Http& s, const Page& page, Finding& finding) {
    const std::string who = "the server at " + finding.flow->to + " port " +
                            std::to_string(finding.flow->port) + " answered ";
    finding.ok = page.status == s.status;
    finding.value = "status " + std::to_string(page.status);
    if (!finding.ok) {
        finding.wanted = std::to_string(s.status);
        finding.cause = who + std::to_string(page.status) + ", wanted " + finding.wanted;
    } else if (s.body && !matches(*s.body, page.body)) {
        const Unlike body = unlike(*s.body, page.body);
        finding.ok = false;
        finding.value += ", but the body is: " + body.seen;
        finding.wanted = body.wanted;
        finding.cause = who + "with another body than the one wanted";
    }
}

}  // namespace

Question ask(const Connect& s, const topology::Lab& lab) {
    Question question;
    // udp: one datagram there; whatever comes back is an answer.
    const std::string script = s.udp ? "exec 3<>\"/dev/udp/$1/$2\" && printf 'lab\\n' >&3 && "
                                       "exec dd bs=65536 count=1 status=none <&3"
                                     : "exec 3<>\"/dev/tcp/$1/$2\"";
    for (const Call& call : calls(s, lab))
        if (call.to.missing.empty())
            question.commands.push_back(in_bash(call, script, "", s.udp ? 1 : connect_s));
    return question;
}

Verdict judge(const Connect& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    std::size_t next = 0;
    for (const Call& call : calls(s, lab)) {
        if (!call.to.missing.empty()) {
            verdict.findings.push_back({call.shown, false, call.to.missing});
            continue;
        }
        const std::size_t command = next++;
        const Heard& heard = answers.commands.at(command);
        if (const std::string problem = trouble(heard); !problem.empty()) {
            verdict.broken = call.from + ": " + problem;
            return verdict;
        }
        const bool ok = heard.ok() && (!s.udp || !heard.out.empty());
        verdict.findings.push_back(
            {call.shown, ok, ok ? (s.udp ? "answered" : "connected") : why(heard),
             Flow{call.from, call.to.name, call.to.address, command, call.port, s.udp}});
    }
    return verdict;
}

Question ask(const Http& s, const topology::Lab& lab) {
    Question question;
    const Url url = split_url(s.url.text);
    // HTTP/1.0: the answer ends with the connection and comes in one piece.
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    const std::string request = "GET " + url.path + " HTTP/1.0\r\nHost: " + host +
                                (url.port == 80 ? "" : ":" + std::to_string(url.port)) +
                                "\r\nUser-Agent: lab\r\nConnection: close\r\n\r\n";
    for (const Call& call : calls(s, lab))
        if (call.to.missing.empty())
            question.commands.push_back(
                in_bash(call,
                        "exec 3<>\"/dev/tcp/$1/$2\" && echo connected >&2 && cat >&3 && "
                        "exec cat <&3",
                        request, 5));
    return question;
}

Verdict judge(const Http& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    std::size_t next = 0;
    for (const Call& call : calls(s, lab)) {
        Finding finding{call.from + " → " + s.url.text, false, call.to.missing};
        if (call.to.missing.empty()) {
            finding.flow = Flow{call.from, call.to.name, call.to.address, next, call.port, false};
            const Heard& heard = answers.commands.at(next++);
            if (const std::string problem = trouble(heard); !problem.empty()) {
                verdict.broken = call.from + ": " + problem;
                return verdict;
            }
            const Page page = read_page(heard.out);
            if (page.status == 0) {
                finding.value =
                    heard.out.empty() ? why(heard) : "no HTTP: " + one_line(heard.out, 60);
                finding.flow->answered = !heard.out.empty();
                finding.flow->connected = heard.err.starts_with(connected);
            } else {
                const std::string lacks = lacks_of(page, heard);
                if (lacks.empty())
                    judge_page(s, page, finding);
                else
                    finding.value = "status " + std::to_string(page.status) + ", but " + lacks;
                finding.flow->answered = lacks.empty();
            }
        }
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

}  // namespace labd::check
