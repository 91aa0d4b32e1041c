// What users write is read by a process that may do nothing (security.md T7): labd, which may do
// everything, sees values that have been looked at twice. Every topology has a process of its own,
// so that none can wait there for another user's. Two stand ready, for an edit is read twice, and
// to start one takes longer than to read most files.
#pragma once

#include "labd/bundle.hpp"
#include "labd/fd.hpp"
#include "labd/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/types.h>

#include <csignal>
#include <deque>
#include <stdexcept>
#include <string>

namespace labd {

class Parser {
  public:
    // `program` is labd's own binary; `planner` looks at what it says.
    Parser(boost::asio::io_context& loop, Worker& planner, std::string program);

    // As labd::resolve(). Throws std::runtime_error when the parser came to nothing: it took too
    // much time or memory, or tried what it may not.
    boost::asio::awaitable<topology::Resolved> resolve(Bundle bundle);

  private:
    struct Child {
        pid_t pid = 0;
        Fd pidfd, socket;
    };
    using Stream = boost::asio::local::stream_protocol::socket;
    Child start() const;
    Child take();
    void refill();
    // False: it hung up.
    static boost::asio::awaitable<bool> send(Stream& stream, std::string request);
    static boost::asio::awaitable<bool> receive(Stream& stream, std::string& answer);
    boost::asio::awaitable<siginfo_t> reap(Fd pidfd);

    boost::asio::io_context& loop_;
    Worker& planner_;
    std::string program_;
    std::deque<Child> ready_;
    boost::asio::steady_timer idle_;
};

}  // namespace labd
