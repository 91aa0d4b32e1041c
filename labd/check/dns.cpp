// dns: a question of our own to the node's name server, past /etc/hosts and every cache.
#include "labd/check/dns_message.hpp"
#include "labd/check/owners.hpp"
#include "labd/check/subjects.hpp"

#include <algorithm>

namespace labd::check {
namespace {

using topology::subject::Dns;

// One at a time in a socket of its own: any number does.
constexpr std::uint16_t query_id = 0x1ab5;

// The server is said on stderr, so that the report can name it. One write is one datagram.
constexpr const char* script =
    "s=$1; if [ -z \"$s\" ]; then while read -r k v _; do "
    "[ \"$k\" = nameserver ] && s=$v && break; done < /etc/resolv.conf; fi; "
    "[ -n \"$s\" ] || { echo 'no name server in /etc/resolv.conf' >&2; exit 3; }; "
    "echo \"$s\" >&2; exec 3<>\"/dev/udp/$s/53\" && dd bs=4096 count=1 status=none >&3 && "
    "exec dd bs=65536 count=1 status=none <&3";

std::string sorted(std::vector<std::string> list) {
    std::sort(list.begin(), list.end());
    std::string out;
    for (const std::string& one : list) out += (out.empty() ? "" : ", ") + one;
    return out;
}

std::string plain(std::string name) {
    if (name.size() > 1 && name.back() == '.') name.pop_back();
    return name;
}

std::string server_of(const Dns& s, const topology::Lab& lab, const std::string& node) {
    if (!s.server) return "";
    for (const Destination& to : destinations(lab, node, s.server->text, {})) return to.address;
    return "";
}

// What a name server's own word means for its network.
std::string cause_of(const DnsAnswer& answer, const std::string& server, const std::string& node,
                     const Dns& s) {
    enum Code : unsigned { format = 1, failure = 2, no_name = 3, not_done = 4, refused = 5 };
    const std::string name = one_line(s.name.text, 80);
    switch (answer.code) {
        case failure:
            return server + " cannot answer for " + name +
                   " (SERVFAIL): its zone is not loaded, or whom it asks does not answer";
        case no_name:
            return server + " knows no " + name + " (NXDOMAIN): no such record in its zone";
        case refused:
            return server + " does not answer " + node + " for " + name +
                   " (REFUSED): it neither holds the zone nor asks others for this client";
        case format:
        case not_done:
            return server + " does not do such questions (" + dns_code(answer.code) + ")";
        default:
            break;
    }
    if (answer.data.empty())
        return server + " knows " + name + ", but no " + s.type + " record of it";
    return "";
}

}  // namespace

Question ask(const Dns& s, const topology::Lab& lab) {
    Question question;
    const std::string query = dns_query(plain(s.name.text), dns_type(s.type).value_or(1), query_id);
    if (query.empty()) question.broken = "\"" + s.name.text + "\" is no name";
    for (const std::string& node : s.nodes)
        question.commands.push_back(
            {node, {"bash", "-c", script, "check", server_of(s, lab, node)}, query, 2});
    return question;
}

Verdict judge(const Dns& s, const topology::Lab& lab, const Answers& answers) {
    Verdict verdict;
    const Owners owners(lab);
    for (std::size_t i = 0; i < s.nodes.size(); ++i) {
        const Heard& heard = answers.commands.at(i);
        if (const std::string why = trouble(heard); !why.empty()) {
            verdict.broken = s.nodes[i] + ": " + why;
            return verdict;
        }
        Finding finding{s.nodes[i], false, ""};
        const DnsAnswer answer =
            parse_dns_answer(heard.out, dns_type(s.type).value_or(1), query_id);
        const std::string server = one_line(heard.err, 60);
        const auto ip = topology::Ip::parse(server);
        const std::string who = ip ? owners.name(*ip) : server;
        if (heard.exit_status() == 3 && !heard.timed_out)
            finding.value = server;
        else if (!answer.good)
            finding.value = who + (heard.timed_out || heard.out.empty() ? " does not answer"
                                                                        : " answers nonsense");
        else if (answer.code != 0)
            finding.value = who + " says " + dns_code(answer.code);
        else if (answer.data.empty())
            finding.value = who + " has no " + s.type + " record";
        else
            finding.value = one_line(sorted(answer.data));
        if (answer.good) finding.cause = cause_of(answer, who, s.nodes[i], s);
        // Its packets, when none came back from a known server.
        if (ip && !answer.good) finding.flow = Flow{s.nodes[i], who, ip->text(), i, 53, true};
        std::vector<std::string> wanted;
        for (const topology::Text& one : s.is) wanted.push_back(plain(one.text));
        if (answer.good && answer.code == 0 && !answer.data.empty())
            finding.wanted = one_line(sorted(wanted));
        finding.ok = answer.good && answer.code == 0 && !answer.data.empty() &&
                     (wanted.empty() || sorted(wanted) == sorted(answer.data));
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

}  // namespace labd::check
