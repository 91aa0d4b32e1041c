// Pictures of a lab: dot, Mermaid and plain text; graph_svg.cpp draws.
#include "topology/graph.hpp"

#include "topology/stages.hpp"

#include <algorithm>

namespace topology {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + "\"";
}

std::string dot(const Lab& lab) {
    std::string out = "graph " + quoted(lab.name) +
                      " {\n"
                      "  graph [overlap=false, splines=true, fontname=\"sans-serif\"]\n"
                      "  node [fontname=\"sans-serif\", fontsize=11, style=filled]\n"
                      "  edge [fontname=\"sans-serif\", fontsize=8, color=\"#718096\"]\n";
    for (const Node& node : lab.nodes) {
        const char* shape = node.is_bridge()            ? "box, height=0.25, fillcolor=\"#e2e8f0\""
                            : node.kind == Kind::router ? "box, style=\"filled,rounded\", "
                                                          "fillcolor=\"#bee3f8\""
                                                        : "ellipse, fillcolor=\"#c6f6d5\"";
        out += "  " + quoted(node.name) + " [label=" + quoted(shown_name(node)) +
               ", shape=" + shape + "]\n";
    }
    for (const Link& link : lab.links) {
        if (link.ends.size() == 2) {
            const End &a = link.ends[0], &b = link.ends[1];
            out += "  " + quoted(lab.nodes[a.node].name) + " -- " + quoted(lab.nodes[b.node].name) +
                   " [taillabel=" + quoted(end_label(lab, a)) +
                   ", headlabel=" + quoted(end_label(lab, b)) + "]\n";
            continue;
        }
        const std::string middle = quoted("link " + link.name);
        out += "  " + middle + " [label=" + quoted(link.name) +
               ", shape=box, height=0.2, fontsize=8, fillcolor=\"#edf2f7\"]\n";
        for (const End& end : link.ends)
            out += "  " + quoted(lab.nodes[end.node].name) + " -- " + middle +
                   " [taillabel=" + quoted(end_label(lab, end)) + "]\n";
    }
    return out + "}\n";
}

// Mermaid takes a name apart at many signs; letters, digits and "_" are safe.
std::string mermaid_id(const std::string& name) {
    std::string out = "n_";
    for (const char c : name) out += c == '-' ? std::string("__") : std::string(1, c);
    return out;
}

std::string mermaid_text(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("#quot;") : std::string(1, c);
    return out + "\"";
}

std::string mermaid(const Lab& lab) {
    std::string out = "graph LR\n";
    for (const Node& node : lab.nodes) {
        const std::string text = mermaid_text(shown_name(node));
        const std::string shape = node.is_bridge()            ? "[[" + text + "]]"
                                  : node.kind == Kind::router ? "(" + text + ")"
                                                              : "((" + text + "))";
        out += "  " + mermaid_id(node.name) + shape + "\n";
    }
    std::size_t lans = 0;
    for (const Link& link : lab.links) {
        if (link.ends.size() == 2) {
            const std::string net = network_label(lab, link);
            out += "  " + mermaid_id(lab.nodes[link.ends[0].node].name) + " ---" +
                   (net.empty() ? "" : "|" + mermaid_text(net) + "|") + " " +
                   mermaid_id(lab.nodes[link.ends[1].node].name) + "\n";
            continue;
        }
        const std::string middle = "lan" + std::to_string(++lans);
        const std::string net = network_label(lab, link);
        out += "  " + middle + "[/" + mermaid_text(net.empty() ? link.name : net) + "/]\n";
        for (const End& end : link.ends)
            out += "  " + mermaid_id(lab.nodes[end.node].name) + " --- " + middle + "\n";
    }
    return out;
}

std::string padded(std::string text, std::size_t width) {
    text.append(width - std::min(width, text.size()), ' ');
    return text;
}

// Who is at the other ends; of a device inside the node what it is.
std::string peers_of(const Lab& lab, const Interface& interface) {
    if (!interface.is_end()) {
        const std::string& lower = interface.device.lower;
        return std::string(kind_word(interface.kind)) +
               (interface.device.id == 0 ? "" : " " + std::to_string(interface.device.id)) +
               (lower.empty() ? "" : " on " + lower);
    }
    const Link& link = lab.links[interface.link];
    std::string peers;
    for (std::size_t e = 0; e < link.ends.size(); ++e) {
        if (e == interface.end) continue;
        peers += (peers.empty() ? "" : ", ") + lab.nodes[link.ends[e].node].name + ":" +
                 lab.at(link.ends[e]).name;
    }
    return link.ends.size() > 2 ? "[" + link.name + "] " + peers : peers.empty() ? "nobody" : peers;
}

// A tree a node: what a person types `lab graph -f ascii` for is "who is where".
std::string ascii(const Lab& lab) {
    std::string out = lab.name + "\n";
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        const Node& node = lab.nodes[n];
        std::string own;
        for (const Prefix& loopback : node.loopbacks) own += "  lo " + loopback.text();
        out += "\n" + shown_name(node) + " (" + node.kind_name + ")" + own + "\n";
        std::size_t device = 0, address = 0;
        const auto addresses = [](const Interface& interface) {
            std::string text;
            for (const Prefix& prefix : interface.addresses)
                text += (text.empty() ? "" : " ") + prefix.text();
            return text;
        };
        for (const Interface& interface : node.interfaces) {
            device = std::max(device, interface.name.size());
            address = std::max(address, addresses(interface).size());
        }
        for (std::size_t i = 0; i < node.interfaces.size(); ++i) {
            const Interface& interface = node.interfaces[i];
            const std::string peers = peers_of(lab, interface);
            std::string line = (i + 1 < node.interfaces.size() ? "├─ " : "└─ ") +
                               padded(interface.name, device) + "  " +
                               padded(addresses(interface), address) + (address > 0 ? "  " : "") +
                               (interface.is_end() && peers != "nobody" ? "── " : "─ ") + peers;
            if (!interface.up) line += " (down)";
            out += line + "\n";
        }
    }
    return out;
}

}  // namespace

std::string shown_name(const Node& node) {
    return node.label.empty() ? node.name : node.label;
}

std::string end_label(const Lab& lab, const End& end) {
    const Interface& interface = lab.at(end);
    for (const Prefix& address : interface.addresses) return interface.name + " " + address.text();
    return interface.name;
}

std::string network_label(const Lab& lab, const Link& link) {
    for (const End& end : link.ends) {
        const std::size_t s = lab.at(end).segment;
        if (s == npos) continue;
        const Segment& segment = lab.segments[s];
        if (segment.ipv4) return segment.ipv4->text();
        if (segment.ipv6) return segment.ipv6->text();
    }
    return "";
}

std::string graph(const Lab& lab, GraphFormat format) {
    switch (format) {
        case GraphFormat::dot:
            return dot(lab);
        case GraphFormat::svg:
            return svg(lab);
        case GraphFormat::mermaid:
            return mermaid(lab);
        case GraphFormat::ascii:
            break;
    }
    return ascii(lab);
}

}  // namespace topology
