#include "cli/capture_points.hpp"

#include "cli/error.hpp"
#include "cli/link_words.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace cli {
namespace {

namespace json = boost::json;

using Points = std::vector<CapturePoint>;

std::string link_at(const NodeState& node, const std::string& interface) {
    for (const InterfaceState& one : node.interfaces)
        if (one.name == interface) return one.link;
    return "";
}

// nullopt: no set of nodes.
std::optional<std::vector<std::string>> nodes_meant(const Live& live, const std::string& word) {
    try {
        return live_nodes(live, word);
    } catch (const Failure& failure) {
        if (failure.code == "no_such_node" || failure.code == "usage") return std::nullopt;
        throw;
    }
}

Points points_of_link(const LinkState& link) {
    Points out;
    for (const LinkState::End& end : link.ends)
        if (link.ends.size() > 2 || out.empty())
            out.push_back({end.node, end.interface, link.name});
    return out;
}

// Empty: the word is no point.
Points points_meant(const Live& live, const std::string& word) {
    if (const LinkState* link = link_called(live.lab, word)) return points_of_link(*link);
    const std::size_t colon = word.rfind(':');
    const auto nodes = nodes_meant(live, word.substr(0, colon));
    Points out;
    if (!nodes) return out;
    for (const std::string& name : *nodes) {
        const NodeState* node = live.lab.find(name);
        if (node == nullptr) continue;
        if (colon != std::string::npos) {
            const std::string interface = word.substr(colon + 1);
            out.push_back({name, interface, link_at(*node, interface)});
            continue;
        }
        for (const InterfaceState& one : node->interfaces)
            out.push_back({name, one.name, one.link});
    }
    return out;
}

struct Message {
    std::string line;
    labd::Fd socket;
};

// labd sends one line with one descriptor at a time; a read never takes more than that (unix(7)).
Message receive(int fd) {
    std::array<char, 4096> bytes{};
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    ssize_t n = 0;
    while ((n = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
    if (n <= 0) throw Failure("unreachable", "labd went away before it had opened everything");
    Message out;
    out.line.assign(bytes.data(), static_cast<std::size_t>(n));
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
        throw Failure("internal", "labd's answer holds no socket");
    int socket = -1;
    std::memcpy(&socket, CMSG_DATA(header), sizeof socket);
    out.socket.reset(socket);
    return out;
}

}  // namespace

CaptureWords capture_words(const Live& live, const std::vector<std::string>& words) {
    CaptureWords out;
    std::size_t at = 0;
    for (; at < words.size(); ++at) {
        const Points more = points_meant(live, words[at]);
        if (more.empty()) break;
        for (const CapturePoint& point : more)
            if (std::none_of(out.points.begin(), out.points.end(),
                             [&](const CapturePoint& p) { return p.name() == point.name(); }))
                out.points.push_back(point);
    }
    const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(at),
                                        words.end());
    if (out.points.empty() && !rest.empty())
        throw Failure("no_such_node", "\"" + rest[0] + "\" is no node or link with interfaces",
                      "lab capture r1, r1:eth0 or h1--r1; lab links lists them");
    out.filter = join(rest, " ");
    return out;
}

pcapng::Interface OpenPoint::described(std::uint32_t snaplen) const {
    pcapng::Interface out;
    out.name = point.name();
    out.description = "node " + point.node + (point.link.empty() ? "" : ", link " + point.link);
    out.mac = mac;
    out.ethernet = ethernet;
    out.snaplen = snaplen;
    return out;
}

CaptureSession open_points(const Live& live, const Points& points) {
    json::array list;
    for (const CapturePoint& point : points)
        list.emplace_back(json::object{{"node", point.node}, {"interface", point.interface}});
    const json::object body{{"api", 1}, {"points", std::move(list)}};
    CaptureSession session;
    session.labd = live.client.upgrade("POST", "/v1/labs/" + encode(live.name) + "/capture",
                                       json::serialize(body));
    for (const CapturePoint& point : points) {
        Message message = receive(session.labd.get());
        json::error_code error;
        const json::value told = json::parse(message.line, error);
        if (error || !told.is_object())
            throw Failure("internal", "labd's answer is not a JSON object");
        OpenPoint& open = session.points.emplace_back();
        open.point = point;
        open.socket = std::move(message.socket);
        open.index = told.at("index").to_number<std::uint32_t>();
        open.mac = std::string(told.at("mac").as_string());
        open.ethernet = told.at("ethernet").as_bool();
    }
    return session;
}

}  // namespace cli
