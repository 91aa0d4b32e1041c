// Accepting: who may connect how often, and what happens when descriptors run out.
#include "labd/api/connection.hpp"
#include "labd/api/exchange.hpp"
#include "labd/api/http.hpp"
#include "labd/fail.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace labd::http {

namespace asio = boost::asio;

namespace {

// The only answer that a connection gets. A fresh socket's buffer holds it whole, so one try does.
void turn_away(const Fd& fd, unsigned status, const std::string& json) {
    const std::string text = answer_head(status, "Connection: close\r\n", json.size()) + json;
    (void)::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);  // best effort
}

}  // namespace

struct Server::Inner : std::enable_shared_from_this<Server::Inner> {
    Inner(asio::io_context& loop, std::vector<Route> routes, Limits limits, Look at)
        : shared(std::make_shared<Shared>(Shared{loop, std::move(routes), limits})),
          look(std::move(at)) {
        if (!look) look = [doorman = Doorman()](int socket) { return doorman.look(socket); };
    }

    struct Listener {
        Listener(asio::io_context& loop, Fd fd) : socket(loop, fd.release()), retry(loop) {}
        asio::posix::stream_descriptor socket;
        asio::steady_timer retry;
    };

    void await(const std::shared_ptr<Listener>& listener) {
        listener->socket.async_wait(
            asio::posix::stream_descriptor::wait_read,
            [self = shared_from_this(), listener](const boost::system::error_code& error) {
                if (!error && !self->shared->stopped) self->accept(listener);
            });
    }

    void accept(const std::shared_ptr<Listener>& listener) {
        // A bounded turn, so that a storm of connects does not keep the loop from its clients.
        for (int turn = 0; turn < 32; ++turn) {
            // Asio's own accept leaves O_CLOEXEC off.
            Fd fd(::accept4(listener->socket.native_handle(), nullptr, nullptr,
                            SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (fd) {
                welcome(std::move(fd));
            } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                pause(listener, errno);
                return;
            } else if (errno != ECONNABORTED && errno != EINTR) {
                break;  // EAGAIN: the backlog is empty
            }
        }
        await(listener);
    }

    // Out of descriptors: the listening socket stays readable, so waiting on it would spin. Nobody
    // tells when the system has some again, hence a timer.
    void pause(const std::shared_ptr<Listener>& listener, int error) {
        if (!starved)
            log::warning("cannot accept connections for now: " +
                         std::generic_category().message(error));
        starved = true;
        listener->retry.expires_after(std::chrono::milliseconds(100));
        listener->retry.async_wait(
            [self = shared_from_this(), listener](const boost::system::error_code& cancelled) {
                if (!cancelled && !self->shared->stopped) self->accept(listener);
            });
    }

    void welcome(Fd fd) {
        starved = false;
        const Peer peer = look(fd.get());
        if (!peer.stranger.empty())
            return turn_away(
                fd, 403,
                error_json("forbidden", "labd does not talk to this client: " + peer.stranger,
                           "run lab outside of nodes, containers and unshare(1)"));
        const auto user = users.find(peer.uid);
        const std::size_t of_user = user == users.end() ? 0 : user->second;
        const std::string how = "close some clients, for example `lab logs -f`";
        if (open.size() >= shared->limits.connections)
            return turn_away(fd, 503,
                             error_json("busy", "labd serves as many connections as it can", how));
        if (!peer.is_master() && of_user >= shared->limits.connections_per_user)
            return turn_away(
                fd, 429,
                error_json("limit",
                           "user " + std::to_string(peer.uid) + " has " + std::to_string(of_user) +
                               " connections open, and labd serves no user "
                               "more than that",
                           how));
        users[peer.uid] = of_user + 1;
        const std::uint64_t number = ++last;
        open[number] = converse(shared, std::move(fd), peer,
                                [inner = weak_from_this(), number, uid = peer.uid] {
                                    const auto self = inner.lock();
                                    if (!self || self->open.erase(number) == 0) return;
                                    if (--self->users[uid] == 0) self->users.erase(uid);
                                    if (self->ended) self->ended();
                                });
    }

    void stop() {
        if (shared->stopped) return;
        shared->stopped = true;
        for (const auto& listener : listeners) {
            listener->retry.cancel();
            listener->socket.close();
        }
        listeners.clear();
        for (const auto& [number, connection] : std::exchange(open, {})) connection->close();
        users.clear();
    }

    std::shared_ptr<Shared> shared;
    Look look;
    std::function<void()> ended;
    std::vector<std::shared_ptr<Listener>> listeners;
    std::map<std::uint64_t, std::shared_ptr<Connection>> open;
    std::map<uid_t, std::size_t> users;
    std::uint64_t last = 0;
    bool starved = false;
};

Server::Server(asio::io_context& loop, std::vector<Route> routes, Limits limits, Look look)
    : inner_(std::make_shared<Inner>(loop, std::move(routes), limits, std::move(look))) {}

Server::~Server() {
    inner_->stop();
}

void Server::listen(Fd listening) {
    // A socket from systemd may be in blocking mode.
    const int flags = ::fcntl(listening.get(), F_GETFL);
    if (flags < 0 || ::fcntl(listening.get(), F_SETFL, flags | O_NONBLOCK) != 0)
        fail("cannot make the listening socket non-blocking");
    inner_->listeners.push_back(
        std::make_shared<Inner::Listener>(inner_->shared->loop, std::move(listening)));
    inner_->await(inner_->listeners.back());
}

void Server::on_end(std::function<void()> ended) {
    inner_->ended = std::move(ended);
}

void Server::stop() {
    inner_->stop();
}

}  // namespace labd::http
