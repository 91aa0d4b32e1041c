#pragma once

#include "labd/init/client.hpp"
#include "labd/init/log.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace labd::init {

// Clients that read logs. Each has at most one piece of text under way; a slow one of a busy log
// finds that the oldest lines have gone.
class LogSessions {
  public:
    LogSessions(Loop& loop, Logs& logs) : loop_(loop), logs_(logs) {}
    // `service` "" is every one of the node. Does not check that there is such a log.
    void start(Fd client, std::string service, bool follow, std::uint32_t lines);
    // For a service that does not exist.
    void refuse(Fd client, int error, const std::string& sentence);

  private:
    struct Reader {
        Reader(Loop& loop, Fd socket) : client(loop, std::move(socket)) {}
        Client client;
        std::string service;
        bool follow = false, over = false;
        std::uint64_t from = 0, follower = 0;
    };
    Reader& take(Fd client, std::uint64_t& number);
    void pump(std::uint64_t number);
    void leave(std::uint64_t number);

    Loop& loop_;
    Logs& logs_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Reader>> readers_;
    std::uint64_t numbers_ = 0;
};

}  // namespace labd::init
