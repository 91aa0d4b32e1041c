// \x01r1.ipv4\x02 → 10.0.0.1, in everything that may say so (language.md §3).
#include "topology/late.hpp"

#include "topology/routing.hpp"
#include "topology/stages.hpp"

#include <algorithm>

namespace topology {

std::optional<Ip> primary(const Node& node, Family family) {
    const auto first = [&](const std::vector<Prefix>& addresses) -> std::optional<Ip> {
        for (const Prefix& address : addresses)
            if (address.ip.family == family && !address.ip.is_link_local()) return address.ip;
        return std::nullopt;
    };
    if (const auto ip = first(node.loopbacks)) return ip;
    for (const Interface& interface : node.interfaces)
        if (const auto ip = first(interface.addresses)) return ip;
    return std::nullopt;
}

namespace {

std::string as_written(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\x01' ? "${" : c == '\x02' ? "}" : std::string(1, c);
    return out;
}

class Substituter {
  public:
    Substituter(const Lab& lab, Diagnostics& diagnostics)
        : lab_(lab), index_(index_of(lab)), diagnostics_(diagnostics) {}

    void text(Text& text) { replace(text.text, text.where); }

    void check(Check& check) {
        for_each_text(check, [this](Text& one) { text(one); });
        if (check.toml.find('\x01') != std::string::npos)
            check.with_references = as_written(check.toml);
        for (std::string* one : {&check.name, &check.toml}) replace(*one, check.where);
    }

    void step(TimedStep& step) {
        for_each_text(step, [this](Text& one) { text(one); });
        for (std::string* one : {&step.name, &step.toml}) replace(*one, step.where);
    }

    void replace(std::string& text, const Where& where) {
        std::size_t open = text.find('\x01');
        if (open == std::string::npos) return;
        std::string out;
        std::size_t from = 0;
        while (open != std::string::npos) {
            const std::size_t close = text.find('\x02', open);
            if (close == std::string::npos) break;
            out.append(text, from, open - from);
            out += value(text.substr(open + 1, close - open - 1), where);
            from = close + 1;
            open = text.find('\x01', from);
        }
        text = out.append(text, from, std::string::npos);
    }

  private:
    // NODE.WORD or NODE.IF.WORD; interface names may hold dots (eth0.10), nodes never do.
    std::string value(const std::string& reference, const Where& where) {
        const std::size_t dot = reference.find('.'), last = reference.rfind('.');
        const std::string name = reference.substr(0, dot);
        const auto found = index_.find(name);
        if (found == index_.end() || dot == std::string::npos)
            return wrong(reference, where, "no node \"" + name + "\"", "");
        const Node& node = lab_.nodes[found->second];
        const std::string word = reference.substr(last + 1);
        if (dot == last) {
            if (word != "ipv4" && word != "ipv6")
                return wrong(reference, where, "a node has no \"" + word + "\"",
                             "${" + name + ".ipv4} or ${" + name + ".ipv6}");
            const auto ip = primary(node, word == "ipv4" ? Family::ipv4 : Family::ipv6);
            if (!ip) return none(reference, where, name, word);
            return ip->text();
        }
        const std::string device = reference.substr(dot + 1, last - dot - 1);
        const auto at = std::find_if(node.interfaces.begin(), node.interfaces.end(),
                                     [&](const Interface& i) { return i.name == device; });
        if (at == node.interfaces.end() && device != "lo") {
            std::string known = "interfaces of " + name + ": lo";
            for (const Interface& interface : node.interfaces) known += " " + interface.name;
            return wrong(reference, where, name + " has no interface \"" + device + "\"", known);
        }
        if (word == "mac" && device != "lo") return at->mac.text();
        const bool network = word == "net4" || word == "net6";
        if (!network && word != "ipv4" && word != "ipv6")
            return wrong(reference, where, "an interface has no \"" + word + "\"",
                         "one of ipv4 ipv6 net4 net6 mac");
        const Family family = word.back() == '4' ? Family::ipv4 : Family::ipv6;
        for (const Prefix& address : device == "lo" ? node.loopbacks : at->addresses)
            if (address.ip.family == family && !address.ip.is_link_local())
                return network ? address.network().text() : address.ip.text();
        return none(reference, where, name + "." + device,
                    family == Family::ipv4 ? "ipv4" : "ipv6");
    }

    std::string none(const std::string& reference, const Where& where, const std::string& holder,
                     const std::string& family) {
        return wrong(reference, where,
                     holder + " has no " + (family == "ipv4" ? "IPv4" : "IPv6") + " address",
                     "`lab show --resolved` lists what each node has");
    }
    std::string wrong(const std::string& reference, const Where& where, const std::string& why,
                      const std::string& hint) {
        diagnostics_.error("D26", where, "${" + reference + "}: " + why, hint);
        return "";
    }

    const Lab& lab_;
    NodeIndex index_;
    Diagnostics& diagnostics_;
};

}  // namespace

void substitute_routes(Lab& lab, Diagnostics& diagnostics) {
    Substituter put(lab, diagnostics);
    for (Node& node : lab.nodes)
        for (Text& line : node.route_lines) put.text(line);
}

void substitute_late(Lab& lab, Diagnostics& diagnostics) {
    Substituter put(lab, diagnostics);
    for (Node& node : lab.nodes) {
        for (Text& line : node.route_lines) put.text(line);
        for (Text& name : node.dns) put.text(name);
        put.text(node.frr);
        if (node.nft) put.text(*node.nft);
        for (Command& command : node.exec)
            for (Text& word : command.argv) put.text(word);
        for (Service& service : node.services) {
            for (Text& word : service.argv) put.text(word);
            for (auto& [name, value] : service.env) put.text(value);
            put.replace(service.ready.argument, service.where);
        }
        for (auto& [name, value] : node.env) put.text(value);
        for (auto& [path, file] : node.files)
            if (file.expand) put.replace(file.content, file.where);
    }
    for (Check& check : lab.checks) put.check(check);
    for (TimedStep& step : lab.steps) put.step(step);
}

void substitute_check(const Lab& lab, Check& check, Diagnostics& diagnostics) {
    Substituter(lab, diagnostics).check(check);
}

}  // namespace topology
