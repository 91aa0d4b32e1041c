// HTTP over the UNIX socket. Requests run on a private loop each, so that deadlines and Ctrl-C
// end them; the upgrade is read by hand, because the frames behind it carry descriptors.
#include "cli/client.hpp"

#include "cli/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>

namespace cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Stream = beast::basic_stream<asio::local::stream_protocol>;

http::request<http::string_body> make_request(const std::string& method, const std::string& target,
                                              std::string body) {
    http::request<http::string_body> request;
    request.method_string(method);
    request.target(target);
    request.version(11);
    request.set(http::field::host, "labd");
    request.set(http::field::user_agent, "lab/" LAB_VERSION);
    if (!body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = std::move(body);
    request.prepare_payload();
    return request;
}

[[noreturn]] void throw_lost(const std::string& what, const std::string& why) {
    throw Failure("internal", "labd hung up while it was asked to " + what + " (" + why + ")",
                  "what it said last is in labd.log in its run directory");
}

constexpr const char* which_socket =
    "-S and LAB_SOCKET name the socket of a labd; without them `lab` finds one itself";

// Somebody else's, which starting labd would not cure. The kernel refuses plain files as it does
// sockets that nobody listens on.
void refuse_what_is_no_socket(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || S_ISSOCK(info.st_mode)) return;
    throw Failure(
        "unreachable",
        path + " is " + (S_ISDIR(info.st_mode) ? "a folder" : "a file") + ", not labd's socket",
        which_socket);
}

[[noreturn]] void throw_not_labd(const std::string& path) {
    throw Failure("unreachable", "what answers on " + path + " is not labd", which_socket);
}

labd::Fd connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw Failure("usage", "the socket's path has " + std::to_string(path.size()) +
                                   " bytes, the kernel allows 107: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    labd::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) throw Failure("internal", std::string("make a socket: ") + std::strerror(errno));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return fd;
    if (errno == EACCES || errno == EPERM)
        throw Failure("forbidden", "you may not talk to labd on " + path,
                      "use sudo, or join its group: usermod -aG labd $USER, then log in again");
    const int error = errno;
    refuse_what_is_no_socket(path);
    if (error == EPROTOTYPE)
        throw Failure("unreachable", path + " is another program's socket, not labd's",
                      which_socket);
    const std::string why = error == ENOENT         ? "there is no such socket"
                            : error == ECONNREFUSED ? "nobody listens there any more"
                                                    : std::strerror(error);
    throw Unreachable("unreachable", "labd does not answer on " + path + ": " + why);
}

// One request on a loop of its own. Whoever waits does so by run(); the deadline and the signals
// close the stream, which ends the run.
class Call {
  public:
    explicit Call(const std::string& path) : path_(path), stream_(loop_) {
        labd::Fd fd = connect_to(path);
        stream_.socket().assign(asio::local::stream_protocol(), fd.release());
    }

    void send(http::request<http::string_body> request) {
        request_ = std::move(request);
        http::async_write(stream_, request_, [this](beast::error_code error, std::size_t) {
            // A daemon that refuses a request early answers before it has read all of it.
            if (error && error != asio::error::broken_pipe) return finish(error);
            read_header();
        });
    }

    void deadline(double seconds) {
        stream_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::duration<double>(seconds)));
    }

    void on_line(const std::function<void(std::string_view)>* callback) { line_ = callback; }

    // `ask`: what is done at the first one instead, when it is true; the second one hangs up.
    void hang_up_on_signals(std::function<bool()> ask) {
        if (!signals_) signals_.emplace(loop_, SIGINT, SIGTERM, SIGHUP);
        signals_->async_wait([this, ask](beast::error_code error, int number) {
            if (error) return;
            signal_ = number;
            if (ask && ask()) return hang_up_on_signals({});
            stream_.close();
        });
    }

    Answer run(const std::string& what) {
        loop_.run();
        if (signal_ != 0) throw Interrupted("interrupted while labd was asked to " + what);
        if (failure_) std::rethrow_exception(failure_);
        if (error_ == beast::error::timeout)
            throw Failure("timeout", "labd took too long to " + what);
        if (error_ && is_no_http()) throw_not_labd(path_);
        if (error_) throw_lost(what, error_.message());
        return std::move(answer_);
    }

  private:
    // Words that no HTTP server says, unlike an end in the middle of them.
    bool is_no_http() const {
        static const beast::error_code any = http::error::bad_version;
        return error_.category() == any.category() && error_ != http::error::end_of_stream &&
               error_ != http::error::partial_message;
    }

    void read_header() {
        parser_.body_limit(boost::none);
        http::async_read_header(stream_, buffer_, parser_,
                                [this](beast::error_code error, std::size_t) {
                                    if (error) return finish(error);
                                    answer_.status = parser_.get().result_int();
                                    read_body();
                                });
    }

    void read_body() {
        if (parser_.is_done()) return finish({});
        parser_.get().body().data = chunk_.get();
        parser_.get().body().size = chunk_size;
        http::async_read_some(stream_, buffer_, parser_,
                              [this](beast::error_code error, std::size_t) {
                                  if (error == http::error::need_buffer) error = {};
                                  const std::size_t left = parser_.get().body().size;
                                  take({chunk_.get(), chunk_size - left});
                                  if (error) return finish(error);
                                  if (!failure_) read_body();
                              });
    }

    void take(std::string_view bytes) {
        answer_.body.append(bytes);
        if (line_ == nullptr || answer_.status != 200) return;
        std::size_t end = 0;
        while ((end = answer_.body.find('\n')) != std::string::npos) {
            const std::string text = answer_.body.substr(0, end);
            answer_.body.erase(0, end + 1);
            try {
                if (!text.empty()) (*line_)(text);
            } catch (const std::exception&) {  // carried over the loop to run()
                failure_ = std::current_exception();
                return finish({});
            }
        }
    }

    void finish(beast::error_code error) {
        error_ = error;
        if (signals_) signals_->cancel();
        stream_.close();
    }

    std::string path_;
    asio::io_context loop_{1};
    Stream stream_;
    std::optional<asio::signal_set> signals_;
    http::request<http::string_body> request_;
    http::response_parser<http::buffer_body> parser_;
    beast::flat_buffer buffer_;
    static constexpr std::size_t chunk_size = 65536;
    std::unique_ptr<char[]> chunk_ = std::make_unique_for_overwrite<char[]>(chunk_size);
    const std::function<void(std::string_view)>* line_ = nullptr;
    Answer answer_;
    beast::error_code error_;
    std::exception_ptr failure_;
    int signal_ = 0;
};

std::string verb_of(const std::string& method, const std::string& target) {
    return method + " " + target;
}

// Everything up to and with the empty line, and not one byte more: a plain recv() over a message
// that carries descriptors drops them, and AF_UNIX glues neighbouring messages into one read.
std::string read_head(int fd) {
    std::string head;
    std::array<char, 4096> piece{};
    while (true) {
        ssize_t n = ::recv(fd, piece.data(), piece.size(), MSG_PEEK);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw_lost("open a session", n == 0 ? "end of stream" : std::strerror(errno));
        const std::size_t before = head.size();
        head.append(piece.data(), static_cast<std::size_t>(n));
        const std::size_t end = head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        const std::size_t take = end == std::string::npos ? head.size() - before : end + 4 - before;
        while ((n = ::recv(fd, piece.data(), take, 0)) < 0 && errno == EINTR) continue;
        if (n != static_cast<ssize_t>(take)) throw_lost("open a session", "short read");
        if (end != std::string::npos) return head.substr(0, end + 4);
        if (head.size() > 65536) throw_lost("open a session", "endless answer");
    }
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return;  // refused early: the answer is there to be read
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

void Client::probe() const {
    (void)connect_to(socket_);
}

void Client::hear(double seconds) const {
    try {
        const Answer answer = request("GET", "/v1/version", "", seconds);
        boost::json::error_code error;
        const boost::json::value body = boost::json::parse(answer.body, error);
        // A labd that serves somebody else says no in its own words, which the next request tells.
        const bool of_labd = !error && body.is_object();
        const char* said = answer.status == 200 ? "version" : "error";
        if (of_labd && body.get_object().contains(said)) return;
    } catch (const Failure& failure) {
        if (failure.code != "timeout") throw;
        throw Failure("unreachable",
                      "something takes connections on " + socket_ + " and says nothing",
                      which_socket);
    }
    throw_not_labd(socket_);
}

Answer Client::request(std::string method, std::string target, std::string body,
                       double seconds) const {
    Call call(socket_);
    if (seconds > 0) call.deadline(seconds);
    call.send(make_request(method, target, std::move(body)));
    return call.run(verb_of(method, target));
}

Answer Client::lines(std::string method, std::string target, std::string body,
                     const std::function<void(std::string_view)>& line,
                     std::function<bool()> interrupted, double seconds) const {
    Call call(socket_);
    if (seconds > 0) call.deadline(seconds);
    call.on_line(&line);
    call.hang_up_on_signals(std::move(interrupted));
    call.send(make_request(method, target, std::move(body)));
    return call.run(verb_of(method, target));
}

labd::Fd Client::upgrade(const std::string& method, const std::string& target,
                         const std::string& body) const {
    labd::Fd fd = connect_to(socket_);
    http::request<http::string_body> request = make_request(method, target, body);
    request.set(http::field::connection, "Upgrade");
    request.set(http::field::upgrade, "lab-session");
    std::ostringstream text;
    text << request;
    send_all(fd.get(), text.str());

    const std::string head = read_head(fd.get());
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    beast::error_code error;
    (void)parser.put(asio::buffer(head), error);
    if (error && error != http::error::need_more) throw_lost("open a session", error.message());
    if (parser.get().result_int() == 101) return fd;
    std::array<char, 4096> piece{};
    while (!parser.is_done()) {
        const ssize_t n = ::recv(fd.get(), piece.data(), piece.size(), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        (void)parser.put(asio::buffer(piece.data(), static_cast<std::size_t>(n)), error);
        if (error && error != http::error::need_more) break;
    }
    const Answer answer{parser.get().result_int(), parser.get().body()};
    throw_failure(answer, "open a session");
}

void throw_failure(const Answer& answer, const std::string& what) {
    boost::json::error_code error;
    const boost::json::value body = boost::json::parse(answer.body, error);
    const boost::json::value* inner =
        !error && body.is_object() ? body.as_object().if_contains("error") : nullptr;
    if (inner == nullptr || !inner->is_object())
        throw Failure("internal",
                      "labd answered " + std::to_string(answer.status) + " when asked to " + what);
    const auto text = [&](const char* key) -> std::string {
        const boost::json::value* v = inner->as_object().if_contains(key);
        return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
    };
    throw Failure(text("code"), text("message"), text("hint"));
}

std::string encode(std::string_view text) {
    static constexpr std::string_view plain = "-_.~";
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || plain.find(c) != plain.npos) {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

}  // namespace cli
