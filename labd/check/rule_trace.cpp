// See rule_trace.hpp.
#include "labd/check/rule_trace.hpp"

#include "labd/check/subjects.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace labd::check {
namespace {

constexpr const char* own_table = "labd-trace-";

// "ip saddr { 10.0.1.2, 10.0.2.2 }" and what of their packets is meant. One of the two ends is
// enough: the other may be translated on the way.
std::string matches_of(const Traced& traced, const std::string& table, const std::string& chain) {
    const bool six = traced.to.family == topology::Family::ipv6;
    const std::string family = six ? "ip6" : "ip";
    const std::string both = "{ " + traced.from.text() +
                             (traced.from == traced.to ? "" : ", " + traced.to.text()) + " }";
    const std::string protocol = traced.udp ? "udp" : "tcp";
    std::vector<std::string> kinds;
    if (traced.port == 0)
        kinds = {(six ? "icmpv6" : "icmp") + std::string(" type { echo-request, echo-reply }")};
    else
        kinds = {protocol + " dport " + std::to_string(traced.port),
                 protocol + " sport " + std::to_string(traced.port)};
    std::string out;
    for (const char* side : {" saddr ", " daddr "})
        for (const std::string& kind : kinds)
            out += "add rule " + table + " $t " + chain + " " + family + side + both + " " + kind +
                   " meta nftrace set 1\n";
    return out;
}

// "counter packets 4 bytes 336" as whoever wrote the rule has it.
std::string without_counts(std::string rule) {
    constexpr const char* words = "counter packets ";
    for (std::size_t at = 0; (at = rule.find(words, at)) != std::string::npos;) {
        const std::size_t begin = at + 8;  // of the numbers' words
        std::size_t end = begin - 1;
        for (int skipped = 0; skipped < 4 && end != std::string::npos; ++skipped)
            end = rule.find(' ', end + 1);
        rule.erase(begin - 1, end == std::string::npos ? end : end - (begin - 1));
        at = begin - 1;
    }
    return rule;
}

bool translates(const std::string& rule) {
    const std::string words = rule + " ";
    for (const char* word : {" dnat ", " snat ", " masquerade ", " redirect "})
        if ((" " + words).find(word) != std::string::npos) return true;
    return false;
}

// "daddr" → "10.0.2.2"
std::string word_after(const std::string& line, const std::string& word) {
    const std::size_t at = line.find(" " + word + " ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + word.size() + 2;
    return line.substr(begin, line.find(' ', begin) - begin);
}

}  // namespace

std::string trace_script(const Traced& traced) {
    // nft speaks interactively for as long as its stdin is open, and owns the table meanwhile.
    // Before everybody else, and where they come in at all: frames have rules of their own. Once
    // more where fragments have become a packet again, which is another one then.
    const std::string rules =
        "add table netdev $t { flags owner; }\n"
        "add chain netdev $t in { type filter hook ingress devices = { $d } priority "
        "-2000000000; }\n" +
        matches_of(traced, "netdev", "in") +
        "add table inet $t { flags owner; }\n"
        "add chain inet $t first { type filter hook prerouting priority -2000000000; }\n"
        "add chain inet $t pre { type filter hook prerouting priority -350; }\n"
        "add chain inet $t out { type filter hook output priority -2000000000; }\n" +
        matches_of(traced, "inet", "first") + matches_of(traced, "inet", "pre") +
        matches_of(traced, "inet", "out");
    return "t=" + std::string(own_table) +
           "$$; exec 3<&0\n"
           "d=$(sed -n 's/^ *\\([^ :\"]*\\):.*/\"\\1\",/p' /proc/net/dev | tr -d '\\n')\n"
           "none() { echo @none; exit; }\n"
           "command -v nft >/dev/null || none\n"
           "{ cat <<RULES\n" +
           rules +
           "RULES\n"
           "exec cat <&3; } | nft -i >/dev/null 2>&1 &\n"
           "owner=$!\n"
           "n=0; until nft list chain inet $t out 2>/dev/null | grep -q 'nftrace set 1'; do\n"
           "n=$((n + 1)); [ $n -le 100 ] || none; sleep 0.02; done\n"
           "nft monitor trace <&- & m=$!\n"
           "row=\"^[^ ]* *12 *$m *00000100\"\n"
           "n=0; until grep -q \"$row\" /proc/net/netlink; do\n"
           "n=$((n + 1)); [ $n -le 100 ] || { kill $m; none; }; sleep 0.02; done\n"
           "echo @ready; wait $owner\n"
           // Until it has read what is there, and waits for more.
           "n=0; until grep -q \"$row *0 \" /proc/net/netlink &&\n"
           "grep -q '^State:.S' /proc/$m/status; do\n"
           "n=$((n + 1)); [ $n -le 50 ] || break; sleep 0.02; done\n"
           "kill $m; wait $m 2>/dev/null; exit 0\n";
}

// "trace id 1f inet filter forward rule tcp dport 80 drop (verdict drop)", "… policy drop"; of each
// id first "packet: iif … ip saddr 10.0.1.2 ip daddr 10.0.2.2 …".
std::vector<RuleDrop> read_trace(const std::string& text, const Traced& traced) {
    std::vector<RuleDrop> out;
    std::map<std::string, bool> replies;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string trace, id_word, id, family, table, chain, kind;
        if (!(words >> trace >> id_word >> id >> family >> table >> chain >> kind)) continue;
        if (trace != "trace" || id_word != "id") continue;
        std::string rest;
        std::getline(words, rest);
        while (rest.ends_with(' ')) rest.pop_back();
        if (kind == "packet:") {
            const auto to = topology::Ip::parse(word_after(
                rest, traced.to.family == topology::Family::ipv6 ? "ip6 daddr" : "ip daddr"));
            const bool answer =
                traced.port == 0
                    ? rest.find(" type echo-reply") != std::string::npos
                    : rest.find(" sport " + std::to_string(traced.port) + " ") != std::string::npos;
            replies[id] = answer || (to && *to == traced.from);
            continue;
        }
        // Impairments are said elsewhere.
        if (table.starts_with(own_table) || table == "labd-links") continue;
        RuleDrop drop;
        const std::size_t verdict = rest.rfind(" (verdict ");
        if (kind == "rule" && verdict != std::string::npos) {
            drop.rule = one_line(without_counts(rest.substr(0, verdict)), 300);
            drop.translates = translates(drop.rule);
            if (!drop.translates && rest.substr(verdict) != " (verdict drop)") continue;
        } else if (kind == "policy" && one_line(rest) == "drop")
            drop.rule = "policy drop";
        else
            continue;
        drop.chain = one_line("chain " + chain + " of table " + family + " " + table);
        drop.reject = (" " + drop.rule + " ").find(" reject ") != std::string::npos;
        drop.reply = replies[id];
        if (std::none_of(out.begin(), out.end(), [&](const RuleDrop& known) {
                return known.chain == drop.chain && known.rule == drop.rule &&
                       known.reply == drop.reply;
            }))
            out.push_back(std::move(drop));
    }
    return out;
}

}  // namespace labd::check
