// From a check to its subject's functions, and the sum of what was found.
#include "labd/check/subjects.hpp"

#include <regex.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <variant>

namespace labd::check {

int Heard::exit_status() const {
    if (WIFSIGNALED(wait_status)) return 128 + WTERMSIG(wait_status);
    return WEXITSTATUS(wait_status);
}

bool Verdict::holds(bool negated) const {
    if (!broken.empty() || findings.empty()) return false;
    return std::all_of(findings.begin(), findings.end(),
                       [&](const Finding& f) { return f.ok != negated; });
}

std::string Verdict::value(bool negated) const {
    if (!broken.empty()) return broken;
    if (findings.empty()) return "there is nothing to look at";
    const auto show = [&](const Finding& f) {
        const std::string value =
            f.value + (f.ok || f.wanted.empty() ? "" : ", wanted " + f.wanted);
        return findings.size() == 1 || f.what.empty() ? value : f.what + ": " + value;
    };
    std::vector<const Finding*> wrong;
    for (const Finding& f : findings)
        if (f.ok == negated) wrong.push_back(&f);
    if (wrong.empty()) {
        if (findings.size() == 1) return findings.front().value;
        return "all " + std::to_string(findings.size());
    }
    std::string out;
    constexpr std::size_t most = 3;
    for (std::size_t i = 0; i < std::min(most, wrong.size()); ++i)
        out += (i == 0 ? "" : "; ") + show(*wrong[i]);
    if (wrong.size() > most) out += "; and " + std::to_string(wrong.size() - most) + " more";
    if (findings.size() > 1)
        out += " (" + std::to_string(findings.size() - wrong.size()) + " of " +
               std::to_string(findings.size()) + " right)";
    return out;
}

Question ask(const topology::Check& check, const topology::Lab& lab) {
    return std::visit([&](const auto& subject) { return ask(subject, lab); }, check.subject);
}

Verdict judge(const topology::Check& check, const topology::Lab& lab, const Answers& answers) {
    return std::visit([&](const auto& subject) { return judge(subject, lab, answers); },
                      check.subject);
}

Question ask(const topology::subject::Converged&, const topology::Lab&) {
    return {};
}

Verdict judge(const topology::subject::Converged&, const topology::Lab&, const Answers&) {
    Verdict verdict;
    verdict.findings.push_back({"", true, "no route has changed"});
    return verdict;
}

std::string trouble(const Heard& heard) {
    if (!heard.refused.empty()) return heard.refused;
    if (heard.exit_status() == 127 || heard.exit_status() == 126)
        return one_line(heard.err.empty() ? "the program is not there" : heard.err);
    return "";
}

std::optional<double> number_of(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return std::nullopt;
    const std::string rest = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
    char* end = nullptr;
    const double number = std::strtod(rest.c_str(), &end);
    if (end != rest.c_str() + rest.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

std::optional<topology::Bound> bound_of(const std::string& words) {
    using Side = topology::Bound::Side;
    for (const auto& [sign, side] :
         {std::pair("<=", Side::at_most), std::pair(">=", Side::at_least),
          std::pair("<", Side::less), std::pair(">", Side::more)}) {
        if (!words.starts_with(sign)) continue;
        const auto number = number_of(words.substr(std::strlen(sign)));
        if (!number) return std::nullopt;
        return topology::Bound{side, *number, words};
    }
    return std::nullopt;
}

Unlike unlike(const topology::TextMatch& match, const std::string& text) {
    const auto lines_of = [](const std::string& of) {
        std::vector<std::string> out;
        std::istringstream in(of);
        for (std::string line; std::getline(in, line);) out.push_back(line);
        return out;
    };
    const auto lines = lines_of(text), wanted = lines_of(match.text.text);
    const std::string number = std::to_string(lines.size());
    if (lines.empty()) return {"nothing", one_line(match.text.text)};
    const bool first = wanted.size() == 1 && lines.front() != wanted.front();
    if (match.regex || first || bound_of(match.text.text))
        return {lines.size() == 1 ? one_line(lines.front())
                                  : "the first of " + number + " lines is: " + one_line(text, 80),
                (match.regex ? "~ " : "") + one_line(match.text.text)};
    if (lines.size() == 1 && wanted.size() <= 1)
        return {one_line(lines.front()), one_line(match.text.text)};
    std::size_t at = 0;
    while (at < lines.size() && at < wanted.size() && lines[at] == wanted[at]) ++at;
    const std::string line = "line " + std::to_string(at + 1);
    return {at < lines.size() ? line + " of " + number + " is: " + one_line(lines[at], 80)
                              : (number == "1" ? "1 line" : number + " lines"),
            at < wanted.size() ? line + " to be: " + one_line(wanted[at], 80) : "no " + line};
}

bool matches(const topology::TextMatch& match, const std::string& text) {
    if (const auto bound = bound_of(match.text.text); bound && !match.regex) {
        const auto number = number_of(text);
        return number && bound->holds(*number);
    }
    if (!match.regex) {
        std::string_view body = text, wanted = match.text.text;
        for (std::string_view* part : {&body, &wanted})
            if (part->ends_with('\n')) part->remove_suffix(1);
        return body == wanted;
    }
    // glibc's matcher takes long on long texts; 64 KiB hold every answer that a pattern is for.
    const std::string bounded = text.substr(0, 65536);
    regex_t compiled;
    if (::regcomp(&compiled, match.text.text.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
        return false;
    const bool found = ::regexec(&compiled, bounded.c_str(), 0, nullptr, 0) == 0;
    ::regfree(&compiled);
    return found;
}

std::string one_line(const std::string& text, std::size_t limit) {
    std::string out;
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    for (std::size_t i = begin; i < text.size() && text[i] != '\n'; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        out += c < 0x20 || c == 0x7f ? '?' : text[i];
        if (out.size() >= limit) {
            // Not in the middle of a character.
            while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80)
                out.pop_back();
            return out + "…";
        }
    }
    return out;
}

std::string milliseconds(double seconds) {
    char text[32];
    const double ms = seconds * 1000;
    if (ms >= 1000)
        (void)std::snprintf(text, sizeof text, "%.1f s", seconds);
    else
        (void)std::snprintf(text, sizeof text,
                            ms < 1    ? "%.2f ms"
                            : ms < 10 ? "%.1f ms"
                                      : "%.0f ms",
                            ms);
    return text;
}

}  // namespace labd::check
