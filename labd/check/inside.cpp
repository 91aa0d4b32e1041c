// run, process, file, sysctl and no-drops: what commands see inside a node.
#include "labd/check/subjects.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

namespace labd::check {
namespace {

namespace json = boost::json;
using namespace topology::subject;  // Process, File, Sysctl, NoDrops

// Calls `look` with what each node said; what never ran is nobody's network.
template <typename Look>
Verdict for_heard(const std::vector<std::string>& nodes, const Answers& answers, Look look) {
    Verdict verdict;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Heard& heard = answers.commands.at(i);
        if (!heard.refused.empty()) {
            verdict.broken = nodes[i] + ": " + heard.refused;
            return verdict;
        }
        Finding finding = look(heard);
        finding.what = nodes[i];
        verdict.findings.push_back(std::move(finding));
    }
    return verdict;
}

Question everywhere(const std::vector<std::string>& nodes, std::vector<std::string> argv,
                    const std::string& input = "", double limit_s = 10) {
    Question question;
    for (const std::string& node : nodes) question.commands.push_back({node, argv, input, limit_s});
    return question;
}

std::string ended(const Heard& heard) {
    if (heard.timed_out) return "did not end in time";
    const int code = heard.exit_status();
    std::string out = code > 128 ? "killed by signal " + std::to_string(code - 128)
                                 : "exit status " + std::to_string(code);
    const std::string said = one_line(heard.err.empty() ? heard.out : heard.err, 100);
    return said.empty() ? out : out + ": " + said;
}

std::string plain(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

// The value at the pointer, compared as its text: 2, true, "r2".
void look_into_json(const topology::subject::Run& s, const std::string& out, Finding& finding) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = 64;
    const json::value whole = json::parse(out, error, {}, options);
    if (error) {
        finding.ok = false;
        finding.value = "no JSON: " + one_line(out, 80);
        return;
    }
    const json::value* at = whole.find_pointer(s.json, error);
    if (at == nullptr || error) {
        finding.ok = false;
        finding.value = "nothing at " + s.json + " in: " + one_line(out, 80);
        return;
    }
    const std::string found = plain(*at);
    const auto bound = s.is ? bound_of(s.is->text) : std::nullopt;
    const auto number = number_of(found);
    const bool right = !s.is || (bound ? number && bound->holds(*number) : found == s.is->text);
    if (finding.ok || !right) finding.value = one_line(found), finding.wanted.clear();
    if (!right) finding.wanted = one_line(s.is->text);
    finding.ok = finding.ok && right;
}

// "key.with.dots" → /proc/sys/key/with/dots; an interface's own dots are written as slashes there.
std::string sysctl_path(const std::string& key) {
    std::string path = "/proc/sys/" + key;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    return path;
}

std::string squeezed(const std::string& text) {
    std::istringstream in(text);
    std::string word, out;
    while (in >> word) out += (out.empty() ? "" : " ") + word;
    return out;
}

}  // namespace

Question ask(const topology::subject::Run& s, const topology::Lab&) {
    std::vector<std::string> argv;
    for (const topology::Text& word : s.argv) argv.push_back(word.text);
    return everywhere(s.nodes, argv, s.input.text, 30);
}

Verdict judge(const topology::subject::Run& s, const topology::Lab&, const Answers& answers) {
    return for_heard(s.nodes, answers, [&](const Heard& heard) {
        Finding finding;
        finding.ok = !heard.timed_out && static_cast<std::uint32_t>(heard.exit_status()) == s.exit;
        finding.value = ended(heard);
        if (!finding.ok) {
            if (s.exit != 0) finding.wanted = "exit status " + std::to_string(s.exit);
            return finding;
        }
        if (s.stdout_) {
            finding.ok = matches(*s.stdout_, heard.out);
            const Unlike output = unlike(*s.stdout_, heard.out);
            finding.value = heard.out.empty() ? "said nothing"
                            : finding.ok      ? one_line(heard.out)
                                              : output.seen;
            finding.wanted = output.wanted;
        }
        if (s.has_json) look_into_json(s, heard.out, finding);
        return finding;
    });
}

Question ask(const Process& s, const topology::Lab&) {
    // Shell built-ins only: what would be started to look around would be seen as well.
    return everywhere(s.nodes,
                      {"/bin/sh", "-c",
                       "for p in /proc/[0-9]*; do [ \"$p\" = /proc/$$ ] && continue; "
                       "{ read -r name < \"$p/comm\"; } 2>/dev/null && echo \"$name\"; done; :"});
}

Verdict judge(const Process& s, const topology::Lab&, const Answers& answers) {
    return for_heard(s.nodes, answers, [&](const Heard& heard) {
        Finding finding;
        // The kernel keeps 15 bytes of a name.
        const std::string wanted = s.name.substr(0, 15);
        std::istringstream in(heard.out);
        std::set<std::string> names;
        std::size_t running = 0;
        for (std::string line; std::getline(in, line);) {
            if (line == wanted) ++running;
            names.insert(one_line(line, 20));
        }
        finding.ok = running > 0;
        if (running > 0) {
            finding.value = running == 1 ? "running" : std::to_string(running) + " running";
            return finding;
        }
        names.erase("lab-init");
        finding.value = "not running; there are ";
        std::string list;
        for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
        finding.value = list.empty() ? "not running, nor is anything else"
                                     : "not running; what runs is " + one_line(list, 100);
        return finding;
    });
}

Question ask(const File& s, const topology::Lab&) {
    return everywhere(s.nodes, {"/bin/cat", "--", s.path.text});
}

Verdict judge(const File& s, const topology::Lab&, const Answers& answers) {
    return for_heard(s.nodes, answers, [&](const Heard& heard) {
        Finding finding;
        const bool absent = heard.exit_status() != 0 &&
                            heard.err.find("No such file or directory") != std::string::npos;
        if (s.absent || !heard.ok()) {
            finding.ok = s.absent && absent;
            finding.value = absent       ? "there is no such file"
                            : heard.ok() ? "it is there"
                                         : ended(heard);
            return finding;
        }
        finding.ok = (!s.contains || heard.out.find(s.contains->text) != std::string::npos) &&
                     (!s.is || matches(*s.is, heard.out));
        finding.value = finding.ok ? "there, " + std::to_string(heard.out.size()) + " bytes"
                                   : "it says: " + one_line(heard.out, 100);
        if (!finding.ok && s.is) {
            const Unlike text = unlike(*s.is, heard.out);
            finding.value = "it says: " + text.seen, finding.wanted = text.wanted;
        }
        return finding;
    });
}

Question ask(const Sysctl& s, const topology::Lab&) {
    return everywhere(s.nodes, {"/bin/cat", "--", sysctl_path(s.key)});
}

Verdict judge(const Sysctl& s, const topology::Lab&, const Answers& answers) {
    return for_heard(s.nodes, answers, [&](const Heard& heard) {
        Finding finding;
        finding.ok = heard.ok() && squeezed(heard.out) == squeezed(s.is.text);
        finding.value = heard.ok() ? squeezed(one_line(heard.out)) : ended(heard);
        finding.wanted = squeezed(one_line(s.is.text));
        return finding;
    });
}

Question ask(const NoDrops& s, const topology::Lab& lab) {
    std::vector<std::string> nodes = s.nodes;
    if (nodes.empty())
        for (const topology::Node& node : lab.nodes)
            if (node.has_process()) nodes.push_back(node.name);
    return everywhere(nodes, {"/bin/cat", "/proc/net/dev"});
}

// "eth0: RX bytes packets errs drop fifo frame compressed multicast TX bytes packets errs drop …"
Verdict judge(const NoDrops& s, const topology::Lab& lab, const Answers& answers) {
    std::vector<std::string> nodes;
    for (const Ask& asked : ask(s, lab).commands) nodes.push_back(asked.node);
    return for_heard(nodes, answers, [&](const Heard& heard) {
        Finding finding;
        finding.ok = heard.ok();
        std::istringstream in(heard.out);
        for (std::string line; std::getline(in, line);) {
            const std::size_t colon = line.find(':');
            if (colon == std::string::npos) continue;
            std::istringstream numbers(line.substr(colon + 1));
            std::vector<unsigned long long> n;
            for (unsigned long long value = 0; numbers >> value;) n.push_back(value);
            if (n.size() < 12) continue;
            const unsigned long long lost = n[2] + n[3] + n[10] + n[11];
            if (lost == 0) continue;
            finding.ok = false;
            finding.value += (finding.value.empty() ? "" : ", ") + squeezed(line.substr(0, colon)) +
                             " dropped " + std::to_string(lost);
        }
        if (finding.value.empty()) finding.value = heard.ok() ? "none" : ended(heard);
        return finding;
    });
}

}  // namespace labd::check
