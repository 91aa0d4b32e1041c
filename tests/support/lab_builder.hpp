// Labs by hand, as `expand` would leave them: for tests of the stations behind it.
#pragma once

#include "topology/model.hpp"
#include "topology/stages.hpp"

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

inline topology::Prefix prefix(const std::string& text) {
    const auto value = topology::Prefix::parse(text);
    if (!value) throw std::invalid_argument("no prefix: " + text);
    return *value;
}

class LabBuilder {
  public:
    LabBuilder() {
        lab.name = "test";
        auto& pools = lab.addressing.pools;
        pools["lans"] = pool("10.0.0.0/12", "fd00::/48", 1);
        pools["links"] = pool("172.16.0.0/12", "fd00:0:1::/48", 0);
        pools["loopbacks"] = pool("10.255.0.0/16", "fd00:0:2::/48", 0);
    }

    static topology::Pool pool(const std::string& ipv4, const std::string& ipv6,
                               std::uint32_t start = 0) {
        topology::Pool pool;
        if (!ipv4.empty()) pool.ipv4 = prefix(ipv4);
        if (!ipv6.empty()) pool.ipv6 = prefix(ipv6);
        pool.start = start;
        return pool;
    }

    topology::Node& node(const std::string& name, topology::Kind kind) {
        topology::Node node;
        node.name = node.hostname = name;
        node.kind = kind;
        node.where.line = ++line_;
        lab.nodes.push_back(node);
        return lab.nodes.back();
    }
    void nodes(topology::Kind kind, std::initializer_list<const char*> names) {
        for (const char* name : names) node(name, kind);
    }
    void hosts(std::initializer_list<const char*> names) { nodes(topology::Kind::host, names); }
    void routers(std::initializer_list<const char*> names) { nodes(topology::Kind::router, names); }
    void switches(std::initializer_list<const char*> names) {
        nodes(topology::Kind::switch_, names);
    }

    // An end is "r1" or "r1 10.0.0.1/24 fd00::1/64".
    topology::Link& link(const std::vector<std::string>& ends) {
        topology::Link link;
        link.where.line = ++line_;
        for (const std::string& text : ends) {
            std::vector<std::string> words;
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t space = std::min(text.find(' ', at), text.size());
                words.push_back(text.substr(at, space - at));
                at = space + 1;
            }
            topology::Node& owner = (*this)[words[0]];
            topology::Interface interface;
            interface.name = "eth" + std::to_string(owner.interfaces.size());
            interface.index = static_cast<std::uint32_t>(100 + owner.interfaces.size());
            interface.mac = {{2, 0, 0, 0, static_cast<std::uint8_t>(macs_ >> 8),
                              static_cast<std::uint8_t>(macs_)}};
            ++macs_;
            interface.link = lab.links.size();
            interface.end = link.ends.size();
            interface.where.line = line_;
            for (std::size_t w = 1; w < words.size(); ++w)
                interface.explicit_addresses.push_back({prefix(words[w]), interface.where});
            link.ends.push_back({index(words[0]), owner.interfaces.size()});
            owner.interfaces.push_back(interface);
            link.name += (link.name.empty() ? "" : "--") + words[0];
        }
        link.lan = link.ends.size() > 2;
        lab.links.push_back(link);
        return lab.links.back();
    }

    topology::Node& operator[](const std::string& name) { return lab.nodes[index(name)]; }
    topology::Interface& end(const std::string& name, std::size_t interface) {
        return (*this)[name].interfaces[interface];
    }
    std::size_t index(const std::string& name) const {
        for (std::size_t n = 0; n < lab.nodes.size(); ++n)
            if (lab.nodes[n].name == name) return n;
        throw std::invalid_argument("no node: " + name);
    }

    // The addresses of an interface as one line.
    std::string addresses(const std::string& name, std::size_t interface) {
        std::string text;
        for (const topology::Prefix& address : end(name, interface).addresses)
            text += (text.empty() ? "" : " ") + address.text();
        return text;
    }
    // "0.0.0.0/0 via 10.0.0.1 dev eth0, …"
    std::string routes(const std::string& name) {
        std::string text;
        for (const topology::Route& route : (*this)[name].routes) {
            text += (text.empty() ? "" : ", ") + route.destination.text();
            for (const topology::Route::Hop& hop : route.hops) {
                if (hop.via) text += " via " + hop.via->text();
                text += " dev " + hop.dev;
            }
            if (route.hops.empty()) text += " blackhole";
            if (route.onlink) text += " onlink";
            if (route.metric != 0) text += " metric " + std::to_string(route.metric);
        }
        return text;
    }

    topology::Lab lab;
    topology::Diagnostics diagnostics;

  private:
    std::uint32_t line_ = 0;
    std::uint32_t macs_ = 1;
};

// "D30, D31" of what was found.
inline std::string codes(const topology::Diagnostics& diagnostics) {
    std::string text;
    for (const topology::Diagnostic& d : diagnostics.all())
        text += (text.empty() ? "" : ", ") + d.code;
    return text;
}

}  // namespace test
