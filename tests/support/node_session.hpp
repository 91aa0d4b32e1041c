// An exec session as the command line tool holds one: the connection, the command's own ends.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"
#include "tests/support/sealed_lab.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace test {

class NodeSession {
  public:
    using Frame = std::pair<protocol::Frame, std::string>;
    struct Terminal {
        std::uint32_t rows, columns;
    };
    // Throws std::runtime_error when the request is refused; a command that cannot start is no
    // such.
    NodeSession(SealedNode& node, const Exec& exec, std::optional<Terminal> terminal = {});
    // Of `logs`.
    NodeSession(SealedNode& node, const std::string& service, bool follow, std::uint32_t lines);

    // The next one; nothing when the node has closed the connection.
    std::optional<Frame> next_frame();
    void send(protocol::Frame type, const std::string& payload);
    void resize(std::uint32_t rows, std::uint32_t columns);
    void signal(std::uint32_t number);
    // Gives the input, takes all output, waits for the end.
    Result finish(const std::string& input = "");
    // Reads `fd` up to and with `end`.
    static std::string read_until(const Fd& fd, const std::string& end);

    Fd connection, in, out, err, master;
    std::optional<Frame> first;  // when it was not `started`

  private:
    void await_start();
    std::string buffer_;
    std::vector<Fd> fds_;
};

}  // namespace test
