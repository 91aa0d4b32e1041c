// The drawing of a lab: hosts are circles, routers rounded squares, switches bars.
#include "topology/graph.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace topology {
namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string number(double value) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::string text_at(const Point& at, const std::string& text, const char* style) {
    return "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" class=\"" + style + "\">" +
           escaped(text) + "</text>\n";
}

std::string line(const Point& a, const Point& b, double bend) {
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double length = std::max(std::hypot(dx, dy), 1.0);
    const Point control{(a.x + b.x) / 2 - dy / length * bend, (a.y + b.y) / 2 + dx / length * bend};
    return "<path d=\"M" + number(a.x) + " " + number(a.y) + " Q" + number(control.x) + " " +
           number(control.y) + " " + number(b.x) + " " + number(b.y) + "\"/>\n";
}

Point along(const Point& a, const Point& b, double distance, double bend) {
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double length = std::max(std::hypot(dx, dy), 1.0);
    const double t = std::min(distance / length, 0.45);
    const double off = 2 * t * (1 - t) * bend;
    return {a.x + dx * t - dy / length * off, a.y + dy * t + dx / length * off};
}

class Drawing {
  public:
    explicit Drawing(const Lab& lab) : lab_(lab), layout_(lay_out(lab)) {}

    std::string text() {
        links();
        nodes();
        const std::string size = number(std::max(layout_.width, 320.0)) + " " +
                                 number(std::max(layout_.height, 160.0) + 30);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" +
               number(std::max(layout_.width, 320.0)) + "\" height=\"" +
               number(std::max(layout_.height, 160.0) + 30) +
               "\">\n<style>\n"
               "text { font-family: system-ui, \"DejaVu Sans\", sans-serif; fill: #1a202c; "
               "text-anchor: middle; }\n"
               ".title { font-size: 15px; font-weight: 600; text-anchor: start; }\n"
               ".name { font-size: 13px; font-weight: 600; }\n"
               ".small { font-size: 9px; fill: #4a5568; paint-order: stroke; stroke: #fbfcfe; "
               "stroke-width: 3px; }\n"
               ".net { font-size: 10px; fill: #2b6cb0; paint-order: stroke; stroke: #fbfcfe; "
               "stroke-width: 4px; }\n"
               "path { fill: none; stroke: #a0aec0; stroke-width: 1.6; }\n"
               ".host { fill: #c6f6d5; stroke: #2f855a; stroke-width: 1.5; }\n"
               ".router { fill: #bee3f8; stroke: #2b6cb0; stroke-width: 1.5; }\n"
               ".switch { fill: #e2e8f0; stroke: #718096; stroke-width: 1.5; }\n"
               "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fbfcfe\"/>\n" +
               text_at({16, 24}, lab_.name, "title") + below_ + over_ + "</svg>\n";
    }

  private:
    void links() {
        // Parallel links are bowed apart.
        std::map<std::pair<std::size_t, std::size_t>, int> parallel, drawn;
        const auto pair_of = [](const Link& link) {
            return std::minmax(link.ends[0].node, link.ends[1].node);
        };
        for (const Link& link : lab_.links)
            if (link.ends.size() == 2) ++parallel[pair_of(link)];
        const bool crowded = lab_.links.size() > 120;
        for (std::size_t l = 0; l < lab_.links.size(); ++l) {
            const Link& link = lab_.links[l];
            if (link.ends.size() != 2) {
                lan(l);
                continue;
            }
            const auto pair = pair_of(link);
            const int which = drawn[pair]++;
            double bend = (which - (parallel[pair] - 1) / 2.0) * 40;
            if (link.ends[0].node > link.ends[1].node) bend = -bend;
            const Point a = layout_.nodes[link.ends[0].node], b = layout_.nodes[link.ends[1].node];
            below_ += line(a, b, bend);
            const double middle = std::hypot(b.x - a.x, b.y - a.y) / 2;
            if (crowded || middle < 60) continue;  // the tooltips have it all
            // On a flat line words would run into each other: networks below it, ends above.
            const bool flat = std::abs(b.x - a.x) > 1.5 * std::abs(b.y - a.y);
            Point net = along(a, b, middle, bend);
            net.y += flat ? 14 : 3;
            over_ += text_at(net, network_label(lab_, link), "net");
            add_end(link.ends[0], along(a, b, 46 + room(link.ends[0], flat), bend), flat);
            add_end(link.ends[1], along(b, a, 46 + room(link.ends[1], flat), -bend), flat);
        }
        for (const auto& [end, at] : ends_) label(end, at);
    }

    // Beside a long name there is more to pass.
    double room(const End& end, bool flat) const {
        return flat ? std::max(0.0, half_width(lab_.nodes[end.node]) - 20) : 0;
    }
    void add_end(const End& end, Point at, bool flat) {
        if (flat) at.y -= 8;
        ends_.push_back({end, at});
    }
    static double half_width(const Node& node) {
        return std::max(20.0, 4.2 * static_cast<double>(shown_name(node).size()) + 7);
    }

    void lan(std::size_t l) {
        const Link& link = lab_.links[l];
        const Point at = layout_.links[l];
        for (const End& end : link.ends) {
            const Point from = layout_.nodes[end.node];
            below_ += line(from, at, 0);
            const bool flat = std::abs(at.x - from.x) > 1.5 * std::abs(at.y - from.y);
            add_end(end, along(from, at, 46 + room(end, flat), 0), flat);
        }
        const double half = link.ends.size() < 2 ? 14 : 34;
        over_ += "<rect x=\"" + number(at.x - half) + "\" y=\"" + number(at.y - 4) + "\" width=\"" +
                 number(2 * half) + "\" height=\"8\" rx=\"4\" class=\"switch\"/>\n";
        over_ += text_at({at.x, at.y + 18}, network_label(lab_, link), "net");
    }

    // The part of the address that differs from end to end: the network stands in the middle.
    void label(const End& end, const Point& at) {
        const Interface& interface = lab_.at(end);
        std::string host;
        for (const Prefix& address : interface.addresses) {
            if (address.ip.family != Family::ipv4) continue;
            const std::string text = address.ip.text();
            host = " " + text.substr(text.rfind('.'));
            break;
        }
        over_ += text_at({at.x, at.y + 3}, interface.name + host, "small");
    }

    void nodes() {
        for (std::size_t n = 0; n < lab_.nodes.size(); ++n) {
            const Node& node = lab_.nodes[n];
            const Point at = layout_.nodes[n];
            const std::string name = shown_name(node);
            const double half = half_width(node);
            over_ += "<g><title>" + escaped(title(node)) + "</title>";
            if (node.is_bridge())
                over_ += box(at, half + 8, 11, 3, "switch");
            else if (node.kind == Kind::router)
                over_ += box(at, half, 19, 8, "router");
            else
                over_ += "<ellipse cx=\"" + number(at.x) + "\" cy=\"" + number(at.y) + "\" rx=\"" +
                         number(half) + "\" ry=\"20\" class=\"host\"/>";
            over_ += text_at({at.x, at.y + 4.5}, name, "name") + "</g>\n";
            for (const Prefix& loopback : node.loopbacks) {
                over_ += text_at({at.x, at.y + 32}, loopback.ip.text(), "small");
                break;
            }
        }
    }

    static std::string box(const Point& at, double half, double high, double round,
                           const char* style) {
        return "<rect x=\"" + number(at.x - half) + "\" y=\"" + number(at.y - high) +
               "\" width=\"" + number(2 * half) + "\" height=\"" + number(2 * high) + "\" rx=\"" +
               number(round) + "\" class=\"" + style + "\"/>";
    }

    static std::string title(const Node& node) {
        std::string text = node.name + " (" + node.kind_name + ")";
        for (const Prefix& loopback : node.loopbacks) text += "\nlo " + loopback.text();
        for (const Interface& interface : node.interfaces)
            for (const Prefix& address : interface.addresses)
                text += "\n" + interface.name + " " + address.text();
        return text;
    }

    const Lab& lab_;
    Layout layout_;
    std::string below_, over_;
    std::vector<std::pair<End, Point>> ends_;
};

}  // namespace

std::string svg(const Lab& lab) {
    return Drawing(lab).text();
}

}  // namespace topology
