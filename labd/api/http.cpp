// One client's connection: requests in, answers out. The only unit that includes Beast (it costs
// 26 s and 780 MB where it is used in full); here it parses requests, answers are written by hand.
//
// Life of a connection: read a head, read its body, call the handler, wait until the answer has
// left; again, until somebody says close. Everything runs on the loop thread.
#include "labd/api/http.hpp"

#include "labd/api/connection.hpp"
#include "labd/api/deadline.hpp"
#include "labd/api/exchange.hpp"
#include "labd/api/hang_up.hpp"
#include "labd/api/route.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <optional>

namespace labd::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

using Parser = beast::http::request_parser<beast::http::string_body>;
using Socket = asio::local::stream_protocol::socket;

struct Refusal {  // what a request is told that no handler sees; status 0: none
    unsigned status = 0;
    std::string message, hint;
};

class BeastConnection final : public Connection,
                              public std::enable_shared_from_this<BeastConnection> {
  public:
    BeastConnection(std::shared_ptr<Shared> shared, Fd fd, Peer peer, std::function<void()> ended)
        : shared_(std::move(shared)),
          socket_(shared_->loop, asio::local::stream_protocol(), fd.release()),
          deadline_(shared_->loop, [this] { late(); }),
          answered_(shared_->loop, asio::steady_timer::time_point::max()),
          peer_(peer),
          ended_(std::move(ended)) {}

    void start();
    void close() override;
    void send(std::string_view bytes) override;
    void flush() override;
    void finish(bool keep) override;
    void drop() override;
    void switch_protocol(std::string_view protocol, std::function<void(Fd)> then) override;
    bool has_early_bytes() const override { return buffer_.size() != 0; }
    bool overfull() const override { return out_.size() - sent_ >= shared_->limits.queue; }

  private:
    static asio::awaitable<void> serve(std::shared_ptr<BeastConnection> self);
    asio::awaitable<void> read();
    asio::awaitable<void> read_body();
    asio::awaitable<void> wait_answered();
    asio::awaitable<void> linger();
    void judge(const error_code& error);
    void refuse();
    void dispatch();
    std::shared_ptr<ClientExchange> open_exchange(std::string method, Match& match, Target& target);
    bool take_share();
    void watch();
    void late();
    void complete();
    void hand_over();

    std::shared_ptr<Shared> shared_;
    Socket socket_;
    Deadline deadline_;
    asio::steady_timer answered_;  // never expires: cancelled when done_
    Peer peer_;
    std::function<void()> ended_;
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    Refusal refusal_;
    std::weak_ptr<ClientExchange> exchange_;
    std::function<void(Fd)> then_;
    std::string out_;
    std::size_t sent_ = 0;     // of out_
    std::uint64_t share_ = 0;  // of Shared::large_bodies
    bool reading_ = false, timed_out_ = false, writable_wait_ = false, hung_up_ = false;
    bool finishing_ = false, done_ = false, keep_ = false, closed_ = false;
};

// ---------------------------------------------------------------- ends and deadlines

void BeastConnection::start() {
    watch();
    asio::co_spawn(shared_->loop, serve(shared_from_this()),
                   [self = shared_from_this()](std::exception_ptr error) {
                       try {
                           if (error) std::rethrow_exception(error);
                       } catch (const std::exception& e) {
                           log::error(std::string("a connection was dropped: ") + e.what());
                       }
                       self->drop();
                       self->shared_->large_bodies -= std::exchange(self->share_, 0);
                       std::exchange(self->ended_, nullptr)();
                   });
}

// A hang-up shows as EPOLLHUP, which the reactor hands to whoever waits for errors. Plain EOF would
// not do: `printf … | nc -U` shuts its writing side down and still waits for the answer.
void BeastConnection::watch() {
    socket_.async_wait(Socket::wait_error, [weak = weak_from_this()](const error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        if (!hung_up(self->socket_.native_handle())) return self->watch();
        self->hung_up_ = true;
        if (!self->reading_) self->drop();  // a reader finds out itself, after what is buffered
    });
}

void BeastConnection::late() {
    if (!reading_) return drop();
    timed_out_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

void BeastConnection::close() {
    if (const auto exchange = exchange_.lock()) exchange->forget();
    then_ = nullptr;
    drop();
}

void BeastConnection::drop() {
    if (std::exchange(closed_, true)) return;
    deadline_.disarm();
    error_code ignored;
    socket_.close(ignored);
    out_.clear();
    sent_ = 0;
    done_ = true;
    answered_.cancel();
    if (then_)
        asio::post(shared_->loop, [shared = shared_, then = std::exchange(then_, nullptr)] {
            if (!shared->stopped) then(Fd());
        });
    if (const auto exchange = exchange_.lock(); exchange && exchange->open()) exchange->left();
}

// ---------------------------------------------------------------- writing

void BeastConnection::send(std::string_view bytes) {
    if (!closed_) out_ += bytes;
}

void BeastConnection::finish(bool keep) {
    if (closed_) return;
    finishing_ = true;
    keep_ = keep;
    flush();
}

void BeastConnection::flush() {
    while (sent_ < out_.size()) {
        const ssize_t n = ::send(socket_.native_handle(), out_.data() + sent_, out_.size() - sent_,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            sent_ += static_cast<std::size_t>(n);
        } else if (errno == EAGAIN) {
            if (sent_ > out_.size() / 2) out_.erase(0, std::exchange(sent_, 0));
            if (finishing_) deadline_.arm(shared_->limits.stall_time);
            if (std::exchange(writable_wait_, true)) return;
            socket_.async_wait(Socket::wait_write,
                               [self = shared_from_this()](const error_code& error) {
                                   self->writable_wait_ = false;
                                   if (!error && !self->closed_) self->flush();
                               });
            return;
        } else if (errno != EINTR) {
            return drop();
        }
    }
    out_.clear();
    sent_ = 0;
    if (finishing_) complete();
}

void BeastConnection::complete() {
    deadline_.disarm();
    finishing_ = false;
    if (then_) hand_over();
    done_ = true;
    answered_.cancel();
}

void BeastConnection::switch_protocol(std::string_view protocol, std::function<void(Fd)> then) {
    then_ = std::move(then);
    send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " +
         std::string(protocol) + "\r\n\r\n");
    finish(false);
}

void BeastConnection::hand_over() {
    Fd fd(socket_.release());
    closed_ = true;
    const int flags = ::fcntl(fd.get(), F_GETFL);
    (void)::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK);  // cannot fail on an open descriptor
    asio::post(shared_->loop, [shared = shared_, then = std::exchange(then_, nullptr),
                               fd = std::move(fd)]() mutable {
        if (!shared->stopped) then(std::move(fd));
    });
}

// ---------------------------------------------------------------- reading

asio::awaitable<void> BeastConnection::serve(std::shared_ptr<BeastConnection> self) {
    for (bool more = true; more;) {
        self->done_ = false;
        co_await self->read();
        if (self->closed_) co_return;
        if (self->refusal_.status == 0) self->dispatch();
        const bool refused = self->refusal_.status != 0;
        if (refused) self->refuse();
        co_await self->wait_answered();
        self->shared_->large_bodies -= std::exchange(self->share_, 0);
        if (refused && !self->closed_) co_await self->linger();
        more = self->keep_ && !self->closed_ && !self->shared_->stopped;
    }
}

asio::awaitable<void> BeastConnection::wait_answered() {
    while (!done_) {
        error_code cancelled;  // the only way it ends
        co_await answered_.async_wait(asio::redirect_error(use_awaitable, cancelled));
    }
}

// A whole request into parser_, or what it is to be told into refusal_, or nobody there: closed.
asio::awaitable<void> BeastConnection::read() {
    error_code error;
    refusal_ = {};
    parser_.emplace();
    parser_->header_limit(shared_->limits.head);
    parser_->body_limit(shared_->limits.body);
    reading_ = true;
    deadline_.arm(shared_->limits.head_time);
    co_await beast::http::async_read_header(socket_, buffer_, *parser_,
                                            asio::redirect_error(use_awaitable, error));
    if (error)
        judge(error);
    else if (!parser_->is_done())
        co_await read_body();
    deadline_.disarm();
    reading_ = false;
}

asio::awaitable<void> BeastConnection::read_body() {
    if (!take_share()) {
        refusal_ = {503, "labd is taking in too many large requests at once", "try again"};
        co_return;
    }
    deadline_.arm(shared_->limits.body_time);
    if (beast::http::token_list(parser_->get()["Expect"]).exists("100-continue")) {
        send("HTTP/1.1 100 Continue\r\n\r\n");  // curl waits for it above 1 MiB
        flush();
        if (closed_) co_return;
    }
    error_code error;
    co_await beast::http::async_read(socket_, buffer_, *parser_,
                                     asio::redirect_error(use_awaitable, error));
    if (error) judge(error);
}

void BeastConnection::judge(const error_code& error) {
    using Error = beast::http::error;
    const auto& of_http = make_error_code(Error::end_of_stream).category();
    if (timed_out_ && parser_->got_some())
        refusal_ = {408, "the request did not arrive in time", ""};
    else if (timed_out_ || error == Error::end_of_stream || error.category() != of_http)
        drop();  // idle for too long, gone between two requests, or reset
    else if (error == Error::header_limit)
        refusal_ = {431, "the request's head is too long", "shorten the address"};
    else if (error == Error::body_limit)
        refusal_ = {
            413,
            "the request's body is longer than " + std::to_string(shared_->limits.body) + " bytes",
            "keep large files out of the lab's file list"};
    else
        refusal_ = {400, "this is no HTTP/1.1 request: " + error.message(), ""};
}

bool BeastConnection::take_share() {
    const auto length = parser_->content_length();
    const std::uint64_t bytes = length ? *length : shared_->limits.body;  // chunked: who knows
    if (bytes <= small_body) return true;
    if (shared_->large_bodies + bytes > shared_->limits.large_bodies) return false;
    share_ = bytes;
    shared_->large_bodies += bytes;
    return true;
}

// Where the next request begins is unknown now, or not worth waiting for: close after it.
void BeastConnection::refuse() {
    const std::string json = error_json(refusal_.status == 503 ? "busy" : "bad_request",
                                        refusal_.message, refusal_.hint);
    send(answer_head(refusal_.status, "Connection: close\r\n", json.size()) + json);
    finish(false);
}

std::shared_ptr<ClientExchange> BeastConnection::open_exchange(std::string method, Match& match,
                                                               Target& target) {
    auto message = parser_->release();
    const bool modern = message.version() >= 11;
    const bool keep = modern && message.keep_alive();
    std::vector<std::string> upgrades;
    if (beast::http::token_list(message["Connection"]).exists("upgrade"))
        for (const auto& token : beast::http::token_list(message["Upgrade"]))
            upgrades.emplace_back(token.data(), token.size());
    Request request{std::move(method), std::move(match.path), std::move(target.query),
                    std::move(message.body()), peer_};
    auto exchange = std::make_shared<ClientExchange>(
        shared_, shared_from_this(), std::move(request), keep, modern, std::move(upgrades));
    exchange_ = exchange;
    return exchange;
}

void BeastConnection::dispatch() {
    const std::string method(parser_->get().method_string());
    const auto text = parser_->get().target();
    std::optional<Target> target = parse_target({text.data(), text.size()});
    if (!target) {
        refusal_ = {400, "this is no address of labd's", "it is a path such as /v1/labs"};
        return;
    }
    std::string place;
    for (const std::string& segment : target->segments) place += "/" + segment;
    Match match = find_route(shared_->routes, method, *target);
    const auto exchange = open_exchange(method, match, *target);
    if (match.route) {
        try {
            match.route->handler(exchange);
        } catch (const std::exception& e) {
            log::error(method + " " + place + ": " + e.what());
            exchange->failed(e.what());
        }
    } else if (match.allowed.empty()) {
        exchange->answer(404, error_json("bad_request", "labd has no " + place,
                                         "see GET /v1/version for what answers"));
    } else {
        const std::string json = error_json("bad_request", place + " does not take " + method,
                                            "it takes " + match.allowed);
        exchange->answer(405, json, "Allow: " + match.allowed + "\r\n");
    }
    if (hung_up_) drop();
}

// Closing with unread bytes would reset the connection, and the client could lose the refusal
// while it still sends its request: read on for a while, without looking.
asio::awaitable<void> BeastConnection::linger() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    deadline_.arm(shared_->limits.linger_time);
    reading_ = true;
    while (!error) {
        buffer_.clear();
        co_await socket_.async_read_some(buffer_.prepare(65536),
                                         asio::redirect_error(use_awaitable, error));
    }
    reading_ = false;
    deadline_.disarm();
}

}  // namespace

std::shared_ptr<Connection> converse(std::shared_ptr<Shared> shared, Fd fd, Peer peer,
                                     std::function<void()> ended) {
    auto connection =
        std::make_shared<BeastConnection>(std::move(shared), std::move(fd), peer, std::move(ended));
    connection->start();
    return connection;
}

}  // namespace labd::http
