// The node's only door: labd's connections, their requests and our answers. A connection that does
// not read what it is told is closed; labd comes again and asks for the states.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/loop.hpp"
#include "labd/init/protocol.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace labd::init {

// Answers one request, now or later; the connection may have gone by then.
class Reply {
  public:
    using Send = std::function<void(std::string bytes)>;
    Reply(Send send, std::uint32_t id) : send_(std::move(send)), id_(id) {}
    void done() const {
        done([](protocol::Packer&) {});
    }
    // `fill` adds the payload.
    void done(const std::function<void(protocol::Packer&)>& fill) const;
    void failed(int error, const std::string& text) const;

  private:
    Send send_;
    std::uint32_t id_;
};

class Door {
  public:
    using Request = std::function<void(protocol::Door type, protocol::Unpacker& in,
                                       std::vector<Fd> fds, const Reply& reply)>;
    Door(Loop& loop, Fd listener, Request request);
    // To every connection.
    void tell_all(const std::string& bytes);

  private:
    struct Connection {
        Fd socket;
        std::deque<std::string> out;
        std::size_t bytes = 0;  // of out
    };
    void accept_all();
    void ready(std::uint64_t number, int events);
    bool read(std::uint64_t number);
    void send(std::uint64_t number, std::string bytes);
    bool flush(Connection& connection);
    void drop(std::uint64_t number);

    Loop& loop_;
    Fd listener_;
    Request request_;
    std::unordered_map<std::uint64_t, Connection> connections_;
    std::uint64_t numbers_ = 0;
};

}  // namespace labd::init
