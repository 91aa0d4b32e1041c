// What the accepting half (server.cpp) and the talking half (http.cpp) of the HTTP server share.
#pragma once

#include "labd/api/http.hpp"
#include "labd/fd.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace labd::http {

inline constexpr std::uint64_t small_body = 1024 * 1024;  // what everybody may send at any time

class Connection {
  public:
    virtual ~Connection() = default;
    virtual void close() = 0;  // at once, without calling anybody back

    // For the present exchange.
    virtual void send(std::string_view bytes) = 0;  // queued until flush or finish
    virtual void flush() = 0;            // as much as the socket takes now, the rest later
    virtual void finish(bool keep) = 0;  // the answer is complete
    virtual void drop() = 0;             // the client went, or must go
    virtual void switch_protocol(std::string_view protocol, std::function<void(Fd)> then) = 0;
    virtual bool has_early_bytes() const = 0;  // already read, but not of this request
    virtual bool overfull() const = 0;         // the client does not read what it asked for
};

// Lives as long as the server or any connection.
struct Shared {
    boost::asio::io_context& loop;
    std::vector<Route> routes;
    Limits limits;
    std::uint64_t large_bodies = 0;  // bytes promised to large bodies now
    bool stopped = false;
};

// Talks on `fd` until either side has had enough, then calls `ended` once.
std::shared_ptr<Connection> converse(std::shared_ptr<Shared> shared, Fd fd, Peer peer,
                                     std::function<void()> ended);

}  // namespace labd::http
