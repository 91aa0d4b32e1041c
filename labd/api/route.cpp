// Splitting, percent-decoding and matching of request targets (RFC 3986, RFC 9112 §3.2).
#include "labd/api/route.hpp"

#include <algorithm>

namespace labd::http {
namespace {

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = nibble(text[i + 1]), low = nibble(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        out += c;
    }
    return out;
}

// The part before the first `mark`; `text` keeps what follows it.
std::string_view cut(std::string_view& text, char mark) {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view head = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return head;
}

bool matches(std::string_view pattern, const std::vector<std::string>& segments,
             std::map<std::string, std::string>& path) {
    path.clear();
    pattern.remove_prefix(1);
    std::size_t i = 0;
    for (bool more = true; more; ++i) {
        more = pattern.find('/') != std::string_view::npos;
        const std::string_view part = cut(pattern, '/');
        if (i >= segments.size()) return false;
        if (part.starts_with('{') && part.ends_with('}')) {
            if (segments[i].empty()) return false;
            path[std::string(part.substr(1, part.size() - 2))] = segments[i];
        } else if (part != segments[i]) {
            return false;
        }
    }
    return i == segments.size();
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
    if (text.starts_with("http://")) {  // absolute form: a server must take it
        text.remove_prefix(7);
        text.remove_prefix(std::min(text.find('/'), text.size()));
    }
    if (!text.starts_with('/')) return std::nullopt;
    text.remove_prefix(1);
    std::string_view path = cut(text, '?');
    Target target;
    for (bool more = true; more;) {
        more = path.find('/') != std::string_view::npos;
        std::optional<std::string> segment = decode(cut(path, '/'), false);
        if (!segment) return std::nullopt;
        target.segments.push_back(std::move(*segment));
    }
    while (!text.empty()) {
        std::string_view pair = cut(text, '&');
        std::optional<std::string> key = decode(cut(pair, '='), true);
        std::optional<std::string> value = decode(pair, true);
        if (!key || !value) return std::nullopt;
        if (!key->empty()) target.query[*key] = *value;
    }
    return target;
}

Match find_route(const std::vector<Route>& routes, std::string_view method, const Target& target) {
    Match match;
    for (const Route& route : routes) {
        std::map<std::string, std::string> path;
        if (!matches(route.pattern, target.segments, path)) continue;
        if (route.method == method) {
            match.route = &route;
            match.path = std::move(path);
            return match;
        }
        if (!match.allowed.empty()) match.allowed += ", ";
        match.allowed += route.method;
    }
    return match;
}

}  // namespace labd::http
