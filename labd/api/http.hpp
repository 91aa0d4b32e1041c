// HTTP/1.1 on a UNIX socket, and nothing of labs. The only unit that includes Beast is http.cpp.
#pragma once

#include "labd/fd.hpp"
#include "labd/peer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace labd::http {

struct Request {
    std::string method;                        // "PUT"
    std::map<std::string, std::string> path;   // {lab} and {node} of the route's pattern, decoded
    std::map<std::string, std::string> query;  // decoded; "?follow" is {"follow", ""}
    std::string body;
    Peer peer;
};

// One request and its answer. Lives as long as somebody holds it; used on the loop thread only.
// A handler keeps it and answers once, now or later.
class Exchange {
  public:
    virtual ~Exchange() = default;
    virtual const Request& request() const = 0;
    // A whole answer: status and a JSON text.
    virtual void answer(unsigned status, std::string json) = 0;
    // An answer in JSON Lines (chunked): begin, any number of lines, end. Lines queue in memory up
    // to 4 MiB for a client that does not read; beyond that the connection is dropped.
    virtual void begin_lines(unsigned status) = 0;
    virtual void line(std::string json) = 0;
    virtual void end_lines() = 0;
    // Writes "101 Switching Protocols" with `Upgrade: protocol` and gives the connection away, in
    // blocking mode. Only when the client asked for an upgrade; else an empty Fd and 426 is sent.
    // `then` runs on the loop once the 101 has left, with an empty Fd if the client went before.
    // Bytes that came right after the request belong to the new protocol and would be lost: 400.
    virtual void upgrade(std::string protocol, std::function<void(Fd)> then) = 0;
    // Called once when the client hangs up before the answer is complete.
    virtual void on_gone(std::function<void()> callback) = 0;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

struct Route {
    std::string method;   // "GET"
    std::string pattern;  // "/v1/labs/{lab}/nodes/{node}/exec"
    Handler handler;
};

// What a client may cost. The defaults are labd's; tests make them small.
struct Limits {
    std::uint32_t head = 16 * 1024;
    std::uint64_t body = 96ULL * 1024 * 1024;  // a topology and its files
    // Bodies above 1 MiB share this much: 512 clients must not make labd hold 48 GiB.
    std::uint64_t large_bodies = 256ULL * 1024 * 1024;
    // Lines that the client did not read yet: all the events that are kept, and more.
    std::size_t queue = 4 * 1024 * 1024;
    std::size_t connections = 512;
    std::size_t connections_per_user = 256;  // of everybody but root and labd's own user
    std::chrono::milliseconds head_time{10'000};
    std::chrono::milliseconds body_time{60'000};
    std::chrono::milliseconds stall_time{30'000};  // a whole answer that nobody takes
    std::chrono::milliseconds linger_time{5'000};  // reading on after a refusal
};

// Who connects, and whether labd talks to them at all: those who have a `stranger` are told why and
// hung up on.
using Look = std::function<Peer(int socket)>;

// Unknown path: 404; known path, other method: 405; both as {"api":1,"error":{…}}.
// A handler that throws, or lets go of its exchange unanswered: 500 with a text.
class Server {
  public:
    // Without `look`: a Doorman's.
    Server(boost::asio::io_context& loop, std::vector<Route> routes, Limits limits = {},
           Look look = {});
    ~Server();                                 // stop(); before the loop is destroyed
    void listen(Fd listening);                 // a bound, listening SOCK_STREAM UNIX socket
    void on_end(std::function<void()> ended);  // called whenever a connection has ended
    void stop();  // no new connections; open ones are closed, and nobody is called back any more

  private:
    struct Inner;
    std::shared_ptr<Inner> inner_;
};

}  // namespace labd::http
