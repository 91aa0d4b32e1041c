// Packet sockets for a client that captures: opened here, in the nodes' namespaces, and handed
// over. What they hear goes straight to the client; labd is not in the way. Nothing enters a node.
#include "labd/api.hpp"
#include "labd/audit_event.hpp"
#include "labd/body.hpp"
#include "labd/log.hpp"
#include "labd/packet_socket.hpp"
#include "labd/wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <system_error>

namespace labd {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// Descriptors on their way count against the user's limit (unix(7), ETOOMANYREFS).
constexpr std::size_t most_points = 128;

struct Point {
    std::string node, interface;
    Tap tap;
    std::string text() const { return node + ":" + interface; }
};

std::vector<Point> points_of(const std::string& text) {
    const json::object body = body::parse(text, {"points"});
    const json::value* list = body.if_contains("points");
    if (list == nullptr || !list->is_array() || list->get_array().empty())
        throw BadRequest("the request lacks \"points\"");
    if (list->get_array().size() > most_points)
        throw BadRequest("more than " + std::to_string(most_points) + " interfaces at once");
    std::vector<Point> out;
    for (const json::value& item : list->get_array()) {
        if (!item.is_object()) throw BadRequest("each of \"points\" must be an object");
        Point point;
        point.node = body::needed_text(item.get_object(), "node");
        point.interface = body::needed_text(item.get_object(), "interface");
        out.push_back(std::move(point));
    }
    return out;
}

void open_all(Lab& lab, std::vector<Point>& points) {
    for (Point& point : points) {
        try {
            point.tap = open_tap(lab.kernel->netns(point.node), point.interface);
        } catch (const std::system_error& failed) {
            if (failed.code().value() == ENODEV)
                throw UpFailure("no_such_interface",
                                point.node + " has no interface \"" + point.interface + "\"",
                                "lab inspect " + point.node + " lists those of the file");
            throw UpFailure("build_failed", point.text() + ": " + failed.what());
        }
    }
}

// One line of JSON with one descriptor. False when the client does not take it at once.
bool hand_over(int client, const Point& point, std::size_t of) {
    json::object object;
    object["node"] = point.node;
    object["interface"] = point.interface;
    object["index"] = point.tap.index;
    object["mac"] = point.tap.mac;
    object["ethernet"] = point.tap.ethernet;
    object["of"] = of;
    std::string line = json::serialize(object) + "\n";
    iovec part{line.data(), line.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = point.tap.socket.get();
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return ::sendmsg(client, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(line.size());
}

// A packet socket holds its namespace: who has them is told when the lab goes, and lets go. Until
// then, or until the client hangs up.
asio::awaitable<void> keep_company(asio::io_context& loop, Engine& engine, std::string lab,
                                   Fd client) {
    asio::posix::stream_descriptor socket(loop, client.release());
    const Events::Subscription following =
        engine.events().subscribe([&socket, lab](const Event& event) {
            if (event.type != "lab" || event.action != "down" || event.lab != lab) return;
            static constexpr char end[] = "{\"end\":\"down\"}\n";
            (void)::send(socket.native_handle(), end, sizeof end - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
            (void)::shutdown(socket.native_handle(), SHUT_RDWR);
        });
    std::array<char, 256> ignored{};
    try {
        for (;;) {
            const auto room = asio::buffer(ignored);
            (void)co_await socket.async_read_some(room, asio::use_awaitable);
        }
    } catch (const boost::system::system_error&) {
        co_return;  // the client's end, or ours above
    }
}

}  // namespace

void Api::capture(Exchange exchange) {
    const std::shared_ptr<Lab> held = lab(exchange, Verb::capture);
    if (!held) return;
    const auto work = [](Api& api, Exchange to,
                         std::shared_ptr<Lab> from) -> asio::awaitable<void> {
        auto points = std::make_shared<std::vector<Point>>(points_of(to->request().body));
        for (const Point& point : *points)
            if (!from->spaces.contains(point.node))
                throw UpFailure(
                    "no_such_node",
                    "lab \"" + from->name + "\" has no node \"" + point.node + "\" that runs",
                    "lab status lists them");
        Worker::Job open = [&] { open_all(*from, *points); };
        co_await api.engine_.kernel_thread().run(from->name, std::move(open));
        AuditEvent event = event_of(rule(Verb::capture).name, "granted", *from);
        for (const Point& point : *points)
            event.detail += (event.detail.empty() ? "" : " ") + point.text();
        api.engine_.audit().record(to->request().peer, event);
        to->upgrade("lab-session", [&api, points, name = from->name](Fd client) {
            if (!client) return;
            for (const Point& point : *points)
                if (!hand_over(client.get(), point, points->size())) return;
            points->clear();
            asio::co_spawn(api.loop_, keep_company(api.loop_, api.engine_, name, std::move(client)),
                           asio::detached);
        });
    };
    spawn(exchange, work(*this, exchange, held));
}

}  // namespace labd
