// The Exchange that handlers hold: how an answer looks on the wire (RFC 9112). It outlives its
// connection harmlessly.
#pragma once

#include "labd/api/connection.hpp"
#include "labd/api/http.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace labd::http {

// Status line and header of a whole answer; `header` is lines that end in "\r\n".
std::string answer_head(unsigned status, std::string_view header, std::size_t length);

class ClientExchange final : public Exchange {
  public:
    // `keep`: the connection serves another request after this one. `modern`: HTTP/1.1.
    // `upgrades`: the protocols that the client offers.
    ClientExchange(std::shared_ptr<Shared> shared, std::shared_ptr<Connection> connection,
                   Request request, bool keep, bool modern, std::vector<std::string> upgrades);
    ~ClientExchange() override;  // unanswered: 500

    const Request& request() const override { return request_; }
    void answer(unsigned status, std::string json) override { answer(status, json, ""); }
    void begin_lines(unsigned status) override;
    void line(std::string json) override;
    void end_lines() override;
    void upgrade(std::string protocol, std::function<void(Fd)> then) override;
    void on_gone(std::function<void()> callback) override;

    // The rest is for the connection.
    void answer(unsigned status, const std::string& json, std::string_view header);
    void failed(const std::string& what);  // the handler threw
    bool open() const { return connection_ != nullptr; }
    void left();    // the client hung up before the answer was complete
    void forget();  // the server stops: call nobody back

  private:
    void end();
    void tell();

    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Connection> connection_;  // empty: answered, or nobody there any more
    Request request_;
    std::vector<std::string> upgrades_;
    std::function<void()> gone_;
    bool keep_, modern_, lines_ = false, left_ = false;
};

}  // namespace labd::http
