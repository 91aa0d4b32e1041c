// Answers as bytes: whole, in lines, or a change of protocol.
#include "labd/api/exchange.hpp"

#include "labd/json_text.hpp"
#include "labd/utf8.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace labd::http {
namespace {

std::string status_line(unsigned status) {
    struct Reason {
        unsigned status;
        const char* text;
    };
    static constexpr std::array reasons{Reason{200, "OK"},
                                        Reason{201, "Created"},
                                        Reason{202, "Accepted"},
                                        Reason{400, "Bad Request"},
                                        Reason{403, "Forbidden"},
                                        Reason{404, "Not Found"},
                                        Reason{405, "Method Not Allowed"},
                                        Reason{408, "Request Timeout"},
                                        Reason{409, "Conflict"},
                                        Reason{413, "Content Too Large"},
                                        Reason{422, "Unprocessable Content"},
                                        Reason{426, "Upgrade Required"},
                                        Reason{429, "Too Many Requests"},
                                        Reason{431, "Request Header Fields Too Large"},
                                        Reason{500, "Internal Server Error"},
                                        Reason{503, "Service Unavailable"},
                                        Reason{504, "Gateway Timeout"}};
    const auto found = std::find_if(reasons.begin(), reasons.end(),
                                    [status](const Reason& r) { return r.status == status; });
    return "HTTP/1.1 " + std::to_string(status) + " " +
           (found == reasons.end() ? "" : found->text) + "\r\n";
}

std::string chunk(const std::string& data) {
    std::array<char, 24> size{};
    (void)std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
    return size.data() + data + "\r\n";
}

}  // namespace

std::string answer_head(unsigned status, std::string_view header, std::size_t length) {
    return status_line(status) + std::string(header) +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(length) +
           "\r\n\r\n";
}

ClientExchange::ClientExchange(std::shared_ptr<Shared> shared,
                               std::shared_ptr<Connection> connection, Request request, bool keep,
                               bool modern, std::vector<std::string> upgrades)
    : shared_(std::move(shared)),
      connection_(std::move(connection)),
      request_(std::move(request)),
      upgrades_(std::move(upgrades)),
      keep_(keep),
      modern_(modern) {}

ClientExchange::~ClientExchange() {
    if (connection_) failed("the handler of this request went away without an answer");
}

void ClientExchange::answer(unsigned status, const std::string& json, std::string_view header) {
    if (!connection_ || lines_) return;
    std::string all(header);
    if (!keep_) all += "Connection: close\r\n";
    // One name that is no UTF-8 shall not make all of the answer unreadable.
    const std::string mended = is_utf8(json) ? "" : to_utf8(json);
    const std::string& body = mended.empty() ? json : mended;
    connection_->send(answer_head(status, all, body.size()));
    if (request_.method != "HEAD") connection_->send(body);
    end();
}

void ClientExchange::begin_lines(unsigned status) {
    if (!connection_ || std::exchange(lines_, true)) return;
    keep_ = keep_ && modern_;  // HTTP/1.0 knows no chunks: the end is the close
    connection_->send(status_line(status) + "Content-Type: application/jsonl\r\n" +
                      (modern_ ? "Transfer-Encoding: chunked\r\n" : "") +
                      (keep_ ? "" : "Connection: close\r\n") + "\r\n");
    connection_->flush();
}

void ClientExchange::line(std::string json) {
    if (!connection_ || !lines_) return;
    if (connection_->overfull()) connection_->flush();
    if (!connection_) return;
    if (connection_->overfull()) return connection_->drop();
    if (!is_utf8(json)) json = to_utf8(json);
    json += '\n';
    connection_->send(modern_ ? chunk(json) : json);
    connection_->flush();
}

void ClientExchange::end_lines() {
    if (!connection_ || !lines_) return;
    if (modern_) connection_->send("0\r\n\r\n");
    end();
}

void ClientExchange::upgrade(std::string protocol, std::function<void(Fd)> then) {
    if (connection_ && !lines_) {
        if (std::find(upgrades_.begin(), upgrades_.end(), protocol) == upgrades_.end()) {
            answer(426,
                   error_json("bad_request", "this address speaks " + protocol + " only",
                              "send Connection: Upgrade and Upgrade: " + protocol),
                   "Upgrade: " + protocol + "\r\n");
        } else if (connection_->has_early_bytes()) {
            // They belong to the new protocol, whose reader would never see them.
            keep_ = false;
            answer(400,
                   error_json("bad_request", "bytes came before the protocol was switched",
                              "send nothing until 101 has come"),
                   "");
        } else {
            gone_ = nullptr;
            std::exchange(connection_, nullptr)->switch_protocol(protocol, std::move(then));
            return;
        }
    }
    boost::asio::post(shared_->loop, [shared = shared_, then = std::move(then)] {
        if (!shared->stopped) then(Fd());
    });
}

void ClientExchange::on_gone(std::function<void()> callback) {
    gone_ = std::move(callback);
    if (gone_ && left_) tell();
}

void ClientExchange::failed(const std::string& what) {
    const std::string json = error_json("internal", what);
    if (lines_) {
        line("{\"type\":\"error\"," + json.substr(1));
        end_lines();
    } else {
        answer(500, json, "");
    }
}

void ClientExchange::left() {
    left_ = true;
    connection_ = nullptr;
    if (gone_) tell();
}

void ClientExchange::forget() {
    connection_ = nullptr;
    gone_ = nullptr;
}

void ClientExchange::end() {
    gone_ = nullptr;
    std::exchange(connection_, nullptr)->finish(keep_);
}

// Later, from the loop: a handler must not be called back from within its own line().
void ClientExchange::tell() {
    boost::asio::post(shared_->loop, [shared = shared_, callback = std::exchange(gone_, nullptr)] {
        if (!shared->stopped) callback();
    });
}

}  // namespace labd::http
